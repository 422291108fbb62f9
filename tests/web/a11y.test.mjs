// Every screen and dialog in both themes and widths: no finding of axe, nothing wider than the window, nothing that jumps, and a
// picture of each; on the way also targets, motion and focus in sight.
//
// A screen is loaded once for each width, in the light theme, and judged by all rules of axe. Then the system turns dark under the
// open page: every box must stay exactly where it was, so nothing but colours has changed, and the rules that look at colours
// judge again. A dialog or panel is judged by all rules in light and by those of colours in dark too, by itself: what lies below
// it was judged the moment before.
import { axe, collect, COLOURS, finish, looksWell, settled, shot, test } from "./lib.mjs";
import { isIn } from "./screens.mjs";
import { covered, motion, sweep, tooSmall } from "./sweep.mjs";

// Runs in the page: where everything stands.
function boxes() {
  return [...document.querySelectorAll("body *")].filter((el) => !el.closest("svg")).map((el) => {
    const b = el.getBoundingClientRect();
    return `${el.localName}.${[...el.classList].join(".")} ${[b.x, b.y, b.width, b.height].map((n) => Math.round(n * 10) / 10).join(" ")}`;
  });
}

// What is wrong with what stands there, in both themes.
async function both(page, name) {
  const said = (await looksWell(page, name)).map((w) => `${w} (${name})`);
  const light = await page.evaluate(boxes);
  await page.emulateMedia({ colorScheme: "dark" });
  page.state.theme = "dark";
  const dark = await page.evaluate(boxes);
  const moved = dark.findIndex((b, i) => b !== light[i]);
  if (moved >= 0 || dark.length !== light.length) said.push(`in the dark theme ${light[moved]} is ${dark[moved]} (${name})`);
  await shot(page, name);
  for (const w of await axe(page, { rules: COLOURS })) said.push(`dark: ${w} (${name})`);
  await page.emulateMedia({ colorScheme: "light" });
  page.state.theme = "light";
  return said;
}

const dialogs = async (page, s) => {
  const said = [];
  for (const [name, show, only] of s.dialogs ?? []) {
    if (!isIn(only, page.state.width)) continue;
    await show(page);
    await settled(page);
    said.push(...(await both(page, name)));
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector("dialog[open], .popover:popover-open") === null);
  }
  return said;
};

const wide = sweep({ width: 1280, motion: "reduce" }, {
  screen: (page, s) => both(page, s.name),
  targets: (page) => page.evaluate(tooSmall, 28),
  dialogs,
  covered,
  // Last, since rows that become lower move what is below: that is not the page's doing.
  compact: async (page) => {
    await collect(page);
    await page.evaluate(() => document.documentElement.setAttribute("data-density", "compact"));
    const wrong = await page.evaluate(tooSmall, 24);
    await page.evaluate(() => document.documentElement.removeAttribute("data-density"));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { window.seen.shift = []; done(); }, 0)))));
    return wrong;
  },
  motion: (page) => page.evaluate(motion),
});
const phone = sweep({ width: 390 }, { screen: (page, s) => both(page, s.name), targets: (page) => page.evaluate(tooSmall, 44), dialogs });

test("every screen is accessible and stands still in both themes: 1280 px", wide("screen"));
test("every dialog is accessible in both themes: 1280 px", wide("dialogs"));
test("targets are 28 px for a mouse", wide("targets"));
test("targets are never smaller than 24 px, also in compact rows", wide("compact"));
test("nothing moves for those who asked for no motion", wide("motion"));
test("what has the focus is not covered by bars that stay: 1280 px", wide("covered"));
test("every screen is accessible and stands still in both themes: 390 px", phone("screen"));
test("every dialog is accessible in both themes: 390 px", phone("dialogs"));
test("targets are 44 px for a finger", phone("targets"));

await finish();
