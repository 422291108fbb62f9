// Writing to a customer: from a task and from a record, with a real mail server in this process.
import { mailServer } from "../e2e/smtp.mjs";
import { ask, axe, call, COLOURS, ensure, expect, finish, go, keys, looksWell, open, prepare, REP, settled, startCompany, stopCompany, test, token, until } from "./lib.mjs";
import { tooSmall } from "./sweep.mjs";

// The composer in both themes, as it stands.
async function looksWellInBoth(page, name) {
  await looksWell(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  const wrong = await axe(page, { rules: COLOURS });
  ensure(wrong.length === 0, `dark: ${wrong.join("\n")}`);
  await page.emulateMedia({ colorScheme: "light" });
}

const HOLD_MS = 10_000;
const box = await mailServer();
const mailFlags = ["--mail-server", box.url, "--mail-tls", "opportunistic", "--mail-from", "Demo Inc <crm@demo.example>"];
prepare(null, null, mailFlags);

const GAP = "[what they asked, in their own words, and one thing only they could have told us]";
let made = 0;
// A lead of the rep that waits for its first reply.
async function newLead(more = {}) {
  made++;
  const owner = (await ask(REP, "/api/v1/me")).id;
  const body = { first_name: "Mia", last_name: `Kane ${made}`, company: `Harbor Health ${made}`, email: `mia.${made}@harbor.example`, source: "Web form", country: "Kenya", owner, ...more };
  const r = await call("POST", "/api/v1/records/lead", { token: await token(REP), body });
  ensure(r.status === 201, r.text);
  const { tasks } = await ask(REP, `/api/v1/records/lead/${r.json.id}/work`);
  return { id: r.json.id, email: body.email ?? "", name: `Mia Kane ${made}`, task: tasks.find((x) => x.title === "First reply").id };
}
const composer = (page) => page.getByRole("dialog", { name: /^Mail/ });
const text = (page) => composer(page).getByLabel("What you write");
const before = (page) => composer(page).getByRole("region", { name: "Before it goes" });
const selected = (page) => page.evaluate(() => { const el = document.activeElement; return el?.value?.slice(el.selectionStart, el.selectionEnd) ?? null; });
const to = (lead) => box.mails.filter((m) => m.envelope.rcptTo.some((r) => r.address === lead.email));
const arrived = (lead) => until(() => to(lead)[0], `a mail to ${lead.email}`, HOLD_MS + 20_000);
const inTextarea = (page) => page.evaluate(() => {
  const el = document.activeElement;
  const dialog = el.closest("dialog").getBoundingClientRect();
  const b = el.getBoundingClientRect();
  return el.localName === "textarea" && b.top < dialog.bottom && b.bottom > dialog.top;
});

test("P14 P15 P16 a lead is answered from My Day in the manual's words: what is not filled in refuses, the tone is told with its why, and it arrives in her name", async () => {
  const lead = await newLead();
  const page = await open(REP);
  await go(page, `/?task=${lead.task}`);
  await page.getByRole("button", { name: "Write the mail" }).click();
  await expect(text(page)).toHaveValue(/^Hello Mia,\n\nthank you for writing/);
  ensure((await selected(page)) === GAP, `the first gap is not selected, but ${await selected(page)}`);
  // The words and whom to: the form says it.
  await expect(composer(page)).toContainText(`${lead.name} <${lead.email}>`);
  await expect(composer(page)).toContainText("From Vicki Laflamme <crm@demo.example>; answers go to vicki.laflamme@demo.example");
  await expect(composer(page)).toContainText("Their time:");
  await expect(composer(page).getByRole("region", { name: "What was said so far" })).toContainText("This is the first contact");
  // P15: each passage with its reason, beside the text.
  const why = composer(page).getByRole("region", { name: "Why these words" });
  await expect(why.getByRole("listitem")).toHaveCount(6);
  await expect(why.getByRole("listitem").filter({ hasText: "What they asked" })).toContainText("Repeating the question shows that a person read it");
  await expect(why.getByRole("listitem").filter({ hasText: "What they asked" })).toContainText("make it yours");
  const [words, reasons] = [await text(page).boundingBox(), await why.boundingBox()];
  ensure(reasons.x >= words.x + words.width && reasons.y < words.y + words.height, "the reasons do not stand beside the words");
  // P14: it does not go out so.
  await expect(before(page)).toContainText("1 place to fill in");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page).getByRole("alert")).toContainText(`Still to fill in: ${GAP}`);
  ensure((await selected(page)) === GAP, "Send does not lead to what is missing");
  await keys(page, "=racks that fit a ward's cupboard. We are just checking in");
  await expect(composer(page).getByRole("alert")).toHaveCount(0);
  // P16: the guide has something to say.
  const hint = before(page).getByRole("listitem");
  await expect(hint).toHaveCount(1);
  await expect(hint).toContainText('Say "the reason you write" instead of "just checking in".');
  await expect(hint).toContainText("It says that you want something and have nothing to give.");
  await expect(hint.getByRole("link", { name: "Writing mails" })).toHaveAttribute("href", /\/manual\/guide\/email/);
  await expect(before(page).getByRole("status")).toHaveText("1 hint on the tone");
  await looksWellInBoth(page, "mail-hint");
  await hint.getByRole("button").click();
  ensure((await selected(page)) === "just checking in" && (await inTextarea(page)), "the hint does not lead to its words");
  await keys(page, "=glad you wrote");
  await expect(before(page).getByRole("status")).toHaveText("Nothing to mend.");
  await expect(composer(page).getByLabel("Then")).toHaveValue("=Wrote to them");
  await expect(composer(page)).toContainText("status becomes Contacted");
  const typed = await text(page).inputValue();
  const sentAt = Date.now();
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page)).toHaveCount(0);
  await expect(page.locator("div.toast")).toContainText(`Mail to ${lead.name} goes out.`);
  await expect(page.locator(`[data-open-task="${lead.task}"]`)).toHaveCount(0);
  const mail = await arrived(lead);
  ensure(Date.now() - sentAt >= HOLD_MS - 200, "it was not held");
  ensure(mail.subject === "Your question to us, Mia" && mail.text.trim() === typed.trim(), `${mail.subject}\n${mail.text}`);
  expect(mail.from.value).toEqual([{ address: "crm@demo.example", name: "Vicki Laflamme" }]);
  expect(mail.replyTo.value[0].address).toBe(REP);
  await until(async () => (await ask(REP, `/api/v1/tasks/${lead.task}`)).closed_as === "done", "the task is closed");
  ensure((await ask(REP, `/api/v1/records/lead/${lead.id}`)).status === "Contacted", "the lead is not Contacted");
  await go(page, `/records/lead/${lead.id}`);
  const event = page.locator(".event.activity", { hasText: "Your question to us, Mia" });
  await expect(event.locator(".chip")).toHaveText(/^sent \d/);
  await expect(event).toContainText("glad you wrote");
  ensure(to(lead).length === 1, `${to(lead).length} mails`);
});

test("P14 taken back within the hold, the mail stands there as it was typed, and nothing arrives", async () => {
  const lead = await newLead();
  const page = await open(REP);
  await go(page, `/?task=${lead.task}`);
  await keys(page, "m", "=racks", "Control+Enter");
  await expect(page.locator("div.toast")).toContainText("goes out");
  await go(page, "/lists/lead").catch(() => undefined); // leaving sends it: so not this lead
  await arrived(lead);
  const other = await newLead();
  await go(page, `/?task=${other.task}`);
  await keys(page, "m", "=lamps");
  await expect(composer(page)).toContainText(other.email);
  const typed = await text(page).inputValue();
  await keys(page, "Control+Enter");
  await expect(composer(page)).toHaveCount(0);
  await page.keyboard.press("g"); // elsewhere meanwhile
  await page.keyboard.press("l");
  await page.waitForFunction(() => location.pathname === "/lists/lead");
  await page.locator("div.toast").getByRole("button", { name: "Undo" }).click();
  await expect(text(page)).toHaveValue(typed);
  await new Promise((done) => setTimeout(done, HOLD_MS + 1500)); // what does not happen can only be waited for
  ensure(to(other).length === 0, "it went out");
  ensure((await ask(REP, `/api/v1/tasks/${other.task}`)).closed_as === "", "the task is closed");
  // Closed without a decision, it is kept; also over a reload.
  await page.keyboard.press("Escape");
  await expect(page.locator("div.toast")).toContainText("What you wrote is kept");
  await go(page, `/?task=${other.task}`);
  await page.reload();
  await settled(page);
  await page.getByRole("button", { name: "Go on with the mail" }).click();
  await expect(text(page)).toHaveValue(typed);
  await composer(page).getByRole("button", { name: "Throw away" }).click();
  await expect(page.getByRole("button", { name: "Write the mail" })).toBeVisible();
});

test("P14 P15 from the record, with a template of one's choice: words it replaces can be had back; a field the record does not have is named", async () => {
  const { id } = (await call("POST", "/api/v1/records/account", { token: await token(REP), body: { name: "Quay Dental", country: "Kenya", email: "office@quay.example", owner: (await ask(REP, "/api/v1/me")).id } })).json;
  const contact = await call("POST", "/api/v1/records/contact", { token: await token(REP), body: { first_name: "Ida", last_name: "Quist", account: id, email: "ida@quay.example" } });
  ensure(contact.status === 201, contact.text);
  const deal = (await call("POST", "/api/v1/records/deal", { token: await token(REP), body: { name: "Racks for Quay", account: id, contact: contact.json.id, stage: "Engaging", engage_date: new Date().toISOString().slice(0, 10) } })).json.id;
  const page = await open(REP);
  await go(page, `/records/deal/${deal}`);
  await page.getByRole("button", { name: "Email", exact: true }).click();
  const whom = composer(page).getByLabel("To", { exact: true }); // several: chosen in a list, whom the deal names first
  await expect(whom).toHaveValue("ida@quay.example");
  await expect(whom.locator("option")).toHaveText(["Quay Dental <office@quay.example> · Account", "Ida Quist <ida@quay.example> · Contact"]);
  const templates = composer(page).getByLabel("Template");
  if ((await templates.inputValue()) !== "") await templates.selectOption("");
  await text(page).fill("Hello Ida,\n\nmy own words.");
  await templates.selectOption({ label: "Proposal" });
  await expect(text(page)).not.toHaveValue(/my own words/);
  await expect(composer(page).getByRole("region", { name: "Why these words" })).toBeVisible();
  await composer(page).getByRole("button", { name: "Put mine back" }).click();
  await expect(text(page)).toHaveValue("Hello Ida,\n\nmy own words.");
  await composer(page).getByLabel("Subject").fill("Racks, {{next_step}}");
  await expect(before(page)).toContainText("{{next_step}}");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page).getByRole("alert")).toContainText("Still to fill in: {{next_step}}");
  ensure((await selected(page)) === "{{next_step}}", "it does not lead to the field");
  await keys(page, "=on Thursday");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page)).toHaveCount(0);
  await arrived({ email: "ida@quay.example" });
  const event = page.locator(".event.activity", { hasText: "Racks, on Thursday" });
  await expect(event.locator(".chip")).toHaveText(/^sent \d/);
});

test("P14 P145 by keyboard alone, in run mode: opened, filled in, looked over, sent", async () => {
  const lead = await newLead();
  const page = await open(REP);
  await go(page, "/run");
  const title = () => page.locator(".task-card").getAttribute("aria-label");
  for (let i = 0; i < 200 && !(await title()).includes(lead.name); i++) {
    const was = await title();
    await page.keyboard.press("n");
    await page.waitForFunction((x) => document.querySelector(".task-card")?.getAttribute("aria-label") !== x, was);
  }
  await keys(page, "m", "=racks that fit a cupboard", "Control+Enter");
  await expect(page.locator("div.toast")).toContainText(lead.name);
  ensure(!(await title()).includes(lead.name), "the card still stands there");
  await page.waitForFunction(() => document.activeElement?.classList.contains("task-card"), null, { timeout: 3000 });
  await keys(page, "Control+z");
  await expect(text(page)).toHaveValue(/racks that fit a cupboard/);
  await keys(page, "Tab"); // on to Then
  await expect(composer(page).getByLabel("Then")).toBeFocused();
  await keys(page, "Control+Enter"); // from wherever the focus is, and never the outcome of the card below
  await expect(composer(page)).toHaveCount(0);
  await arrived(lead);
  await until(async () => (await ask(REP, `/api/v1/tasks/${lead.task}`)).closed_as === "done", "the task is closed");
  ensure((await ask(REP, `/api/v1/records/lead/${lead.id}/timeline`)).data.filter((x) => x.kind === "activity").length === 1, "it is logged more than once");
});

test("P14 P16 on a phone, by touch: written, mended and sent at 390 px, and nothing is wider at 320", async () => {
  const lead = await newLead();
  const page = await open(REP, { width: 390 });
  await go(page, `/records/lead/${lead.id}`);
  await page.getByRole("button", { name: "Email", exact: true }).tap();
  await expect(text(page)).toHaveValue(/Hello Mia/);
  await text(page).fill("Hello Mia,\n\nunfortunately we can't before the 20th.");
  const hint = before(page).getByRole("listitem");
  await expect(hint).toContainText("unfortunately");
  const size = await text(page).evaluate((el) => getComputedStyle(el).fontSize);
  ensure(size === "16px", `letters of ${size}: the phone zooms in`);
  await looksWellInBoth(page, "mail-phone");
  const small = await page.evaluate(tooSmall, 44);
  ensure(small.length === 0, small.join("\n"));
  await hint.getByRole("button").tap();
  ensure((await selected(page)) === "unfortunately" && (await inTextarea(page)), "the hint does not lead to its words");
  await text(page).fill("Hello Mia,\n\nwe deliver on the 20th.");
  await page.setViewportSize({ width: 320, height: 700 });
  const over = await page.evaluate(() => { const d = document.querySelector("dialog"); return [document.documentElement.scrollWidth - innerWidth, d.scrollWidth - d.clientWidth]; });
  ensure(over.every((n) => n <= 0), `wider than 320 px by ${over}`);
  await composer(page).getByRole("button", { name: "Send" }).tap();
  await expect(composer(page)).toHaveCount(0);
  const mail = await arrived(lead);
  ensure(mail.text.includes("we deliver on the 20th"), mail.text);
});

test("P14 what the mail server refuses stands on the record with its reason; what fairlead refuses comes back into the composer", async () => {
  const lead = await newLead();
  const page = await open(REP);
  await go(page, `/records/lead/${lead.id}`);
  box.refuse = (address) => (address === lead.email ? [550, "No such person here"] : undefined);
  await keys(page, "m", "=racks", "Control+Enter");
  const chip = page.locator(".event.activity .chip");
  await expect(chip).toHaveText(/^not sent: .*No such person here/, { timeout: HOLD_MS + 20_000 });
  await expect(chip).toHaveClass(/warn/);
  box.refuse = undefined;
  const other = await newLead();
  await go(page, `/records/lead/${other.id}`);
  await keys(page, "m", "=lamps", "Control+Enter");
  await expect(page.locator("div.toast")).toContainText("goes out");
  const r = await call("PATCH", `/api/v1/records/lead/${other.id}`, { token: await token(REP), headers: { "if-match": "*" }, body: { do_not_email: true } });
  ensure(r.status === 200, r.text);
  await expect(text(page)).toHaveValue(/lamps/, { timeout: HOLD_MS + 20_000 });
  await expect(composer(page)).toContainText("asked us not to write");
  ensure(to(other).length === 0, "it went out");
});

test("P14 nobody to write to: the field is filled in where it is missing, and the mail can go", async () => {
  const lead = await newLead({ email: undefined, phone: "+12125550100" });
  const page = await open(REP);
  await go(page, `/?task=${lead.task}`);
  await keys(page, "m", "=racks");
  await expect(composer(page)).toContainText("No mail address is known yet.");
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page).getByRole("alert")).toHaveText("There is no mail address to send it to.");
  await expect(composer(page).getByRole("button", { name: "Edit Email" })).toBeFocused();
  await composer(page).getByRole("button", { name: "Edit Email" }).click();
  await keys(page, "=mia.late@harbor.example", "Enter");
  await expect(composer(page)).toContainText("<mia.late@harbor.example>");
  await expect(text(page)).toHaveValue(/racks/);
  await composer(page).getByRole("button", { name: "Send" }).click();
  await arrived({ email: "mia.late@harbor.example" });
});

test("P14 without a mail server: Send says so, the mail program gets the words, and what was sent is logged with the outcome", async () => {
  await stopCompany();
  prepare(null, null, []);
  await startCompany();
  const lead = await newLead();
  const page = await open(REP);
  await go(page, `/?task=${lead.task}`);
  await keys(page, "m");
  await expect(composer(page)).toContainText("sends no mails yet");
  await composer(page).getByRole("link", { name: "Open in mail program" }).click(); // not with a gap in it
  await expect(composer(page).getByRole("alert")).toContainText("Still to fill in");
  await keys(page, "=racks & more");
  const href = await composer(page).getByRole("link", { name: "Open in mail program" }).getAttribute("href");
  ensure(href.startsWith(`mailto:${lead.email}?subject=Your%20question%20to%20us%2C%20Mia&body=Hello%20Mia%2C%0D%0A%0D%0A`) && href.includes("racks%20%26%20more"), href);
  await composer(page).getByRole("button", { name: "Send" }).click();
  await expect(composer(page).getByRole("alert")).toContainText("mail-server");
  await expect(composer(page).getByRole("alert")).toBeInViewport({ ratio: 1 });
  await looksWellInBoth(page, "mail-off");
  await composer(page).getByRole("button", { name: "Log it as sent" }).click();
  await expect(composer(page)).toHaveCount(0);
  await until(async () => (await ask(REP, `/api/v1/tasks/${lead.task}`)).closed_as === "done", "the task is closed");
  const logged = (await ask(REP, `/api/v1/records/lead/${lead.id}/timeline`)).data.filter((x) => x.kind === "activity");
  ensure(logged.length === 1 && logged[0].entry.kind === "email" && logged[0].entry.body.includes("racks & more"), JSON.stringify(logged));
  ensure((await ask(REP, `/api/v1/records/lead/${lead.id}`)).status === "Contacted", "the lead is not Contacted");
  // Without a task, it is an activity of its own.
  await go(page, `/records/lead/${lead.id}`);
  await keys(page, "m");
  await composer(page).getByLabel("Template").selectOption("").catch(() => undefined);
  await composer(page).getByLabel("Subject").fill("Once more");
  await text(page).fill("Hello Mia, they are here.");
  await composer(page).getByLabel("Then").selectOption("open").catch(() => undefined);
  await composer(page).getByRole("button", { name: "Log it as sent" }).click();
  await expect(page.locator(".event.activity", { hasText: "Once more" })).toBeVisible();
});

await finish();
