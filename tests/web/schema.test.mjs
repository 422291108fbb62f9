// The client is compiled against the types of the server it talks to: an API change that breaks it breaks the build.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensure, finish, ROOT, server, test } from "./lib.mjs";

test("the types of the client are those of the server", async () => {
  const dir = mkdtempSync(join(tmpdir(), "fairlead-schema-"));
  try {
    const file = join(dir, "schema.d.ts");
    execFileSync(process.execPath, [join(ROOT, "web/node_modules/openapi-typescript/bin/cli.js"), `${server.base}/api/v1/openapi.json`, "-o", file], { stdio: "pipe" });
    const [mine, theirs] = [join(ROOT, "web/src/api/schema.d.ts"), file].map((f) => readFileSync(f, "utf8").split("\n"));
    const at = theirs.findIndex((line, i) => line !== mine[i]);
    ensure(mine.length === theirs.length && at < 0, `web/src/api/schema.d.ts differs from line ${at + 1} on: the server says\n       ${theirs[at] ?? "(end)"}\n     the file says\n       ${mine[at] ?? "(end)"}\n     make it anew: npm run schema -- ADDRESS`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

await finish();
