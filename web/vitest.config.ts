import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: { fs: { allow: [".."] } },
  resolve: { preserveSymlinks: false },
  test: { environment: "happy-dom", css: true, include: ["../tests/web/unit/**/*.test.ts", "../tests/web/unit/**/*.test.tsx"], root: "." },
});
