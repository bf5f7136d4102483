/** What only a real browser has: its tabs, its disk, its service worker. The page is the one that was built last. */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealStore, programsAreThere } from "./real_hub";

const CHROMIUM = process.env["HOLDFAST_CHROMIUM"] ?? "/usr/bin/chromium";
const DIST = fileURLToPath(new URL("../../dist", import.meta.url));
const PRODUCTS = 50_000;
const isThere = programsAreThere() && existsSync(CHROMIUM) && existsSync(join(DIST, "sw.js"));

function catalog(): string {
  const rows = ["sku,description,barcode,unit,tax_class,unit_price,stock,category"];
  for (let at = 0; at < PRODUCTS; at += 1) rows.push(`SKU-${at},Article ${at} of the assortment,,piece,standard,${(at % 90) + 1}.90,counter,Category ${at % 40}`);
  return rows.join("\n");
}

describe.skipIf(!isThere)("in a browser", () => {
  let store: RealStore;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const shown = (of: Page) => of.evaluate(() => document.body.innerText);

  beforeAll(async () => {
    store = await RealStore.open(catalog(), (folder) => cpSync(DIST, join(folder, "bin", "till-app"), { recursive: true }));
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
    context = await browser.newContext();
    page = await context.newPage();
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await store?.close();
  });

  it("pairs by the address, which does not keep the code", async () => {
    await page.goto(`http://${store.http}/till/#pair=${await store.pairingCode("Till 1")}`);
    await page.getByText("Your number").waitFor();
    expect(page.url()).toBe(`http://${store.http}/till/`);
    await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration("/till/"))?.active?.state === "activated");
  }, 60_000);

  it("keeps fifty thousand products", async () => {
    const counted = () => page.evaluate(() => new Promise<number>((resolve) => {
      const opening = indexedDB.open("holdfast-goods");
      opening.onsuccess = () => {
        const all = opening.result.transaction("products").objectStore("products").getAll();
        all.onsuccess = () => resolve(all.result.reduce((sum: number, row: { products: string }) => sum + JSON.parse(row.products).length, 0));
      };
    }));
    await expect.poll(counted, { timeout: 30_000 }).toBe(PRODUCTS);
  }, 60_000);

  it("gives the till to one tab, and to the other when that asks for it", async () => {
    const other = await context.newPage();
    await other.goto(`http://${store.http}/till/`);
    await expect.poll(() => shown(other)).toMatch(/another (tab|window)/i);
    await other.getByRole("button", { name: /take|here/i }).first().click();
    await expect.poll(() => shown(other)).toContain("Your number");
    await expect.poll(() => shown(page)).toMatch(/another (tab|window)/i);
    await other.close();
    await page.reload();
    await expect.poll(() => shown(page)).toContain("Your number");
  }, 60_000);

  it("starts cold without its hub, with all of its products, within a second", async () => {
    await store.kill();
    const times: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const begun = Date.now();
      await page.reload({ waitUntil: "commit" });
      await page.getByText("Your number").waitFor();
      times.push(Date.now() - begun);
    }
    console.log(`cold start without the hub, ${PRODUCTS} products: ${times.join(", ")} ms`);
    await expect.poll(() => shown(page), { timeout: 5_000 }).toContain("The hub is not there");
    expect(Math.min(...times)).toBeLessThan(1_000);
  }, 60_000);
});
