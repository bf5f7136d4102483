import { createServer, type Server } from "node:http";
import { readFile } from "node:fs/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import preact from "@preact/preset-vite";
import { chromium, type Browser } from "playwright-core";
import { build } from "vite";

/** The policy under which the hub serves the till: a page that needs more than this does not work in a shop. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'";
const TYPES: Readonly<Record<string, string>> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml" };

/** The pages with a till that is none, built as they are delivered, in Debian's Chromium. */
export interface FakePage {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function fakePage(): Promise<FakePage> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-till-"));
  await build({
    configFile: false,
    logLevel: "error",
    root: "src/ui/testing",
    base: "/till/",
    plugins: [preact()],
    build: { target: "es2022", outDir: folder, emptyOutDir: true, assetsInlineLimit: 0 },
  });
  const server = await serve(folder);
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the page's server has no port");
  }
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  return {
    url: `http://127.0.0.1:${address.port}/till/`,
    browser,
    close: async () => {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

async function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://till").pathname.replace(/^\/till\//, "");
    const file = path === "" || path === "display" ? "index.html" : normalize(path);
    readFile(join(folder, file.startsWith("..") ? "index.html" : file)).then(
      (body) => response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": POLICY }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}
