// Lists by keyboard and mouse.
import { ensure, finish, go, open, REP, settled, test } from "./lib.mjs";

test("a list by keyboard: filter with an error while typing, move, edit a cell, open, back", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal");
  await page.keyboard.press("f");
  await page.keyboard.type("stag = 'Won'");
  await page.waitForSelector(".filter-say.bad >> text=Did you mean stage?");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("owner = me and stage = 'Engaging'");
  await page.waitForSelector(".filter-say:not(.bad) >> text=Enter shows them");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.search.includes("Engaging"));
  await settled(page);
  await page.locator("[data-cell='0-0']").focus();
  await page.keyboard.press("ArrowDown");
  for (let i = 0; i < 6; i++) await page.keyboard.press("ArrowRight");
  ensure((await page.evaluate(() => document.activeElement?.getAttribute("data-cell"))) === "1-6", "arrows do not move the focus");
  await page.keyboard.press("e");
  await page.keyboard.type("They send the plan");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("[data-cell='1-6']")?.textContent === "They send the plan");
  ensure((await page.evaluate(() => document.activeElement?.getAttribute("data-cell"))) === "2-6", "Enter does not go down");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/deal/"));
  await page.waitForSelector(".walk >> text=/3 of/");
  await page.goBack();
  await page.waitForFunction(() => location.search.includes("Engaging"));
  ensure((await page.evaluate(() => history.length)) > 1, "no way back");
});

test("columns move, widen and hide, and stand in the address", async () => {
  const page = await open(REP);
  await go(page, "/lists/deal");
  const heads = () => page.$$eval(".head-button span.cut", (x) => x.map((y) => y.textContent));
  const was = await heads();
  await page.click(".head-button >> nth=1");
  await page.click("[role=menuitem]:has-text('Move to the left')");
  ensure((await heads())[0] === was[1], "did not move");
  const grip = await page.locator(".head-grip >> nth=0").boundingBox();
  await page.mouse.move(grip.x + 4, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 104, grip.y + 8, { steps: 5 });
  await page.mouse.up();
  const cols = await page.evaluate(() => new URL(location.href).searchParams.get("cols"));
  ensure(/^account:\d+,name/.test(cols ?? ""), `the address says ${cols}`);
  await page.reload();
  await page.waitForSelector(".head-button");
  ensure((await heads())[0] === was[1], "a reload forgets it");
});

test("a new record needs one field; the manual's rules are shown at it", async () => {
  const page = await open(REP);
  await go(page, "/lists/account");
  await page.click("text=New account");
  await page.keyboard.type("Harbor Health");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/account/"));
  ensure((await page.textContent("h1")).includes("Harbor Health"), "not opened");
});

await finish();
