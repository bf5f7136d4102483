import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { BROWSER_THERE, fakePage, open, type FakePage } from "./tools";

describe.skipIf(!BROWSER_THERE)("what is chosen at a device", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  it("is the device's own until somebody chooses, and stays chosen", async () => {
    const { page, complaints, close } = await open(fake, "settings", { theme: "light", locale: "de" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.getByRole("heading", { name: "Optionen", exact: true }).waitFor();
    const light = await ground();
    await page.getByRole("radio", { name: "Dunkel" }).check({ force: true });
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.getByRole("radio", { name: "العربية" }).check({ force: true });
    await page.waitForFunction(() => document.documentElement.dir === "rtl" && document.documentElement.lang === "ar");
    await page.getByRole("switch").first().check();
    const size = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
    await page.reload();
    await page.waitForSelector("html[data-shown=settings]");
    expect(await ground()).toBe(dark);
    expect(await page.evaluate(() => [document.documentElement.dir, getComputedStyle(document.documentElement).fontSize])).toEqual(["rtl", size]);
    expect(size).toBe("19px");
    expect(complaints).toEqual([]);
    await close();
  });
});

describe.skipIf(!BROWSER_THERE)("a till that nobody touches", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  async function till(scene: string, work: (page: Page) => Promise<void>): Promise<void> {
    const context = await fake.browser.newContext({ locale: "en-GB" });
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${fake.url}?scene=${scene}`);
    await page.waitForSelector(`html[data-shown="${scene}"]`);
    await work(page);
    await context.close();
  }

  it("locks itself after five minutes, counted from the last touch", () => till("sell-full", async (page) => {
    await page.clock.runFor("04:50");
    await page.mouse.click(600, 20);
    await page.clock.runFor("04:50");
    expect(await page.locator(".sell").count()).toBe(1);
    await page.clock.runFor("00:20");
    await page.getByText("Locked").waitFor();
  }));

  it("stays open while somebody pays", () => till("pay-card-pin", async (page) => {
    await page.clock.runFor("20:00");
    expect(await page.locator(".pay").count()).toBe(1);
  }));
});
