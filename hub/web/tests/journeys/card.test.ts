import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Shop, SHOP_THERE, until } from "./shop";
import type { TillPage } from "./till_page";

const SOAP = "5000112637922";

describe.skipIf(!SHOP_THERE)("a card at the terminal", { timeout: 60_000 }, () => {
  let shop: Shop;
  let till: TillPage;
  let counter: Page;
  const terminal = (press: string) => counter.locator(`#terminal-1-${press}`).click();

  beforeAll(async () => {
    shop = await Shop.open();
    till = await shop.sellingTill("Till 1");
    counter = await shop.counter();
    await terminal("by_hand");
    await counter.getByText("wait for these buttons").waitFor();
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(task.name, await till.snapshot(), till.complaints, await counter.locator("body").ariaSnapshot());
  });

  async function offerCard(): Promise<void> {
    await till.scan(SOAP, "Olive soap");
    await till.beginPayment();
    await till.tender("Card terminal");
    await till.sees("Insert, hold or swipe the card");
    await counter.getByText("a customer is at it").waitFor();
  }

  it("is asked for step by step, and declined without a sale", async () => {
    await offerCard();
    await terminal("decline");
    await till.sees("Declined");
    await till.sees("Nothing was charged. Try again or take another tender.");
    expect(await shop.sales()).toEqual([]);
  });

  it("is tried again, and approved", async () => {
    await till.press("Choose again");
    await till.tender("Card terminal");
    await counter.getByText("a customer is at it").waitFor();
    await terminal("approve");
    await till.last.waitFor();
    expect(await till.receiptNumber()).toBe("1-000001");
    await until("the books have it", async () => (await shop.sales()).length === 1);
    expect(await shop.sales()).toEqual([{ kind: "sale", receipt: "1-000001", gross: "2.49", tenders: ["terminal 2.49"] }]);
  });

  it("is in doubt when its cable goes, is never asked for twice, and counts once the terminal answers", async () => {
    await offerCard();
    await terminal("unplug");
    await till.sees("Nobody knows yet whether the card was charged");
    await till.sees("Do not take the card again for this amount.");
    expect(await shop.sales()).toHaveLength(1);
    // The customer goes on at the terminal, whose cable to the hub is out.
    await counter.evaluate(async () => {
      await fetch("/counter", { method: "POST", body: new URLSearchParams({ terminal: "terminal-1", press: "approve" }) });
    });
    await terminal("plug_in");
    await till.last.waitFor();
    expect(await till.receiptNumber()).toBe("1-000002");
    expect(await shop.sales()).toEqual([
      { kind: "sale", receipt: "1-000001", gross: "2.49", tenders: ["terminal 2.49"] },
      { kind: "sale", receipt: "1-000002", gross: "2.49", tenders: ["terminal 2.49"] },
    ]);
    // The terminal's own book has what the hub has, and not a cent more.
    await counter.getByText("2 payments, 0 given back, 4.98 EUR left").waitFor();
    expect(till.complaints).toEqual([]);
  });
});
