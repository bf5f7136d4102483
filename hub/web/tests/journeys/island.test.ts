import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Shop, SHOP_THERE, until } from "./shop";
import { PIN, type TillPage } from "./till_page";

const MILK = "4006381333931";
const SOAP = "5000112637922";

describe.skipIf(!SHOP_THERE)("a till whose hub goes and comes", { timeout: 60_000 }, () => {
  let shop: Shop;
  let till: TillPage;
  let alone = "";

  beforeAll(async () => {
    shop = await Shop.open();
    till = await shop.sellingTill("Till 1");
    await till.worksOffline();
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(task.name, await till.snapshot(), till.complaints);
  });

  it("loses and doubles nothing when its hub is killed in the middle of a payment", async () => {
    await till.scan(MILK, "Whole milk 1 l");
    await till.beginPayment();
    await till.digits("Amount", "500");
    // The hub stands still with the payment before it, is killed with that in its hands, and starts anew.
    shop.store.freeze();
    await till.tender("Cash");
    await till.sees(/The hub writes it down|The hub has not answered/);
    await shop.store.kill();
    await till.last.waitFor();
    expect(await till.change()).toBe("€3.81");
    const receipt = await till.receiptNumber();
    expect(receipt).toBe("1-I000001");
    await till.stands("Not confirmed");
    await till.sees("Selling goes on at this till.");
    await shop.store.serve();
    await till.page.getByRole("button", { name: "All at HQ" }).waitFor();
    await till.stands("At HQ");
    const sales = await shop.sales();
    expect(sales).toHaveLength(1);
    expect(sales[0]).toMatchObject({ gross: "1.19", tenders: ["cash 5.00"] });
    expect(await shop.books()).toMatchObject({ sales: 1, gross: 119, stock: { MILK: -1 } });
    // Whoever comes back with the receipt finds the sale by the number that is on it.
    await till.go("Receipts");
    await till.page.getByRole("listitem").filter({ hasText: receipt }).getByRole("button").click();
    await till.sees("Whole milk 1 l", till.page.getByRole("region", { name: "Receipt" }));
  });

  it("has each sale once, at whatever instant its hub is killed", async () => {
    await till.go("Sell");
    for (let round = 2; round <= 4; round += 1) {
      await till.scan(SOAP, "Olive soap");
      await till.beginPayment();
      // Nobody knows which is first: the sale at the hub, its answer at the till, or the end of the hub.
      await Promise.all([till.press(/^Exactly/), shop.store.kill()]);
      await till.last.waitFor();
      await shop.store.serve();
      await till.page.getByRole("button", { name: "All at HQ" }).waitFor();
      await till.stands("At HQ");
      expect((await shop.sales()).map(({ gross }) => gross)).toEqual(["1.19", ...Array.from({ length: round - 1 }, () => "2.49")]);
    }
    expect(await shop.books()).toMatchObject({ sales: 4, gross: 119 + 3 * 249, stock: { MILK: -1, SOAP: -3 } });
  });

  it("starts cold without its hub, with its goods, its cashier and its open shift", async () => {
    await shop.store.kill();
    await till.page.reload();
    await till.sees("Selling goes on at this till.");
    await till.goodsAreThere();
    await till.page.getByRole("button", { name: /Selling alone/ }).waitFor();
  });

  it("sells alone for cash in its own series, with a receipt to show", async () => {
    await till.scan(SOAP, "Olive soap");
    await till.scan(MILK, "Whole milk 1 l");
    await till.beginPayment();
    await till.sees("Receipt of this till");
    await till.cash("400");
    await till.last.waitFor();
    expect(await till.change()).toBe("€0.32");
    alone = await till.receiptNumber();
    expect(alone).toMatch(/^1-I0000\d\d$/);
    await till.stands("Here");
    await till.press("Show");
    const paper = till.page.getByRole("dialog");
    for (const text of [alone, "Made while the hub was not there", "Olive soap"]) await till.sees(text, paper);
    await till.page.keyboard.press("Escape");
    await till.page.getByRole("button", { name: /Selling alone/ }).waitFor();
  });

  it("lets its cashier back in alone, by their PIN and no other", async () => {
    await till.page.keyboard.press("Alt+l");
    await till.sees("Locked");
    await till.digits("Your PIN", "1111");
    await till.press("Unlock");
    await till.page.getByRole("alert").waitFor();
    await till.unlock(PIN);
  });

  it("hands over what it sold once, under the numbers that customers have", async () => {
    await shop.store.serve();
    await till.page.getByRole("button", { name: "All at HQ" }).waitFor();
    await until("the books have both", async () => (await shop.sales()).length === 5);
    expect((await shop.sales()).at(-1)).toEqual({ kind: "sale", receipt: alone, gross: "3.68", tenders: ["cash 4.00"] });
    expect(await shop.books()).toMatchObject({ sales: 5, gross: 119 + 3 * 249 + 368, stock: { MILK: -2, SOAP: -4 } });
    await till.go("Status");
    await till.sees("HQ has everything.");
    // Another cold start sends nothing again.
    await till.page.reload();
    await till.page.getByRole("button", { name: "All at HQ" }).waitFor();
    await till.go("Sell");
    await till.scan(SOAP, "Olive soap");
    await till.beginPayment();
    await till.press(/^Exactly/);
    await till.last.waitFor();
    await till.stands("At HQ");
    expect((await shop.sales()).map(({ gross }) => gross)).toEqual(["1.19", "2.49", "2.49", "2.49", "3.68", "2.49"]);
    expect(till.complaints).toEqual([]);
  });
});
