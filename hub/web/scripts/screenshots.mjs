/**
 * Takes a picture of every view of the till, light and dark, on a tablet and on a desktop screen:
 *
 *   npm run screenshots -- --out FOLDER [--views sell-full,pay] [--looks tablet-light,desktop-dark] [--one]
 *
 * The views are the situations of src/ui/testing, with a till that is none; they are built and served under the policy that
 * the hub sends. `--one` takes each view once, in the looks by turns. It fails when a view is not shown, stands beside the
 * screen, or makes the browser complain.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import preact from "@preact/preset-vite";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

const CHROMIUM = process.env.HOLDFAST_CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'";
const SIZES = { tablet: { width: 1280, height: 800 }, desktop: { width: 1920, height: 1080 } };
const LOOKS = Object.keys(SIZES).flatMap((size) => ["light", "dark"].map((theme) => ({ name: `${size}-${theme}`, size, theme })));
const SHOWN_WITHIN_MS = 15_000;

/** Views behind a touch or two: their names, where they begin, and what is touched. */
const BEHIND = [
  ["close-count", "drawer", [".deed:has-text('Count and close')"]],
  ["close-check", "drawer", [".deed:has-text('Count and close')", ".page-foot .button-primary", ".page-foot .button-primary", ".page-foot .button-primary"]],
  ["x-report", "drawer", [".deed:has-text('X report')"]],
  ["cash-out", "drawer", [".deed:has-text('Pay out')"]],
  ["close-day", "drawer", [".deed:has-text('Close the day')"]],
  ["receipt", "receipts", [".transaction:has-text('3-000043')"]],
  ["return", "receipts", [".transaction:has-text('3-000043')", ".detail-actions .button-primary", "text=Everything comes back"]],
  ["return-without-receipt", "receipts", ["text=Return without receipt"]],
  ["second-person", "orders", ["text=Take it over"]],
  ["stock-receive", "stock", ["input[value=receive]"]],
  ["stock-count", "stock", ["input[value=count]", "text=Count everything"]],
  ["pay-gift-card", "pay", [".tender:has-text('Gift card')"]],
  ["pay-card-resolve", "pay-card-doubt", ["text=Say what happened"]],
  ["last-receipt", "sell-change", ["text=Show"]],
];

function asked() {
  const { values } = parseArgs({ options: { out: { type: "string" }, views: { type: "string" }, looks: { type: "string" }, one: { type: "boolean", default: false } } });
  if (values.out === undefined) throw new Error("say where the pictures go: --out FOLDER");
  if (!existsSync(CHROMIUM)) throw new Error(`no browser at ${CHROMIUM}: install chromium, or name one in HOLDFAST_CHROMIUM`);
  const looks = values.looks === undefined ? LOOKS : values.looks.split(",").map((name) => {
    const look = LOOKS.find((each) => each.name === name);
    if (look === undefined) throw new Error(`there is no look ${name}; there are ${LOOKS.map((each) => each.name).join(", ")}`);
    return look;
  });
  return { out: resolve(values.out), views: values.views?.split(",") ?? null, looks, one: values.one };
}

/** The pages as they are delivered, with a till that is none. */
async function served(folder) {
  const root = fileURLToPath(new URL("../src/ui/testing", import.meta.url));
  const shared = { configFile: false, logLevel: "error", root, base: "/till/" };
  await build({ ...shared, plugins: [preact()], build: { target: "es2022", outDir: folder, emptyOutDir: true, assetsInlineLimit: 0 } });
  const server = await preview({ ...shared, build: { outDir: folder }, preview: { host: "127.0.0.1", port: 0, headers: { "content-security-policy": POLICY } } });
  const url = server.resolvedUrls?.local[0];
  if (url === undefined) throw new Error("the pages' server has no address");
  return { url, close: () => server.close() };
}

/** The situations that the pages know; they name them all when they are asked for none of them. */
async function scenes(browser, url) {
  const page = await browser.newPage();
  await page.goto(`${url}?scene=none`);
  const text = await page.getByText("There are:").textContent();
  await page.close();
  return (text ?? "").replace(/^.*There are: /u, "").split(", ").map((name) => ({ name, scene: name, touches: [] }));
}

/** One picture; what was wrong with it is the answer. */
async function take(context, url, view, file) {
  const wrong = [];
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(message.text());
  });
  try {
    page.setDefaultTimeout(SHOWN_WITHIN_MS);
    await page.goto(`${url}?scene=${view.scene}`);
    await page.waitForSelector(`html[data-shown="${view.scene}"]`);
    for (const touch of view.touches) await page.locator(touch).first().click();
    await page.evaluate(async () => {
      await document.fonts.ready;
      // What moves for as long as it is shown is taken as it is.
      const ending = document.getAnimations().filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
      await Promise.all(ending.map((animation) => animation.finished.catch(() => null)));
    });
    const beside = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (beside > 0) wrong.push(`${beside} pixels stand beside the screen`);
    await page.screenshot({ path: file });
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    await page.close();
  }
  return wrong;
}

const { out, views, looks, one } = asked();
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "holdfast-pictures-"));
const site = await served(folder);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const complaints = [];
try {
  const all = [...await scenes(browser, site.url), ...BEHIND.map(([name, scene, touches]) => ({ name, scene, touches }))];
  const unknown = views?.filter((name) => !all.some((view) => view.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`there is no view ${unknown.join(", ")}; there are ${all.map((view) => view.name).join(", ")}`);
  const wanted = views === null ? all : all.filter((view) => views.includes(view.name));
  for (const [turn, look] of looks.entries()) {
    const context = await browser.newContext({ viewport: SIZES[look.size], colorScheme: look.theme, locale: "en-GB", timezoneId: "Europe/Vienna", reducedMotion: "reduce" });
    for (const [at, view] of wanted.entries()) {
      if (one && at % looks.length !== turn) continue;
      for (const what of await take(context, site.url, view, join(out, `${view.name}.${look.name}.png`))) complaints.push(`${view.name}, ${look.name}: ${what}`);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await site.close();
  rmSync(folder, { recursive: true });
}
console.log(`${readdirSync(out).filter((name) => name.endsWith(".png")).length} pictures are in ${out}`);
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exitCode = 1;
}
