import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BROWSER_THERE, fakePage, open, type FakePage } from "./tools";

describe.skipIf(!BROWSER_THERE)("the customer's display", { timeout: 30_000 }, () => {
  let fake: FakePage;
  beforeAll(async () => {
    fake = await fakePage();
  }, 60_000);
  afterAll(() => fake.close());

  it("shows what the till sells, takes and gives back, in its language", async () => {
    const { page, complaints, close } = await open(fake, "sell-full");
    const display = await page.context().newPage();
    display.on("pageerror", (error) => complaints.push(error.message));
    await display.goto(`${fake.url}display`);
    await display.waitForSelector(".display-lines li");
    expect(await display.locator(".display-total strong").textContent()).toBe("€13.27");
    expect(await display.locator(".display-lines").textContent()).toContain("3 rolls for 2");
    // A line that was taken off is nobody's business any more.
    expect(await display.locator(".display-lines").textContent()).not.toContain("Mug");

    await page.keyboard.press("F9");
    await page.waitForSelector(".pay");
    await page.click(".tender:has-text('QR wallet')");
    await display.waitForSelector(".qr");
    await page.click("text=Stop at the terminal");
    await display.waitForSelector(".qr", { state: "detached" });
    await page.click("text=Choose again");
    await page.click(".fast-cash:has-text('€50.00')");
    await display.waitForSelector("text=Thank you");
    expect(await display.locator(".display-change strong").textContent()).toBe("€36.73");
    expect(complaints).toEqual([]);
    await close();
  });

  it("welcomes while no till is there", async () => {
    const context = await fake.browser.newContext({ locale: "de" });
    const display = await context.newPage();
    await display.goto(`${fake.url}display`);
    await display.waitForSelector("text=Willkommen");
    await context.close();
  });
});
