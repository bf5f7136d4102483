import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Shop, SHOP_THERE } from "./shop";
import type { TillPage } from "./till_page";

const MILK = "4006381333931";
const SOAP = "5000112637922";

/** The next customer's goods are scanned before the hub has answered about the last one's. None may be lost. */
describe.skipIf(!SHOP_THERE)("a scan while the hub is asked", { timeout: 60_000 }, () => {
  let shop: Shop;
  let till: TillPage;

  beforeAll(async () => {
    shop = await Shop.open();
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(task.name, await till.snapshot(), till.complaints);
  });

  async function begin(name: string, number: string): Promise<void> {
    till = await shop.sellingTill(name, number);
    await till.scan(MILK, "Whole milk 1 l");
  }

  /** Does something while the hub does not answer, scans soap, and lets the hub go on before the till gives it up. */
  async function scanBeforeTheAnswer(work: () => Promise<void>): Promise<void> {
    shop.store.freeze();
    await work();
    await till.strike(SOAP);
    shop.store.thaw();
  }

  it("belongs to the next basket when this one is given up", async () => {
    await begin("Till 1", "101");
    await till.press(/^Give up/);
    await scanBeforeTheAnswer(() => till.page.getByRole("dialog").getByRole("button", { name: "Customer left" }).click());
    await till.line("Whole milk 1 l").waitFor({ state: "detached" });
    await till.line("Olive soap").waitFor();
    expect(await till.total()).toBe("€2.49");
  });

  it("belongs to the next basket when this one is parked", async () => {
    await begin("Till 2", "102");
    await till.basket.getByRole("button", { name: /^Park/ }).click();
    const dialog = till.page.getByRole("dialog");
    await dialog.getByLabel("What to call it").fill("blue coat");
    await scanBeforeTheAnswer(() => till.press("Park", dialog));
    await till.sees("Parked. Every till finds it under Parked.");
    await till.line("Olive soap").waitFor();
    expect(await till.total()).toBe("€2.49");
  });

  it("is said not to be sold when this one is being paid", async () => {
    await begin("Till 3", "201");
    await scanBeforeTheAnswer(() => till.basket.getByRole("button", { name: /^Pay/ }).click());
    await till.page.getByRole("region", { name: "Paid by" }).waitFor();
    await till.sees(/^This is being paid/);
    await till.press(/^Exactly/);
    await till.last.waitFor();
    expect((await shop.sales()).map(({ gross }) => gross)).toEqual(["1.19"]);
  });
});
