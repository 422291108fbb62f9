// The record page: logging, facts in place, history.
import { ADMIN, ask, call, ensure, expect, finish, firstDeal, go, keys, looksWell, MANAGER, open, REP, settled, test, token, until } from "./lib.mjs";

test("P102 P145 a call is logged in three actions by keyboard and stands on the timeline", async () => {
  const dealId = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${dealId}`);
  await page.keyboard.press("l");
  await page.keyboard.type("They asked for two quotes");
  await page.keyboard.press("Control+Enter");
  await page.waitForSelector(".event.activity >> text=They asked for two quotes");
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

// A deal of its own, with an account that has an owner: what the tests below change, they change there.
let made = 0;
async function newDeal(more = {}) {
  const body = { stage: "Engaging", engage_date: new Date().toISOString().slice(0, 10), ...more };
  const account = body.account === undefined ? (await call("POST", "/api/v1/records/account", { token: await token(REP), body: { name: `Harbor ${++made}`, country: "Kenya" } })).json.id : body.account;
  const r = await call("POST", "/api/v1/records/deal", { token: await token(REP), body: { name: `Lamps ${++made}`, ...body, account: account ?? undefined } });
  ensure(r.status === 201, r.text);
  return { id: r.json.id, account };
}

test("P1 P6 the page of a record says owner, the one next action with its due time, its words and its button, and what happened", async () => {
  const id = await firstDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await expect(page.locator(".screen-meta")).toContainText("Owner: Vicki Laflamme");
  const card = page.getByRole("region", { name: "Next action" }).locator("article");
  await expect(card).toHaveCount(1);
  await expect(card).toContainText(/due .*\d/);
  await expect(card.locator(".why-link").first()).toHaveAttribute("href", /manual\/workflow\/closing.*#/);
  await expect(card.getByRole("button").first()).toBeVisible();
  await expect(page.locator(".timeline .event").first()).toBeVisible();
});

test("P6 a record without a next step says so loudly, and one is chosen there, with a date and a way back", async () => {
  const { id } = await newDeal({ next_step: "They ask IT", next_step_on: "2030-01-01", expected_close: "2030-02-01" });
  for (const t of (await ask(REP, `/api/v1/records/deal/${id}/work`)).tasks) await call("POST", `/api/v1/tasks/${t.id}/skip`, { token: await token(REP), body: { note: "not here" } });
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await expect(page.locator(".no-next")).toContainText("This has no next step");
  await page.getByRole("button", { name: "Choose a next step" }).click();
  await page.getByLabel("What happens next?").fill("Call about the rack depth");
  await page.getByRole("button", { name: "Set the next step" }).click();
  await expect(page.locator(".task-card .task-title")).toHaveText("Call about the rack depth");
  await keys(page, "Control+z");
  await expect(page.locator(".no-next")).toBeVisible();
});

test("P4 the page says whether the proposal was sent, by whom and when, from what was logged", async () => {
  const { id } = await newDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  const line = page.locator(".sent-lines li", { hasText: "Send the proposal" });
  await expect(line).toContainText("not sent");
  const task = (await ask(REP, `/api/v1/records/deal/${id}/work`)).tasks.find((x) => x.title === "Send the proposal");
  await call("POST", `/api/v1/tasks/${task.id}/finish`, { token: await token(REP), body: { outcome: "Sent it" } });
  await page.reload();
  await settled(page);
  await expect(line).toContainText(/sent .* by Vicki Laflamme/);
});

test("P63 a decision is logged as its own kind, with one key", async () => {
  const { id } = await newDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await keys(page, "d", "=We deliver before payment", "Control+Enter");
  await expect(page.locator(".event.activity", { hasText: "Decision: We deliver before payment" })).toBeVisible();
  const line = (await ask(REP, `/api/v1/records/deal/${id}/timeline`)).data.find((e) => e.kind === "activity");
  ensure(line.entry.kind === "decision", JSON.stringify(line));
});

test("P119 what was said before stands beside the answer before it is typed, and the customer's clock", async () => {
  const { id } = await newDeal();
  await call("POST", "/api/v1/records/activity", { token: await token(REP), body: { kind: "call", direction: "in", subject: "They worry about the depth", links: [id] } });
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await expect(page.getByText("Their time:", { exact: false }).first()).toBeVisible();
  await keys(page, "l");
  await expect(page.getByRole("dialog").locator(".last-contacts")).toContainText("They worry about the depth");
  ensure((await page.inputValue("dialog textarea")) === "", "something was typed already");
  await looksWell(page, "log-history");
});

test("P21 P25 P145 help is called in two clicks: who, with phone, by when; the story goes along; whoever takes it stops the calls", async () => {
  const { id, account } = await newDeal();
  const boss = (await ask(MANAGER, "/api/v1/me")).id;
  const user = await call("PATCH", `/api/v1/records/user/${boss}`, { token: await token(ADMIN), headers: { "if-match": "*" }, body: { phone: "+12125550177" } });
  ensure(user.status === 200, user.text);
  await call("PATCH", `/api/v1/records/account/${account}`, { token: await token(ADMIN), headers: { "if-match": "*" }, body: { owner: boss } });
  await call("POST", "/api/v1/records/activity", { token: await token(REP), body: { kind: "call", direction: "in", subject: "Billed twice", links: [id] } });
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await page.getByRole("button", { name: "Escalate", exact: true }).click();
  const path = page.getByRole("region", { name: "Billing problem" });
  await expect(path.locator(".level").first()).toContainText("Celia Rouche");
  await expect(path.locator(".level").first().getByRole("link")).toHaveAttribute("href", /tel:\+?12125550177/);
  await expect(path.locator(".level")).toHaveCount(4);
  await path.getByRole("button", { name: "Call for help" }).click();
  const run = await until(async () => (await ask(REP, `/api/v1/escalations?record=${account}`)).data[0], "the escalation runs");
  ensure(run.note.includes("Billed twice") && run.who === boss, JSON.stringify(run));
  const other = await open(MANAGER);
  await go(other, `/records/account/${account}`);
  await expect(other.locator(".escalation")).toContainText("Celia Rouche is called");
  await looksWell(other, "record-escalation");
  await other.getByRole("button", { name: "I take care of it" }).click();
  await expect(other.locator(".escalation.over")).toContainText("took care of it");
  // The same with keys alone.
  await keys(page, "Escape", "!");
  await page.getByRole("dialog").waitFor();
  await looksWell(page, "escalate");
  await page.locator("[data-focus=escalate-stuck-deal]").focus();
  await page.keyboard.press("Enter");
  await until(async () => (await ask(REP, `/api/v1/escalations?record=${id}`)).data.length === 1, "the second one runs");
});

test("P102 P21 on a phone: a call is logged and help is called by touch", async () => {
  const { id } = await newDeal();
  const page = await open(REP, { width: 390 });
  await go(page, `/records/deal/${id}`);
  await page.getByRole("button", { name: "Log a call" }).tap();
  await page.getByLabel("What was said", { exact: true }).fill("They call back on Friday");
  await page.getByRole("button", { name: "Log it" }).tap();
  await expect(page.locator(".event.activity", { hasText: "They call back on Friday" })).toBeVisible();
  await page.getByRole("button", { name: "Escalate", exact: true }).tap();
  await looksWell(page, "escalate");
  await page.locator("[data-focus=escalate-stuck-deal]").tap();
  await until(async () => (await ask(REP, `/api/v1/escalations?record=${id}`)).data.length === 1, "the escalation runs");
});

test("P126 P133 P145 a stage that may not be left lists all that is missing, page, reason, way out and whom to ask; filled in there, it moves; undo", async () => {
  const { id } = await newDeal();
  const page = await open(REP);
  await go(page, `/records/deal/${id}`);
  await keys(page, "s");
  await page.getByRole("menuitemradio", { name: "Lost" }).click();
  const form = page.locator("form.stopped");
  await expect(form).toContainText("cannot become Lost yet");
  const missing = form.getByRole("alert");
  for (const text of ["Why lost is empty", "Closed on is empty"]) await expect(missing).toContainText(text);
  await expect(form).toContainText("Why:");
  await expect(form.getByRole("link", { name: "The rule in the manual" })).toHaveAttribute("href", /manual\/workflow\/closing/);
  await expect(form.locator(".ask")).toContainText("Ask Celia Rouche (Sales manager)");
  ensure((await ask(REP, `/api/v1/records/deal/${id}`)).stage === "Engaging", "it moved all the same");
  await looksWell(page, "stopped");
  await form.locator("select").first().selectOption({ index: 1 });
  await form.getByLabel("Closed on").fill("today");
  await form.getByRole("button", { name: "Save and move" }).click();
  await until(async () => (await ask(REP, `/api/v1/records/deal/${id}`)).stage === "Lost", "it is lost");
  await expect(form).toHaveCount(0);
  await keys(page, "Control+z");
  await until(async () => (await ask(REP, `/api/v1/records/deal/${id}`)).stage === "Engaging", "P144 it is back");
});

test("P144 a record is handed over with its open tasks and a note, and taken back; who may not is told whom to ask", async () => {
  const { id } = await newDeal();
  const me = (await ask(REP, "/api/v1/me")).id;
  const task = (await call("POST", "/api/v1/tasks", { token: await token(REP), body: { record: id, title: "Send the map" } })).json;
  const rep = await open(REP);
  await go(rep, `/records/deal/${id}`);
  await keys(rep, "a");
  await expect(rep.getByRole("dialog")).toContainText("Your roles do not hand over deals");
  await expect(rep.getByRole("dialog")).toContainText("Ask Celia Rouche");
  const page = await open(MANAGER);
  await go(page, `/records/deal/${id}`);
  await keys(page, "a");
  await page.getByRole("combobox", { name: "To whom" }).fill("Markita");
  await page.getByRole("option", { name: "Markita Hansen" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByLabel("A note for them").fill("They want two racks");
  await looksWell(page, "hand-over");
  await page.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
  const owner = async () => (await ask(MANAGER, `/api/v1/records/deal/${id}`)).owner.id;
  const owed = async () => (await ask(ADMIN, `/api/v1/tasks/${task.id}`)).owed_by;
  await until(async () => (await owner()) !== me && (await owed()) === (await owner()), "owner and task are the other's");
  await expect(page.locator(".event.activity", { hasText: "Handed over to Markita Hansen" })).toBeVisible();
  await keys(page, "Control+z");
  await until(async () => (await owner()) === me && (await owed()) === me, "both are back");
});

test("P144 the audit of a record says who, what, before and after, through what; by field; and takes a change back", async () => {
  const { id } = await newDeal();
  await call("PATCH", `/api/v1/records/deal/${id}`, { token: await token(REP), headers: { "if-match": "*" }, body: { number: "A-17" } });
  const page = await open(REP);
  await go(page, `/records/deal/${id}?tab=history`);
  const row = page.locator(".history tr", { hasText: "A-17" });
  await expect(row).toContainText("Vicki Laflamme");
  await expect(row).toContainText("manual version 1");
  await page.getByLabel("Field", { exact: true }).selectOption({ label: "Opportunity number" });
  await expect(page.locator(".history tbody tr")).toHaveCount(1);
  await row.getByRole("button", { name: "Undo" }).click();
  await until(async () => !(await ask(REP, `/api/v1/records/deal/${id}`)).number, "taken back");
});

test("a record is archived from its own page, owes nothing there, and comes back", async () => {
  const id = (await call("POST", "/api/v1/records/lead", { token: await token(REP), body: { first_name: "Odd", last_name: "Duck", company: "Pond", source: "Website", owner: (await ask(REP, "/api/v1/me")).id } })).json.id;
  const page = await open(REP);
  await go(page, `/records/lead/${id}`);
  await page.click("button[aria-label=More]");
  await page.click("[role=menuitem]:has-text('Archive')");
  await expect(page.getByText("It is archived: nothing is owed about it.")).toBeVisible();
  await until(async () => (await ask(REP, `/api/v1/records/lead/${id}/work`)).tasks.length === 0, "no task");
  await page.click(".toast button:has-text('Undo')");
  await expect(page.getByText("It is archived: nothing is owed about it.")).toBeHidden();
  await until(async () => (await ask(REP, `/api/v1/records/lead/${id}`)).archived_at === null, "out of the archive");
});

await finish();
