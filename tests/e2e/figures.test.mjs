// The real pipeline: 8,800 dirty deals through the ordinary import, and the figures that have to come out of the API.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, call, finish, newCompany, run, serve, signIn, test } from "./lib.mjs";

const dir = newCompany();
const plan = join(ROOT, "data/maven-crm/import.yaml");
const reports = run(["import", "--data", dir, "--plan", plan, "--json"]).out.trim().split("\n").map((l) => JSON.parse(l));
const server = await serve(["serve", "--data", dir]);
const token = await signIn(server.base, "admin@example.com");
const get = async (path) => {
  const r = await call(server.base, "GET", path, { token });
  assert.equal(r.status, 200, `${path}: ${r.text}`);
  return r.json;
};
const count = async (object, filter) =>
  (await get(`/api/v1/records/${object}?limit=1&count=true${filter ? `&filter=${encodeURIComponent(filter)}` : ""}`)).count;
const metric = async (name, by) => get(`/api/v1/metrics/${name}${by ? `?by=${encodeURIComponent(by)}` : ""}`);

test("every row of the pipeline comes in", async () => {
  const deals = reports.find((r) => r.rows === 8800);
  assert.ok(deals, JSON.stringify(reports));
  assert.equal(deals.created, 8800);
  assert.equal(deals.refused, 0);
  assert.equal(await count("deal"), 8800);
});

test("an amount of money keeps its currency in a formula", async () => {
  const fields = (await get("/api/v1/objects")).data.find((o) => o.name === "deal").fields;
  assert.equal(fields.find((f) => f.name === "list_price").currency, "USD");
  assert.equal(fields.find((f) => f.name === "days_to_close").currency, undefined);
});

test("stages count as in the source", async () => {
  assert.equal(await count("deal", "stage = 'Won'"), 4238);
  assert.equal(await count("deal", "stage = 'Lost'"), 2473);
  assert.equal(await count("deal", "stage = 'Engaging'"), 1589);
  assert.equal(await count("deal", "stage = 'Prospecting'"), 500);
});

test("1,425 deals have no account, 500 no engage date", async () => {
  assert.equal(await count("deal", "account is empty"), 1425);
  assert.equal(await count("deal", "engage_date is empty"), 500);
});

test("win rate is 63.15 % of closed", async () => assert.equal((await metric("win-rate")).value, 63.15));
test("won value is 10,005,534", async () => assert.equal((await metric("won-value")).value, 10005534));
test("average won deal is 2,360.91", async () => assert.equal((await metric("average-won-deal")).value, 2360.91));
test("51.78 days to win, 41.48 to lose", async () => {
  assert.equal((await metric("cycle-won")).value, 51.78);
  assert.equal((await metric("cycle-lost")).value, 41.48);
});

test("the best agent is Darcel Schlecht with 1,153,214", async () => {
  const best = (await metric("won-value", "owner")).groups[0];
  assert.equal(best.label, "Darcel Schlecht");
  assert.equal(best.value, 1153214);
});

test("offices: West, Central, East", async () => {
  const offices = (await metric("won-value", "owner.team")).groups.map((g) => [g.label, g.value]);
  assert.deepEqual(offices, [
    ["West", 3568647],
    ["Central", 3346293],
    ["East", 3090594],
  ]);
});

test("no technolgy is left; 12 accounts are in Technology; 85 in all", async () => {
  assert.equal(await count("account"), 85);
  const groups = (await get("/api/v1/records/account/group?by=industry&measure=count")).data;
  assert.ok(!JSON.stringify(groups).includes("technolgy"));
  const sectors = await get(`/api/v1/records/account?limit=1000`);
  assert.ok(!JSON.stringify(sectors).includes("technolgy"));
  assert.ok(!JSON.stringify(sectors).includes("Philipines"));
  assert.equal(sectors.data.filter((a) => Object.values(a).includes("Technology")).length, 12);
});

test("the report names each cleaned value and each doubtful row by line", async () => {
  const other = newCompany();
  const file = join(other, "report.txt");
  const { readFileSync } = await import("node:fs");
  run(["import", "--data", other, join(ROOT, "data/maven-crm/accounts.csv"), "--mapping", join(ROOT, "data/maven-crm/accounts.map.yaml"), "--report", file]);
  const report = readFileSync(file, "utf8");
  assert.match(report, /line 2\b.*technolgy.*Technology/);
  assert.match(report, /line 5\b.*Philipines.*Philippines/);
});

test("an import can be taken back whole", async () => {
  const other = newCompany();
  const done = JSON.parse(
    run(["import", "--data", other, join(ROOT, "data/maven-crm/products.csv"), "--mapping", join(ROOT, "data/maven-crm/products.map.yaml"), "--json"]).out,
  );
  assert.equal(done.created, 7);
  run(["import", "--data", other, "--undo", done.import]);
  assert.equal(run(["export", "product", "--data", other]).out.trim().split("\n").length, 1);
});

test("a dry run leaves nothing behind", async () => {
  const other = newCompany();
  run(["import", "--data", other, join(ROOT, "data/maven-crm/products.csv"), "--mapping", join(ROOT, "data/maven-crm/products.map.yaml"), "--dry-run"]);
  assert.equal(run(["export", "product", "--data", other]).out.trim().split("\n").length, 1);
});


test("the database is sound afterwards", async () => {
  run(["check", "--data", dir]);
});

await finish();
