// The board: columns, cards by mouse, keys, menu and finger, and gates.
import { ADMIN, ask, call, ensure, expect, finish, go, MANAGER, open, REP, test, token } from "./lib.mjs";

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
  for (const g of groups.data) await expect(column(page, g.keys.stage)).toContainText(g.values.count.toLocaleString("en"));
  const open_ = groups.data.filter((g) => !["Won", "Lost"].includes(g.keys.stage)).reduce((n, g) => n + g.values.count, 0);
  await expect(page.locator(".screen-meta")).toContainText(`${open_.toLocaleString("en")} open`);
  await expect(column(page, "Prospecting").locator("header")).toContainText("To leave: Account, Engaged on");
  const engaging = groups.data.find((g) => g.keys.stage === "Engaging")?.values.count ?? 0;
  expect(engaging).toBeGreaterThan(1500);
  const box = column(page, "Engaging").locator(".column-box");
  await box.evaluate((el) => el.scrollTo(0, el.scrollHeight));
  await expect(column(page, "Engaging").locator(`[data-card][aria-posinset="${engaging}"]`)).toBeVisible({ timeout: 20_000 });
  for (const c of await page.locator(".column").all()) expect(await c.locator("[data-card]").count()).toBeLessThan(31);
  await go(page, "/board?closed=1");
  await expect(column(page, "Won").locator("[data-card]").first()).toBeVisible();
});

test("a card says how long it has been in its stage, by the change log", async () => {
  const page = await openBoard();
  const id = await firstId(page, "Engaging");
  const { data } = await ask(REP, `/api/v1/records/deal/since?field=stage&ids=${id}`);
  const changes = (await ask(REP, `/api/v1/records/deal/${id}/changes`)).data;
  const last = changes.find((c) => c.field === "stage");
  if (last) expect(data[0].since).toBe(last.at);
  const { zone } = await ask(REP, "/api/v1/me");
  const day = (at) => Date.parse(new Intl.DateTimeFormat("en-CA", { timeZone: zone || "UTC" }).format(new Date(at)));
  const days = Math.round((day(Date.now()) - day(data[0].since)) / 86_400_000);
  await expect(page.locator(`[data-card="${id}"] .card-foot`)).toContainText(days < 1 ? "new here" : days === 1 ? "1 day here" : `${days.toLocaleString("en")} days here`);
});

test("lanes show one owner each, mine first, with what they count", async () => {
  const page = await open(MANAGER);
  await go(page, "/board?lanes=owner&who=team");
  const lanes = page.locator(".lane");
  const groups = (await ask(MANAGER, `/api/v1/records/deal/group?by=owner&filter=${encodeURIComponent("stage in ('Prospecting', 'Engaging') and owner in my team")}`)).data;
  await expect(lanes).toHaveCount(groups.length);
  const counts = (await lanes.locator("summary .num.muted").allTextContents()).map((x) => Number(x.replaceAll(",", "")));
  expect([...counts].sort((a, b) => a - b)).toEqual(groups.map((g) => g.values.count).sort((a, b) => a - b));
  await lanes.nth(1).locator("summary").click();
  await expect(lanes.nth(1).locator("[data-card]").first()).toBeVisible();
  ensure((await page.locator("[data-card]").count()) < 60, "lanes keep to what is open");
});

test("P134 P133 P126 a card dropped on Lost meets the gate, which says what is missing and why", async () => {
  const page = await openBoard();
  const id = await firstId(page, "Engaging");
  const from = await page.locator(`[data-card="${id}"]`).boundingBox();
  const to = await column(page, "Lost").boundingBox();
  await page.mouse.move(from.x + 20, from.y + 60);
  await page.mouse.down();
  await page.mouse.move(from.x + 40, from.y + 80, { steps: 3 });
  await page.mouse.move(to.x + 60, to.y + 30, { steps: 5 });
  await expect(page.locator(".closed-end.over")).toHaveCount(1);
  await page.mouse.up();
  const form = page.getByRole("dialog", { name: "Before it moves" });
  await expect(form).toContainText("one true reason, written down a hundred times");
  await expect(form.getByRole("link", { name: "The rule in the manual" })).toHaveAttribute("href", /\/manual\/workflow\/closing/);
  expect(await form.locator(".form-field label").allTextContents()).toEqual(["Why lost", "Closed on"]);
  expect(await stageOf(id)).toBe("Engaging");
  const api = await call("PATCH", `/api/v1/records/deal/${id}`, { token: await token(REP), body: { stage: "Lost" }, headers: { "If-Match": "*" } });
  expect(api.status).toBe(422);
  expect(api.json.errors.map((e) => e.pointer)).toEqual(["/lost_reason", "/close_date"]);
  await form.getByRole("button", { name: "Take the move back" }).click();
  await expect(page.locator(`[data-card="${id}"] a`).first()).toBeFocused();
});

test("P12 whoever may passes a gate with a reason, and the reason is kept", async () => {
  const page = await open(ADMIN);
  await go(page, "/board/deal");
  const id = await firstId(page, "Engaging");
  await page.locator(`[data-card="${id}"] .card-move`).click();
  await page.getByRole("menuitem", { name: "Move to Lost" }).click();
  const form = page.getByRole("dialog", { name: "Before it moves" });
  await form.getByRole("button", { name: "Move anyway…" }).click();
  await form.getByRole("button", { name: "Move with this reason" }).click();
  await expect(form.getByLabel("Why it may pass without this")).toHaveAttribute("aria-invalid", "true");
  await form.getByLabel("Why it may pass without this").fill("The customer does not exist any more");
  await form.getByRole("button", { name: "Move with this reason" }).click();
  await expect(form).toBeHidden();
  await expect.poll(() => stageOf(id)).toBe("Lost");
  const told = await ask(ADMIN, `/api/v1/records/deal/${id}/explain?page=workflow/closing`);
  expect(JSON.stringify(told)).toContain("The customer does not exist any more");
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
  await expect(sheet.getByLabel("Closed on")).toHaveValue(/20 Nov 2026|2026-11-20/);
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
