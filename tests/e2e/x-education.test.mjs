// A school's leads: 37 named columns become a page, a mapping and 9,240 records.
import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { ROOT, SHARED, call, finish, needShared, newCompany, run, serve, signIn, tempDir, test } from "./lib.mjs";

test("9,240 leads come in; 3,561 converted ones are counted by a filter; Select means no answer", async () => {
  needShared();
  const dir = newCompany();
  const pages = tempDir();
  const here = join(ROOT, "tests/data/x-education");
  cpSync(join(ROOT, "manual/b2b-sales"), pages, { recursive: true });
  cpSync(join(here, "manual"), pages, { recursive: true });
  run(["manual", "publish", pages, "--data", dir, "--reason", "The school's own fields."]);
  const done = JSON.parse(
    run(["import", "--data", dir, join(SHARED, "data/x-education/leads.csv"), "--mapping", join(here, "leads.map.yaml"), "--json"]).out,
  );
  assert.equal(done.rows, 9240);
  assert.equal(done.created, 9240);
  const server = await serve(["serve", "--data", dir]);
  const token = await signIn(server.base, "admin@example.com");
  const count = async (filter) => {
    const r = await call(server.base, "GET", `/api/v1/records/lead?limit=1&count=true&filter=${encodeURIComponent(filter)}`, { token });
    assert.equal(r.status, 200, r.text);
    return r.json.count;
  };
  assert.equal(await count("converted"), 3561);
  assert.equal(await count("specialization is empty"), 1942 + 1438);
  await server.stop();
});

await finish();
