// My Day by keyboard: next, later, done, undo, run mode, and the way back to it.
import { ADMIN, ask, call, ensure, expect, finish, firstDeal, go, open, REP, settled, test, token, until } from "./lib.mjs";

test("my day by keyboard: next task, fill in what a step asks for, back later, undo", async () => {
  const page = await open(REP);
  await go(page, "/");
  const title = () => page.textContent(".task-card .task-title");
  const record = () => page.textContent(".task-card .task-record a");
  const before = [await title(), await record()];
  await page.keyboard.press("j");
  ensure((await page.evaluate(() => document.activeElement?.classList.contains("task-card"))) === true, "the card does not take the focus");
  ensure((await page.evaluate(() => new URL(location.href).searchParams.get("task"))) !== null, "the address does not say which task");
  await page.keyboard.press("k");
  ensure([await title(), await record()].join() === before.join(), "not back at the first");
  await page.click("text=Not now");
  await page.keyboard.press("ArrowDown");
  await page.click(".not-now .menu-item >> nth=1");
  await page.waitForSelector(".toast");
  ensure([await title(), await record()].join() !== before.join(), "the task is still first");
  await page.keyboard.press("Control+z");
  await page.waitForFunction(([a]) => document.querySelector(".task-card .task-title")?.textContent === a, before);
  ensure(before[0] === "Find the account", `the demo begins with ${before[0]}`);
  const task = (await call("GET", "/api/v1/my-day?limit=1", { token: await token(REP) })).json.data[0];
  await page.click(".task-card .fact-edit");
  await page.keyboard.type("Isdom");
  await page.waitForSelector(".option[aria-selected=true]");
  await page.keyboard.press("Enter");
  await page.waitForFunction(([a, b]) => document.querySelector(".task-card .task-title")?.textContent + document.querySelector(".task-card .task-record a")?.textContent !== a + b, before, { timeout: 5000 });
  const closed = (await call("GET", `/api/v1/tasks/${task.id}`, { token: await token(REP) })).json;
  ensure(closed.closed_as === "done", `the step is ${closed.closed_as || "open"}`);
});

test("run the queue: one card at a time, leave with Escape", async () => {
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("r");
  await page.waitForSelector(".task-card.big");
  const first = await page.getAttribute(".task-card", "aria-label");
  await page.keyboard.press("n");
  await page.waitForFunction((a) => document.querySelector(".task-card")?.getAttribute("aria-label") !== a, first);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.pathname === "/");
});

test("an outcome closes in place, can be taken back, and is sent", async () => {
  const dealId = await firstDeal();
  const asked = await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: dealId, title: "Send the price list", due: new Date(Date.now() - 3_600_000).toISOString() } });
  ensure(asked.status === 201, asked.text);
  const page = await open(REP);
  await go(page, `/?task=${asked.json.id}`);
  const label = "Send the price list";
  ensure((await page.textContent(".task-card .task-title")) === label, "the address does not open the task");
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent !== x, label);
  await page.keyboard.press("Control+z");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent === x, label);
  await page.keyboard.press("Control+Enter");
  await page.waitForFunction((x) => document.querySelector(".task-card .task-title")?.textContent !== x, label);
  await until(async () => (await ask(REP, `/api/v1/tasks/${asked.json.id}`)).closed_as === "done", "the outcome is sent");
});

test("a task that arrives does not move the open card: it is announced, and comes first when asked for", async () => {
  const record = await firstDeal();
  const me = (await ask(REP, "/api/v1/me")).id;
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("j");
  const card = () => page.evaluate(() => { const c = document.querySelector(".task-card"); const b = c.getBoundingClientRect(); return [c.getAttribute("aria-label"), b.x, b.y, document.activeElement === c].join(); });
  const before = await card();
  const asked = await call("POST", "/api/v1/tasks", { token: await token(ADMIN), body: { record, title: "Ring the bell", owed_by: me, due: new Date(Date.now() + 60_000).toISOString() } });
  ensure(asked.status === 201, asked.text);
  await page.waitForSelector("text=1 new task – refresh order");
  const after = await card();
  ensure(after === before, `the card moved: ${before}, ${after}`);
  ensure((await page.locator(".task-line", { hasText: "Ring the bell" }).count()) === 0, "it pushed in");
  await page.click("text=1 new task – refresh order");
  await page.waitForSelector(".queue >> text=Ring the bell");
  ensure((await page.locator("text=refresh order").count()) === 0, "it is still announced");
});

test("Back gives the place and the focus back", async () => {
  const page = await open(REP, { width: 1280 });
  await go(page, "/");
  const link = page.locator(".task-card .task-record a");
  await link.focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.pathname.startsWith("/records/"));
  await expect(page.locator("h1")).toBeFocused(); // the address comes first, the heading with the code of the screen
  await settled(page);
  await expect(page.locator("h1")).toBeFocused();
  await page.goBack();
  await page.waitForSelector(".task-card");
  await page.waitForFunction(() => document.activeElement?.closest(".task-record") !== null, null, { timeout: 3000 });
});

await finish();
