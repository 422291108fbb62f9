// Notices as mail, against a real SMTP server in this process: what arrives, when, once; and what happens when the server
// refuses, lies about its name, or is not there. Time is moved by moving the rows of the outbox while fairlead is down.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { call, finish, newCompany, run, serve as serveAny, tempDir, test } from "./lib.mjs";
import { mailServer, sleep, until } from "./smtp.mjs";

// One at a time: what a test that failed has left does not stop the next.
let running;
async function serve(args) {
  await running?.stop();
  return (running = await serveAny(args));
}

const dir = newCompany(["--company", "Übersee GmbH"]);
const at = ["--data", dir];
const work = tempDir();
const PUBLIC = "https://crm.uebersee.example";
const from = ["--mail-from", "Übersee CRM <crm@uebersee.example>", "--public-url", PUBLIC];
const JUERGEN = "juergen@uebersee.example";
const ids = {};
run(["user", "add", JUERGEN, "--name", "Jürgen Weiß", "--role", "sales-rep", ...at], { input: "seven quiet harbor boats\n" });
const token = run(["token", "add", "admin@example.com", "mail test", ...at]).out.trim();
const his = run(["token", "add", JUERGEN, "mail test", ...at]).out.trim();

const plain = (box) => ["serve", ...at, "--mail-server", box.url, "--mail-tls", "opportunistic", ...from];

// ---- the outbox ----
function sql(text) {
  const r = spawnSync("sqlite3", [join(dir, "fairlead.db"), text], { encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  return r.stdout.trim();
}
const dueNow = () => sql("UPDATE outbox SET due_us = 1000 * CAST(strftime('%s','now') AS INTEGER) * 1000 - 1 WHERE done_us IS NULL AND failed_us IS NULL");
const state = async (server) => (await call(server.base, "GET", "/api/v1/system/mail", { token })).json;

async function askForHelp(server, name, note) {
  const made = await call(server.base, "POST", "/api/v1/records/account", { token, body: { name, owner: ids.juergen } });
  assert.equal(made.status, 201, made.text);
  const r = await call(server.base, "POST", "/api/v1/escalations", { token, body: { escalation: "billing-problem", record: made.json.id, note } });
  assert.equal(r.status, 201, r.text);
  return made.json.id;
}
async function readAll(server) {
  for (const n of (await call(server.base, "GET", "/api/v1/notices", { token: his })).json.data)
    if (!n.read) assert.equal((await call(server.base, "POST", `/api/v1/notices/${n.id}/read`, { token: his })).status, 204);
}

test("a call for help arrives within seconds, in the words of whoever asked", async () => {
  const box = await mailServer();
  const server = await serve(plain(box));
  ids.juergen = (await call(server.base, "GET", "/api/v1/me", { token: his })).json.id;
  assert.equal((await call(server.base, "GET", "/healthz")).json.mail, "untried");
  const begun = Date.now();
  const record = await askForHelp(server, "Bäckerei Süß", "Zweimal berechnet — bitte heute noch: ¿señor? 客户在等");
  await box.arrived(1);
  assert.ok(Date.now() - begun < 5000, `${Date.now() - begun} ms`);
  const [m] = box.mails;
  assert.equal(m.subject, "Your help is needed: Billing problem: Bäckerei Süß");
  assert.deepEqual(m.to.value, [{ address: JUERGEN, name: "Jürgen Weiß" }]);
  assert.deepEqual(m.from.value, [{ address: "crm@uebersee.example", name: "Übersee CRM" }]);
  assert.equal(m.headers.get("auto-submitted"), "auto-generated");
  assert.match(m.messageId, /^<fairlead\.\d+@uebersee\.example>$/);
  assert.match(m.text, /^Hello Jürgen Weiß,\n/);
  assert.match(m.text, /Who waits: Ada Admin\nIn their words: Zweimal berechnet — bitte heute noch: ¿señor\? 客户在等\n/);
  assert.match(m.text, /Until: \w+day, \d+ \w+ \d{4}, \d\d:\d\d \(.+\); then it passes to the next level/);
  assert.ok(m.text.includes(`${PUBLIC}/records/account/${record}\n`), m.text);
  assert.ok(m.text.includes(`${PUBLIC}/manual/escalation/billing-problem`), m.text);
  assert.match(m.text, /fairlead, Übersee GmbH/);
  // The same page on the same day: one line in the list, a mail each.
  await askForHelp(server, "Kiosk", "noch einer");
  await box.arrived(2);
  assert.match(box.mails[1].subject, /Kiosk/);
  assert.notEqual(box.mails[1].messageId, m.messageId);
  assert.equal((await call(server.base, "GET", "/healthz")).json.mail, "ok");
  assert.equal((await call(server.base, "GET", "/api/v1/system/mail", { token: his })).status, 403);
  await readAll(server);
  assert.doesNotMatch(server.output(), /uebersee\.example|Weiß|Süß/); // no addresses, names or words in the log
  await server.stop();
  await box.close();
});

test("what waits to be read comes as one mail, and not at all once it is read", async () => {
  const box = await mailServer();
  let server = await serve(plain(box));
  for (const title of ["Ruf bitte an", "Schick das Angebot"]) {
    const r = await call(server.base, "POST", "/api/v1/tasks", { token, body: { title, owed_by: ids.juergen, record: await account(server, "Hafen & Söhne"), due: new Date(Date.now() + 5 * 86400e3).toISOString() } });
    assert.equal(r.status, 201, r.text);
  }
  assert.equal(box.mails.length, 0); // it collects for a quarter of an hour
  await server.stop();
  dueNow();
  server = await serve(plain(box));
  await box.arrived(1);
  const [m] = box.mails;
  assert.equal(m.subject, "Ada Admin asks: Schick das Angebot");
  assert.match(m.text, /- Ada Admin asks: Schick das Angebot \(Account\), and 1 more like it\n {2}https:\/\/crm\.uebersee\.example\/records\/account\/\d+\n/);
  assert.ok(m.text.includes(`${PUBLIC}/notifications`) && m.text.includes(`${PUBLIC}/settings`), m.text);
  assert.equal(m.headers.get("list").unsubscribe.url, `${PUBLIC}/settings`);
  await sleep(1200);
  assert.equal(box.mails.length, 1);
  // As if the day began anew: what was read makes no mail.
  await readAll(server);
  await server.stop();
  sql("UPDATE outbox SET done_us = NULL WHERE once_key = (SELECT once_key FROM outbox ORDER BY id DESC LIMIT 1)");
  dueNow();
  server = await serve(plain(box));
  await until(async () => (await state(server)).waiting === 0, 4000, () => "still waiting");
  assert.equal(box.mails.length, 1);
  await server.stop();
  assert.equal(sql("SELECT error FROM outbox ORDER BY id DESC LIMIT 1"), "They have read everything.");
  await box.close();
});

async function account(server, name) {
  const r = await call(server.base, "POST", "/api/v1/records/account", { token, body: { name, owner: ids.juergen } });
  assert.equal(r.status, 201, r.text);
  return r.json.id;
}

test("4xx waits and comes later, 5xx is given up and says why", async () => {
  const box = await mailServer({ refuse: () => [451, "4.7.1 greylisted, come back"] });
  let server = await serve(plain(box));
  await askForHelp(server, "Spät", "");
  await until(() => sqlRead("SELECT COUNT(*) FROM outbox WHERE error LIKE '%greylisted%'") === "1", 5000, () => "no error");
  assert.equal((await state(server)).state, "ok"); // the server is well: this one has to wait
  assert.equal((await state(server)).waiting, 1);
  await server.stop();
  assert.equal(sql("SELECT attempts, (due_us / 1000000 - strftime('%s','now')) BETWEEN 40 AND 61 FROM outbox WHERE done_us IS NULL"), "1|1");
  dueNow();
  box.refuse = null;
  server = await serve(plain(box));
  await box.arrived(1);
  box.refuse = () => [550, "5.1.1 no such user here"];
  await askForHelp(server, "Nie", "");
  await until(async () => (await state(server)).given_up.length === 1, 5000, async () => JSON.stringify(await state(server)));
  const s = await state(server);
  assert.equal(s.waiting, 0);
  assert.equal(s.given_up[0].attempts, 1);
  assert.match(s.given_up[0].reason, /does not take mail for this address\. It said: 550 5\.1\.1 no such user here/);
  assert.match(run(["mail", "status", ...at]).out, /To colleagues: nothing waits\.\nTo colleagues: given up .*no such user here/);
  assert.equal(JSON.parse(run(["mail", "status", "--json", ...at]).out).given_up.length, 1);
  await readAll(server);
  await server.stop();
  await box.close();
});
const sqlRead = (text) => spawnSync("sqlite3", ["-readonly", join(dir, "fairlead.db"), text], { encoding: "utf8" }).stdout.trim();

test("killed between sending and writing it down: that one comes twice, with one Message-ID", async () => {
  let server;
  const box = await mailServer({ hold: () => server.stop("SIGKILL") });
  server = await serve(plain(box));
  await askForHelp(server, "Zweimal", "").catch(() => {});
  await box.arrived(1);
  await server.stop("SIGKILL");
  box.hold = null;
  dueNow(); // the lease ends
  server = await serve(plain(box));
  await box.arrived(2);
  await sleep(1200);
  assert.equal(box.mails.length, 2);
  assert.equal(box.mails[0].messageId, box.mails[1].messageId);
  assert.equal(box.mails[0].text, box.mails[1].text);
  await readAll(server);
  await server.stop();
  await box.close();
});

test("many go over one connection", async () => {
  const box = await mailServer();
  let server = await serve(["serve", ...at]); // nothing is configured: they wait
  for (let i = 0; i < 6; i++) await askForHelp(server, `Kunde ${i}`, "");
  assert.equal((await state(server)).state, "off");
  assert.equal((await state(server)).waiting, 6);
  await server.stop();
  server = await serve(plain(box));
  await box.arrived(6);
  assert.equal(box.connections(), 1);
  await readAll(server);
  await server.stop();
  await box.close();
});

test("nothing a day old is sent, whether a server is configured or not", async () => {
  const box = await mailServer();
  let server = await serve(["serve", ...at]);
  await askForHelp(server, "Gestern", "");
  await server.stop();
  sql("UPDATE outbox SET due_us = due_us - 90000000000 WHERE done_us IS NULL");
  server = await serve(["serve", ...at]);
  await until(async () => (await state(server)).waiting === 0, 4000, () => "still waiting");
  await server.stop();
  server = await serve(plain(box));
  await sleep(1200);
  assert.equal(box.mails.length, 0);
  await readAll(server);
  await server.stop();
  await box.close();
});

test("a server that is down or does not answer delays nobody, and is said once", async () => {
  const box = await mailServer();
  await box.close();
  let server = await serve(plain(box));
  await askForHelp(server, "Wartet", "");
  await until(async () => (await state(server)).state === "failing", 5000, async () => JSON.stringify(await state(server)));
  await askForHelp(server, "Wartet auch", "");
  const times = [];
  for (let i = 0; i < 40; i++) {
    const t = performance.now();
    assert.equal((await call(server.base, "GET", "/api/v1/my-day", { token })).status, 200);
    times.push(performance.now() - t);
  }
  assert.ok(Math.max(...times) < 500, `${Math.max(...times)} ms`);
  const s = await state(server);
  assert.equal(s.cause, "no-connection");
  assert.equal(s.waiting, 2);
  assert.ok(s.oldest);
  assert.equal(server.output().split("\n").filter((l) => /event=mail\b|\bmail state=/.test(l)).length, 1, server.output());
  await server.stop();

  const silent = net.createServer(() => {}); // takes connections and says nothing
  await new Promise((ready) => silent.listen(0, "127.0.0.1", ready));
  dueNow();
  let taken = false;
  silent.on("connection", (c) => {
    taken = true;
    c.on("error", () => {});
  });
  server = await serve(plain({ url: `smtp://127.0.0.1:${silent.address().port}` }));
  await until(() => taken, 4000, () => "no connection");
  const asked = performance.now();
  assert.equal((await call(server.base, "GET", "/healthz")).status, 200);
  assert.ok(performance.now() - asked < 500);
  const stopped = Date.now();
  await server.stop();
  assert.ok(Date.now() - stopped < 6000, `${Date.now() - stopped} ms to stop`);
  silent.close();
  assert.equal(sql("SELECT COUNT(*) FROM outbox WHERE done_us IS NULL AND failed_us IS NULL"), "2"); // due again
});

test("a server that never says goodbye does not keep us from stopping, and the mail is not sent again", async () => {
  let quit = 0;
  const mute = net.createServer((c) => {
    let body = false;
    let tail = ""; // the end of the message may come in pieces
    c.on("error", () => {});
    c.write("220 mute.example ESMTP\r\n");
    c.on("data", (d) => {
      const text = String(d);
      if (body) {
        tail = (tail + text).slice(-5);
        if (tail === "\r\n.\r\n") {
          body = false;
          c.write("250 taken\r\n");
        }
      } else if (/^DATA/.test(text)) {
        body = true;
        c.write("354 go on\r\n");
      } else if (/^QUIT/.test(text)) quit++;
      else c.write("250 fine\r\n");
    });
  });
  await new Promise((ready) => mute.listen(0, "127.0.0.1", ready));
  sql("UPDATE outbox SET done_us = 1 WHERE done_us IS NULL AND failed_us IS NULL");
  const server = await serve(plain({ url: `smtp://127.0.0.1:${mute.address().port}` }));
  await askForHelp(server, "Stumm", "");
  await until(() => quit === 1, 15_000, () => `${quit} goodbyes`).finally(() => quit === 1 || server.stop());
  const stopped = Date.now();
  await server.stop();
  assert.ok(Date.now() - stopped < 6000, `${Date.now() - stopped} ms to stop`);
  mute.close();
  assert.equal(sql("SELECT COUNT(*) FROM outbox WHERE done_us IS NULL AND failed_us IS NULL"), "0");
});

// ---- mail test ----
const tried = (args, options) => {
  const r = run(["mail", "test", JUERGEN, ...args, ...from], { check: false, ...options });
  return { code: r.code, text: r.out + r.err };
};
const inHost = (args, options) => runAsync(["mail", "test", JUERGEN, ...args, ...from], options);
// The server lives in this process: a command that talks to it must not block it.
async function runAsync(args, { env = {} } = {}) {
  const { spawn } = await import("node:child_process");
  const { BIN } = await import("./lib.mjs");
  return new Promise((done) => {
    const child = spawn(BIN, args, { env: { ...process.env, ...env } });
    let text = "";
    child.stdout.on("data", (d) => (text += d));
    child.stderr.on("data", (d) => (text += d));
    child.on("exit", (code) => done({ code, text }));
  });
}
function certificate(name, san) {
  const [key, cert] = [join(work, `${name}.key`), join(work, `${name}.pem`)];
  const r = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-keyout", key, "-out", cert, "-subj", `/CN=${name}`, "-addext", `subjectAltName=${san}`], { encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  const read = (f) => spawnSync("cat", [f]).stdout;
  return { file: cert, tls: { key: read(key), cert: read(cert) } };
}

test("mail test: an encrypted connection is what it says, or nothing is sent", async () => {
  const good = certificate("good", "IP:127.0.0.1");
  const other = certificate("other", "DNS:elsewhere.example");
  const login = { onAuth: (auth, _, done) => (auth.password === "Geheim ÄÖ" ? done(null, { user: auth.username }) : done(new Error("wrong password"))) };
  const box = await mailServer({ ...good.tls, ...login, authOptional: false });
  const use = ["--mail-server", box.url];
  const password = join(work, "password");
  writeFileSync(password, "Geheim ÄÖ\n");

  let r = await inHost(use);
  assert.equal(r.code, 1);
  assert.match(r.text, /Not sent: The certificate of the mail server is not to be trusted/);
  r = await inHost([...use, "--mail-ca", other.file]);
  assert.equal(r.code, 1);
  assert.match(r.text, /certificate/);
  r = await inHost([...use, "--mail-ca", good.file]);
  assert.equal(r.code, 1);
  assert.match(r.text, /does not take mail from the address in mail-from, or wants a login first\. It said: 530/);
  r = await inHost([...use, "--mail-ca", good.file, "--mail-user", "crm"], { env: { FAIRLEAD_MAIL_PASSWORD: "falsch" } });
  assert.equal(r.code, 1);
  assert.match(r.text, /refuses the login.*It said: 535/);
  assert.doesNotMatch(r.text, /falsch/);
  assert.equal(box.mails.length, 0);
  r = await inHost([...use, "--mail-ca", good.file, "--mail-user", "crm", "--mail-password-file", password]);
  assert.equal(r.code, 0, r.text);
  assert.match(r.text, /^Sent\. smtp:\/\/127\.0\.0\.1:\d+\/? answered: 250 /);
  assert.equal(box.mails[0].user, "crm");
  assert.equal(box.mails[0].secure, true);
  r = await inHost([...use, "--mail-ca", good.file, "--mail-user", "crm"], { env: { FAIRLEAD_MAIL_PASSWORD: "Geheim ÄÖ" } });
  assert.equal(r.code, 0, r.text);
  await box.close();

  const wrongName = await mailServer(other.tls);
  r = await inHost(["--mail-server", wrongName.url, "--mail-ca", other.file]);
  assert.equal(r.code, 1);
  assert.match(r.text, /certificate/);
  await wrongName.close();

  const implicit = await mailServer({ ...good.tls, secure: true });
  r = await inHost(["--mail-server", implicit.url.replace("smtp:", "smtps:"), "--mail-ca", good.file]);
  assert.equal(r.code, 0, r.text);
  await implicit.close();
});

test("mail test: says what is wrong, and ends with 1 or 64", async () => {
  const box = await mailServer({ refuse: () => [553, "5.7.1 not ours"] });
  let r = await inHost(["--mail-server", box.url]);
  assert.equal(r.code, 1);
  assert.match(r.text, /no encryption \(STARTTLS\), and mail-tls says it is required/);
  r = await inHost(["--mail-server", box.url, "--mail-tls", "opportunistic", "--json"]);
  assert.equal(r.code, 1);
  assert.match(r.text, /does not take mail for this address\. It said: 553 5\.7\.1 not ours/);
  assert.match(r.text, /"sent":false,"cause":"recipient","code":553/);
  await box.close();
  r = tried(["--mail-server", box.url]);
  assert.equal(r.code, 1);
  assert.match(r.text, /takes no connection/);
  r = tried(["--mail-server", "smtp://mail.nowhere.invalid"]);
  assert.equal(r.code, 1);
  assert.match(r.text, /name of the mail server is not known/);
  for (const [args, pattern] of [
    [[], /No mail server is configured.*--mail-server/],
    [["--mail-server", "http://mail.example"], /begins with smtp:\/\//],
    [["--mail-server", "smtp://me:secret@mail.example"], /must not hold a user name/],
    [["--mail-server", "smtp://mail.example/x"], /name of the server and a port/],
    [["--mail-server", "smtp://mail.example", "--mail-tls", "maybe"], /required or opportunistic/],
    [["--mail-server", "smtp://mail.example", "--mail-user", "x"], /needs a password/],
    [["--mail-server", "smtp://mail.example", "--mail-user", "x", "--mail-password-file", "/nonexistent"], /not there/],
    [["--mail-server", "smtp://mail.example", "--mail-password", "x"], /no flag --mail-password/],
    [["--mail-server", "smtp://mail.example", "--mail-timeout-s", "1"], /from 5 to 120/],
    [["--public-url", "ftp://x"], /begins with https/],
  ]) {
    r = run(["mail", "test", JUERGEN, ...from, ...args], { check: false });
    assert.equal(r.code, 64, `${args}: ${r.err}`);
    assert.match(r.err, pattern);
  }
  assert.equal(run(["mail", "test", "a@b\r\nBcc: c@d.example", ...from], { check: false }).code, 64);
  assert.equal(run(["mail", "frob"], { check: false }).code, 64);
  assert.equal(run(["serve", ...at, "--mail-server", "smtp://x"], { check: false }).code, 64); // no mail-from
});

await finish();
