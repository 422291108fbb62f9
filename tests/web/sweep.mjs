// Going through all screens, and what is looked at on each.
import { ensure, go, open, settled } from "./lib.mjs";
import { isIn, SCREENS } from "./screens.mjs";

export const address = (s) => (typeof s.path === "function" ? s.path() : s.path);

// Goes through all screens once, with a page for each person, and looks at several things on each: checks is name -> fn(page,
// screen), which gives back what is wrong there. The answer: (name) -> a test of that thing; the first one asked goes through the
// screens. Its gone() does that alone.
export function sweep(how, checks, screens = SCREENS) {
  const look = async () => {
    const all = Object.fromEntries(Object.keys(checks).map((k) => [k, []]));
    const pages = new Map();
    for (const s of screens) {
      if (!isIn(s.only, how.width)) continue;
      if (!pages.has(s.who)) pages.set(s.who, await open(s.who, how));
      const page = pages.get(s.who);
      await go(page, await address(s));
      if (s.ready) {
        await page.waitForSelector(s.ready, { state: "attached" });
        await settled(page);
      }
      for (const [k, check] of Object.entries(checks)) for (const w of await check(page, s)) all[k].push(/ \([\w-]+\)$/.test(w) ? w : `${w} (${s.name})`);
    }
    return all;
  };
  let going = null;
  const gone = () => (going ??= look());
  const test = (name) => async () => {
    const found = (await gone())[name];
    const wrong = new Map();
    for (const w of found) {
      const [, what, where] = /^(.*) \(([\w-]+)\)$/s.exec(w);
      wrong.set(what, [...(wrong.get(what) ?? []), where]);
    }
    ensure(wrong.size === 0, () => [...wrong].slice(0, 30).map(([what, where]) => `${what} (${where.join(", ")})`).join("\n     "));
  };
  return Object.assign(test, { gone });
}

// Runs in the page: what can be pressed and is smaller than min, in either direction. What counts is what a finger meets: from
// the middle of it on, min wide and high, nothing else answers. Links inside a sentence are as high as their line.
export function tooSmall(min) {
  const wrong = [];
  const top = [...document.querySelectorAll("dialog[open], .popover:popover-open")].pop(); // what lies below it is not met
  const all = (top ?? document).querySelectorAll("a[href], button, input, select, textarea, summary, [role=button], [role=menuitem], [role=tab]");
  const shownBox = (el) => {
    const box = el.getBoundingClientRect();
    const style = getComputedStyle(el);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && style.opacity !== "0" && !(box.width <= 1 && box.height <= 1) ? box : null;
  };
  for (const el of all) {
    if (el.disabled || el.closest("[inert], .sr, .skip")) continue;
    const target = el.matches("input[type=radio], input[type=checkbox]") && el.closest("label") ? el.closest("label") : el;
    const drawn = shownBox(target);
    if (!drawn || (drawn.width >= min - 0.5 && drawn.height >= min - 0.5)) continue; // large enough by itself, wherever it is scrolled to
    const inText = [...(target.parentElement?.childNodes ?? [])].some((n) => n.nodeType === 3 && n.textContent.trim().length > 1);
    if (target.localName === "a" && getComputedStyle(target).display.startsWith("inline") && inText) continue;
    target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const box = shownBox(target);
    if (!box || (box.width >= min - 0.5 && box.height >= min - 0.5)) continue;
    const x = box.x + box.width / 2;
    const y = box.y + box.height / 2;
    const meets = (dx, dy) => {
      const hit = document.elementFromPoint(x + dx, y + dy);
      return hit !== null && (target === hit || target.contains(hit) || (hit.closest("label") !== null && hit.closest("label").contains(target)));
    };
    const reach = (dx, dy) => {
      let n = 0;
      while (n < min && meets(dx * n, dy * n)) n++;
      return n;
    };
    const wide = box.width >= min - 0.5 || reach(1, 0) + reach(-1, 0) >= min - 1;
    const high = box.height >= min - 0.5 || reach(0, 1) + reach(0, -1) >= min - 1;
    if (wide && high) continue;
    const name = target.closest(".grid-row") ? "in a row of a list" : `"${(target.getAttribute("aria-label") ?? target.textContent ?? "").trim().slice(0, 40)}"`;
    wrong.push(`${target.localName}.${[...target.classList].join(".")} ${name} is ${Math.round(box.width)} x ${Math.round(box.height)}`);
  }
  return wrong;
}

// Runs in the page: what moves or would move.
export function motion() {
  const seconds = (s) => Math.max(...s.split(",").map((x) => parseFloat(x) * (x.trim().endsWith("ms") ? 0.001 : 1)));
  const moving = document.getAnimations().length ? [`${document.getAnimations().length} animations run`] : [];
  for (const el of document.querySelectorAll("*")) {
    const s = getComputedStyle(el);
    if ((s.animationName !== "none" && seconds(s.animationDuration) > 0.011) || seconds(s.transitionDuration) > 0.011) moving.push(`${el.localName}.${[...el.classList].join(".")} moves`);
  }
  return moving;
}

// Goes through a page with Tab: what has the focus and lies under a bar, or outside the window. The page looks when the next Tab
// is pressed: what the one before did is done then.
export async function covered(page) {
  await page.evaluate(() => {
    window.hidden = [];
    window.walked = 0;
    const look = (e) => {
      if (e.key !== "Tab") return;
      const el = document.activeElement;
      if (!el || el === document.body) {
        if (window.walked++) window.walked = Infinity; // through
        return;
      }
      window.walked++;
      const box = el.getBoundingClientRect();
      const points = [[box.x + box.width / 2, box.y + box.height / 2], [box.x + 3, box.y + 3], [box.right - 3, box.bottom - 3]].filter(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight);
      const name = `${el.localName}.${[...el.classList].join(".")} "${(el.getAttribute("aria-label") ?? el.textContent ?? "").trim().slice(0, 30)}"`;
      if (points.length === 0) window.hidden.push(`${name} is outside the window`);
      for (const [x, y] of points) {
        for (let hit = document.elementFromPoint(x, y); hit; hit = hit.parentElement) {
          if (hit.contains(el) || el.contains(hit)) break;
          if (["fixed", "sticky"].includes(getComputedStyle(hit).position)) {
            window.hidden.push(`${name} lies under ${hit.localName}.${[...hit.classList].join(".")}`);
            break;
          }
        }
      }
    };
    removeEventListener("keydown", window.lookAtFocus, { capture: true });
    addEventListener("keydown", (window.lookAtFocus = look), { capture: true });
    document.activeElement?.blur();
  });
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 10; k++) await page.keyboard.press("Tab");
    if ((await page.evaluate(() => window.walked)) === Infinity) break;
  }
  const said = await page.evaluate(() => { removeEventListener("keydown", window.lookAtFocus, { capture: true }); return { hidden: window.hidden, walked: window.walked }; });
  return said.walked < 2 ? ["Tab reaches nothing"] : [...new Set(said.hidden)];
}

export const sideways = (page) => page.evaluate(() => (document.documentElement.scrollWidth > document.documentElement.clientWidth ? [`scrolls sideways by ${document.documentElement.scrollWidth - document.documentElement.clientWidth} px`] : []));
// Runs in the page: words cut off above or below.
export function cutText() {
  const wrong = [];
  for (const el of document.querySelectorAll("body *")) {
    if (el.closest(".sr, .skip, svg, select, option, textarea, [aria-hidden=true]") || el.childElementCount > 0 || !el.textContent.trim()) continue;
    const style = getComputedStyle(el);
    if (style.overflowY === "hidden" && el.clientHeight > 1 && style.clipPath === "none" && el.scrollHeight > el.clientHeight + 3) wrong.push(`${el.localName}.${[...el.classList].join(".")} cuts "${el.textContent.trim().slice(0, 30)}"`);
  }
  return wrong;
}
export const fits = async (page) => [...(await sideways(page)), ...(await page.evaluate(cutText))];
