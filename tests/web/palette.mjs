// The palette reaches every action. What a screen offers as a button, tab, switch or item of a menu must stand in the palette by
// the same name: a control that is added without an act, or an entry in the register (keys/keys.ts), is missing there.

// What is not in the palette, and why.
const EXCEPT = [
  [".grid-row *, .plain-list tbody *, .grid-head input, .plain-list thead input", "rows and cells: j and k walk, Enter opens, Space looks, x selects, e edits"],
  [".head-cell button, .plain-list thead button", "the menu of a column: its items are looked at"],
  [".card *", "cards: j and k walk, Enter opens, [ and ] and s move the one with the focus"],
  [".task-line", "a line of the queue: j and k open it"],
  [".rail-search, .bottom-bar button", "opens the palette, or a menu whose items are looked at"],
  [".toast [aria-label=Dismiss]", "goes away by itself"],
  ["dialog *", "a dialog has the focus; what opened it is an action"],
  [".walk button", "n and p, under the same names"],
];

// Runs in the page: the names of the controls one sees and can use, and of the items of their menus, which are opened one by one.
async function seen(except) {
  const words = (n) => (n.nodeType !== 1 ? (n.nodeType === 3 ? n.textContent : "") : n.getAttribute("aria-hidden") === "true" ? "" : (n.getAttribute("aria-label") ?? [...n.childNodes].map(words).join("")));
  const name = (el) => words(el.matches("[role^=menuitem]") ? el.querySelector(".grow") : el.labels?.[0] && !el.getAttribute("aria-label") ? el.labels[0] : el).replace(/\s+/g, " ").trim();
  const what = "button, select, input[type=checkbox], input[type=radio], [role=button], [role=tab], a.button, .segments a, .tabs a, .view-tabs a, [role^=menuitem]";
  const frame = (el) => el.closest(".rail, .bottom-bar") !== null;
  const usable = (root) => [...root.querySelectorAll(what)].filter((el) => el.checkVisibility({ visibilityProperty: true }) && !el.matches(":disabled") && !el.closest("[inert]"));
  const until = async (is) => {
    for (let i = 0; !is(); i++) {
      if (i > 200) throw new Error("a menu does not open or close");
      await new Promise((done) => requestAnimationFrame(done));
    }
  };
  const names = []; // [name, whether it belongs to the frame around all screens, whose actions may stand on a screen once more]
  const controls = usable(document.body).filter((el) => !el.closest(except) || el.matches(".head-button"));
  for (const el of controls) {
    if (el.getAttribute("aria-haspopup") !== "true") {
      names.push([name(el), frame(el)]);
      continue;
    }
    const panel = () => document.querySelector(".popover:popover-open");
    el.click();
    await until(panel);
    const items = usable(panel()).map(name);
    names.push(...(panel().querySelector("[role^=menuitem]") ? items : [name(el)]).map((x) => [x, frame(el)]));
    panel().hidePopover();
    await until(() => !panel());
  }
  return names;
}

export async function inPalette(page) {
  await page.keyboard.press("Control+k");
  await page.locator("dialog.palette input").fill(">");
  const rows = await page.locator(".palette-row .grow").allTextContents();
  await page.keyboard.press("Escape");
  await page.locator("dialog.palette").waitFor({ state: "detached" });
  return rows.map((x) => x.trim());
}

// Names that stand on the screen, those in its menus among them, and not in the palette (or more often than there).
export async function missing(page) {
  const names = await page.evaluate(seen, EXCEPT.map(([s]) => s).join(", "));
  const left = new Map();
  for (const x of await inPalette(page)) left.set(x.toLowerCase(), (left.get(x.toLowerCase()) ?? 0) + 1);
  return names.filter(([name, frame]) => {
    for (const n of [name.toLowerCase(), `go to ${name.toLowerCase()}`]) {
      const many = left.get(n) ?? 0;
      if (many > 0) {
        if (!frame && !n.startsWith("go to ")) left.set(n, many - 1);
        return false;
      }
    }
    return true;
  }).map(([name]) => name);
}
