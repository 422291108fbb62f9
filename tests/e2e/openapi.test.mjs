// The OpenAPI document of an installation: a public linter accepts it, a public generator makes a client of it, and that
// client, type-checked, does the main job.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, call, finish, newCompany, run, serve, signIn, tempDir, test } from "./lib.mjs";

const here = join(ROOT, "tests/e2e");
const tool = (name) => join(here, "node_modules/.bin", name);
const dir = newCompany();
const server = await serve(["serve", "--data", dir]);
const work = tempDir();
const document = join(work, "openapi.json");

test("the document is served and describes this installation", async () => {
  const r = await call(server.base, "GET", "/api/v1/openapi.json");
  assert.equal(r.status, 200);
  assert.equal(r.json.openapi.slice(0, 3), "3.1");
  assert.ok(r.json.paths["/api/v1/records/lead"], "custom and shipped objects have paths of their own");
  writeFileSync(document, r.text);
});

test("a public linter finds nothing", async () => {
  const r = spawnSync(tool("redocly"), ["lint", document, "--format=json"], {
    encoding: "utf8", cwd: work, env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
  const found = JSON.parse(r.stdout.slice(r.stdout.indexOf("{")));
  assert.equal(found.totals.errors, 0, r.stdout.slice(0, 4000));
  assert.equal(found.totals.warnings, 0, r.stdout.slice(0, 4000));
});

test("a generated client, type-checked, does the main job", async () => {
  const token = await signIn(server.base, "admin@example.com");
  let r = spawnSync(tool("openapi-typescript"), [document, "-o", join(work, "schema.d.ts")], { encoding: "utf8" });
  assert.equal(r.status, 0, r.stderr);
  copyFileSync(join(here, "client.ts"), join(work, "client.ts"));
  symlinkSync(join(here, "node_modules"), join(work, "node_modules"));
  writeFileSync(join(work, "package.json"), '{"type":"module"}');
  r = spawnSync(tool("tsc"), ["--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
    "--skipLibCheck", "--lib", "es2022,dom", "client.ts"], { encoding: "utf8", cwd: work });
  assert.equal(r.status, 0, r.stdout);
  r = spawnSync("node", ["client.js"], { encoding: "utf8", cwd: work, env: { ...process.env, BASE: server.base, TOKEN: token } });
  assert.equal(r.status, 0, r.stdout + r.stderr);
  assert.match(r.stdout, /main job done/);
});

test("check passes afterwards", async () => {
  run(["check", "--data", dir]);
});

await finish();
