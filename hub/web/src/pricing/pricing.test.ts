/** What the vectors do not speak of: deposits, open prices, labels, and what is refused. */

import { describe, expect, it } from "vitest";
import { Malformed, pricingOf, Refused, type Basket, type BasketLine, type Catalog, type PriceList, type Product, type Promotion, type Store } from ".";

const STORE: Store = {
  currency: "EUR",
  basis: "inclusive",
  tax_rounding: "per_line",
  cash_step: "0.05",
  taxes: [{ class: "standard", tag: null, rates: [{ code: "A", rate: "0.2", base: "net" }] }],
};

const HALF_OFF: Promotion = {
  code: "HALF",
  name: "Half price",
  priority: 1,
  from: null,
  until: null,
  weekdays: [],
  hours: null,
  group: null,
  coupon: null,
  limit: null,
  combination: "with_others",
  family: null,
  kind: { item_off: { items: "all", off: { percent: { rate: "0.5" } } } },
};

function product(sku: string, unit_price: string, more: Partial<Product> = {}): Product {
  return { sku, category: null, unit: "piece", tax_class: "standard", unit_price, ...more };
}

const CATALOG: Catalog = {
  products: [
    product("WATER", "1.00", { deposit: "BOTTLE" }),
    product("BOTTLE", "0.25"),
    product("WASH", "0.00", { open_price: true }),
    product("CHEESE", "9.99", { unit: "kilogram" }),
    product("GIFT", "0.00", { unit: "kilogram" }),
    product("ODD", "1.00", { tax_class: "unknown" }),
  ],
  price_lists: [],
  promotions: [],
};
const PROMOTED: Catalog = { ...CATALOG, promotions: [HALF_OFF] };

function line(sku: string, more: Partial<BasketLine> = {}): BasketLine {
  return { number: 1, sku, quantity: "1", override: null, discount: null, voided: false, ...more };
}

function basket(...lines: readonly BasketLine[]): Basket {
  const now = { date: "2026-11-28", minute: 720 };
  return { now, tag: null, group: null, coupons: [], exempt: false, discount: null, lines };
}

function priced(catalog: Catalog, ...lines: readonly BasketLine[]): ReturnType<ReturnType<typeof pricingOf>["price"]> {
  return pricingOf(STORE, catalog).price(basket(...lines));
}

describe("a deposit", () => {
  it("is a line of its own behind its item's, and nothing comes off it", () => {
    const { lines, totals } = priced(PROMOTED, line("WATER", { quantity: "3" }));
    expect(lines.map(({ number, sku, quantity, deposit_of, gross }) => [number, sku, quantity, deposit_of, gross])).toEqual([
      [1, "WATER", "3", null, "1.50"],
      [30_001, "BOTTLE", "3", 1, "0.75"],
    ]);
    expect(totals.gross).toBe("2.25");
  });

  it("is voided with its item, and keeps its price when the item's is set", () => {
    const { lines, totals } = priced(CATALOG, line("WATER", { voided: true }), line("WATER", { number: 2, override: "0.50" }));
    expect(lines.map(({ voided, gross }) => [voided, gross])).toEqual([
      [true, "1.00"],
      [true, "0.25"],
      [false, "0.50"],
      [false, "0.25"],
    ]);
    expect(totals.gross).toBe("0.75");
  });

  it("is not part of a sum that a basket promotion looks at", () => {
    const kind = { basket_off: { items: "all", threshold: "1.01", off: { amount: { amount: "0.10" } } } } as const;
    const { promotions } = priced({ ...CATALOG, promotions: [{ ...HALF_OFF, kind }] }, line("WATER"));
    expect(promotions).toEqual([
      { code: "HALF", name: "Half price", outcome: "below_threshold", amount: null, missing: { have: "1.00", need: "1.01" } },
    ]);
  });
});

describe("an open price", () => {
  it("is said by whoever sells it, and no promotion changes it", () => {
    const [wash] = priced(PROMOTED, line("WASH", { open: "7.50" })).lines;
    expect(wash).toMatchObject({ priced_by: "open", price_list: null, unit_price: "7.50", gross: "7.50", promotions: [] });
  });

  it("has to be said, and is not said of a product with a price", () => {
    expect(() => priced(CATALOG, line("WASH"))).toThrow(expect.objectContaining({ code: "HF-CMD-261", line: 1 }));
    expect(() => priced(CATALOG, line("WATER", { open: "7.50" }))).toThrow(expect.objectContaining({ code: "HF-CMD-262" }));
  });
});

describe("a label", () => {
  it("with a weight is as much of its product, at a price from a list", () => {
    const [cheese] = priced(PROMOTED, line("CHEESE", { label: { quantity: "1.235" } })).lines;
    expect(cheese).toMatchObject({ priced_by: "list", quantity: "1.235", extended: "12.34", gross: "6.17" });
  });

  it("with a price costs that to the cent, whatever the weight comes to, and no promotion changes it", () => {
    const [cheese] = priced(PROMOTED, line("CHEESE", { label: { price: "3.99" } })).lines;
    expect(cheese).toMatchObject({ priced_by: "label", price_list: null, unit_price: "9.99", quantity: "0.399", extended: "3.99", gross: "3.99" });
    const [water] = priced(CATALOG, line("WATER", { label: { price: "3.99" } })).lines;
    expect(water).toMatchObject({ priced_by: "label", quantity: "1", extended: "3.99" });
  });

  it("with a price gives way to one that somebody sets, by the weight that it would then be", () => {
    const [cheese] = priced(CATALOG, line("CHEESE", { override: "20.00", label: { price: "3.99" } })).lines;
    expect(cheese).toMatchObject({ priced_by: "override", quantity: "0.2", extended: "4.00" });
  });

  it("is one piece, of something that has a price", () => {
    const label = { price: "3.99" };
    expect(() => priced(CATALOG, line("CHEESE", { quantity: "2", label }))).toThrow(expect.objectContaining({ code: "HF-CMD-263" }));
    expect(() => priced(CATALOG, line("GIFT", { label }))).toThrow(expect.objectContaining({ code: "HF-CMD-261" }));
    expect(() => priced(CATALOG, line("CHEESE", { label: { quantity: "0" } }))).toThrow(expect.objectContaining({ code: "HF-CMD-124" }));
    expect(() => priced(CATALOG, line("CHEESE", { label: { price: "0.00" } }))).toThrow(expect.objectContaining({ code: "HF-CMD-124" }));
  });
});

describe("refused is", () => {
  it.each([
    ["HF-CMD-122", [line("BOTTLE"), line("BOTTLE")]],
    ["HF-CMD-207", [line("BOTTLE", { number: 30_001 })]],
    ["HF-CMD-123", [line("NOTHING")]],
    ["HF-CMD-124", [line("BOTTLE", { quantity: "0" })]],
    ["HF-CMD-124", [line("BOTTLE", { quantity: "-1" })]],
    ["HF-CMD-125", [line("BOTTLE", { quantity: "1.5" })]],
    ["HF-CMD-126", [line("ODD")]],
    ["HF-CMD-127", [line("BOTTLE", { discount: { amount: { amount: "0.26" } } })]],
    ["HF-CMD-128", [line("BOTTLE", { quantity: "100000000", override: "1000000000" })]],
  ])("%s", (code, lines) => {
    expect(() => priced(CATALOG, ...lines)).toThrow(expect.objectContaining({ name: "Refused", code }));
  });

  it("HF-CMD-121: more lines than a basket has, deposits among them", () => {
    const bottles = (count: number): BasketLine[] => Array.from({ length: count }, (_, at) => line("WATER", { number: at + 1 }));
    expect(priced(CATALOG, ...bottles(1_000)).lines).toHaveLength(2_000);
    expect(() => priced(CATALOG, ...bottles(1_001))).toThrow(expect.objectContaining({ code: "HF-CMD-121" }));
  });

  it("HF-CMD-128: more than can be stored, whatever comes off it or on it later", () => {
    const dear = line("BOTTLE", { quantity: "10000", override: "1000000000" });
    const whole = { percent: { rate: "1" } };
    expect(priced(CATALOG, dear).totals.gross).toBe("10000000000000.00");
    const tooMuch = expect.objectContaining({ code: "HF-CMD-128" });
    expect(() => priced(CATALOG, { ...dear, quantity: "10001", discount: whole })).toThrow(tooMuch);
    const two = basket(dear, { ...dear, number: 2 });
    expect(() => pricingOf(STORE, CATALOG).price({ ...two, discount: whole })).toThrow(tooMuch);
    const half = { ...dear, quantity: "5000" };
    expect(() => pricingOf({ ...STORE, basis: "exclusive" }, CATALOG).price(basket(half, { ...half, number: 2 }))).toThrow(tooMuch);
  });

  it("HF-CMD-260: more off the basket than it costs", () => {
    const asked = { ...basket(line("BOTTLE")), discount: { amount: { amount: "0.26" } } };
    expect(() => pricingOf(STORE, CATALOG).price(asked)).toThrow(expect.objectContaining({ code: "HF-CMD-260" }));
  });
});

describe("malformed is", () => {
  const listed = (...lists: readonly Partial<PriceList>[]): Catalog => ({
    ...CATALOG,
    price_lists: lists.map((list) => ({ code: "L", priority: 1, group: null, from: null, until: null, prices: [], ...list })),
  });
  const broken = (promotion: Partial<Promotion>): Catalog => ({ ...CATALOG, promotions: [{ ...HALF_OFF, ...promotion }] });
  it.each([
    ["a rate above the whole", broken({ kind: { item_off: { items: "all", off: { percent: { rate: "1.1" } } } } })],
    ["a group of none", broken({ kind: { group_price: { items: "all", count: 0, price: "1.00" } } })],
    ["a group of 101", broken({ kind: { group_price: { items: "all", count: 101, price: "1.00" } } })],
    ["more for less than there are", broken({ kind: { group_off: { items: "all", count: 2, reduced: 3, rate: "1" } } })],
    ["a limit above 50", broken({ limit: 51 })],
    ["hours past midnight", broken({ hours: { from_minute: 1_440, until_minute: 10 } })],
    ["a date that is none", broken({ from: { date: "2026-02-30", minute: 0 } })],
    ["a promotion that is there twice", { ...CATALOG, promotions: [HALF_OFF, HALF_OFF] }],
    ["a product that is there twice", { ...CATALOG, products: [...CATALOG.products, product("BOTTLE", "1.00")] }],
    ["a price with five places", listed({ prices: [{ sku: "BOTTLE", unit_price: "0.12345" }] })],
    ["a list until a day that is none", listed({ until: { date: "2026-06-31", minute: 0 } })],
    ["a list that is there twice", listed({}, {})],
  ])("%s", (_, catalog) => {
    expect(() => pricingOf(STORE, catalog)).toThrow(Malformed);
  });

  it("a quantity finer than a gram", () => {
    expect(() => priced(CATALOG, line("CHEESE", { quantity: "0.0001" }))).toThrow(Malformed);
  });
});

describe("a return", () => {
  const pricing = pricingOf(STORE, CATALOG);
  const sale = pricing.price(basket(line("WATER", { quantity: "3" }), line("CHEESE", { number: 2, quantity: "0.5", voided: true })));

  it.each([
    ["HF-CMD-164", [{ line: 9, quantity: "1" }]],
    ["HF-CMD-164", [{ line: 2, quantity: "0.1" }]],
    ["HF-CMD-124", [{ line: 1, quantity: "0" }]],
    ["HF-CMD-125", [{ line: 1, quantity: "0.5" }]],
    ["HF-CMD-165", [{ line: 1, quantity: "2" }, { line: 1, quantity: "2" }]],
  ])("is refused with %s", (code, goods) => {
    expect(() => pricing.refunds(sale, [goods])).toThrow(expect.objectContaining({ code }));
  });

  it("of a sale does not change what the next one gives back", () => {
    const goods = [[{ line: 1, quantity: "3" }, { line: 30_001, quantity: "3" }]];
    const back = pricing.refunds(sale, goods);
    expect(back).toEqual([{ net: "3.12", tax: "0.63", gross: "3.75", cash: "3.75" }]);
    expect(pricing.refunds(sale, goods)).toEqual(back);
  });
});

it("of a family's amounts that are more than the basket the first is taken", () => {
  const of = (code: string, amount: string): Promotion => ({
    ...HALF_OFF,
    code,
    family: "f",
    kind: { basket_off: { items: "all", threshold: "0.00", off: { amount: { amount } } } },
  });
  const { promotions } = priced({ ...CATALOG, promotions: [of("A", "10.00"), of("B", "20.00")] }, line("BOTTLE"));
  expect(promotions.map(({ code, amount }) => [code, amount])).toEqual([
    ["A", "0.25"],
    ["B", null],
  ]);
});

it("a line says what the lists would have asked, and for which coupon something came off", () => {
  const list = { code: "L", priority: 1, group: null, from: null, until: null, prices: [{ sku: "BOTTLE", unit_price: "0.20" }] };
  const promotions = [{ ...HALF_OFF, coupon: { code: "C-1", uses_max: null } }];
  const asked = { ...basket(line("BOTTLE"), line("BOTTLE", { number: 2, override: "0.30" })), coupons: ["C-1"] };
  const { lines } = pricingOf(STORE, { ...CATALOG, price_lists: [list], promotions }).price(asked);
  expect(lines.map(({ price_list, listed, unit_price, promotions }) => [price_list, listed, unit_price, promotions])).toEqual([
    ["L", { list: "L", unit_price: "0.20" }, "0.20", [{ code: "HALF", name: "Half price", coupon: "C-1", amount: "0.10" }]],
    [null, { list: "L", unit_price: "0.20" }, "0.30", []],
  ]);
});

it("a saving that rounds up takes nothing off a line that it is not about", () => {
  // Two lines of four tenths of a cent cost nothing; what is off them comes to a cent.
  const cheap = { ...CATALOG, products: [product("MINT", "0.004"), product("GUM", "0.004"), product("BREAD", "2.00")] };
  const sweets = { skus: ["MINT", "GUM"] };
  const free: Promotion = { ...HALF_OFF, kind: { item_off: { items: sweets, off: { percent: { rate: "1" } } } } };
  const pair: Promotion = { ...HALF_OFF, code: "PAIR", kind: { group_price: { items: "all", count: 3, price: "2.00" } } };
  const { totals, promotions } = priced(
    { ...cheap, promotions: [free, pair] },
    line("MINT"),
    line("GUM", { number: 2 }),
    line("BREAD", { number: 3 }),
  );
  expect(totals.gross).toBe("2.00");
  expect(promotions.map(({ outcome }) => outcome)).toEqual(["another_is_better", "another_is_better"]);
});

it("a refusal is an error that names its line", () => {
  const refused = new Refused("HF-CMD-124", "the quantity 0 of line 3 must be more than zero", 3);
  expect(refused).toBeInstanceOf(Error);
  expect(refused.line).toBe(3);
});
