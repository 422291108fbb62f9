// Runs all browser tests in one process, with one browser; each file on a company of its own. The files of budgets go last and
// find nothing else at work. A file in which something failed is run once more, on a fresh company, and says so: what a stutter
// of the machine did does not come twice, a defect does; the second run counts. Arguments: names of files; none: all.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { closeBrowser, prepare, runTests, takeTests } from "./lib.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wanted = process.argv.slice(2);
const last = (f) => (f.startsWith("budgets") ? 1 : 0);
const files = readdirSync(here).filter((f) => f.endsWith(".test.mjs") && (wanted.length === 0 || wanted.some((w) => f === w || f === `${w}.test.mjs`))).sort((a, b) => last(a) - last(b) || (a < b ? -1 : 1));
const count = { passed: 0, failed: 0, skipped: 0 };
for (const f of files) {
  const begun = Date.now();
  console.log(`-- ${f}`);
  try {
    prepare(null);
    await import(join(here, f));
    const tests = takeTests();
    let of = { passed: 0, failed: 0, skipped: 0 };
    await runTests(tests, of);
    if (of.failed > 0) {
      console.log(`-- ${f} once more: ${of.failed} failed`);
      of = { passed: 0, failed: 0, skipped: 0 };
      await runTests(tests, of);
    }
    for (const k of Object.keys(count)) count[k] += of[k];
  } catch (e) {
    count.failed++;
    console.log(`FAIL ${f}: ${e.stack ?? e}`);
  }
  console.log(`   ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
await closeBrowser();
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed ? 1 : 0);
