// What the end-to-end tests share: a company in a temporary folder, its server, and an honest count.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const BIN = process.env.FAIRLEAD_BIN ?? join(ROOT, "build/fairlead");
export const SHARED = resolve(ROOT, "../shared");
export const PASSWORD = "harbor lantern seven boats";

const made = [];
const servers = new Set();
process.on("exit", () => {
  for (const s of servers) s.kill("SIGKILL");
  for (const dir of made) rmSync(dir, { recursive: true, force: true });
});

export function tempDir() {
  const dir = mkdtempSync(join(tmpdir(), "fairlead-e2e-"));
  made.push(dir);
  return dir;
}

// Runs a command to its end. { code, out, err }; check: throw unless it ends with 0.
export function run(args, { input, check = true, env = {} } = {}) {
  const r = spawnSync(BIN, args, { input, encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, ...env } });
  if (check && r.status !== 0) throw new Error(`fairlead ${args.join(" ")}: ${r.status} ${r.stderr}`);
  return { code: r.status, out: r.stdout, err: r.stderr };
}

// Starts a server and waits until it answers. args: the command with its flags ("serve", "--data", dir).
export async function serve(args, { env = {} } = {}) {
  const child = spawn(BIN, [...args, "--port", "0"], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  servers.add(child);
  let out = "";
  let err = "";
  child.stderr.on("data", (d) => (err += d));
  const started = Date.now();
  const port = await new Promise((done, fail) => {
    child.stdout.on("data", (d) => {
      out += d;
      const m = /serves http:\/\/[^:]+:(\d+)/.exec(out);
      if (m) done(Number(m[1]));
    });
    child.on("exit", (code) => fail(new Error(`server ended with ${code}: ${err}`)));
    setTimeout(() => fail(new Error(`no server after 180 s: ${out} ${err}`)), 180_000).unref();
  });
  const base = `http://127.0.0.1:${port}`;
  return {
    base,
    port,
    child,
    startedMs: Date.now() - started,
    output: () => out + err,
    stop: (signal = "SIGTERM") =>
      new Promise((done) => {
        servers.delete(child);
        if (child.exitCode !== null || child.signalCode !== null) return done();
        child.on("exit", done);
        child.kill(signal);
      }),
  };
}

// One request; the answer with its body read as JSON where it is JSON.
export async function call(base, method, path, { token, body, headers = {} } = {}) {
  const r = await fetch(base + path, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await r.text();
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: r.status, headers: r.headers, text, json };
}

export async function signIn(base, email, password = PASSWORD) {
  const r = await call(base, "POST", "/api/v1/sign-in", { body: { email, password } });
  if (r.status !== 200) throw new Error(`sign-in of ${email}: ${r.status} ${r.text}`);
  return r.json.token;
}

// An empty company with an administrator; the flags that name it.
export function newCompany(extra = []) {
  const dir = tempDir();
  run(["init", "--data", dir, "--admin", "admin@example.com", "--name", "Ada Admin", ...extra], { input: `${PASSWORD}\n` });
  return dir;
}

// ---- tests ----
const tests = [];
export function test(name, fn) {
  tests.push({ name, fn });
}
export class Skip extends Error {}
export function skip(reason) {
  throw new Skip(reason);
}
export function needShared() {
  if (!existsSync(SHARED)) skip(`${SHARED} is not here`);
}

// Runs all tests of the file one after another and prints the count as the last line.
export async function finish() {
  const only = process.env.TEST && new RegExp(process.env.TEST);
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const t of tests) {
    if (only && !only.test(t.name)) continue;
    try {
      await t.fn();
      passed++;
      console.log(`ok   ${t.name}`);
    } catch (e) {
      if (e instanceof Skip) {
        skipped++;
        console.log(`skip ${t.name}: ${e.message}`);
      } else {
        failed++;
        console.log(`FAIL ${t.name}: ${e.stack ?? e}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed ? 1 : 0);
}
