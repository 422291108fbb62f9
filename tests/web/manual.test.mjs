// The manual, read.
import { ensure, finish, go, open, REP, test } from "./lib.mjs";

test("the manual: search, my role, a section by its link", async () => {
  const page = await open(REP);
  await go(page, "/manual/workflow/closing#agree-the-next-step");
  await page.waitForFunction(() => document.activeElement?.id === "agree-the-next-step");
  await page.fill("#manual-search", "coffee");
  await page.waitForSelector(".contents li a >> text=Closing");
  await page.fill("#manual-search", "");
  const mine = await page.locator(".contents li").count();
  await page.click("text=Everything");
  ensure((await page.locator(".contents li").count()) > mine, "my role shows everything");
});

await finish();
