// The manual: read by everybody, run by the program, changed by versions.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finish, run, tempDir, test } from "../e2e/lib.mjs";
import { Firm, setKey } from "./firm.mjs";

const EVERYBODY = ["admin", "mara", "rob", "ines", "mark", "sam", "amy", "olga"];
const firm = await new Firm().start();
const f = firm;
const lead = (body = {}) => f.create("rob", "lead", { first_name: "Lee", last_name: `L${Math.random()}`.slice(0, 9), email: `${Math.random()}@lee.example`, owner: f.people.rob, ...body });

test("P2 every role reads the manual, and records and tasks lead to their page and line", async () => {
  const paths = (await f.must("admin", "GET", "/api/v1/manual/pages")).data.map((p) => p.path);
  assert.ok(paths.length > 60);
  for (const who of EVERYBODY) {
    assert.deepEqual((await f.must(who, "GET", "/api/v1/manual/pages")).data.map((p) => p.path), paths, who);
    const me = await f.must(who, "GET", "/api/v1/me");
    for (const object of Object.keys(me.objects)) {
      const page = await f.must(who, "GET", `/api/v1/manual/pages/object/${object}`);
      assert.match(page.text, new RegExp(`name: ${object}\\b`));
    }
    for (const role of me.roles) assert.equal((await f.must(who, "GET", `/api/v1/manual/pages/${role.page}`)).kind, "role");
  }
  const l = await lead();
  const { next } = await f.work("ines", "lead", l.id);
  const page = await f.must("ines", "GET", `/api/v1/manual/pages/${next.why.page}`);
  assert.ok(page.text.split("\n")[next.why.line - 1].includes(next.why.step), "the line is the step's own");
  assert.ok(page.text.replace(/\n> /g, " ").includes(next.why.reason.split("\n")[0]));
});

test("P3 each open lead has one next step with one owner and a due time, the same for everybody who asks", async () => {
  const day = new Date(Date.now() + 90 * 24 * 3600e3).toISOString().slice(0, 10);
  for (const status of ["New", "Contacted", "In conversation", "Nurture"]) {
    const l = await f.create("admin", "lead", { last_name: `Three ${status}`, email: `p3${status[0]}@lee.example`, owner: f.people.rob, status, next_contact: status === "Nurture" ? day : null });
    assert.equal(l.owner.id, f.people.rob);
    const answers = [];
    for (const who of ["rob", "rita", "mara", "ines"]) answers.push((await f.work(who, "lead", l.id)).next);
    const [mine] = answers;
    assert.ok(mine, `${status}: no next step`);
    assert.equal(mine.owed_by, f.people.rob, status);
    assert.ok(Date.parse(mine.until) > 0, `${status}: no due time`);
    for (const a of answers) assert.deepEqual([a.title, a.owed_by, a.until, a.id], [mine.title, mine.owed_by, mine.until, mine.id]);
    if (status !== "Nurture") continue;
    // Whoever waits for a day has that day as the next step, and the step moves with the day.
    const near = Math.abs(Date.parse(mine.until) - Date.parse(`${day}T12:00:00Z`));
    assert.ok(near < 4 * 24 * 3600e3, `${mine.until} is not about ${day}`);
    const later = new Date(Date.parse(day) + 28 * 24 * 3600e3).toISOString().slice(0, 10);
    await f.patch("rob", "lead", l.id, { next_contact: later });
    assert.equal(Date.parse((await f.work("mara", "lead", l.id)).next.until) - Date.parse(mine.until) > 20 * 24 * 3600e3, true);
  }
});

test("P6 one request answers the step, its instruction and its button; nothing in a workflow has an empty answer", async () => {
  let l = await lead();
  const seen = [];
  const w = await f.work("rob", "lead", l.id);
  assert.equal(w.next.title, "First reply");
  assert.ok(w.next.why.how.length > 40 && w.next.why.reason.length > 20);
  assert.deepEqual(w.next.after.outcomes.map((o) => o.label), ["Wrote to them", "Left a voicemail", "Reached them"]);
  assert.ok(w.next.words.passages.length > 3);
  // The whole way of a lead, always asking what is next.
  const steps = [
    [() => f.must("rob", "POST", `/api/v1/tasks/${w.next.id}/finish`, { outcome: "Wrote to them" }), "Contacted"],
    [() => f.patch("rob", "lead", l.id, { status: "In conversation" }), "In conversation"],
    [() => f.patch("rob", "lead", l.id, { need: "servers", budget: "5000", timeline: "This year", decision_maker: "Ms Ott", company: "Ott Inc." }), "In conversation"],
  ];
  for (const [step, status] of steps) {
    await step();
    l = await f.must("rob", "GET", `/api/v1/records/lead/${l.id}`);
    assert.equal(l.status, status);
    const { next, runs } = await f.work("rob", "lead", l.id);
    assert.ok(runs.some((r) => !r.ended), status);
    assert.ok(next && next.title, `nothing next at ${status}`);
    seen.push(next.title);
  }
  assert.ok(new Set(seen).size > 1);
  const deals = await f.create("rob", "deal", { description: "Somebody in Ohio needs servers." });
  assert.ok((await f.work("rob", "deal", deals.id)).next.title);
});

test("P7 a step without a role, or with two, cannot be published", async () => {
  const text = await f.page("workflow/lead-capture");
  for (const [what, broken] of [
    ["no role", text.replace("        role: sales-manager\n", "")],
    ["an unknown role", text.replace("role: sales-manager\n        due", "role: nobody-at-all\n        due")],
    ["two roles", text.replace("role: sales-manager\n        due", "role: [sales-manager, sales-rep]\n        due")],
  ]) {
    assert.notEqual(broken, text);
    const r = await f.as("admin", "POST", "/api/v1/manual/publish", { reason: "x", pages: [{ path: "workflow/lead-capture", text: broken }] });
    assert.equal(r.status, 422, what);
    assert.equal(r.json.code, "manual.check", what);
    assert.ok(r.json.line > 1, what);
    assert.equal(r.json.page, "workflow/lead-capture");
  }
});

test("P8 a step of a role is offered to that role and completed by it alone", async () => {
  const page = await f.page("workflow/lead-capture");
  const text = page.replace("- name: First reply\n        role: owner", "- name: First reply\n        role: sales-rep");
  assert.notEqual(text, page);
  await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "outreach is the reps' work", pages: [{ path: "workflow/lead-capture", text }] });
  const l = await f.create("admin", "lead", { last_name: "Outreach", email: "p8@lee.example", owner: f.people.rob });
  const { next } = await f.work("mara", "lead", l.id);
  assert.equal(next.title, "First reply");
  assert.equal(next.role, "sales-rep");
  const reps = [f.people.rob, f.people.rita, f.people.tom];
  assert.ok(reps.includes(next.owed_by), "owed by a rep");
  const rep = ["rob", "rita", "tom"].find((n) => f.people[n] === next.owed_by);
  const offered = async (who) => (await f.must(who, "GET", "/api/v1/my-day?limit=200")).data.some((t) => t.id === next.id);
  for (const who of ["sam", "amy", "mark", "ines"]) {
    assert.equal(await offered(who), false, who);
    const r = await f.as(who, "POST", `/api/v1/tasks/${next.id}/finish`, { outcome: "Wrote to them" });
    assert.ok([403, 404].includes(r.status), `${who}: ${r.status}`);
  }
  assert.equal(await offered(rep), true);
  const done = await f.as(rep, "POST", `/api/v1/tasks/${next.id}/finish`, { outcome: "Wrote to them" });
  assert.equal(done.status, 200, `${rep}: ${done.text}`);
  await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "back", pages: [{ path: "workflow/lead-capture", text: page }] });
});

test("P11 four workflows ship, and each stage has steps and a test to enter or leave it", async () => {
  const pages = (await f.must("olga", "GET", "/api/v1/manual/pages?kind=workflow")).data.map((p) => p.name);
  const four = ["closing", "follow-up", "lead-capture", "lead-qualification"];
  for (const name of four) assert.ok(pages.includes(name), name);
  const dir = join(f.dir, "four");
  f.run("manual", "export", dir);
  for (const name of pages) {
    const text = readFileSync(join(dir, "workflow", `${name}.md`), "utf8");
    const stages = text.split("---")[1].split(/^ends:/m)[0].split(/^ {2}- name: /m).slice(1);
    assert.ok(stages.length >= (four.includes(name) ? 2 : 1), name);
    for (const stage of stages) assert.match(stage, /done_when:|asks:|needs:/, `${name}: ${stage.split("\n")[0]}`);
    assert.match(text, /^ends:\n {2}- \{ name: .*when: /m, name);
  }
});

test("P12 a stage is not left while a mandatory step is open", async () => {
  const l = await lead();
  const refused = await f.patch("rob", "lead", l.id, { status: "In conversation" });
  assert.equal(refused.status, 422);
  assert.equal(refused.json.code, "work.gate");
  assert.match(refused.json.detail, /First reply/);
  const silent = await f.patch("mara", "lead", l.id, { status: "In conversation" });
  assert.equal(silent.status, 422, "no bypass without a reason");
  const reason = "She called me herself on Friday night.";
  const notAllowed = await f.patch("rob", "lead", l.id, { status: "In conversation", $reason: reason });
  assert.equal(notAllowed.status, 422, "a reason is not a right");
  const passed = await f.patch("mara", "lead", l.id, { status: "In conversation", $reason: reason });
  assert.equal(passed.status, 200, passed.text);
  const kept = await f.as("mara", "GET", `/api/v1/records/lead/${l.id}/explain?page=workflow/lead-capture`);
  assert.match(kept.text, /Friday night/, "the passage is kept with its reason");
});

test("P14 a step carries a template, filled in from the record; a field that cannot be filled is named", async () => {
  const l = await lead({ first_name: "Nadia" });
  const { words } = (await f.work("rob", "lead", l.id)).next;
  assert.equal(words.page, "template/first-reply");
  assert.equal(words.channel, "email");
  assert.match(words.subject, /Nadia/);
  assert.equal(words.passages[0].text.trim(), "Hello Nadia,");
  assert.deepEqual(words.unresolved, []);
  const page = await f.page("template/first-reply");
  await f.put({ "template/first-reply": (t) => t.replace("Hello {{first_name or 'there'}},", "Hello {{job_title}},") });
  const bare = (await f.work("rob", "lead", l.id)).next.words;
  assert.ok(bare.unresolved.some((u) => u.includes("job_title")), JSON.stringify(bare.unresolved));
  await f.put({ "template/first-reply": page });
});

test("P15 each passage of each mail template has its reason", async () => {
  const l = await lead();
  const { words } = (await f.work("rob", "lead", l.id)).next;
  for (const p of words.passages) assert.ok(p.why.length > 15, p.name);
  for (const t of (await f.must("rob", "GET", "/api/v1/manual/pages?kind=template")).data) {
    const page = await f.must("rob", "GET", `/api/v1/manual/pages/template/${t.name}`);
    const passages = page.sections.filter((s) => s.level === 2);
    assert.ok(passages.length > 0, t.name);
    for (const s of passages) assert.ok(s.why.length > 10, `${t.name}: ${s.title}`);
  }
});

test("P17 the tone guide has a section for mails with pairs of what to avoid and what to say instead", async () => {
  const page = await f.must("ines", "GET", "/api/v1/manual/pages/guide/email");
  assert.match(page.text, /^channel: email$/m);
  const pairs = [...page.text.matchAll(/\{ say: .+?, instead: .+?, why: .+? \}/g)];
  assert.ok(pairs.length >= 10, String(pairs.length));
});

test("P18 a call step shows the voicemail script with the caller's own data filled in", async () => {
  const l = await f.create("admin", "lead", { first_name: "Vera", last_name: "Voice", email: "vera@lee.example", owner: f.people.rob, status: "Contacted" });
  const first = (await f.work("rob", "lead", l.id)).next;
  await f.must("rob", "POST", `/api/v1/tasks/${first.id}/finish`, { outcome: "Wrote again" });
  const { next } = await f.work("rob", "lead", l.id);
  assert.equal(next.title, "Call and leave a voicemail");
  assert.equal(next.words.channel, "voicemail");
  const said = next.words.passages.map((p) => p.text).join("\n");
  assert.match(said, /Vera/);
  assert.match(said, /Rob Rep/);
  assert.match(said, /212.?555.?0102/);
  assert.deepEqual(next.words.unresolved, []);
});

test("P35 versions never change, say who, when and why, can be compared, and go back by a new version", async () => {
  const versions = async () => (await f.must("rob", "GET", "/api/v1/manual/versions")).data;
  const before = (await versions())[0];
  const path = "policy/lead-assigned";
  const old = await f.page(path);
  const put = (who, text, reason) => f.must(who, "POST", "/api/v1/manual/publish", { reason, pages: [{ path, text }] });
  const changed = await put("admin", old.replace("within: 24h", "within: 12h"), "twelve hours are enough");
  assert.ok(changed.version > before.version);
  const [now] = await versions();
  assert.equal(now.author, f.people.admin);
  assert.equal(now.reason, "twelve hours are enough");
  assert.ok(Math.abs(Date.parse(now.at) - Date.now()) < 60_000);
  const diff = (await f.must("rob", "GET", `/api/v1/manual/diff?from=${before.version}&to=${now.version}`)).text;
  assert.match(diff, /-within: 24h/);
  assert.match(diff, /\+within: 12h/);
  const shown = await f.as("ines", "GET", `/api/v1/manual/versions/${before.version}/pages`);
  const pages = shown.json.data;
  assert.equal(pages.find((p) => p.path === path).text, old, "the old version is as it was");
  const one = await f.must("ines", "GET", `/api/v1/manual/versions/${before.version}/pages/${path}`);
  const live = await f.must("ines", "GET", `/api/v1/manual/pages/${path}`);
  assert.ok(one.rules.length > 0);
  assert.deepEqual(one.rules, live.rules, "an old version says its conditions in words as well");
  assert.deepEqual(one.changed_in, [now.version]);
  const back = await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "too short after all", complete: true, pages });
  assert.equal(back.version, now.version + 1);
  assert.equal(await f.page(path), old);
  assert.equal((await versions())[0].reason, "too short after all");
  assert.equal((await f.as("rob", "POST", "/api/v1/manual/publish", { reason: "me too", pages: [{ path, text: old }] })).status, 403);
});

test("P47 an optional step may be left out with a note, is kept as left out, and blocks nothing", async () => {
  const account = await f.create("mara", "account", { name: "Free Hands Ltd" });
  const d = await f.create("rob", "deal", { account: account.id, stage: "Engaging", engage_date: "2026-01-05", owner: f.people.rob });
  const { tasks } = await f.work("rob", "deal", d.id);
  const optional = tasks.find((t) => t.title === "Send the proposal");
  const must = tasks.find((t) => t.title === "Agree the next step");
  assert.ok(optional.optional && !must.optional);
  assert.ok((await f.as("rob", "POST", `/api/v1/tasks/${optional.id}/skip`, { note: "" })).status >= 400, "not without a note");
  const skipped = await f.must("rob", "POST", `/api/v1/tasks/${optional.id}/skip`, { note: "they know the price" });
  assert.equal(skipped.closed_as, "skipped");
  assert.equal(skipped.note, "they know the price");
  assert.ok((await f.as("rob", "POST", `/api/v1/tasks/${must.id}/skip`, { note: "no" })).status >= 400, "a mandatory step is not skipped");
  const counted = (await f.must("mara", "GET", `/api/v1/tasks?filter=${encodeURIComponent(`record_id = '${d.id}' and closed_as = 'skipped'`)}`)).data;
  assert.deepEqual(counted.map((t) => t.title), ["Send the proposal"]);
  const won = await f.patch("rob", "deal", d.id, { stage: "Won", amount: "100", close_date: "2026-02-01" });
  assert.equal(won.status, 200, won.text);
});

test("P52 a fresh system enforces nothing, and one policy is switched on alone", async () => {
  const policies = (await f.must("admin", "GET", "/api/v1/policies")).data;
  assert.ok(policies.length >= 15);
  for (const p of policies) assert.equal(p.mode, "off", p.page);
  const text = await f.page("policy/won-has-amount");
  const started = Date.now();
  await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "a start", pages: [{ path: "policy/won-has-amount", text: setKey(text, "mode", "block") }] });
  assert.ok(Date.now() - started < 5000);
  const now = (await f.must("admin", "GET", "/api/v1/policies")).data.filter((p) => p.mode !== "off");
  assert.deepEqual(now.map((p) => p.page), ["policy/won-has-amount"]);
  const won = await f.as("admin", "POST", "/api/v1/records/deal", { name: "For nothing", stage: "Won", amount: "0", close_date: "2026-01-01" });
  assert.equal(won.status, 422);
  assert.equal(won.json.page, "policy/won-has-amount");
  await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "enough", pages: [{ path: "policy/won-has-amount", text }] });
});

test("P59 a field by page is at once in lists, filters, import, export and API, while the program runs", async () => {
  const page = await f.page("object/contact");
  const fields = { coffee: "choice, options: [Black, White]", birthday: "date", shoe: "number", nickname: "text", likes: "multi-choice, options: [Tea, Cake]", owes: "money, currency: EUR", vip: "yes/no", seen: "date-time", site: "url" };
  const values = { coffee: "Black", birthday: "1980-02-29", shoe: 43, nickname: "Bo", likes: ["Tea"], owes: { amount: "12.50", currency: "EUR" }, vip: true, seen: "2026-01-02T03:04:05Z", site: "https://bo.example/x" };
  const lines = Object.entries(fields).map(([n, t]) => `  ${n}: { type: ${t}, label: ${n} }\n`).join("");
  const text = page.replace("fields:\n", `fields:\n${lines}`).replace("form: [first_name,", `form: [${Object.keys(fields).join(", ")}, first_name,`);
  await f.must("admin", "POST", "/api/v1/manual/publish", { reason: "custom fields", pages: [{ path: "object/contact", text }] });
  const made = await f.create("rob", "contact", { last_name: "Custom", ...values });
  for (const [k, v] of Object.entries(values)) {
    if (k === "seen") assert.equal(Date.parse(made.seen), Date.parse(v));
    else assert.deepEqual(made[k], v, k);
  }
  const found = await f.list("rob", "contact", "coffee = 'Black' and birthday < '1990-01-01' and shoe > 40 and likes contains 'Tea' and vip", "&fields=nickname,owes");
  assert.deepEqual(found.data.map((d) => d.nickname), ["Bo"]);
  const report = await f.offline(() => f.import("contact", "", [["last_name", "coffee", "shoe"], ["Imported", "White", "38"]]));
  assert.equal(report.created, 1);
  assert.equal((await f.list("rob", "contact", "coffee = 'White' and shoe = 38")).data.length, 1);
  const csv = f.run("export", "contact", "--fields", "last_name,coffee,owes");
  assert.match(csv, /Custom,Black,12\.50/);
  const api = await f.must("rob", "GET", "/api/v1/openapi.json");
  assert.ok(JSON.stringify(api.components.schemas.Contact).includes('"birthday"'));
  assert.equal((await f.as("rob", "POST", "/api/v1/records/contact", { last_name: "No", coffee: "Green" })).status, 422);
});

test("P137 the whole manual is a folder of pages that comes back byte for byte", async () => {
  const one = join(tempDir(), "one");
  const two = join(tempDir(), "two");
  f.run("manual", "export", one);
  const other = new Firm();
  other.run("manual", "import", one, "--reason", "taken over", "--now", other.past(0));
  other.run("manual", "export", two);
  const files = (root) => readdirSync(root, { recursive: true }).filter((n) => n.endsWith(".md")).sort();
  assert.deepEqual(files(two), files(one));
  assert.ok(files(one).length > 60);
  for (const n of files(one)) assert.ok(readFileSync(join(one, n)).equals(readFileSync(join(two, n))), n);
});

test("P138 the plan says what publishing would do, and publishing is all or nothing", async () => {
  const l = await lead({ last_name: "Planned" });
  const object = (await f.page("object/lead")).replace("fields:\n", "fields:\n  hobby: { type: text, label: Hobby }\n");
  const policy = setKey(await f.page("policy/lead-reachable"), "mode", "remind");
  const role = (await f.page("role/intern")).replace("lead: { read: team, create: yes, update: own }", "lead: { read: own, create: yes, update: own }");
  const draft = { "object/lead": object, "policy/lead-reachable": policy, "role/intern": role };
  const plan = (await f.plan("rob", draft)).json;
  const said = plan.items.map((i) => `${i.group} ${i.page} ${i.text}`).join("\n");
  assert.match(said, /object\/lead.*hobby/i, said);
  assert.match(said, /policy\/lead-reachable/, said);
  assert.match(said, /role\/intern intern may now read lead: own instead of team/, said);
  const version = (await f.must("rob", "GET", "/api/v1/manual/versions")).live;
  const r = await f.as("admin", "POST", "/api/v1/manual/publish", { reason: "half wrong", pages: [{ path: "object/lead", text: object }, { path: "policy/lead-reachable", text: policy.replace("for: lead", "for: leed") }] });
  assert.equal(r.status, 422);
  assert.equal((await f.must("rob", "GET", "/api/v1/manual/versions")).live, version);
  assert.equal((await f.as("rob", "GET", "/api/v1/records/lead?filter=hobby%20is%20empty")).json.code, "expr.name", "no column was added");
  assert.ok(l.id);
});

test("P139 a broken manual is refused with page, line, column and a suggestion", async () => {
  const capture = await f.page("workflow/lead-capture");
  const closing = await f.page("workflow/closing");
  const escalation = await f.page("escalation/stuck-deal");
  const policy = await f.page("policy/lead-assigned");
  const cases = [
    ["an unknown field", { "policy/lead-assigned": policy.replace("owner is not empty", "onwer is not empty") }, /owner/],
    ["a stage nobody can reach", { "workflow/closing": closing.replace("when: \"stage = 'Engaging'\"", "when: \"stage = 'Prospecting'\"") }, null],
    ["a step without a role", { "workflow/lead-capture": capture.replace("        role: sales-manager\n", "") }, null],
    ["an escalation that ends at nobody", { "escalation/stuck-deal": escalation.replace(/^end: .*\n/m, "") }, null],
    ["two policies that contradict", { "policy/contrary": "---\nkind: policy\nname: contrary\nlabel: Contrary\nowner: sales-manager\nfor: lead\nwhen: \"status = 'New'\"\nmust: \"owner is empty\"\nalways: true\nowed_by: owner\nmode: remind\n---\nNo.\n", "policy/usual": "---\nkind: policy\nname: usual\nlabel: Usual\nowner: sales-manager\nfor: lead\nwhen: \"status = 'New'\"\nmust: \"owner is not empty\"\nalways: true\nowed_by: owner\nmode: remind\n---\nYes.\n" }, null],
  ];
  for (const [what, pages, suggestion] of cases) {
    const r = await f.plan("admin", pages, "check");
    const errors = r.json.findings.filter((x) => x.severity === "error");
    assert.ok(errors.length > 0, `${what}: ${r.text}`);
    assert.ok(errors[0].page && errors[0].line >= 1 && errors[0].message.length > 10, `${what}: ${r.text}`);
    if (suggestion) assert.match(errors[0].suggestion, suggestion);
    const file = join(tempDir(), "pages");
    f.run("manual", "export", file);
    for (const [p, t] of Object.entries(pages)) {
      mkdirSync(join(file, p.split("/")[0]), { recursive: true });
      writeFileSync(join(file, `${p}.md`), t);
    }
    const cli = run(["manual", "check", file, "--data", f.dir], { check: false });
    assert.equal(cli.code, 1, what);
    assert.match(cli.out + cli.err, /\.md:\d+:\d+|\w+\/[\w-]+:\d+/, what);
  }
  assert.ok(existsSync(f.dir));
});

test("P13 publishing warns of a stage with more than seven steps", async () => {
  const text = await f.page("workflow/lead-capture");
  const many = text.replace("      - name: Look them up", `${Array.from({ length: 7 }, (_, i) => `      - { name: More ${i}, role: owner, due: 1d }\n`).join("")}      - name: Look them up`);
  const r = await f.plan("admin", { "workflow/lead-capture": many }, "check");
  const warning = r.json.findings.find((x) => x.severity === "warning" && /Take in/.test(x.message) && /9/.test(x.message));
  assert.ok(warning, r.text);
  assert.ok(!(await f.plan("admin", { "workflow/lead-capture": text }, "check")).json.findings.some((x) => /Take in/.test(x.message)));
});

test("P128 the usual rules that this release can know ship ready and off", async () => {
  const policies = Object.fromEntries((await f.must("admin", "GET", "/api/v1/policies")).data.map((p) => [p.page, p]));
  for (const name of ["lead-assigned", "daily-touch", "three-touches-a-week", "deal-named", "first-reply"]) assert.equal(policies[`policy/${name}`]?.mode, "off", name);
  assert.match(policies["policy/lead-assigned"].sentence, /within 24 hours/);
});

await finish();
