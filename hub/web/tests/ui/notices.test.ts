import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { barcode, BROWSER_THERE, fakePage, open, scan, type FakePage } from "./tools";

describe.skipIf(!BROWSER_THERE)("a word to the cashier", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  it("lets a touch through to what lies under it, is sent away by its button, and is over with the next scan", async () => {
    const { page, complaints, close } = await open(fake, "pay");
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForSelector(".toast");
    const under = await page.$eval(".toast-words", (words) => {
      const box = words.getBoundingClientRect();
      return document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest(".toast") === null;
    });
    expect(under).toBe(true);
    await page.click(".toast .icon-button");
    await page.waitForSelector(".toast", { state: "detached" });

    await scan(page, await barcode(page, "Espresso"));
    await page.waitForSelector(".toast");
    await page.click("text=Back to the basket");
    await scan(page, await barcode(page, "Espresso"));
    await page.waitForFunction(() => [...document.querySelectorAll(".line-name")].some((name) => name.textContent === "Espresso"));
    expect(await page.locator(".toast").count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });
});
