import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";
import { offlineFiles } from "./scripts/offline_files.ts";

/** The app is served by the hub below `/till/`; nothing of it comes from anywhere else. */
export default defineConfig({
  base: "/till/",
  plugins: [preact(), offlineFiles()],
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    sourcemap: false,
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: {
        // The worker has to be at one address for all versions; everything else bears its own content in its name.
        entryFileNames: ({ name }) => (name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "tests/**/*.test.ts"],
  },
});
