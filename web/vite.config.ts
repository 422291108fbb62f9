import { defineConfig } from "vite";

// One script, one style sheet, one chunk for each screen; names carry a hash, so the server can promise they never change.
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "dist",
    target: "es2022",
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      input: { main: "src/main.tsx" },
      output: {
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: (file) => (file.names[0]?.endsWith(".css") ? "assets/main-[hash].css" : "assets/[name]-[hash][extname]"),
      },
    },
  },
});
