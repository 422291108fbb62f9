// Beside each file lie x.br and x.gz, made from exactly this file.
import { readdirSync, readFileSync } from "node:fs";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const root = new URL("../../web/dist/", import.meta.url).pathname;
let n = 0;
for (const f of readdirSync(root, { recursive: true })) {
  if (!/\.(js|css|svg)$/.test(f)) continue;
  const plain = readFileSync(root + f);
  if (!brotliDecompressSync(readFileSync(`${root + f}.br`)).equals(plain)) throw new Error(`${f}.br holds something else`);
  if (!gunzipSync(readFileSync(`${root + f}.gz`)).equals(plain)) throw new Error(`${f}.gz holds something else`);
  n++;
}
if (n < 5) throw new Error(`only ${n} files`);
