// Runs the browser tests, each file in a process, with a browser and on a company of its own: as many files at once as there are
// processors. The files that measure (ALONE) come last and find nothing else at work. A file in which something failed is run once
// more, when nothing else is at work either, and says so: what a stutter of the machine did does not come twice, a defect does; the
// second run counts. Arguments: names of files; none: all.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const ALONE = ["live.test.mjs", "budgets.test.mjs"];
const LONGEST = ["screens-1280.test.mjs", "screens-390.test.mjs", "lists.test.mjs", "states.test.mjs", "keyboard.test.mjs", "phone.test.mjs"]; // begun first, so that nothing waits for them at the end
const FILE_MS = 900_000;

const wanted = process.argv.slice(2);
const files = readdirSync(here).filter((f) => f.endsWith(".test.mjs") && (wanted.length === 0 || wanted.some((w) => f === w || f === `${w}.test.mjs`)));
const rank = (f) => (LONGEST.includes(f) ? LONGEST.indexOf(f) : LONGEST.length);
const together = files.filter((f) => !ALONE.includes(f)).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
const alone = files.filter((f) => ALONE.includes(f));

// What a file says, in one piece when it has ended; the counts of its last line.
function run(file, why = "") {
  const begun = Date.now();
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(here, file)], { stdio: ["ignore", "pipe", "pipe"], timeout: FILE_MS });
    let out = "";
    child.stdout.on("data", (d) => (out += d));
    child.stderr.on("data", (d) => (out += d));
    child.on("close", (code) => {
      const lines = out.trimEnd().split("\n");
      const m = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(lines.at(-1));
      if (m) lines.pop();
      else lines.push(`FAIL ${file} ended with ${code} and without a count`);
      const count = m ? { passed: Number(m[1]), failed: Number(m[2]), skipped: Number(m[3]) } : { passed: 0, failed: 1, skipped: 0 };
      console.log(`-- ${file}${why}\n${lines.join("\n")}\n   ${((Date.now() - begun) / 1000).toFixed(1)} s`);
      done(count);
    });
  });
}

const counts = new Map();
const queue = [...together];
async function worker() {
  for (let f = queue.shift(); f !== undefined; f = queue.shift()) counts.set(f, await run(f));
}
await Promise.all(Array.from({ length: Math.min(availableParallelism(), together.length) }, worker));
for (const f of alone) counts.set(f, await run(f));
for (const [f, c] of counts) if (c.failed > 0) counts.set(f, await run(f, ` once more: ${c.failed} failed`));
const sum = (k) => [...counts.values()].reduce((n, c) => n + c[k], 0);
console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
process.exit(sum("failed") ? 1 : 0);
