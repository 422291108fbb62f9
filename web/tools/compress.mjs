// Writes x.br and x.gz beside each built file: the server sends them as they are, and never compresses anything itself.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = process.argv[2] ?? new URL("../dist/", import.meta.url).pathname;
for (const name of readdirSync(root, { recursive: true })) {
  if (!/\.(js|css|svg|json)$/.test(name)) continue;
  const bytes = readFileSync(root + name);
  writeFileSync(`${root}${name}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
  const gz = gzipSync(bytes, { level: 9 });
  gz[9] = 255; // the operating system's number would differ from machine to machine
  writeFileSync(`${root}${name}.gz`, gz);
}
