import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_THERE, fakePage, open, SIZES, type FakePage } from "./tools";

const SIZE_NAMES = ["tablet", "upright", "desktop", "phone"] as const satisfies readonly (keyof typeof SIZES)[];

describe.skipIf(!BROWSER_THERE)("names that were written to do harm", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  it.each(SIZE_NAMES)("stay letters and inside their boxes on a %s", async (size) => {
    const { page, complaints, close } = await open(fake, "sell-hostile", { size });
    for (const place of ["sell", "orders", "sell"]) {
      await page.evaluate((to) => { location.hash = `#/${to}`; }, place);
      await page.waitForFunction((to) => document.querySelector("h1")?.textContent === (to === "sell" ? "Sell" : "Parked"), place);
      expect(await page.evaluate(() => document.title)).toBe("Holdfast till, looked at");
      expect(await page.$$eval("#till img, #till script, #till i, #till b", (found) => found.length)).toBe(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    }
    // No tile and no line is broader than what it stands in.
    const broad = await page.$$eval(".tile, .line, .category", (boxes) => boxes.filter((box) => box.getBoundingClientRect().width > (box.closest("ul, .categories")?.getBoundingClientRect().width ?? 0) + 1).length);
    expect(broad).toBe(0);
    const tall = await page.$$eval(".line-face", (boxes) => boxes.filter((box) => box.getBoundingClientRect().height > 160).length);
    expect(tall).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  it("do not turn round what stands beside them", async () => {
    const { page, close } = await open(fake, "sell-hostile");
    const texts = await page.$$eval(".line-name", (names) => names.map((name) => name.textContent ?? ""));
    expect(texts.some((text) => text.includes("evil reversed"))).toBe(true);
    expect(texts.join("")).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u0000-\u001f]/);
    await close();
  });

  it("do not turn round or break a dialog", async () => {
    const { page, close } = await open(fake, "sell-hostile", { size: "phone" });
    await page.evaluate(() => window.fake?.actions.basket.scan("9".repeat(400), "keyboard"));
    await page.waitForSelector("dialog");
    const inside = await page.$eval("dialog", (dialog) => dialog.scrollWidth <= dialog.clientWidth + 1);
    expect(inside).toBe(true);
    await close();
  });
});
