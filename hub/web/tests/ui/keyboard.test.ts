import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { BROWSER_THERE, fakePage, open, type FakePage } from "./tools";

describe.skipIf(!BROWSER_THERE)("a till without a pointer", { timeout: 30_000 }, () => {
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

  /** Types as a person does, with time between the keys. */
  async function type(page: Page, keys: string): Promise<void> {
    await page.keyboard.type(keys, { delay: 80 });
  }

  it("sells from the first letter to the change", () => till("sell-empty", async (page) => {
    await type(page, "3*wheat");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".line");
    expect(await page.locator(".line-quantity").textContent()).toBe("3");
    await type(page, "+");
    await page.waitForFunction(() => document.querySelector(".line-quantity")?.textContent === "4");
    await page.keyboard.press("F9");
    await page.waitForSelector(".pay");
    await type(page, "2000");
    await page.waitForFunction(() => document.querySelector(".taking .entry-value bdi")?.textContent === "€20.00");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".last-change");
    expect(await page.locator(".last-change strong").textContent()).toBe("€18.65");
  }));

  it("signs on by number and PIN", () => till("sign-on", async (page) => {
    await type(page, "101");
    await page.keyboard.press("Enter");
    await type(page, "9999");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert]");
    await type(page, "1234");
    await page.waitForFunction(() => document.querySelector(".pin-shown")?.textContent === "••••");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".sell");
  }));

  it("takes a line off with a reason by one key each", () => till("sell-full", async (page) => {
    await page.keyboard.press("Delete");
    await page.waitForSelector("dialog");
    await type(page, "2");
    await page.waitForSelector("dialog", { state: "detached" });
    expect(await page.evaluate(() => window.fake?.state.basket.value?.lines.find((line) => line.number === 3)?.fate)).toEqual({ kind: "voided", reason: "Not wanted after all" });
  }));

  it("chooses lines with the arrows", () => till("sell-full", async (page) => {
    await page.keyboard.press("ArrowUp");
    await page.waitForFunction(() => document.querySelector(".line-chosen .line-name")?.textContent === "Milk 3.5 % 1 l");
  }));

  it("shows its keys, holds the focus in the dialog, and gives it back", () => till("sell-full", async (page) => {
    await page.focus(".bar-operator");
    await page.keyboard.press("Shift+?");
    await page.waitForSelector("dialog .help");
    for (let turn = 0; turn < 12; turn += 1) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null)).toBe(true);
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("bar-operator");
  }));

  it("goes to every page and back", () => till("sell-full", async (page) => {
    for (const [key, heading] of [["2", "Parked"], ["3", "Receipts"], ["4", "Stock"], ["5", "Drawer"], ["6", "Reports"], ["7", "Status"], ["8", "Settings"]]) {
      await page.keyboard.press(`Alt+${key}`);
      await page.waitForFunction((text) => document.querySelector("h1")?.textContent === text, heading);
    }
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Status");
    // Who comes back to the sale can leave it again: the digit is a page's, not a search.
    await page.keyboard.press("Alt+1");
    await page.waitForSelector(".sell");
    await page.keyboard.press("Alt+3");
    await page.waitForFunction(() => document.querySelector("h1")?.textContent === "Receipts");
    await page.keyboard.press("Alt+1");
    await page.waitForSelector(".sell");
    expect(await page.inputValue("input[type=search]")).toBe("");
  }));

  it("locks itself, and the basket is there afterwards", () => till("sell-full", async (page) => {
    await page.keyboard.press("Alt+l");
    await page.waitForSelector(".door");
    await type(page, "1234");
    await page.waitForFunction(() => document.querySelector(".pin-shown")?.textContent === "••••");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".line");
    expect(await page.locator(".totals-sum .amount").textContent()).toBe("€13.27");
  }));

  it("asks a second person, says when their PIN is wrong, and does it when it is right", () => till("drawer", async (page) => {
    await page.evaluate(() => {
      const drawer = window.fake?.actions.drawer;
      if (drawer !== undefined) {
        Object.assign(drawer, { moveCash: async (_movement: string, amount: unknown, _reason: string, approval?: { pin: string }) => (approval?.pin === "4321" ? { kind: "accepted", value: { total: amount }, warnings: [], standing: "at_hub" } : { kind: "refused", problem: { code: "HF-CMD-102", text: approval === undefined ? "A cashier may not move cash." : "Number and PIN do not match.", advice: null }, approvable: "move_cash" }) });
      }
    });
    await page.click(".deed:has-text('Into the safe')");
    await type(page, "5000");
    await page.click("dialog .button-primary");
    await page.waitForSelector("text=A second person is needed");
    await type(page, "1");
    await page.keyboard.press("Enter");
    await type(page, "1111");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=Number and PIN do not match.");
    await type(page, "1");
    await page.waitForFunction(() => document.querySelector(".pin-shown")?.textContent === "1");
    await page.keyboard.press("Enter");
    await type(page, "4321");
    await page.waitForFunction(() => document.querySelector(".pin-shown")?.textContent === "••••");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".toast-good");
    expect(await page.locator("dialog").count()).toBe(0);
  }));
});
