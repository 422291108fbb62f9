// SIGKILL under a writing load: every acknowledged write is there afterwards, and check passes.
// KILLS sets how often (200 in the full run).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BIN, call, finish, newCompany, run, serve, tempDir, test } from "./lib.mjs";

const KILLS = Number(process.env.KILLS ?? 200);
const WRITERS = 16;

test(`${KILLS} kills lose no acknowledged write`, async () => {
  const dir = newCompany();
  const token = run(["token", "add", "admin@example.com", "kill test", "--data", dir]).out.trim();
  const acknowledged = new Map(); // id -> last name
  let seed = 7;
  const random = () => ((seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff);
  let number = 0;
  for (let k = 0; k < KILLS; k++) {
    const server = await serve(["serve", "--data", dir, "--log", "error"]);
    let down = false;
    const writers = Array.from({ length: WRITERS }, async () => {
      while (!down) {
        const name = `Kill-${number++}`;
        try {
          const r = await call(server.base, "POST", "/api/v1/records/contact", { token, body: { last_name: name } });
          if (r.status === 201) acknowledged.set(r.json.id, name);
          else if (!down) throw new Error(`${r.status} ${r.text}`);
        } catch (e) {
          if (!down && !/fetch failed|terminated|closed/.test(String(e))) throw e;
          return;
        }
      }
    });
    await new Promise((r) => setTimeout(r, 5 + random() * 60));
    down = true;
    await server.stop("SIGKILL");
    await Promise.all(writers);
  }
  assert.ok(acknowledged.size > KILLS, `only ${acknowledged.size} writes were acknowledged`);
  run(["check", "--data", dir]);
  const kept = new Map(
    run(["export", "contact", "--data", dir, "--fields", "id,last_name"]).out.trim().split("\r\n").slice(1).map((l) => l.split(",")),
  );
  const lost = [...acknowledged].filter(([id, name]) => kept.get(id) !== name);
  assert.deepEqual(lost, []);
  console.log(`     ${KILLS} kills, ${acknowledged.size} acknowledged writes, 0 lost`);
});

test("an import that is killed again and again ends with every row once", async () => {
  const dir = newCompany();
  const work = tempDir();
  const [csv, map] = [join(work, "leads.csv"), join(work, "leads.map.yaml")];
  const rows = Array.from({ length: 4000 }, (_, i) => `Person ${i},${i % 500 === 9 ? "no mail" : `p${i}@example.com`}`);
  writeFileSync(csv, `name,mail\n${rows.join("\n")}\n`);
  writeFileSync(map, "object: lead\ncolumns: { name: name, mail: email }\n");
  const list = () => JSON.parse(run(["import", "--list", "--data", dir, "--json"]).out);
  let kills = 0;
  for (let wait = 120; wait < 2000; wait += 120) {
    const [begun] = list();
    const child = spawn(BIN, ["import", csv, "--mapping", map, "--data", dir, ...(begun ? ["--resume", begun.import] : [])], { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), wait);
    const code = await new Promise((r) => child.on("exit", r));
    clearTimeout(timer);
    if (code === 0) break;
    kills++;
  }
  const all = list();
  assert.equal(all.length, 1, "one import, resumed");
  assert.deepEqual([all[0].state, all[0].rows, all[0].created, all[0].refused], ["finished", 4000, 3992, 8]);
  const names = run(["export", "lead", "--data", dir, "--fields", "name"]).out.trim().split("\r\n").slice(1);
  assert.equal(names.length, 3992);
  assert.equal(new Set(names).size, 3992);
  run(["check", "--data", dir]);
  console.log(`     killed ${kills} times`);
});

await finish();
