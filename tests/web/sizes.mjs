// The budgets of the client: what a first visit loads, what each further screen adds; gzip, in KB of 1024 bytes.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const root = new URL("../../web/dist/assets/", import.meta.url);
const size = new Map(readdirSync(root).filter((f) => /\.(js|css)$/.test(f)).map((f) => [f, gzipSync(readFileSync(new URL(f, root)), { level: 9 }).length]));
const files = [...size.keys()];
const imports = (f) => [...readFileSync(new URL(f, root), "utf8").matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)].map((m) => m[1]);

// A file together with all it loads at once.
function whole(f, seen = new Set()) {
  if (seen.has(f)) return seen;
  seen.add(f);
  for (const i of imports(f)) whole(i, seen);
  return seen;
}
const main = files.find((f) => /^main-.*\.js$/.test(f));
const first = whole(main);
const sum = (set) => [...set].reduce((n, f) => n + (size.get(f) ?? 0), 0);
const css = files.filter((f) => f.endsWith(".css")).reduce((n, f) => n + size.get(f), 0);
let wrong = 0;
function limit(what, bytes, kb) {
  const over = bytes > kb * 1024;
  if (over) wrong++;
  console.log(`${over ? "TOO BIG" : "ok"}  ${what}: ${(bytes / 1024).toFixed(1)} of ${kb} KB`);
}
limit("script of the first load", sum(first), 60);
limit("style sheets", css, 15);
for (const f of files.filter((x) => x.endsWith(".js") && !first.has(x))) limit(f, sum(new Set([...whole(f)].filter((x) => !first.has(x)))), 25);
process.exit(wrong ? 1 : 0);
