// A clock that is set (--clock): what the server writes bears its moments, it runs on from there, and nobody can overlook it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD, call, finish, newCompany, run, serve, signIn, test } from "./lib.mjs";

const MONDAY = "2026-03-09T09:00:00Z"; // long ago for whoever runs this
const day = (n, time = "09:00") => `2026-03-${String(n).padStart(2, "0")}T${time}:00Z`;
const soon = (text, from = MONDAY) => {
  const ms = Date.parse(text) - Date.parse(from);
  assert.ok(ms >= 0 && ms < 60_000, `${text} is within a minute behind ${from}`);
};

test("all a server writes and says bears the moment its clock was set to, and it runs on from there", async () => {
  const dir = newCompany(["--clock", day(9, "08:00")]);
  const server = await serve(["serve", "--data", dir, "--clock", MONDAY]);
  try {
    const first = (await call(server.base, "GET", "/healthz")).json;
    soon(first.now);
    assert.equal(first.clock, "set");
    const session = await call(server.base, "POST", "/api/v1/sign-in", { body: { email: "admin@example.com", password: PASSWORD } });
    const token = session.json.token;
    const days = (Date.parse(session.json.expires_at) - Date.parse(MONDAY)) / 86_400_000;
    assert.ok(days > 0 && days < 400, `the session ends ${session.json.expires_at}`);
    const made = await call(server.base, "POST", "/api/v1/records/lead", { token, body: { name: "Mia Kane", company: "Harbor Health", email: "mia@harbor.example" } });
    assert.equal(made.status, 201, made.text);
    soon(made.json.created_at);
    soon(new Date(Number(BigInt(made.json.id) >> 22n) + Date.parse("2020-01-01T00:00:00Z")).toISOString()); // ids are ordered by time
    const changes = (await call(server.base, "GET", `/api/v1/records/lead/${made.json.id}/changes`, { token })).json;
    for (const c of changes.data) soon(c.at);
    assert.ok(changes.data.length > 0);
    const tasks = (await call(server.base, "GET", "/api/v1/tasks", { token })).json.data;
    for (const t of tasks) assert.ok(!t.due_at || (t.due_at > MONDAY && t.due_at < day(31)), `${t.title} is due ${t.due_at}`);
    assert.ok(tasks.length > 0);
    const later = (await call(server.base, "GET", "/healthz")).json;
    assert.ok(Date.parse(later.now) > Date.parse(first.now), "it runs");
    soon(later.now);
    assert.match(server.output(), /clock was set \(--clock\) and says 2026-03-09T09:0.*never for a company at work/);
    assert.match(server.output(), /level=warn event=clock_set now=2026-03-09T09:0/);
    assert.doesNotMatch(server.output(), /^time=2026-03-09/m); // the log is read beside those of other programs
  } finally {
    await server.stop();
  }
  run(["check", "--data", dir]);
});

test("time that passes between two starts passes for the rules: what ran out meanwhile is a breach of its own moment", async () => {
  const dir = newCompany(["--clock", day(9, "08:00")]);
  writeFileSync(join(dir, "leads.csv"), "name,mail,firm\nMia Kane,mia@harbor.example,Harbor Health\n");
  writeFileSync(join(dir, "leads.map.yaml"), "object: lead\ncolumns: { name: name, mail: email, firm: company }\n");
  run(["import", join(dir, "leads.csv"), "--mapping", join(dir, "leads.map.yaml"), "--data", dir, "--clock", MONDAY]);
  const server = await serve(["serve", "--data", dir], { env: { FAIRLEAD_CLOCK: day(11) } }); // two days later, as a setting of the environment
  try {
    const token = await signIn(server.base, "admin@example.com");
    let breaches = [];
    for (const end = Date.now() + 20_000; Date.now() < end && breaches.length === 0; await new Promise((r) => setTimeout(r, 50)))
      breaches = (await call(server.base, "GET", "/api/v1/breaches", { token })).json.data;
    const own = breaches.find((b) => b.page === "workflow/lead-capture");
    assert.ok(own, JSON.stringify(breaches));
    assert.equal(Math.round((Date.parse(own.at) - Date.parse(MONDAY)) / 60_000), 24 * 60, "24 hours after it came");
  } finally {
    await server.stop();
  }
});

test("a clock before the newest change is refused, and so is what is no moment; reading needs none of it", () => {
  const dir = newCompany(["--clock", MONDAY]);
  const refused = (args, pattern, env = {}) => {
    const r = run([...args, "--data", dir], { check: false, env });
    assert.equal(r.code, 64, `${args.join(" ")}: ${r.code} ${r.out} ${r.err}`);
    assert.match(r.err, pattern);
  };
  refused(["serve", "--port", "0", "--clock", day(8)], /--clock 2026-03-08T09:00:00Z is before the newest change here, which was made at 2026-03-09T09:00:.*later moment/s);
  refused(["user", "end", "admin@example.com"], /before the newest change/, { FAIRLEAD_CLOCK: day(8) });
  for (const wrong of ["yesterday", "2026-03-09", "2026-03-09T09:00:00", "2026-02-30T09:00:00Z"])
    refused(["serve", "--port", "0", "--clock", wrong], new RegExp(`--clock \\(or FAIRLEAD_CLOCK\\) needs a moment such as 2026-03-09T09:00:00Z, not ${wrong}`));
  refused(["today"], /--clock \(or FAIRLEAD_CLOCK\) needs a moment/, { FAIRLEAD_CLOCK: "noon" });
  run(["user", "list", "--data", dir, "--clock", day(8)]); // reads
});

test("without it the server keeps to the machine's clock and says so", async () => {
  const server = await serve(["serve", "--data", newCompany()]);
  try {
    const health = (await call(server.base, "GET", "/healthz")).json;
    assert.equal(health.clock, "machine");
    assert.ok(Math.abs(Date.parse(health.now) - Date.now()) < 60_000);
    assert.doesNotMatch(server.output(), /clock was set|clock_set/);
  } finally {
    await server.stop();
  }
});

await finish();
