import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RealStore } from "../core/real_hub";
import { Shop, TRUST_THERE } from "./shop";

describe.skipIf(!TRUST_THERE)("a till over HTTPS", { timeout: 60_000 }, () => {
  let store: RealStore;
  let shop: Shop;
  let stranger: Shop;

  beforeAll(async () => {
    store = await Shop.storeOf();
    [shop, stranger] = await Promise.all([Shop.openSecure(true, store), Shop.openSecure(false, store)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([shop?.browser.close(), stranger?.browser.close()]);
    await store?.close();
  });

  it("is trusted by a browser that took up the store's authority, and by no other", async () => {
    const page = await stranger.browser.newPage();
    await expect(page.goto(stranger.url)).rejects.toThrow(/ERR_CERT_AUTHORITY_INVALID/);
    const trusting = await shop.browser.newPage();
    expect((await trusting.goto(shop.url))?.status()).toBe(200);
    expect(await trusting.evaluate(() => isSecureContext)).toBe(true);
  });

  it("is told how the authority is taken up", async () => {
    const page = await shop.browser.newPage();
    await page.goto(`https://${store.https}/trust`);
    for (const platform of ["Android", "iPad", "Windows", "Linux"]) await page.getByText(new RegExp(platform)).first().waitFor();
  });

  it("pairs, sells and is kept by the browser, with its messages over the same line", async () => {
    const till = await shop.sellingTill("Tablet");
    await till.worksOffline();
    await till.scan("4006381333931", "Whole milk 1 l");
    await till.beginPayment();
    await till.press(/^Exactly/);
    await till.last.waitFor();
    await till.stands("At HQ");
    expect((await shop.sales()).map(({ receipt, gross }) => [receipt, gross])).toEqual([["1-000001", "1.19"]]);
    expect(till.complaints).toEqual([]);
  });
});
