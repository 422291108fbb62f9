// Every screen and dialog on a desk (walk.mjs), and what else holds on every screen there: compact rows, no motion, the focus in
// sight, also in the narrow windows that large text makes of this one.
import { collect, finish, settled } from "./lib.mjs";
import { covered, fits, motion, tooSmall } from "./sweep.mjs";
import { walk } from "./walk.mjs";

const WINDOW = { width: 1280, height: 720 };

walk({ ...WINDOW, motion: "reduce" }, 28, {
  covered: ["what has the focus is not covered by bars that stay: 1280 px", covered],
  motion: ["nothing moves for those who asked for no motion", (page) => page.evaluate(motion)],
  // Rows that become lower move what is below: that is not the page's doing.
  compact: ["targets are never smaller than 24 px, also in compact rows", async (page) => {
    await collect(page);
    await page.evaluate(() => document.documentElement.setAttribute("data-density", "compact"));
    const wrong = await page.evaluate(tooSmall, 24);
    await page.evaluate(() => document.documentElement.removeAttribute("data-density"));
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { window.seen.shift = []; done(); }, 0)))));
    return wrong;
  }],
});

await finish();
