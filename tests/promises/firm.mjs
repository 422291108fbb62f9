// A small firm for the tests of the promises: the starter manual, eight people in two teams, a server, and a past. What is
// done before start() happens at the moment given there (--now); the server then catches up to the real present.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { call, newCompany, run, serve } from "../e2e/lib.mjs";

const MINUTE = 60_000;
export const HOUR = 3600_000;
export const DAY = 24 * HOUR;
export const at = (ms) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");

const PEOPLE = [
  ["mara", "Mara Manager", "sales-manager", "North", "", "+1 212 555 0101"],
  ["rob", "Rob Rep", "sales-rep", "North", "Mara Manager", "+1 212 555 0102"],
  ["rita", "Rita Rep", "sales-rep", "North", "Mara Manager", ""],
  ["tom", "Tom Rep", "sales-rep", "South", "Mara Manager", ""],
  ["ines", "Ines Intern", "intern", "North", "Rob Rep", ""],
  ["mark", "Mark Marketing", "marketing", "North", "Mara Manager", ""],
  ["sam", "Sam Support", "support-agent", "North", "Amy Account", "+1 212 555 0107"],
  ["amy", "Amy Account", "account-manager", "North", "Mara Manager", "+1 212 555 0108"],
  ["olga", "Olga Onlooker", "read-only", "South", "", ""],
];

// A field of a page's front matter, set or added.
export function setKey(text, key, value) {
  const line = new RegExp(`^${key}:.*$`, "m");
  return line.test(text) ? text.replace(line, `${key}: ${value}`) : text.replace(/^---\n/, `---\n${key}: ${value}\n`);
}

const csv = (rows) => rows.map((r) => r.map((c) => (/[",\r\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c)).join(",")).join("\r\n") + "\r\n";

export class Firm {
  // begun: when the firm was founded (ms); extra: flags of every command, such as --db.
  constructor({ begun = Date.now() - 30 * DAY, extra = [] } = {}) {
    this.extra = extra;
    this.last = begun;
    this.dir = newCompany(["--now", at(begun), ...extra]);
    this.tokens = {};
    this.import("team", "name", [["name"], ["North"], ["South"]], begun);
    this.import(
      "user",
      "email",
      [["name", "email", "roles", "team", "boss", "phone"], ...PEOPLE.map(([mail, name, role, team, boss, phone]) => [name, `${mail}@example.com`, role, team, boss, phone])],
      begun,
      "  team: { field: team, match: team.name }\n  boss: { field: reports_to, match: user.name, missing: empty }\nsecond_pass: [boss]\nset: { active: yes }\n",
    );
    for (const name of ["admin", ...PEOPLE.map((p) => p[0])])
      this.tokens[name] = this.run("token", "add", `${name}@example.com`, "test", "--now", this.past(begun)).trim();
  }

  // Commands at a past moment come one second after the other: two at the same one would make the same ids.
  past(ms) {
    this.last = Math.max(ms, this.last + 1000);
    return at(this.last);
  }

  run(...args) {
    return run([...args, "--data", this.dir, "--log", "error", ...this.extra]).out;
  }

  // Imports rows (the first names the columns, which are fields) at a moment of the past; gives the counts and, as text, the
  // report. Never at a moment that is still to come: ids are ordered by time.
  import(object, key, rows, ms = Date.now() - MINUTE, mapping = "") {
    const text = join(this.dir, "rows.report");
    const file = join(this.dir, "rows.csv");
    const map = join(this.dir, "rows.map.yaml");
    const plain = rows[0].filter((c) => !mapping.includes(`  ${c}:`));
    writeFileSync(file, csv(rows));
    writeFileSync(map, `object: ${object}\n${key ? `key: ${key}\n` : ""}columns:\n${plain.map((c) => `  ${c}: ${c}\n`).join("")}${mapping}`);
    const counts = this.run("import", file, "--mapping", map, "--now", this.past(ms), "--json", "--report", text);
    return { ...JSON.parse(counts.trim().split("\n").at(-1)), text: readFileSync(text, "utf8") };
  }

  // Changes pages as files and publishes them. edits: path -> function of the text, or the text of a new page.
  publish(edits, ms = Date.now() - MINUTE, reason = "test") {
    const folder = join(this.dir, "pages");
    this.run("manual", "export", folder);
    for (const [path, edit] of Object.entries(edits)) {
      const file = join(folder, `${path}.md`);
      writeFileSync(file, typeof edit === "function" ? edit(readFileSync(file, "utf8")) : edit);
    }
    return this.run("manual", "publish", folder, "--reason", reason, "--now", this.past(ms));
  }

  // Switches policies to a mode.
  modes(modes, ms) {
    return this.publish(Object.fromEntries(Object.entries(modes).map(([name, mode]) => [`policy/${name}`, (t) => setKey(t, "mode", mode)])), ms);
  }

  async start() {
    this.server = await serve(["serve", "--data", this.dir, "--log", "error", ...this.extra]);
    this.base = this.server.base;
    this.people = Object.fromEntries((await this.must("admin", "GET", "/api/v1/records/user?limit=100")).data.map((u) => [u.email.split("@")[0], u.id]));
    return this;
  }
  // Stops the server, does something with the commands, and serves again.
  async offline(what) {
    await this.stop();
    const done = what();
    await this.start();
    return done;
  }
  async stop(signal) {
    await this.server?.stop(signal);
  }

  // One request as a person; the answer as call() gives it.
  as(who, method, path, body, headers = {}) {
    return call(this.base, method, path, { token: this.tokens[who], body, headers });
  }
  // The same, and it has to succeed; its body.
  async must(who, method, path, body, headers) {
    const r = await this.as(who, method, path, body, headers);
    if (r.status >= 300) throw new Error(`${who} ${method} ${path}: ${r.status} ${r.text}`);
    return r.json;
  }
  create(who, object, body) {
    return this.must(who, "POST", `/api/v1/records/${object}`, body);
  }
  // A change of some fields at whatever version the record has.
  async patch(who, object, id, body) {
    const r = await this.as("admin", "GET", `/api/v1/records/${object}/${id}`);
    return this.as(who, "PATCH", `/api/v1/records/${object}/${id}`, body, { "if-match": r.headers.get("etag") });
  }
  list(who, object, filter, more = "") {
    return this.must(who, "GET", `/api/v1/records/${object}?limit=200${filter ? `&filter=${encodeURIComponent(filter)}` : ""}${more}`);
  }
  work(who, object, id) {
    return this.must(who, "GET", `/api/v1/records/${object}/${id}/work`);
  }
  // Publishes through the API. edits as for publish().
  async put(edits, reason = "test") {
    const pages = [];
    for (const [path, edit] of Object.entries(edits)) pages.push({ path, text: typeof edit === "function" ? edit(await this.page(path)) : edit });
    return this.must("admin", "POST", "/api/v1/manual/publish", { reason, pages });
  }
  plan(who, pages, path = "plan") {
    return this.as(who, "POST", `/api/v1/manual/${path}`, { pages: Object.entries(pages).map(([p, text]) => ({ path: p, text })) });
  }
  async page(path) {
    return (await this.must("mara", "GET", `/api/v1/manual/pages/${path}`)).text;
  }
}

// Asks until it holds; throws after ms.
export async function until(what, ask, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((r) => setTimeout(r, 50));
  }
}
