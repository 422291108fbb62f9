// A company of its own for the tests: starter manual, pages of manual/ over it, people of different rights, a server.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { request } from "./wire.mjs";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
const BIN = process.env.FAIRLEAD_BIN ?? join(here, "../../build/fairlead");
export const POSTGRES = process.env.FAIRLEAD_TEST_DB === "postgres";
export const PASSWORD = "violet tractor hums at noon";

const dir = mkdtempSync(join(tmpdir(), "fairlead-api-"));
let child;
process.on("exit", () => {
  child?.kill("SIGKILL");
  psql?.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

function database() {
  if (!POSTGRES) return undefined;
  const name = `api_${process.pid}`;
  const url = process.env.FAIRLEAD_TEST_PG_URL;
  const r = spawnSync("psql", ["-qc", `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`, url], { encoding: "utf8" });
  if (r.status !== 0) throw new Error(r.stderr);
  return `${url}&dbname=${name}`;
}

function pages() {
  const found = [];
  for (const kind of readdirSync(join(here, "manual")))
    for (const file of readdirSync(join(here, "manual", kind)))
      found.push({ path: `${kind}/${file.slice(0, -3)}`, text: readFileSync(join(here, "manual", kind, file), "utf8") });
  return found;
}

export async function start() {
  const db = database();
  const args = ["--data", dir, ...(db ? ["--db", db] : [])];
  const init = spawnSync(BIN, ["init", ...args, "--admin", "ada@example.com", "--name", "Ada Admin", "--log", "warn"], { input: `${PASSWORD}\n`, encoding: "utf8" });
  if (init.status !== 0) throw new Error(`init: ${init.stdout} ${init.stderr}`);
  child = spawn(BIN, ["serve", ...args, "--port", "0", "--log", "warn"], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stderr.on("data", (d) => (log += d));
  const port = await new Promise((done, fail) => {
    let out = "";
    child.stdout.on("data", (d) => {
      out += d;
      const m = /serves http:\/\/[^:]+:(\d+)/.exec(out);
      if (m) done(Number(m[1]));
    });
    child.on("exit", (code) => fail(new Error(`server ended with ${code}: ${log}`)));
  });
  const c = { port, db, dir, vars: {}, tokens: {}, log: () => log, child };
  c.call = (method, target, { as, body, headers = {} } = {}) =>
    request(port, method, target, {
      headers: { ...(as ? { Authorization: `Bearer ${c.tokens[as] ?? as}` } : {}), ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  c.must = async (...a) => {
    const r = await c.call(...a);
    if (r.status >= 300) throw new Error(`${a[0]} ${a[1]}: ${r.status} ${r.text}`);
    return r.json;
  };
  const signIn = async (name) => {
    const r = await c.must("POST", "/api/v1/sign-in", { body: { email: `${name}@example.com`, password: PASSWORD } });
    c.tokens[name] = r.token;
    c.vars[`${name}_token`] = r.token;
    c.vars[`${name}_id`] = r.user;
  };
  await signIn("ada");
  await c.must("POST", "/api/v1/manual/publish", { as: "ada", body: { pages: pages(), reason: "The tests' own pages" } });
  const east = await c.must("POST", "/api/v1/records/team", { as: "ada", body: { name: "East" } });
  c.vars.east_id = east.id;
  for (const [name, role] of [["rosa", "tester"], ["tom", "tester"], ["olga", "onlooker"]]) {
    const user = await c.must("POST", "/api/v1/records/user", {
      as: "ada",
      body: { name: name[0].toUpperCase() + name.slice(1), email: `${name}@example.com`, roles: [role], team: east.id, active: true },
    });
    await c.must("POST", `/api/v1/users/${user.id}/password`, { as: "ada", body: { password: PASSWORD } });
    await signIn(name);
  }
  c.doc = await c.must("GET", "/api/v1/openapi.json");
  c.stop = () =>
    new Promise((done) => {
      child.on("exit", (code, signal) => done({ code, signal }));
      child.kill("SIGTERM");
    });
  return c;
}

// Tables that change by themselves: seals of the change log, when sessions were last seen, the engine's own clock; and
// the count of failed sign-ins, which is the one thing a refused request writes.
const MOVING = /^(change_seal|session|api_token|sign_in_attempt|engine_state) /;

// A dump is asked for hundreds of times: one psql answers all, with what it looked up for the first still at hand.
let psql;

function tablesOf(db) {
  psql ??= spawn("psql", ["-AtqX", "-v", "ON_ERROR_STOP=1", db], { stdio: ["pipe", "pipe", "pipe"] });
  return new Promise((done, fail) => {
    let out = "";
    let said = "";
    const listen = (d) => {
      out += d;
      if (out.endsWith("\n--\n")) over(() => done(out.slice(0, -3)));
    };
    const complain = (d) => (said += d);
    const broken = () => over(() => fail(new Error(`dump: ${said}`)));
    const over = (then) => {
      psql.stdout.off("data", listen);
      psql.stderr.off("data", complain);
      psql.off("close", broken);
      then();
    };
    psql.stdout.on("data", listen);
    psql.stderr.on("data", complain);
    psql.on("close", broken);
    psql.stdin.write(`SELECT format('SELECT %L || '' '' || count(*) || '':'' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text COLLATE "C")), '''') FROM %I t', tablename, tablename)
                      FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename \\gexec\n\\echo --\n`);
  });
}

export async function dump(c) {
  let text;
  if (POSTGRES) text = await tablesOf(c.db);
  else {
    const r = spawnSync(process.env.API_DUMP, [join(c.dir, "fairlead.db")], { encoding: "utf8" });
    if (r.status !== 0) throw new Error(`dump: ${r.status} ${r.stderr}`);
    text = r.stdout;
  }
  return text.split("\n").filter((line) => line && !MOVING.test(line));
}

export function difference(before, after) {
  return after.filter((line) => !before.includes(line)).map((line) => line.split(" ")[0]);
}
