import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Shop, SHOP_THERE } from "./shop";
import type { TillPage } from "./till_page";

const SPITEFUL = [
  "<img src=x onerror=window.taken=1>",
  "</script><script>window.taken=1</script>",
  "${window.taken=1}{{window.taken=1}}",
  "\u05D0\u05D1\u05D2 10 % \u0645\u0631\u062D\u0628\u0627 (1.00)",
  "Zalgo Z\u0335\u0322\u035Ba\u0336l\u0337\u0321g\u0338o",
  "x".repeat(120),
];
const CATALOG = ["sku,description,barcode,unit,tax_class,unit_price,stock,category", ...SPITEFUL.map((name, at) => `BAD-${at},"${name}",2000000000${at}00,piece,standard,1.00,none,"<b>Bold</b>"`)].join("\n");

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
}

describe.skipIf(!SHOP_THERE)("what the till shows", { timeout: 60_000 }, () => {
  let shop: Shop;
  let till: TillPage;
  let axe: string;

  beforeAll(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    shop = await Shop.open(CATALOG);
    till = await shop.sellingTill("<i>Till</i>");
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(task.name, await till.snapshot(), till.complaints);
  });

  /** Serious findings of the page as it stands. */
  async function findings(): Promise<readonly string[]> {
    await till.page.emulateMedia({ reducedMotion: "reduce" });
    await till.page.evaluate(axe);
    const found = await till.page.evaluate(async (): Promise<readonly Finding[]> => {
      const { violations } = await (window as unknown as { axe: { run(): Promise<{ violations: Finding[] }> } }).axe.run();
      return violations;
    });
    return found.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ").slice(0, 400)}`);
  }

  it("is the words of goods with spiteful names, and nothing that they would do", async () => {
    await till.press("<b>Bold</b>");
    await till.page.locator(".tile").nth(SPITEFUL.length - 1).waitFor();
    for (const tile of await till.page.locator(".tile").all()) await tile.click();
    await till.basket.locator(".line").nth(SPITEFUL.length - 1).waitFor();
    expect(await till.total()).toBe("€6.00");
    await till.sees("<img src=x onerror=window.taken=1>", till.basket);
    expect(await till.page.locator("img[src=x], .basket script, .basket b, .categories b").count()).toBe(0);
    expect(await till.page.evaluate(() => "taken" in window)).toBe(false);
    // Nothing stands beside the page, however long a name is.
    expect(await till.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  });

  it("has no serious finding of the accessibility check while it sells, and says what it is", async () => {
    expect(await findings()).toEqual([]);
    await expect(till.page.getByRole("navigation").ariaSnapshot()).resolves.toMatchInlineSnapshot(`
      "- navigation "Pages":
        - list:
          - listitem:
            - button "Sell"
          - listitem:
            - button "Parked"
          - listitem:
            - button "Receipts"
          - listitem:
            - button "Stock"
          - listitem:
            - button "Drawer"
          - listitem:
            - button "Reports"
          - listitem:
            - button "Status"
          - listitem:
            - button "Settings""
    `);
    await expect(till.basket.getByRole("contentinfo").or(till.basket.locator("footer")).ariaSnapshot()).resolves.toMatchInlineSnapshot(`
      "- button "6 lines tax ⁨€1.02⁩"
      - paragraph: Total €6.00
      - 'button "Give up: Give the basket up"': Give up
      - 'button "Again: Last item again"': Again
      - button "Park"
      - button "Pay""
    `);
  });

  it("has none while it is paid, and says what it is", async () => {
    await till.beginPayment();
    expect(await findings()).toEqual([]);
    await expect(till.page.getByRole("region", { name: "Paid by" }).ariaSnapshot()).resolves.toMatchInlineSnapshot(`
      "- region "Paid by":
        - group "Cash at one touch":
          - button "Exactly €6.00"
          - button "€10.00"
          - button "€20.00"
          - button "€50.00"
          - button "€100.00"
          - button "€200.00"
        - list:
          - listitem:
            - button "Cash"
          - listitem:
            - button "Card"
          - listitem:
            - button "Voucher"
          - listitem:
            - button "Card terminal"
          - listitem:
            - button "Wallet no device of this store takes it" [disabled]
          - listitem:
            - button "Gift card"
          - listitem:
            - button "Store credit"
          - listitem:
            - button "On account"
        - text: Amount
        - status "Amount": €6.00
        - group "Amount":
          - button "1"
          - button "2"
          - button "3"
          - button "4"
          - button "5"
          - button "6"
          - button "7"
          - button "8"
          - button "9"
          - button "00"
          - button "0"
          - button "Delete the last digit"
        - button "Make it a tip" [disabled]"
    `);
  });

  it("has none behind the sale, on its receipt and on every other page", async () => {
    await till.press(/^Exactly/);
    await till.last.waitFor();
    await till.press("Show");
    const paper = till.page.getByRole("dialog");
    await till.sees("<img src=x onerror=window.taken=1>", paper);
    expect(await findings()).toEqual([]);
    await till.page.keyboard.press("Escape");
    for (const place of ["Parked", "Receipts", "Stock", "Drawer", "Reports", "Status"] as const) {
      await till.go(place);
      await till.page.getByRole("heading", { level: 1 }).waitFor();
      expect(await findings(), place).toEqual([]);
    }
    expect((await shop.sales()).map(({ gross }) => gross)).toEqual(["6.00"]);
    expect(await till.page.evaluate(() => "taken" in window)).toBe(false);
    expect(till.complaints).toEqual([]);
  });
});
