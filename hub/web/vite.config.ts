import preact from "@preact/preset-vite";
import { defineConfig } from "vitest/config";

/** The app is served by the hub below `/till/`; nothing of it comes from anywhere else. */
export default defineConfig({
  base: "/till/",
  plugins: [preact()],
  build: {
    target: "es2022",
    outDir: "dist",
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx", "tests/**/*.test.ts"],
  },
});
