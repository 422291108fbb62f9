// The keyboard map as a whole.
import { ensure, finish, go, open, REP, settled, test } from "./lib.mjs";

test("single keys can be switched off", async () => {
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("?");
  await page.click("dialog >> text=Single keys as shortcuts");
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await settled(page);
  ensure((await page.evaluate(() => location.pathname)) === "/", "a single key still acts");
  await page.keyboard.press("Control+k");
  await page.waitForSelector("dialog.palette");
});

await finish();
