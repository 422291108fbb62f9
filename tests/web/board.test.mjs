// The board: columns, cards by mouse, keys, menu and finger, and gates.
import { ask, expect, finish, go, MANAGER, open, REP, test } from "./lib.mjs";

const column = (page, stage) => page.getByRole("region", { name: stage, exact: true });
async function stageOf(id) {
  return (await ask(REP, `/api/v1/records/deal/${id}`)).stage;
}
async function openBoard(how) {
  const page = await open(REP, how);
  await go(page, "/board/deal?who=me");
  await expect(column(page, "Engaging").locator("[data-card]").first()).toBeVisible();
  return page;
}
async function firstId(page, stage) {
  return (await column(page, stage).locator("[data-card]").first().getAttribute("data-card")) ?? "";
}

test("columns count what the API counts and render in windows", async () => {
  const page = await open(MANAGER);
  await go(page, "/board");
  const groups = await ask(MANAGER, "/api/v1/records/deal/group?by=stage");
  for (const g of groups.data) await expect(column(page, g.keys.stage).locator("header")).toContainText(g.values.count.toLocaleString("en"));
  await expect(column(page, "Prospecting").locator("header")).toContainText("To leave: Account, Engaged on");
  const engaging = groups.data.find((g) => g.keys.stage === "Engaging")?.values.count ?? 0;
  expect(engaging).toBeGreaterThan(1500);
  const box = column(page, "Engaging").locator(".column-box");
  await box.evaluate((el) => el.scrollTo(0, el.scrollHeight));
  await expect(column(page, "Engaging").locator(`[data-card][aria-posinset="${engaging}"]`)).toBeVisible({ timeout: 20_000 });
  expect(await page.locator("[data-card]").count()).toBeLessThan(100);
});

test("a card is dragged to another stage, and undone", async () => {
  const page = await openBoard();
  const id = await firstId(page, "Engaging");
  const from = await page.locator(`[data-card="${id}"]`).boundingBox();
  const to = await column(page, "Prospecting").boundingBox();
  if (!from || !to) throw new Error("no boxes");
  await page.mouse.move(from.x + 20, from.y + 60);
  await page.mouse.down();
  await page.mouse.move(from.x + 23, from.y + 62);
  await expect(page.locator(".ghost-card")).toHaveCount(0);
  await page.mouse.move(from.x - 40, from.y + 80, { steps: 4 });
  await expect(page.locator(".ghost-card")).toHaveCount(1);
  await page.mouse.move(to.x + 80, to.y + 200, { steps: 6 });
  await page.mouse.up();
  await expect(column(page, "Prospecting").locator(`[data-card="${id}"]`)).toBeVisible();
  await expect.poll(() => stageOf(id)).toBe("Prospecting");
  await expect(page).toHaveURL(/\/board\/deal/);
});

test("keys move a card and the focus goes with it; Escape puts a carried card down", async () => {
  const page = await openBoard();
  const id = await firstId(page, "Engaging");
  await page.locator(`[data-card="${id}"] a`).focus();
  await page.keyboard.press("[");
  await expect(column(page, "Prospecting").locator(`[data-card="${id}"] a`)).toBeFocused();
  await expect.poll(() => stageOf(id)).toBe("Prospecting");
  await page.keyboard.press("j");
  await expect(page.locator(`[data-card="${id}"] a`)).not.toBeFocused();
  const other = await firstId(page, "Engaging");
  const box = await page.locator(`[data-card="${other}"]`).boundingBox();
  if (!box) throw new Error("no box");
  await page.mouse.move(box.x + 20, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x - 200, box.y + 60, { steps: 5 });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await expect(page.locator(".ghost-card")).toHaveCount(0);
  expect(await stageOf(other)).toBe("Engaging");
});

test("the menu moves a card", async () => {
  const page = await openBoard();
  const id = await firstId(page, "Engaging");
  await page.locator(`[data-card="${id}"] .card-move`).click();
  await page.getByRole("menuitem", { name: "Move to Prospecting" }).click();
  await expect(column(page, "Prospecting").locator(`[data-card="${id}"]`)).toBeVisible();
  await expect.poll(() => stageOf(id)).toBe("Prospecting");
});

test("what a gate waits for is still known after a reload", async () => {
  const page = await open(REP, { width: 390 });
  await go(page, "/board/deal?who=me&stage=Engaging");
  const id = await firstId(page, "Engaging");
  await page.locator(`[data-card="${id}"] .card-move`).tap();
  await page.getByRole("menuitem", { name: "Move to Lost" }).tap();
  const sheet = page.getByRole("dialog", { name: "Before it moves" });
  await sheet.getByLabel("Closed on").fill("2026-11-20");
  await sheet.getByRole("button", { name: "Later" }).tap();
  await expect(page.locator(`[data-card="${id}"]`)).toContainText("Lost waits for 2 fields");
  await page.reload();
  await page.getByRole("button", { name: /Lost waits for 2 fields/ }).first().tap();
  await expect(sheet.getByLabel("Closed on")).toHaveValue("2026-11-20");
});

test("a finger that rests carries a card, a swipe scrolls", async () => {
  const page = await openBoard({ width: 820, height: 1000, touch: true });
  const id = await firstId(page, "Engaging");
  const box = await page.locator(`[data-card="${id}"]`).boundingBox();
  const to = await column(page, "Prospecting").boundingBox();
  if (!box || !to) throw new Error("no boxes");
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, x, y) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
  await touch("touchStart", box.x + 40, box.y + 70);
  await expect(page.locator(".ghost-card")).toHaveCount(1);
  await touch("touchMove", to.x + 80, to.y + 200);
  await expect(page.locator(".column.over")).toHaveCount(1);
  await touch("touchMove", to.x + 82, to.y + 204);
  await touch("touchEnd", 0, 0);
  await expect.poll(() => stageOf(id)).toBe("Prospecting");
  const list = column(page, "Engaging").locator(".column-box");
  await touch("touchStart", box.x + 40, box.y + 170);
  await touch("touchMove", box.x + 40, box.y + 120);
  await touch("touchMove", box.x + 40, box.y + 40);
  await expect.poll(() => list.evaluate((el) => el.scrollTop)).toBeGreaterThan(20);
  await expect(page.locator(".ghost-card")).toHaveCount(0);
  await touch("touchEnd", 0, 0);
});

await finish();
