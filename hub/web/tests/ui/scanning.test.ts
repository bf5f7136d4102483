import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { barcode, BROWSER_THERE, fakePage, open, scan, scanWithKeys, type FakePage } from "./tools";

/** What is in the basket, as it is shown. */
async function basket(page: Page): Promise<readonly string[]> {
  return page.$$eval(".line:not(.line-deposit)", (lines) => lines.map((line) => `${line.querySelector(".line-quantity")?.textContent ?? ""} ${line.querySelector(".line-name")?.textContent ?? ""}`));
}

describe.skipIf(!BROWSER_THERE)("a scanner that types", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  async function till(scene: string, work: (page: Page) => Promise<void>): Promise<void> {
    const { page, complaints, close } = await open(fake, scene);
    try {
      await work(page);
      expect(complaints).toEqual([]);
    } finally {
      await close();
    }
  }

  it("sells wherever the focus is", () => till("sell-empty", async (page) => {
    await scan(page, await barcode(page, "Milk 3.5 % 1 l"));
    await page.focus(".category");
    await scan(page, await barcode(page, "Wheat roll"));
    await page.waitForFunction(() => document.querySelectorAll(".line").length === 2);
    expect(await basket(page)).toEqual(["1 Milk 3.5 % 1 l", "1 Wheat roll"]);
    expect(await page.getAttribute(".category", "aria-pressed")).toBe("true");
  }));

  it("keeps the order of fast scans, and counts what comes twice", () => till("sell-empty", async (page) => {
    const names = ["Espresso", "Pretzel", "Sugar 1 kg", "Honey 500 g", "Pretzel"];
    const codes: string[] = [];
    for (const name of names) {
      codes.push(await barcode(page, name));
    }
    await Promise.all(codes.map((code) => scan(page, code)));
    await page.waitForFunction(() => document.querySelectorAll(".line").length === 4);
    expect(await basket(page)).toEqual(["1 Espresso", "2 Pretzel", "1 Sugar 1 kg", "1 Honey 500 g"]);
  }));

  it("is understood by a page that was busy when it came", () => till("sell-empty", async (page) => {
    await page.evaluate(async (code) => {
      const strokes = [...code, "Enter"].map((key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
      await pause(100);
      for (const [at, stroke] of strokes.entries()) {
        document.body.dispatchEvent(stroke);
        if (at === 6) {
          await pause(20);
        }
      }
    }, await barcode(page, "Espresso"));
    await page.waitForSelector(".line");
    expect(await basket(page)).toEqual(["1 Espresso"]);
    expect(await page.inputValue("input[type=search]")).toBe("");
  }));

  it("leaves the search as it was", () => till("sell-empty", async (page) => {
    const code = await barcode(page, "Wheat roll");
    await page.fill("input[type=search]", "rye");
    await page.focus("input[type=search]");
    await scanWithKeys(page, code);
    await page.waitForSelector(".line");
    expect(await page.inputValue("input[type=search]")).toBe("rye");
    expect(await basket(page)).toEqual(["1 Wheat roll"]);
  }));

  it("takes the multiplier that was typed before it", () => till("sell-empty", async (page) => {
    await page.fill("input[type=search]", "3*");
    await page.focus("input[type=search]");
    await scan(page, await barcode(page, "Wheat roll"));
    await page.waitForSelector(".line");
    expect(await basket(page)).toEqual(["3 Wheat roll"]);
    expect(await page.inputValue("input[type=search]")).toBe("");
  }));

  it("never lands in a quantity, and what it scanned is sold behind the dialog", () => till("sheet-quantity", async (page) => {
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForFunction(() => [...document.querySelectorAll(".line-name")].some((name) => name.textContent === "Espresso"));
    expect(await page.locator("dialog .entry-value bdi").textContent()).toBe("0.482 kg");
    expect(await page.locator("dialog").count()).toBe(1);
  }));

  it("never lands in an amount of a payment, and sells nothing there", () => till("pay", async (page) => {
    const before = await page.locator(".taking .entry-value bdi").textContent();
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForSelector(".toast");
    expect(await page.locator(".taking .entry-value bdi").textContent()).toBe(before);
    expect(await page.evaluate(() => window.fake?.state.basket.value?.lines.some((line) => line.description === "Espresso"))).toBe(false);
  }));

  it("never answers a question: its Enter does not say that somebody is old enough", () => till("sell-age", async (page) => {
    await page.focus("dialog .button-primary");
    await scanWithKeys(page, await barcode(page, "Espresso"));
    expect(await page.locator("dialog").count()).toBe(1);
    expect(await page.evaluate(() => window.fake?.state.scansQueued.value)).toBe(1);
    await page.click("dialog .button-primary");
    await page.waitForFunction(() => document.querySelectorAll(".line").length === 2);
    expect(await basket(page)).toEqual(["1 Gin 0.7 l", "1 Espresso"]);
  }));

  it("never clears an alert, and what waits behind it comes in order", () => till("sell-empty", async (page) => {
    await scan(page, "5901234123457");
    await page.waitForSelector("dialog[open]");
    await scanWithKeys(page, await barcode(page, "Espresso"));
    await scan(page, await barcode(page, "Pretzel"));
    expect(await page.locator("dialog").count()).toBe(1);
    // Nor does an Enter that comes alone, as a slow scanner's does.
    await page.keyboard.press("Enter");
    expect(await page.locator("dialog").count()).toBe(1);
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelectorAll(".line").length === 2);
    expect(await basket(page)).toEqual(["1 Espresso", "1 Pretzel"]);
  }));

  it("is a price check where that is open", () => till("sheet-price-check", async (page) => {
    const before = await basket(page);
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForSelector("dialog .checked");
    expect(await page.locator("dialog .checked h3").textContent()).toBe("Espresso");
    expect(await basket(page)).toEqual(before);
  }));

  it("comes back to the sale from another page", () => till("orders", async (page) => {
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForSelector(".line");
    expect(await basket(page)).toEqual(["1 Espresso"]);
  }));

  it("finds a receipt on the page of receipts", () => till("receipts", async (page) => {
    await scan(page, "3-000043");
    await page.waitForSelector(".paper");
    expect(await page.locator(".page-detail h2").textContent()).toBe("3-000043");
  }));

  it("does nothing at a locked till", () => till("locked", async (page) => {
    await scan(page, "1234567890123");
    expect(await page.locator(".pin-shown").textContent()).toBe("");
  }));
});

describe.skipIf(!BROWSER_THERE)("a barcode that was typed as a number", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  it("of a scanner that is slow takes no money: its digits are refused, and its Enter is no yes", async () => {
    const { page, close } = await open(fake, "pay");
    await page.keyboard.type("40123456", { delay: 90 });
    await page.waitForSelector(".taking .callout-bad");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => window.fake?.state.last.value)).toBeNull();
    expect(await page.locator(".pay").count()).toBe(1);
    await close();
  });

  it.each([["sheet-quantity", "dialog"], ["sheet-price", "dialog"], ["pay", ".taking"]])("is refused in %s", async (scene, where) => {
    const { page, close } = await open(fake, scene);
    for (const digit of "401234567890") {
      await page.click(`${where} .key:text-is("${digit}")`);
      if (await page.locator(`${where} .callout-bad`).count() > 0) {
        break;
      }
    }
    expect(await page.locator(`${where} .callout-bad`).textContent()).toContain("barcode");
    await close();
  });
});
