// The record page: logging, facts in place, history.
import { call, ensure, finish, firstDeal, go, open, REP, test } from "./lib.mjs";

test("a call is logged in three actions and stands on the timeline", async () => {
  const dealId = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.keyboard.press("l");
  await page.keyboard.type("They asked for two quotes");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".event.activity >> text=They asked for two quotes", { timeout: 4000 });
});

test("facts are edited in place; a refusal keeps what was typed", async () => {
  const dealId = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  const edit = (label) => page.locator(`.record-side .fact:has(.fact-label:text-is("${label}")) .fact-edit`);
  await edit("Opportunity number").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.type("WEB-1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".record-side .fact")].some((f) => f.textContent.includes("WEB-1")));
  await edit("Amount").click();
  await page.keyboard.type("-5");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".record-side .field-error");
  ensure((await page.inputValue(".record-side .fact.editing input")) === "-5", "what was typed is gone");
  await page.keyboard.press("Escape");
  await page.keyboard.press("h");
  await page.waitForSelector(".history td >> text=WEB-1");
  await page.click(".history tr:has-text('WEB-1') button");
  await page.waitForSelector(".toast >> text=Taken back");
});

await finish();
