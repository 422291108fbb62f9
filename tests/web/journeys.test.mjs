// Five days in the life of a sales team, from end to end on the demo company.
import { ADMIN, ask, call, ensure, expect, finish, firstDeal, go, MANAGER, open, PASSWORD, prepare, REP, server, test, token, until } from "./lib.mjs";

const LATE = "Ines Ostrow";
prepare((cli) => {
  // A lead that came ten days ago and that nobody answered.
  const then = new Date(Date.now() - 10 * 86_400_000).toISOString().replace(/\.\d+Z$/, "Z");
  const rows = cli.file("late.csv", `name,last_name,email,owner\r\n${LATE},Ostrow,ines@ostrow.example,${REP}\r\n`);
  const mapping = cli.file("late.yaml", "object: lead\ncolumns:\n  name: name\n  last_name: last_name\n  email: email\n  owner: { field: owner, match: user.email }\n");
  cli("import", rows, "--mapping", mapping, "--now", then);
});

test("P2 P3 a new lead comes in by API, stands in the rep's day at once with its words, and is answered within its deadline", async () => {
  const rep = await ask(REP, "/api/v1/me");
  const page = await open(REP);
  await go(page, "/");
  const lead = await call("POST", "/api/v1/records/lead", { token: await token(ADMIN), body: { name: "Hedda Holm", last_name: "Holm", email: "hedda@holm.example", owner: rep.id } });
  ensure(lead.status === 201, lead.text);
  await page.locator(".task-line, .task-card", { hasText: "Hedda Holm" }).first().waitFor();
  await go(page, `/records/lead/${lead.json.id}`);
  const card = page.locator(".task-card", { hasText: "First reply" });
  await expect(card).toContainText("the answer itself is worth more", { ignoreCase: true });
  await expect(card.locator(".words")).toContainText("Hello");
  await expect(card.locator(".task-chips")).toContainText("due");
  const task = (await ask(REP, `/api/v1/records/lead/${lead.json.id}/work`)).next;
  await card.getByRole("button", { name: "Wrote to them" }).click();
  const closed = await until(async () => { const t = await ask(REP, `/api/v1/tasks/${task.id}`); return t.closed && t; }, "the step is closed");
  ensure(closed.closed_as === "done" && Date.parse(closed.closed) < Date.parse(closed.until), JSON.stringify(closed));
  const row = await ask(REP, `/api/v1/records/lead/${lead.json.id}`);
  ensure(row.status === "Contacted", `the lead is ${row.status}`);
  await expect(page.locator(".event.activity").first()).toBeVisible();
});

test("a rep works the queue for ten tasks by keyboard alone, without waiting for the page", async () => {
  const deal = await firstDeal();
  const bearer = await token(REP);
  const asked = [];
  for (let i = 1; i <= 10; i++) {
    const r = await call("POST", "/api/v1/tasks", { token: bearer, body: { record: deal, title: `Call number ${i}`, due: new Date(Date.now() + (60 + i) * 60_000).toISOString() } });
    ensure(r.status === 201, r.text);
    asked.push(r.json.id);
  }
  const page = await open(REP);
  await go(page, "/");
  await page.keyboard.press("r");
  await page.waitForSelector(".task-card.big");
  const queue = (await ask(REP, "/api/v1/my-day?limit=20")).data.map((x) => x.id);
  ensure(asked.every((id) => queue.slice(0, 12).includes(id)), "what is due today does not come first");
  // What comes before them stays open; each of the ten is done with one key, as fast as a hand is.
  const before = queue.findIndex((id) => asked.includes(id));
  for (let i = 0; i < before; i++) await page.keyboard.press("n");
  await expect(page.locator(".task-card.big .task-title")).toHaveText("Call number 1");
  for (let i = 0; i < 10; i++) await page.keyboard.press("1");
  await expect(page.locator(".screen-meta")).toContainText("10 done now");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => location.pathname === "/");
  await until(async () => (await Promise.all(asked.map((id) => ask(REP, `/api/v1/tasks/${id}`)))).every((t) => t.closed_as === "done"), "all ten are done");
});

test("P12 a deal is moved on a phone, stopped by a gate, completed and moved", async () => {
  const page = await open(REP, { width: 390 });
  await go(page, "/board/deal?who=me&stage=Engaging");
  const id = await page.locator("[data-card]").first().getAttribute("data-card");
  const stage = async () => (await ask(REP, `/api/v1/records/deal/${id}`)).stage;
  await page.locator(`[data-card="${id}"] .card-move`).tap();
  await page.getByRole("menuitem", { name: "Move to Lost" }).tap();
  const sheet = page.getByRole("dialog", { name: "Before it moves" });
  await expect(sheet).toContainText("one true reason, written down a hundred times");
  expect(await sheet.locator(".form-field label").allTextContents()).toEqual(["Why lost", "Closed on"]);
  ensure((await stage()) === "Engaging", "it moved without what the gate asks for");
  await sheet.getByLabel("Closed on").fill(new Date().toISOString().slice(0, 10));
  await sheet.getByRole("button", { name: "Later" }).tap();
  await expect(page.locator(`[data-card="${id}"]`)).toContainText("Lost waits for 2 fields");
  await page.getByRole("button", { name: /Lost waits for 2 fields/ }).first().tap();
  await sheet.getByRole("button", { name: "Save and move" }).tap();
  await expect(sheet.getByLabel("Why lost")).toBeFocused();
  await sheet.getByLabel("Why lost").selectOption({ index: 1 });
  await sheet.getByRole("button", { name: "Save and move" }).tap();
  await expect(sheet).toBeHidden();
  await until(async () => (await stage()) === "Lost", "the deal is lost");
});

test("a manager finds the step that is late and reads why it is there", async () => {
  const page = await open(MANAGER);
  await go(page, "/");
  await page.getByRole("link", { name: "My team's day" }).click();
  const late = page.getByRole("row").filter({ has: page.locator("td:nth-child(3)", { hasText: /^[1-9]/ }) }).first();
  await expect(late).toContainText("Vicki Laflamme");
  await late.getByRole("link").click();
  const line = page.locator(".task-line, .task-card", { hasText: LATE }).first();
  await line.waitFor();
  if (await line.evaluate((el) => el.classList.contains("task-line"))) await line.click();
  const card = page.locator(".task-card", { hasText: LATE });
  await expect(card).toContainText("was due");
  await expect(card.locator(".task-title")).toHaveText("First reply");
  await card.locator("a[href*='/manual/workflow/lead-capture']").first().click();
  await page.waitForFunction(() => location.pathname === "/manual/workflow/lead-capture" && document.activeElement?.id === "first-reply");
  await expect(page.locator("section", { has: page.locator("#first-reply") }).or(page.locator("#first-reply").locator("xpath=..")).first()).toContainText("Four business hours is a promise we can keep");
});

test("a new hire signs in and reads her part of the manual", async () => {
  const bearer = await token(ADMIN);
  const manager = await ask(MANAGER, "/api/v1/me");
  const hired = await call("POST", "/api/v1/records/user", { token: bearer, body: { name: "Nora Newcomer", email: "nora.newcomer@demo.example", roles: ["sales-rep"], team: manager.team.id, reports_to: manager.id } });
  ensure(hired.status === 201, hired.text);
  const set = await call("POST", `/api/v1/users/${hired.json.id}/password`, { token: bearer, body: { password: PASSWORD } });
  ensure(set.status === 204, set.text);
  const page = await open(null);
  await page.goto(`${server.base}/`);
  await page.getByLabel(/mail/i).fill("nora.newcomer@demo.example");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "My Day" })).toBeVisible();
  await page.getByRole("link", { name: "Manual" }).first().click();
  const contents = page.locator(".contents");
  await expect(contents.getByRole("link", { name: "Sales rep", exact: true })).toBeVisible();
  await expect(contents.getByRole("link", { name: "Support agent" })).toHaveCount(0);
  await contents.getByRole("link", { name: "Sales rep", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Sales rep");
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
});

await finish();
