/** A random shop, in the form in which a hub imports it, and baskets in the form in which a till asks for their price. */

import { checkDigit } from "../../src/pricing";
import { Source } from "./source";

interface Goods {
  readonly sku: string;
  readonly unit: "piece" | "kilogram";
  readonly price: string;
  /** The beginning of its label's thirteen digits. */
  readonly label: { readonly item: string; readonly states: "weight" | "price" } | null;
  readonly isOpen: boolean;
}

/** What `holdfast-hub import` takes: a sheet, a price book and a table of taxes. */
export interface Shop {
  readonly sheet: string;
  readonly book: string;
  readonly taxes: string;
  readonly goods: readonly Goods[];
}

export const TAG = "take-away";
export const COUPONS = ["C-1", "C-2"] as const;
const CATEGORIES = ["bread", "tea", "fruit"] as const;
const COLUMNS = "sku,description,barcode,unit,tax_class,unit_price,category,price_rule,deposit";
const DEPOSIT = "DEPOSIT";
/** Weights are told by `21`, prices by `22`. */
const LAYOUTS = [
  { prefix: "21", item_digits: 5, value_digits: 5, measure: { quantity: { places: 3 } } },
  { prefix: "22", item_digits: 4, value_check: "present", value_digits: 5, measure: "price" },
];

function euro(amount: string): { readonly amount: string; readonly currency: string } {
  return { amount, currency: "EUR" };
}

export function shopOf(source: Source): Shop {
  const goods = Array.from({ length: 4 + source.below(8) }, (_, at): Goods & { readonly row: string } => {
    const sku = `S${at}`;
    const unit = source.oneIn(4) ? "kilogram" : "piece";
    const price = source.pick(source.decimal(1, 3_000, 2), source.decimal(1, 30_000, 4), "1.00", "2.00");
    const states = source.pick("weight", "price", null);
    const item = states === "weight" ? `2110${String(at).padStart(3, "0")}` : `220${String(at).padStart(3, "0")}`;
    // A label's weight is of goods that have one.
    const label: Goods["label"] = states === null || (states === "weight" && unit === "piece") ? null : { item, states };
    const isOpen = source.oneIn(8);
    const columns = [
      sku,
      `Goods ${at}`,
      label?.item ?? "",
      unit,
      source.pick("standard", "reduced", "stacked"),
      price,
      source.pick("", ...CATEGORIES),
      isOpen ? "open" : "listed",
      source.oneIn(4) ? DEPOSIT : "",
    ];
    return { sku, unit, price, label, isOpen, row: columns.join(",") };
  });
  const deposit = `${DEPOSIT},Deposit,,piece,standard,0.25,,,`;
  const skus = goods.map(({ sku }) => sku);
  return {
    sheet: [COLUMNS, deposit, ...goods.map(({ row }) => row)].join("\n"),
    book: JSON.stringify({
      lists: Array.from({ length: source.below(3) }, (_, at) => listOf(source, at, skus)),
      promotions: Array.from({ length: 2 + source.below(6) }, (_, at) => promotionOf(source, at, skus)),
      layouts: LAYOUTS,
    }),
    taxes: JSON.stringify(taxes()),
    goods,
  };
}

function taxes(): unknown {
  const stacked = [
    { code: "GST", rate: "0.05" },
    { code: "QST", rate: "0.09975", base: "net_and_taxes" },
  ];
  return {
    entries: [
      { class: "standard", charges: [{ code: "A", rate: "0.2" }] },
      { class: "standard", tag: TAG, charges: [{ code: "B", rate: "0.1" }] },
      { class: "reduced", charges: [{ code: "B", rate: "0.1" }] },
      { class: "stacked", charges: stacked },
    ],
  };
}

function listOf(source: Source, at: number, skus: readonly string[]): unknown {
  return {
    code: `L${at}`,
    priority: 1 + source.below(2),
    group: source.oneIn(4) ? "staff" : null,
    period: source.oneIn(4) ? { from: { date: "2099-01-01", minute: 0 } } : {},
    prices: source.some(...skus).map((sku) => [sku, source.decimal(1, 20_000, 4)]),
  };
}

function itemsOf(source: Source, skus: readonly string[]): unknown {
  return source.pick<unknown>("all", { skus: [source.pick(...skus), source.pick(...skus)] }, { categories: [source.pick(...CATEGORIES)] });
}

function kindOf(source: Source, skus: readonly string[]): unknown {
  const items = itemsOf(source, skus);
  const rate = source.pick("0.1", "0.333333", "0.5", "1");
  switch (source.below(5)) {
    case 0: {
      const off = source.pick<unknown>({ percent: { rate } }, { amount: { amount: "0.3333" } }, { price: { price: "0.99" } });
      return { item_off: { items, off } };
    }
    case 1:
      return { group_price: { items, count: 2 + source.below(2), price: euro(source.pick("1.50", "3.00")) } };
    case 2:
      return { group_off: { items, count: 3, reduced: 1 + source.below(2), rate } };
    case 3:
      return { buy_get: { buy: items, buy_count: 1 + source.below(2), get: itemsOf(source, skus), get_count: 1, rate } };
    default: {
      const off = source.pick<unknown>({ percent: { rate } }, { amount: { amount: euro("2.00") } });
      return { basket_off: { items, threshold: euro(source.pick("0.00", "10.00", "40.00")), off } };
    }
  }
}

function promotionOf(source: Source, at: number, skus: readonly string[]): unknown {
  const coupon = source.oneIn(4) ? { code: source.pick(...COUPONS) } : null;
  return {
    code: `P${at}`,
    name: `Promotion ${at}`,
    priority: 1 + source.below(3),
    weekdays: source.oneIn(6) ? ["monday", "thursday", "saturday", "sunday"] : [],
    hours: source.oneIn(6) ? { from_minute: source.below(1_440), until_minute: source.below(1_440) } : null,
    group: source.oneIn(8) ? "staff" : null,
    coupon,
    limit: source.oneIn(4) ? 1 + source.below(2) : null,
    combination: source.oneIn(5) ? "alone" : "with_others",
    family: source.pick("f", null),
    kind: kindOf(source, skus),
  };
}

/** What a till sends for its price: a `place_order` in the protocol's words. */
export interface Asked {
  readonly lines: readonly AskedLine[];
  readonly terms: {
    readonly tag: string | null;
    readonly coupons: readonly string[];
    readonly exemption: string | null;
    readonly discount: AskedDiscount;
  };
}

export type AskedDiscount =
  | "none"
  | { readonly percent: { readonly rate: string; readonly reason: string } }
  | { readonly amount: { readonly amount: { readonly amount: string; readonly currency: string }; readonly reason: string } };

export interface AskedLine {
  readonly number: number;
  readonly item: { readonly sku: string } | { readonly barcode: string };
  readonly quantity: string;
  readonly price:
    | "list"
    | { readonly override: { readonly unit_price: string; readonly reason: string } }
    | { readonly open: { readonly unit_price: string } };
  readonly discount: AskedDiscount;
  readonly fate: "kept" | { readonly voided: { readonly reason: string } };
}

const reason = "as agreed";

function discountOf(source: Source, times: number): AskedDiscount {
  if (!source.oneIn(times)) {
    return "none";
  }
  return source.pick<AskedDiscount>(
    { percent: { rate: source.pick("0.1", "0.3333", "1"), reason } },
    { amount: { amount: euro(source.decimal(0, 120, 2)), reason } },
  );
}

export function basketOf(source: Source, { goods, book }: Shop): Asked {
  const lines = Array.from({ length: 1 + source.below(source.oneIn(8) ? 14 : 6) }, (_, at): AskedLine => {
    const product = source.pick(...goods);
    const { label } = product;
    const isLabelled = label !== null && source.oneIn(2);
    const quantity = isLabelled && !source.oneIn(30) ? "1" : quantityOf(source, product);
    const price = product.isOpen !== source.oneIn(40) ? { open: { unit_price: source.decimal(1, 500, 2) } } : "list";
    return {
      // Now and then a number is there twice.
      number: source.oneIn(60) ? 1 : at * 2 + 1,
      item: isLabelled ? { barcode: labelOf(source, label) } : { sku: source.oneIn(80) ? "NOTHING" : product.sku },
      quantity,
      price: source.oneIn(14) ? { override: { unit_price: source.decimal(0, 900, 2), reason } } : price,
      discount: discountOf(source, 14),
      fate: source.oneIn(14) ? { voided: { reason } } : "kept",
    };
  });
  const known = COUPONS.filter((coupon) => book.includes(`"${coupon}"`));
  return {
    lines,
    terms: {
      tag: source.oneIn(3) ? TAG : null,
      coupons: source.some(...known),
      exemption: source.oneIn(12) ? "EX-1" : null,
      discount: discountOf(source, 6),
    },
  };
}

function quantityOf(source: Source, { unit }: Goods): string {
  if (source.oneIn(60)) {
    return source.pick("0", "1.5", "-1");
  }
  return unit === "piece" ? String(1 + source.below(4)) : source.decimal(1, 3_000, 3);
}

function labelOf(source: Source, { item, states }: { readonly item: string; readonly states: "weight" | "price" }): string {
  // A price has a check digit of its own before it, which is read over.
  const value = String(source.oneIn(20) ? 0 : source.below(3_000)).padStart(5, "0");
  const body = states === "weight" ? item + value : `${item}${source.below(10)}${value}`;
  return body + (checkDigit(body) ?? "");
}
