/** Tells the service worker what the version is made of: every file that the build writes, and a word for the whole. */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Plugin } from "vite";

const WORKER = "sw.js";

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

export function offlineFiles(): Plugin {
  let base = "/";
  let publicDir = "";
  return {
    name: "offline-files",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      ({ base, publicDir } = config);
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const worker = bundle[WORKER];
        if (worker?.type !== "chunk") throw new Error("the build has no service worker");
        const version = createHash("sha256");
        const files: string[] = [];
        for (const [name, part] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
          if (name === WORKER) continue;
          version.update(name).update(part.type === "chunk" ? part.code : part.source);
          // The shell itself is asked for by its address.
          if (name !== "index.html") files.push(base + name);
        }
        for (const path of filesBelow(publicDir).sort()) {
          version.update(readFileSync(path));
          files.push(base + relative(publicDir, path));
        }
        worker.code = worker.code
          .replace("__FILES__", JSON.stringify(files))
          .replace("__VERSION__", JSON.stringify(version.digest("hex").slice(0, 16)));
      },
    },
  };
}
