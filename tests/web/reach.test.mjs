// Within everybody's reach, on every screen: narrow windows, large text, focus in sight there, and a way beside dragging. (Targets,
// motion and focus at the widths screens are drawn for, and that nothing jumps: walk.mjs, which goes through all of them anyway.)
import { ensure, finish, go, open, REP, settled, test } from "./lib.mjs";
import { covered, fits, sweep } from "./sweep.mjs";

// Text of 200 % is a window of half the width and height: 640 x 430 of 1280 x 860. From there the same page is drawn narrower, to
// 320 px: what it shows follows the window, as it does when a phone is turned.
const narrow = sweep({ width: 640, height: 430, touch: false, deviceScaleFactor: 2, shift: false }, {
  large: fits,
  narrow: async (page) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await settled(page);
    return fits(page);
  },
  covered: async (page) => {
    const wrong = await covered(page);
    await page.setViewportSize({ width: 640, height: 430 });
    return wrong;
  },
});
test("text of 200 % fits: nothing scrolls sideways or is cut", narrow("large"));
test("320 px are enough: nothing scrolls sideways or is cut", narrow("narrow"));
test("what has the focus is not covered by bars that stay: 320 px", narrow("covered"));

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
