// Mails to customers, against a real SMTP server in this process: a rep answers a lead in the words of the manual, the mail arrives in
// her name, and what happens when it is not complete, not wanted, taken back, refused, or when nobody takes it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { call, finish, newCompany, run, serve, test } from "./lib.mjs";
import { mailServer, until } from "./smtp.mjs";

const dir = newCompany(["--company", "Northgate Supply"]);
const at = ["--data", dir];
const REP = "vera@northgate.example";
run(["user", "add", REP, "--name", "Vera Löwe", "--role", "sales-rep", ...at], { input: "seven quiet harbor boats\n" });
const boss = run(["token", "add", "admin@example.com", "mail test", ...at]).out.trim();
const hers = run(["token", "add", REP, "mail test", ...at]).out.trim();
const box = await mailServer();
const withMail = ["serve", ...at, "--mail-server", box.url, "--mail-tls", "opportunistic", "--mail-from", "Northgate <crm@northgate.example>"];
run(["user", "add", "ray@northgate.example", "--name", "Ray Read", "--role", "read-only", ...at], { input: "eight quiet harbor boats\n" });
const reads = run(["token", "add", "ray@northgate.example", "mail test", ...at]).out.trim();
let server = await serve(withMail);

const ask = (method, path, body, how = {}) => call(server.base, method, `/api/v1${path}`, { token: hers, body, ...how });
async function must(method, path, body, status = method === "GET" ? 200 : 201, how) {
  const r = await ask(method, path, body, how);
  assert.equal(r.status, status, `${method} ${path}: ${r.status} ${r.text}`);
  return r.json;
}
const me = (await must("GET", "/me")).id;
let n = 0;
async function newLead(more = {}) {
  n++;
  return (await must("POST", "/records/lead", { first_name: "Mia", last_name: `Kane ${n}`, company: "Harbor Health", email: `mia.${n}@harbor.example`, source: "Web form", owner: me, ...more })).id;
}
const activities = async (object, id) => (await must("GET", `/records/${object}/${id}/timeline`)).data.filter((e) => e.kind === "activity");
const work = (id) => must("GET", `/records/lead/${id}/work`);
const firstReply = async (id) => (await work(id)).tasks.find((t) => t.title === "First reply");
const code = (r) => `${r.status} ${r.json?.code} ${r.json?.errors?.map((e) => e.pointer ?? "-").join(" ")}`;

test("P14 a step's template is filled in from the record, completed, and sent in the rep's name; the task is closed", async () => {
  const id = await newLead();
  const task = await firstReply(id);
  assert.deepEqual(task.words.placeholders, ["[what they asked, in their own words, and one thing only they could have told us]"]);
  assert.equal(task.after.outcomes.find((o) => o.label === "Wrote to them").logs, "email");
  const form = await must("GET", `/records/lead/${id}/mail?template=template/first-reply`);
  assert.equal(form.mail, "on");
  assert.equal(form.from, "Vera Löwe <crm@northgate.example>");
  assert.equal(form.reply_to, REP);
  assert.deepEqual(form.addresses.map((x) => x.address), [`mia.${n}@harbor.example`]);
  assert.ok(form.templates.some((x) => x.page === "template/first-reply"));
  assert.ok(!form.templates.some((x) => x.page === "template/proposal"), "templates of deals are not for leads");
  const body = form.words.passages.map((p) => p.text).join("\n\n").replace(form.words.placeholders[0], "racks — größer als 42 HE");
  const before = box.mails.length;
  const sent = await must("POST", "/mails", { object: "lead", record: id, to: form.addresses[0].address, subject: form.words.subject, body, template: "template/first-reply", task: task.id, outcome: "Wrote to them" }, 201, { headers: { "If-Match": `"v${task.version}"` } });
  assert.equal(sent.state, "waiting");
  await box.arrived(before + 1);
  const m = box.mails[before];
  assert.equal(m.subject, "Your question to us, Mia");
  assert.deepEqual(m.from.value, [{ address: "crm@northgate.example", name: "Vera Löwe" }]);
  assert.deepEqual(m.replyTo.value, [{ address: REP, name: "Vera Löwe" }]);
  assert.deepEqual(m.to.value, [{ address: `mia.${n}@harbor.example`, name: `Mia Kane ${n}` }]);
  assert.equal(m.text.trim(), body.trim());
  assert.equal(m.headers.get("auto-submitted"), undefined, "a person wrote it");
  assert.equal(m.headers.get("list-id"), undefined);
  await until(async () => (await work(id)).mails[0]?.state === "sent", 5000, async () => JSON.stringify((await work(id)).mails));
  const lead = await must("GET", `/records/lead/${id}`);
  assert.equal(lead.status, "Contacted");
  const closed = await must("GET", `/tasks/${task.id}`);
  assert.equal(closed.closed_as, "done");
  const logged = await activities("lead", id);
  assert.equal(logged.length, 1, "the mail is the activity of the outcome: it is logged once");
  assert.equal((await work(id)).mails[0].activity, String(logged[0].id ?? logged[0].record));
});

test("P14 what is not filled in does not go out: merge fields and what the template leaves to be written are named, and nothing changes", async () => {
  const id = await newLead();
  const task = await firstReply(id);
  const to = `mia.${n}@harbor.example`;
  const whole = task.words.passages.map((p) => p.text).join("\n\n");
  const before = box.mails.length;
  const r = await ask("POST", "/mails", { object: "lead", record: id, to, subject: "Hello {{first_name}}", body: whole, template: "template/first-reply", task: task.id, outcome: "Wrote to them" });
  assert.equal(code(r), "422 mail.unresolved /subject /body");
  assert.match(r.text, /what they asked, in their own words/);
  assert.match(r.json.errors[1].reason, /repeating the question/);
  assert.equal(code(await ask("POST", "/mails", { object: "lead", record: id, to, subject: " ", body: "\n" })), "422 record.field_required /subject /body");
  assert.equal(code(await ask("POST", "/mails", { object: "lead", record: id, to: "somebody@else.example", subject: "x", body: "y" })), "422 mail.address_unknown /to");
  assert.equal(code(await ask("POST", "/mails", { object: "lead", record: id, to, subject: "x", body: "y", template: "template/nothing" })), "422 record.field_invalid /template");
  assert.equal(code(await ask("POST", "/mails", { object: "lead", record: id, to, subject: "x", body: "y", outcome: "Wrote to them" })), "422 record.field_invalid /outcome");
  assert.equal((await ask("POST", "/mails", { object: "lead", record: id, to, subject: "x", body: "y", task: task.id, outcome: "Sang to them" })).status, 422);
  assert.equal((await firstReply(id)).version, task.version);
  assert.deepEqual((await work(id)).mails, []);
  assert.equal(box.mails.length, before);
});

test("whoever asked not to get mails gets none, and a person of the account can be written to about a deal", async () => {
  const id = await newLead({ do_not_email: true });
  const r = await ask("POST", "/mails", { object: "lead", record: id, to: `mia.${n}@harbor.example`, subject: "x", body: "y" });
  assert.equal(code(r), "409 mail.not_wanted /to");
  assert.match(r.json.way_out, /Call them/);
  const account = (await must("POST", "/records/account", { name: "Quay Dental", email: "office@quay.example", owner: me })).id;
  await must("POST", "/records/contact", { first_name: "Ida", last_name: "Quist", account, email: "ida@quay.example", owner: me });
  const deal = (await must("POST", "/records/deal", { name: "Racks", account, owner: me })).id;
  const form = await must("GET", `/records/deal/${deal}/mail`);
  assert.deepEqual(form.addresses.map((x) => [x.address, x.object]).sort(), [["ida@quay.example", "contact"], ["office@quay.example", "account"]]);
  assert.equal(form.words, null);
  const before = box.mails.length;
  await must("POST", "/mails", { object: "deal", record: deal, to: "IDA@quay.example", subject: "Racks", body: "Hello Ida,\n\nthey are here." });
  await box.arrived(before + 1);
  assert.equal(box.mails[before].envelope.rcptTo[0].address, "ida@quay.example");
  const contact = form.addresses.find((x) => x.object === "contact").record;
  assert.equal((await activities("contact", contact)).length, 1, "it stands on her page as well");
});

test("nobody writes about what they may not see or for a task of something else, and nobody without the right to log it", async () => {
  const [id, other] = [await newLead(), await newLead()];
  const to = `mia.${n - 1}@harbor.example`;
  const task = await firstReply(other);
  const before = box.mails.length;
  const mail = { object: "lead", record: id, to, subject: "Racks", body: "Hello Mia,\n\nthey are here." };
  assert.equal(code(await ask("POST", "/mails", { ...mail, task: task.id, outcome: "Wrote to them" })), "422 record.field_invalid /task");
  assert.equal(code(await ask("POST", "/mails", { ...mail, task: task.id })), "422 record.field_invalid /task", "also where the task would stay open");
  assert.equal((await ask("POST", "/mails", { ...mail, task: "1" })).status, 404);
  assert.equal((await ask("POST", "/mails", { ...mail, record: "1" })).status, 404);
  assert.equal((await call(server.base, "POST", "/api/v1/mails", { token: reads, body: mail })).status, 403);
  assert.equal((await call(server.base, "GET", `/api/v1/records/lead/${id}/mail`, { token: reads })).status, 200);
  assert.deepEqual((await work(id)).mails, []);
  assert.equal((await activities("lead", id)).length, 0);
  assert.equal(box.mails.length, before);
});

test("a mail whose activity is put away before it goes out is not sent", async () => {
  const id = await newLead();
  await server.stop();
  const quiet = await mailServer({ refuse: () => [451, "4.3.0 come back later"] });
  server = await serve(["serve", ...at, "--mail-server", quiet.url, "--mail-tls", "opportunistic", "--mail-from", "crm@northgate.example"]);
  await must("POST", "/mails", { object: "lead", record: id, to: `mia.${n}@harbor.example`, subject: "Sorry", body: "Hello Mia,\n\nnot this." });
  await until(async () => (await work(id)).mails.length === 1, 3000, () => "no mail");
  const [mail] = (await work(id)).mails;
  assert.equal((await ask("POST", `/records/activity/${mail.activity}/archive`, {})).status, 200);
  await server.stop();
  await quiet.close();
  dueNow();
  const before = box.mails.length;
  server = await serve(withMail);
  await until(async () => (await work(id)).mails.length === 0, 8000, async () => JSON.stringify((await work(id)).mails));
  assert.equal(box.mails.length, before);
});

test("a mail the server refuses for good becomes a task to reach them another way", async () => {
  const id = await newLead();
  box.refuse = (address) => address.startsWith("mia") && [550, "5.1.1 no such user here"];
  await must("POST", "/mails", { object: "lead", record: id, to: `mia.${n}@harbor.example`, subject: "Racks", body: "Hello Mia,\n\nthey are here." });
  await until(async () => (await work(id)).mails[0]?.state === "failed", 8000, async () => JSON.stringify((await work(id)).mails));
  box.refuse = null;
  const w = await work(id);
  assert.match(w.mails[0].error, /no such user here/);
  const task = w.tasks.find((t) => /did not go out/.test(t.title));
  assert.equal(task.owed_by, me);
  assert.match(task.note, /no such user here/);
  assert.equal((await call(server.base, "GET", `/api/v1/records/lead/${id}/work`, { token: boss })).json.mails[0].error, "", "what the server said is for whoever wrote");
  assert.match(JSON.stringify((await must("GET", `/records/lead/${id}/timeline`)).data), /Did not go out/);
  const state = (await call(server.base, "GET", "/api/v1/system/mail", { token: boss })).json;
  assert.equal(state.to_customers.given_up.length, 1);
  assert.match(run(["mail", "status", ...at]).out, /To customers: nothing waits\.\nTo customers: given up .*no such user here/);
});

test("nobody takes it for a day: it is given up, and whoever wrote it is told", async () => {
  const id = await newLead();
  await server.stop();
  server = await serve(["serve", ...at, "--mail-server", "smtp://127.0.0.1:9", "--mail-tls", "opportunistic", "--mail-from", "crm@northgate.example"]);
  await must("POST", "/mails", { object: "lead", record: id, to: `mia.${n}@harbor.example`, subject: "Racks", body: "Hello Mia,\n\nthey are here." });
  await server.stop();
  // An id says when it was made: a day and a minute earlier.
  sql(`UPDATE outbox SET id = id - (86460000 << 22) WHERE kind = 'customer-mail' AND done_us IS NULL AND failed_us IS NULL`);
  server = await serve(withMail);
  await until(async () => (await work(id)).mails[0]?.state === "failed", 8000, async () => JSON.stringify((await work(id)).mails));
  assert.ok((await work(id)).tasks.some((t) => /did not go out/.test(t.title)));
});

test("without a mail server nothing is promised: the way out is one's own mail program", async () => {
  const id = await newLead();
  await server.stop();
  server = await serve(["serve", ...at]);
  const form = await must("GET", `/records/lead/${id}/mail`);
  assert.equal(form.mail, "off");
  const r = await ask("POST", "/mails", { object: "lead", record: id, to: `mia.${n}@harbor.example`, subject: "x", body: "y" });
  assert.equal(code(r), "409 mail.off -");
  assert.match(r.json.way_out, /own mail program/);
  assert.equal((await activities("lead", id)).length, 0);
  await server.stop();
});

test("P16 what the tone guide says to a text is listed, with the page and the reason", async () => {
  server = await serve(["serve", ...at]);
  const { hints } = await must("POST", "/tone", { channel: "email", text: "Hello Zoë,\n\njust checking in — unfortunately we are late." }, 200);
  assert.deepEqual(hints.map((h) => [h.words, h.at, h.page]), [["just checking in", 12, "guide/email"], ["unfortunately", 31, "guide/email"]]);
  assert.match(hints[0].text, /Say "the reason you write"/);
  assert.match(hints[0].why, /nothing to give/);
  assert.deepEqual((await must("POST", "/tone", { channel: "email", text: "Hello Zoë,\n\nthe racks are here." }, 200)).hints, []);
  assert.equal((await ask("POST", "/tone", { channel: "smoke", text: "x" })).status, 422);
  await server.stop();
});

function sql(text) {
  const r = spawnSync("sqlite3", [join(dir, "fairlead.db"), text], { encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  return r.stdout.trim();
}
function dueNow() {
  sql("UPDATE outbox SET due_us = 1 WHERE done_us IS NULL AND failed_us IS NULL");
}

await finish();
await box.close();
