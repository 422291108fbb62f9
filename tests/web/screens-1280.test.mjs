// Every screen and dialog on a desk (walk.mjs), and what else holds on every screen there: compact rows, no motion, the focus in
// sight, each action in the palette; and within everybody's reach: large text, narrow windows, a way beside dragging.
//
// Text of 200 % is a window of half the width and height, and 320 px are one of 400 %: the same page is drawn narrower, since what it
// shows follows the window, as it does when somebody zooms.
import { collect, ensure, finish, go, open, REP, settled, test } from "./lib.mjs";
import { missing } from "./palette.mjs";
import { covered, fits, motion, tooSmall } from "./sweep.mjs";
import { walk } from "./walk.mjs";

const WINDOW = { width: 1280, height: 720 };
const resized = async (page, size) => {
  await page.setViewportSize(size);
  await settled(page);
};

const walked = walk({ ...WINDOW, motion: "reduce" }, 28, {
  covered,
  motion: (page) => page.evaluate(motion),
  // Rows that become lower move what is below: that is not the page's doing.
  compact: async (page) => {
    await collect(page);
    await page.evaluate(() => document.documentElement.setAttribute("data-density", "compact"));
    const wrong = await page.evaluate(tooSmall, 24);
    await page.evaluate(() => document.documentElement.removeAttribute("data-density"));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { window.seen.shift = []; done(); }, 0)))));
    return wrong;
  },
  palette: async (page, s) => {
    if (s.who === null) return []; // outside the house
    return (await missing(page)).map((name) => `“${name}” is not in the palette`);
  },
  large: async (page) => {
    await resized(page, { width: WINDOW.width / 2, height: WINDOW.height / 2 });
    return fits(page);
  },
  narrow: async (page) => {
    await resized(page, { width: 320, height: 640 });
    return fits(page);
  },
  narrowFocus: async (page) => {
    const wrong = await covered(page);
    await page.setViewportSize(WINDOW);
    return wrong;
  },
});
test("what has the focus is not covered by bars that stay: 1280 px", walked("covered"));
test("nothing moves for those who asked for no motion", walked("motion"));
test("targets are never smaller than 24 px, also in compact rows", walked("compact"));
test("P145 the palette reaches every action of every screen", walked("palette"));
test("text of 200 % fits: nothing scrolls sideways or is cut", walked("large"));
test("320 px are enough: nothing scrolls sideways or is cut", walked("narrow"));
test("what has the focus is not covered by bars that stay: 320 px", walked("narrowFocus"));

test("what can be dragged can be moved by a menu too", async () => {
  const page = await open(REP);
  await go(page, "/board/deal?who=me");
  await page.waitForSelector("[data-card]");
  ensure(await page.evaluate(() => [...document.querySelectorAll("[data-card]")].every((c) => c.querySelector("button.card-move") !== null)), "a card has no menu that moves it");
  await go(page, "/lists/deal");
  await page.waitForSelector(".head-button");
  ensure(await page.evaluate(() => [...document.querySelectorAll(".head-grip")].every((g) => g.closest(".head-cell").querySelector("button.head-button") !== null)), "a column has no menu");
  await page.click(".head-button >> nth=1");
  for (const words of ["Move to the left", "Move to the right", "Wider", "Narrower"]) await page.waitForSelector(`[role=menuitem]:has-text('${words}')`);
});

await finish();
