// What the manual demands, on time: a firm whose leads came in last week, and a server that was switched on just now.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, finish, test } from "../e2e/lib.mjs";
import { DAY, Firm, HOUR, at, until } from "./firm.mjs";

// A working day two weeks ago, 15:00 UTC: working time in New York, in winter and summer, with the next day a working day too.
const holidays = readFileSync(join(ROOT, "manual/b2b-sales/calendar/company.md"), "utf8");
const begin = (() => {
  const works = (d) => d.getUTCDay() % 6 !== 0 && !holidays.includes(d.toISOString().slice(0, 10));
  const d = new Date(Date.now() - 14 * DAY);
  d.setUTCHours(15, 0, 0, 0);
  while (!works(d) || !works(new Date(d.getTime() + DAY))) d.setTime(d.getTime() - DAY);
  return d.getTime();
})();
const f = new Firm({ begun: begin - 7 * DAY });
f.modes({ "lead-assigned": "fix", "first-reply": "remind" }, begin - DAY);
f.import("lead", "", [["last_name", "email"], ["Waiting", "w@lead.example"]], begin);
f.import("lead", "", [["last_name", "email", "who"], ["Owned", "o@lead.example", "rob@example.com"], ["Answered", "a@lead.example", "rob@example.com"]], begin + HOUR, "  who: { field: owner, match: user.email }\n");
await f.start();
const enc = encodeURIComponent;
const [waiting, owned, answered] = await Promise.all(["Waiting", "Owned", "Answered"].map(async (n) => (await f.list("admin", "lead", `last_name = '${n}'`)).data[0]));
const breaches = async (who, filter) => (await f.must(who, "GET", `/api/v1/breaches?filter=${enc(filter)}`)).data;

test("P57 a lead nobody took is a breach after 24 hours to the microsecond, reminded of before and assigned then", async () => {
  const made = Date.parse(waiting.created_at);
  assert.ok(Math.abs(made - begin) < 60_000);
  const b = await until("the breach", async () => (await breaches("admin", `record_id = '${waiting.id}' and page = 'policy/lead-assigned'`))[0]);
  assert.equal(Date.parse(b.at), made + 24 * HOUR);
  assert.equal(Date.parse(b.due), made + 24 * HOUR);
  const now = await f.must("admin", "GET", `/api/v1/records/lead/${waiting.id}`);
  assert.ok(["Rob Rep", "Rita Rep", "Tom Rep"].includes(now.owner?.name), JSON.stringify(now.owner));
  const changes = (await f.must("admin", "GET", `/api/v1/records/lead/${waiting.id}/changes`)).data;
  const assigned = changes.find((c) => c.field === "owner");
  assert.equal(assigned.page, "policy/lead-assigned");
  assert.equal(Date.parse(assigned.at), made + 24 * HOUR);
  const notices = (await f.must("mara", "GET", "/api/v1/notices")).data;
  assert.ok(notices.length > 0, "the manager was told");
  const policy = (await f.must("mara", "GET", "/api/v1/policies")).data.find((p) => p.page === "policy/lead-assigned");
  assert.equal(policy.mode, "fix");
  assert.equal(policy.breaches, 1);
  assert.equal(policy.passes, 2);
});

test("P40 P125 a first reply that did not come is a breach when four business hours are over", async () => {
  const due = Date.parse(owned.created_at) + 4 * HOUR;
  const [b] = await breaches("mara", `record_id = '${owned.id}' and page = 'policy/first-reply'`);
  assert.equal(Date.parse(b.at), due);
  assert.equal(b.owed_by, f.people.rob);
  assert.equal(b.met, null);
  await f.create("rob", "activity", { kind: "call", direction: "out", at: at(Date.now()), subject: "At last", links: [owned.id] });
  const [met] = await breaches("mara", `record_id = '${owned.id}' and page = 'policy/first-reply'`);
  assert.ok(Math.abs(Date.parse(met.met) - Date.now()) < 10_000, JSON.stringify(met));
  assert.ok(answered.id);
});

test("P41 P42 whoever owed it says what got in the way; colleagues do not see it, the manager does", async () => {
  const mine = (await f.must("rob", "GET", "/api/v1/breaches?limit=200")).data.filter((b) => b.owed_by === f.people.rob);
  assert.ok(mine.length > 0);
  const b = mine.find((x) => x.page === "policy/first-reply");
  assert.ok((await f.as("rita", "POST", `/api/v1/breaches/${b.id}/cause`, { cause: "customer" })).status >= 400, "not somebody else");
  assert.ok((await f.as("rob", "POST", `/api/v1/breaches/${b.id}/cause`, { cause: "laziness" })).status >= 400, "one of the five");
  assert.equal((await f.as("rob", "POST", `/api/v1/breaches/${b.id}/cause`, { cause: "overload", comment: "three fairs in a week" })).status, 204);
  const [said] = await breaches("mara", `id = '${b.id}'`);
  assert.deepEqual([said.cause, said.comment], ["overload", "three fairs in a week"]);
  for (const who of ["rita", "tom", "ines", "mark", "sam", "amy", "olga"]) {
    const r = await f.as(who, "GET", "/api/v1/breaches?limit=200");
    assert.ok(r.status === 403 || !r.json.data.some((x) => x.owed_by === f.people.rob), `${who} sees it: ${r.text.slice(0, 300)}`);
  }
});

test("P113 the number of missed follow-ups is a metric that ships", async () => {
  const metric = await f.must("admin", "GET", "/api/v1/metrics/missed-follow-ups");
  assert.equal(metric.value, 0);
  assert.ok(metric.definition.length > 40);
  // A follow-up step that runs over: the lead was contacted two days later, and nothing came after.
  await f.offline(() => f.import("lead", "", [["last_name", "email", "status", "who"], ["Forgotten", "f@lead.example", "Contacted", "rob@example.com"]], begin + 2 * DAY, "  who: { field: owner, match: user.email }\n"));
  await until("the count", async () => (await f.must("admin", "GET", "/api/v1/metrics/missed-follow-ups")).value === 1);
  const by = await f.must("admin", "GET", "/api/v1/metrics/missed-follow-ups?by=rule");
  assert.equal(by.groups[0].label, "Write with something useful");
});

test("P109 each metric has a written definition, an owner and a target, and comes from events", async () => {
  const metrics = (await f.must("admin", "GET", "/api/v1/metrics")).data;
  assert.ok(metrics.length >= 20);
  for (const name of ["win-rate", "lead-conversion", "average-won-deal", "first-response-time"]) assert.ok(metrics.some((m) => m.name === name), name);
  const roles = new Set((await f.must("admin", "GET", "/api/v1/manual/pages?kind=role")).data.map((p) => p.name));
  for (const m of metrics) {
    assert.ok(m.definition.length > 30, `${m.name}: ${m.definition}`);
    assert.ok(roles.has(m.owner), `${m.name} is looked after by ${m.owner}`);
    assert.ok(m.target.length > 0, `${m.name} has no target`);
    assert.ok("value" in (await f.must("admin", "GET", `/api/v1/metrics/${m.name}`)), m.name);
  }
  // From events: a call moves the figures by itself.
  const before = (await f.must("admin", "GET", "/api/v1/metrics/activities")).value;
  await f.create("rob", "activity", { kind: "call", direction: "out", at: at(Date.now()), subject: "One more", links: [answered.id] });
  assert.equal((await f.must("admin", "GET", "/api/v1/metrics/activities")).value, before + 1);
});

test("P58 a rule shows its sentence, its mode, and what it would have found in the past, as it did find it", async () => {
  const policy = (await f.must("mara", "GET", "/api/v1/policies")).data.find((p) => p.page === "policy/first-reply");
  assert.match(policy.sentence, /within 4 business hours/);
  assert.ok(["off", "watch", "remind", "fix", "block"].includes(policy.mode));
  const past = await f.must("mara", "POST", "/api/v1/policies/first-reply/past", { days: 90 });
  assert.equal(past.sentence, policy.sentence);
  assert.equal(past.by_week.reduce((n, w) => n + w.breached, 0), past.breached);
  const example = past.examples.find((e) => e.record === owned.id);
  const [real] = await breaches("mara", `record_id = '${owned.id}' and page = 'policy/first-reply'`);
  assert.deepEqual([example.due_at, example.met_at], [real.due, real.met], "as it was written down");
  // One that was never on; nothing is written by trying it.
  const off = await f.must("mara", "POST", "/api/v1/policies/lead-reachable/past", {});
  assert.equal(off.mode, "off");
  assert.ok(off.looked_at >= 3);
  const again = await f.must("mara", "POST", "/api/v1/policies/lead-reachable/past", {});
  assert.deepEqual([again.kept, again.breached, again.in_scope], [off.kept, off.breached, off.in_scope]);
  assert.match(f.run("manual", "past", "policy/first-reply", "--days", "90"), /as if it had been switched on then/);
  assert.equal((await f.as("rob", "POST", "/api/v1/policies/tried/past", { page: "---\nkind: policy\nname: tried\nfor: lead\nmust: \"email is not empty\"\nalways: true\n---\nText.\n" })).status, 403);
});

test("P112 why a rule ran, or did not, is explained for each record", async () => {
  const explain = (id, page) => f.must("mara", "GET", `/api/v1/records/lead/${id}/explain?page=${page}`);
  const ran = await explain(waiting.id, "policy/lead-assigned");
  assert.match(ran.verdict, /met/);
  assert.deepEqual([ran.when.holds, ran.except.holds, ran.must.holds], [true, false, true]);
  assert.match(ran.must.words, /there is an owner: yes/);
  const off = await explain(owned.id, "policy/lead-reachable");
  assert.match(off.verdict, /off/);
  const [told] = (await explain(owned.id, "policy/first-reply")).breaches;
  const [kept] = await breaches("mara", `record_id = '${owned.id}' and page = 'policy/first-reply'`);
  assert.deepEqual([told.id, told.due, told.met, told.cause], [kept.id, kept.due, kept.met, kept.cause]);
  assert.match(told.words, /^Rob Rep owed it until .*, and it was met on .*, late by \d+ days\.$/);
  const cli = f.run.bind(f, "explain", "lead", owned.id, "policy/first-reply");
  await f.stop();
  assert.match(cli(), /New|reply|business hours/);
  await f.start();
});

test("P21 every role may start an escalation on a record, and sees its levels", async () => {
  const account = await f.create("mara", "account", { name: "Upset Ltd", type: "Customer", owner: f.people.rob });
  for (const who of ["rob", "ines", "mark", "sam", "amy", "olga"]) {
    const r = await f.as(who, "POST", "/api/v1/escalations", { escalation: "billing-problem", record: account.id, note: `from ${who}` });
    assert.ok([201, 409, 422].includes(r.status), `${who}: ${r.text}`);
    if (who === "rob") assert.equal(r.status, 201, r.text);
  }
  const [run] = (await f.must("ines", "GET", `/api/v1/escalations?record=${account.id}`)).data;
  assert.equal(run.who, f.people.rob);
  assert.equal(run.calls.length, 1);
  const day = (await f.must("rob", "GET", "/api/v1/my-day")).data;
  assert.equal(day[0].kind, "escalation", "it comes first");
  assert.equal((await f.as("rob", "POST", `/api/v1/escalations/${run.id}/acknowledge`, { note: "on it" })).status, 204);
  const [done] = (await f.must("ines", "GET", `/api/v1/escalations?record=${account.id}`)).data;
  assert.equal(done.acknowledged_by, f.people.rob);
});

test("P25 P140 who is to be called, with phone, now and on a day of leave", async () => {
  const account = await f.create("mara", "account", { name: "Calling Ltd", type: "Customer", owner: f.people.rob });
  const levels = async (when) => (await f.must("sam", "GET", `/api/v1/escalation-levels?escalation=billing-problem&record=${account.id}${when ? `&at=${enc(when)}` : ""}`)).levels;
  const now = await levels();
  assert.deepEqual(now.map((l) => l.level), ["Account owner", "Account manager on duty", "Sales manager", "end"]);
  assert.deepEqual(now.map((l) => l.asked), ["the owner", "the account manager on duty", "a sales manager", "an administrator"]);
  assert.deepEqual([now[0].name, now[0].phone], ["Rob Rep", "+12125550102"]);
  assert.deepEqual([now[1].name, now[1].phone], ["Amy Account", "+12125550108"]);
  const from = new Date(Date.now() + 20 * DAY).toISOString().slice(0, 10);
  const to = new Date(Date.now() + 24 * DAY).toISOString().slice(0, 10);
  assert.equal((await f.as("rob", "POST", "/api/v1/absences", { from, to, cover: f.people.rita })).status, 204);
  const then = await levels(at(Date.now() + 22 * DAY));
  assert.deepEqual([then[0].name, then[0].instead_of_name], ["Rita Rep", "Rob Rep"]);
  assert.equal((await levels())[0].name, "Rob Rep");
});

test("the database is sound", () => f.run("check"));

await finish();
