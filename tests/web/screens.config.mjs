// The specs of board, policies and figures, against the server that screens.test.mjs started.
import { tmpdir } from "node:os";
import { join } from "node:path";

export default {
  testDir: ".", testMatch: /\.spec\.ts$/, workers: 1, timeout: 60_000, reporter: "line", outputDir: join(tmpdir(), "fairlead-screens"), expect: { timeout: 8000 },
  use: { baseURL: process.env.BASE, locale: "en-US", launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] } },
};
