// The commands, as somebody in a terminal uses them: answers, exit codes (0 done, 1 refused, 64 not understood), and errors
// that name the way out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN, PASSWORD, ROOT, call, finish, newCompany, run, serve, signIn, tempDir, test } from "./lib.mjs";

const dir = newCompany();
const at = ["--data", dir];
const refused = (args, code, pattern, options = {}) => {
  const r = run(args, { check: false, ...options });
  assert.equal(r.code, code, `${args.join(" ")}: ${r.code} ${r.out} ${r.err}`);
  assert.match(r.err, pattern, args.join(" "));
  return r;
};
const json = (args, options) => JSON.parse(run([...args, "--json"], options).out);
const files = (folder) =>
  readdirSync(folder, { recursive: true }).map(String).filter((f) => statSync(join(folder, f)).isFile()).sort();
const same = (a, b) => {
  assert.deepEqual(files(a), files(b));
  for (const f of files(a)) assert.ok(readFileSync(join(a, f)).equals(readFileSync(join(b, f))), `${f} differs`);
};

test("help names every command, and each explains itself", () => {
  const all = run(["help"]).out;
  for (const c of ["start", "serve", "init", "user", "token", "manual", "import", "export", "today", "explain", "check", "mail", "bench", "version", "help"]) {
    assert.match(all, new RegExp(`^  ${c} `, "m"));
    assert.match(run(["help", c]).out, new RegExp(`Usage: fairlead ${c}`));
    assert.equal(run([c, "--help"]).out, run(["help", c]).out);
  }
  assert.equal(run([]).out, all);
  assert.equal(run(["--help"]).out, all);
});

test("the man page in docs is the one the program prints", () => {
  assert.equal(readFileSync(join(ROOT, "docs/fairlead.1"), "utf8"), run(["help", "man"], { env: clean() }).out);
});

function clean() {
  return Object.fromEntries(Object.keys(process.env).filter((k) => k.startsWith("FAIRLEAD_")).map((k) => [k, ""]));
}

test("words that are not understood end with 64 and the nearest right one", () => {
  refused(["exprot"], 64, /no command exprot.*Did you mean export/);
  refused(["serve", "--prot", "1"], 64, /no flag --prot.*Did you mean --port/);
  refused(["import", "--mappin", "x"], 64, /no flag --mappin.*--mapping/);
  refused(["serve", "--port", "99999"], 64, /port needs a number from 0 to 65535/);
  refused(["serve", "--port"], 64, /--port needs a value/);
  refused(["user"], 64, /user needs more/);
  refused(["today", "a", "b"], 64, /one word too many/);
  refused(["user", "remove", "x", ...at], 64, /list, add, password or end, not remove/);
  refused(["manual", "frob", ...at], 64, /not frob/);
  refused(["import", ...at], 64, /--mapping FILE.*docs\/import.md/);
  refused(["check", "--now", "yesterday"], 64, /--now needs a moment/);
  refused(["version", "--log", "loud"], 64, /log takes debug, info, warn or error/);
  refused(["init", ...at], 64, /--admin/);
});

test("a folder without a company says how to create one", () => {
  const none = join(tempDir(), "none");
  for (const c of [["check"], ["today"], ["user", "list"], ["export", "deal"]])
    refused([...c, "--data", none], 1, /no company in .*fairlead init --admin you@example.com --data/);
});

test("--requests-per-second bounds each session, and nobody else", async () => {
  const server = await serve(["serve", ...at, "--requests-per-second", "5"]);
  const [busy, calm] = [await signIn(server.base, "admin@example.com"), await signIn(server.base, "admin@example.com")];
  const ask = (token) => fetch(`${server.base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(busy)));
  const refused = answers.filter((r) => r.status === 429);
  assert.ok(refused.length > 20 && answers.some((r) => r.status === 200), `${refused.length} of 60 refused`);
  assert.equal(refused[0].headers.get("retry-after"), "1");
  assert.equal((await refused[0].json()).code, "http.rate_limited");
  assert.equal((await ask(calm)).status, 200);
  await server.stop();
});

test("init refuses a weak password and a second company", () => {
  const other = join(tempDir(), "new");
  refused(["init", "--admin", "a@example.com", "--data", other], 1, /password/i, { input: "secret\n" });
  run(["init", "--admin", "a@example.com", "--data", other], { input: `${PASSWORD}\n` });
  refused(["init", "--admin", "a@example.com", "--data", other], 64, /company in .* already/, { input: `${PASSWORD}\n` });
});

test("people are added, get passwords and tokens, and leave", async () => {
  run(["user", "add", "mia@example.com", "--name", "Mia Kane", "--role", "sales-rep", "--reports-to", "admin@example.com", ...at], { input: `${PASSWORD}\n` });
  refused(["user", "add", "mia@example.com", "--name", "Mia Again", ...at], 1, /./, { input: `${PASSWORD}\n` });
  refused(["user", "password", "mia@example.com", ...at], 1, /password/i, { input: "short\n" });
  refused(["user", "end", "ghost@example.com", ...at], 1, /nobody with the mail address ghost@example.com.*user list/);
  const mia = json(["user", "list", ...at]).find((p) => p.email === "mia@example.com");
  assert.deepEqual([mia.name, mia.roles, mia.active], ["Mia Kane", ["sales-rep"], true]);
  const token = run(["token", "add", "mia@example.com", "laptop", ...at]).out.trim();
  const tokens = json(["token", "list", "mia@example.com", ...at]);
  assert.equal(tokens.length, 1);
  assert.equal(tokens[0].name, "laptop");
  run(["user", "password", "mia@example.com", ...at], { input: "seven boats in the harbor\n" });
  let server = await serve(["serve", ...at]);
  try {
    await signIn(server.base, "mia@example.com", "seven boats in the harbor");
    const me = () => fetch(`${server.base}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    assert.equal((await me()).status, 200);
    refused(["user", "end", "mia@example.com", ...at], 1, /Another fairlead has this database open/); // one writer at a time
    await server.stop();
    run(["token", "end", tokens[0].id, ...at]);
    run(["user", "end", "mia@example.com", ...at]);
    server = await serve(["serve", ...at]);
    assert.equal((await me()).status, 401);
    await assert.rejects(signIn(server.base, "mia@example.com", "seven boats in the harbor"));
  } finally {
    await server.stop();
  }
  assert.equal(json(["user", "list", ...at]).find((p) => p.email === "mia@example.com").active, false);
});

test("a manual goes out and in again byte for byte", () => {
  const [a, b] = [join(tempDir(), "a"), join(tempDir(), "b")];
  const versions = () => json(["manual", "versions", ...at]).map((v) => v.number);
  run(["manual", "export", a, ...at]);
  same(a, join(ROOT, "manual/b2b-sales"));
  const before = versions();
  assert.match(run(["manual", "import", a, ...at]).out, /Nothing differs/);
  assert.deepEqual(versions(), before);
  assert.match(run(["manual", "plan", a, ...at]).out, /Nothing would change/);
  const page = join(a, "policy/deal-named.md");
  writeFileSync(page, readFileSync(page, "utf8").replace("mode: off", "mode: watch"));
  assert.match(run(["manual", "plan", a, ...at]).out, /deal-named/);
  assert.match(run(["manual", "diff", a, ...at]).out, /watch/);
  assert.match(run(["manual", "import", a, "--reason", "We look at names.", ...at]).out, /version 2/);
  assert.equal(json(["manual", "versions", ...at]).find((v) => v.number === 2).reason, "We look at names.");
  run(["manual", "export", b, ...at]);
  same(a, b);
  rmSync(b, { recursive: true });
  run(["manual", "export", b, "--version", "1", ...at]);
  same(b, join(ROOT, "manual/b2b-sales"));
});

test("a broken page is named with line and column, and not published", () => {
  const pages = tempDir();
  cpSync(join(ROOT, "manual/b2b-sales"), pages, { recursive: true });
  const page = join(pages, "policy/deal-named.md");
  writeFileSync(page, readFileSync(page, "utf8").replace("for: deal", "for: dael"));
  const r = refused(["manual", "check", pages], 1, /policy\/deal-named:6:6: .*dael.*deal/);
  assert.ok(!/at src\//.test(r.err));
  const found = run(["manual", "check", pages, "--json"], { check: false });
  assert.equal(found.code, 1);
  const list = JSON.parse(found.out);
  assert.ok(list.some((f) => f.page === "policy/deal-named" && f.line === 6 && f.column === 6 && f.severity === "error"));
  refused(["manual", "publish", pages, ...at], 1, /policy\/deal-named:6:6/);
  assert.equal(json(["manual", "versions", ...at]).length, 2);
  refused(["manual", "check", join(pages, "nowhere")], 1, /could not be read/);
  assert.deepEqual(JSON.parse(run(["manual", "check", join(ROOT, "manual/b2b-sales"), "--json"]).out), []);
});

const work = tempDir();
const csv = join(work, "people.csv");
const map = join(work, "people.map.yaml");
writeFileSync(csv, "name,mail,firm\nMia Kane,mia@harbor.example,Harbor Health\nJo Brandt,no mail,Brandt\n=Bad,bad@x.example,Bad Ltd\n");
writeFileSync(map, "object: lead\ncolumns: { name: name, mail: email, firm: company }\n");

test("an import is tried, done, listed, reported and taken back", () => {
  const tried = json(["import", csv, "--mapping", map, "--dry-run", ...at]);
  assert.deepEqual([tried.import, tried.created, tried.refused], [null, 2, 1]);
  assert.equal(run(["export", "lead", "--fields", "name", ...at]).out, "name\r\n");
  const report = join(work, "report.txt");
  const out = run(["import", csv, "--mapping", map, "--report", report, ...at]).out;
  assert.match(out, /3 rows: 2 created/);
  assert.match(readFileSync(report, "utf8"), /^line 3, email: refused: /m);
  const [done] = json(["import", "--list", ...at]);
  assert.deepEqual([done.object, done.state, done.created], ["lead", "finished", 2]);
  assert.match(run(["export", "lead", "--fields", "name,email", "--sort", "name", ...at]).out, /^name,email\r\n'=Bad,bad@x.example\r\nMia Kane,mia@harbor.example\r\n$/);
  refused(["import", csv, "--mapping", join(work, "none.yaml"), ...at], 1, /could not be read/);
  writeFileSync(join(work, "bad.yaml"), "object: lead\ncolumns:\n  name: nam\n");
  refused(["import", csv, "--mapping", join(work, "bad.yaml"), ...at], 1, /bad.yaml:3:9: .*no field nam.*Did you mean name/);
  refused(["import", "--undo", "5", ...at], 1, /no import 5/);
  const back = json(["import", "--undo", done.import, ...at]);
  assert.deepEqual([back.removed, back.left_alone], [2, 0]);
  assert.equal(json(["import", "--list", ...at])[0].state, "taken back");
  refused(["import", "--undo", done.import, ...at], 1, /taken back already/);
});

test("today says what to do, why and until when; explain says why a rule ran", () => {
  refused(["today", "--limit", "0", "admin@example.com", ...at], 64, /--limit needs a number/);
  refused(["today", "ghost@example.com", ...at], 1, /nobody/);
  writeFileSync(join(work, "owned.csv"), "name,mail,firm,owner\nMia Kane,mia@harbor.example,Harbor Health,admin@example.com\n");
  writeFileSync(join(work, "owned.map.yaml"), "object: lead\ncolumns: { name: name, mail: email, firm: company, owner: { field: owner, match: user.email } }\n");
  run(["import", join(work, "owned.csv"), "--mapping", join(work, "owned.map.yaml"), "--now", "2026-06-15T08:00:00Z", ...at]);
  const day = run(["today", "admin@example.com", "--now", "2026-06-15T09:00:00Z", ...at]).out;
  assert.match(day, /^ 1 {2}.*Mia Kane.* {2}in \d/m);
  assert.match(day, /why /);
  assert.match(day, /page {3}workflow\/[a-z-]+:\d+/);
  const tasks = json(["today", "admin@example.com", ...at]).data;
  assert.ok(tasks.length > 0);
  const id = run(["export", "lead", "--fields", "id", ...at]).out.split("\r\n")[1];
  const why = run(["explain", "lead", id, "--filter", "owner is not empty and status = 'Disqualified'", ...at]).out;
  assert.match(why, /^no /);
  assert.match(why, /^ +yes /m);
  const parts = json(["explain", "lead", id, "--filter", "owner is not empty", ...at]);
  assert.equal(parts.holds, true);
  assert.match(run(["explain", "lead", id, tasks[0].why.page, ...at]).out, /open/);
  assert.equal(typeof json(["explain", "lead", id, tasks[0].why.page, ...at]), "object");
  refused(["explain", "laed", id, ...at], 1, /no object laed.*lead/);
  refused(["explain", "lead", "5", ...at], 1, /no Lead 5/);
  refused(["explain", "lead", id, "--filter", "statu = 'New'", ...at], 1, /1:1: .*statu.*status/);
});

test("export answers a reader that has seen enough, and a full disk, each as it should", () => {
  const r = spawnSync("/bin/sh", ["-c", `"${BIN}" export user --data "${dir}" | head -n 1; "${BIN}" version > /dev/full; echo $?`], { encoding: "utf8" });
  assert.match(r.stdout, /^id,/);
  assert.match(r.stdout, /\n1\n$/);
  assert.doesNotMatch(r.stderr, /Broken pipe/);
  refused(["export", "lead", "--filter", "nam = 'x'", ...at], 1, /Did you mean name/);
  refused(["export", "laed", ...at], 1, /Did you mean lead/);
  refused(["export", "lead", "--as", "ghost@example.com", ...at], 1, /nobody/);
});

test("check proves the database, and finds what is not sound", () => {
  const sound = json(["check", ...at]);
  assert.equal(sound.sound, true);
  assert.deepEqual(sound.findings, []);
  assert.match(run(["check", ...at]).out, /^Sound: /);
  const broken = tempDir();
  cpSync(dir, broken, { recursive: true });
  const file = join(broken, "fairlead.db");
  const bytes = readFileSync(file);
  bytes.fill(0x5a, 4096 * 40, 4096 * 44);
  writeFileSync(file, bytes);
  const r = run(["check", "--data", broken], { check: false });
  assert.equal(r.code, 1);
});

test("version names what runs", () => {
  const v = json(["version"]);
  assert.match(v.version, /^\d+\.\d+\.\d+$/);
  assert.ok(v.sqlite && v.microhttpd && v.sodium);
});

test("a first start that was stopped halfway is finished by the next one", async () => {
  const data = join(tempDir(), "demo");
  mkdirSync(data);
  const half = spawnSync(BIN, ["start", "--data", data, "--port", "0"], { timeout: 900, killSignal: "SIGKILL", encoding: "utf8" });
  assert.equal(half.signal, "SIGKILL");
  const server = await serve(["start", "--data", data]);
  try {
    assert.match(server.output(), /Who can sign in/);
    const token = await signIn(server.base, "darcel.schlecht@demo.example");
    assert.ok(token);
    const get = async (path) => (await call(server.base, "GET", path, { token })).json;
    const people = (await get("/api/v1/records/user?fields=name,phone,team&limit=100")).data;
    assert.equal(people.length, 42);
    const offices = { Central: "312", East: "212", West: "415" };
    for (const p of people) assert.match(p.phone, new RegExp(`^\\+1${offices[p.team?.name] ?? "312"}55501\\d\\d$`), `${p.name} of ${p.team?.name}`);
    assert.equal(new Set(people.map((p) => p.phone)).size, 42, "a number each");
    const [account] = (await get("/api/v1/records/account?limit=1")).data;
    const { levels } = await get(`/api/v1/escalation-levels?escalation=billing-problem&record=${account.id}`);
    assert.ok(levels.some((l) => l.name) && levels.every((l) => !l.name || l.phone), JSON.stringify(levels));
  } finally {
    await server.stop();
  }
  assert.equal(run(["export", "deal", "--fields", "id", "--data", data]).out.trim().split("\n").length, 8801);
  assert.equal(run(["export", "account", "--fields", "id", "--data", data]).out.trim().split("\n").length, 86);
  const second = await serve(["start", "--data", data]);
  assert.ok(second.startedMs < 2000, `${second.startedMs} ms`);
  await second.stop();
});

await finish();
