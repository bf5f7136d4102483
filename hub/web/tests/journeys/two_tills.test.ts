import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Shop, SHOP_THERE, until } from "./shop";
import type { TillPage } from "./till_page";

const MILK = "4006381333931";
const SOAP = "5000112637922";

describe.skipIf(!SHOP_THERE)("two tills of a shop", { timeout: 60_000 }, () => {
  let shop: Shop;
  let first: TillPage;
  let second: TillPage;

  beforeAll(async () => {
    shop = await Shop.open();
    [first, second] = await Promise.all([shop.sellingTill("Front", "101"), shop.sellingTill("Back", "102")]);
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(task.name, await first.snapshot(), await second.snapshot(), first.complaints, second.complaints);
  });

  it("park at one and go on at the other, with every line of it", async () => {
    await first.scan(MILK, "Whole milk 1 l");
    await first.scan(SOAP, "Olive soap");
    await first.basket.getByRole("button", { name: /^Park/ }).click();
    const dialog = first.page.getByRole("dialog");
    await dialog.getByLabel("What to call it").fill("blue coat");
    await first.press("Park", dialog);
    await first.sees("Parked. Every till finds it under Parked.");
    await second.go("Parked");
    const card = second.page.getByRole("listitem").filter({ hasText: "blue coat" });
    await second.sees("€3.68", card);
    await second.press("Go on with it", card);
    await second.line("Whole milk 1 l").waitFor();
    expect(await second.total()).toBe("€3.68");
    await first.go("Parked");
    await first.sees(/^Till .?\d.? has it, cashier .?102/);
  });

  it("count what was parked once, where it was paid", async () => {
    await second.beginPayment();
    await second.press(/^Exactly/);
    await second.last.waitFor();
    const [sale, ...others] = await shop.sales();
    expect(others).toEqual([]);
    expect(sale).toMatchObject({ receipt: await second.receiptNumber(), gross: "3.68", tenders: ["cash 3.68"] });
    await first.sees("Nothing is parked");
    expect(await shop.books()).toMatchObject({ sales: 1, gross: 368, stock: { MILK: -1, SOAP: -1 } });
  });

  it("are each in one tab: another is told so, and takes the till with its basket when asked", async () => {
    await first.go("Sell");
    await first.scan(SOAP, "Olive soap");
    const before = first.page;
    await first.inAnotherTab(shop.url);
    await first.sees("This till is open in another tab");
    expect(await first.page.getByRole("navigation", { name: "Pages" }).count()).toBe(0);
    await first.press("Go on here");
    await first.line("Olive soap").waitFor();
    await before.getByText("This till is open in another tab").waitFor();
    await before.close();
    await first.beginPayment();
    await first.press(/^Exactly/);
    await first.last.waitFor();
    expect((await shop.sales()).map(({ gross }) => gross)).toEqual(["3.68", "2.49"]);
    await until("HQ has everything", async () => (await first.last.getByText("At HQ").count()) > 0);
    expect([...first.complaints, ...second.complaints]).toEqual([]);
  });
});
