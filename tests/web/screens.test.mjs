// Board, policies and figures in a real browser, on a demo company of their own.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { finish, ROOT, serve, tempDir, test } from "../e2e/lib.mjs";

const server = await serve(["start", "--data", tempDir()]);

test("the specs of board, policies and figures hold", async () => {
  const cli = join(ROOT, "web/node_modules/@playwright/test/cli.js");
  const run = spawn(process.execPath, [cli, "test", "-c", join(ROOT, "tests/web/screens.config.mjs")], { stdio: "inherit", env: { ...process.env, BASE: server.base } });
  const code = await new Promise((done) => run.on("exit", done));
  if (code !== 0) throw new Error(`playwright ended with ${code}`);
});

await finish();
