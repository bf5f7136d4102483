/**
 * What a basket is priced by: a store's settings and one version of its catalog, in the form of `tests/vectors`.
 *
 * Every number with a point is a string, as on the wire: no binary fraction ever stands for an amount.
 */

/** A decimal as it is written, such as `"12.50"`. */
export type Decimal = string;

/** A local date and minute of its day. Dates are spelled `2026-11-28`, so that their text has their order. */
export interface Moment {
  readonly date: string;
  readonly minute: number;
}

export interface Store {
  /** ISO 4217. */
  readonly currency: string;
  readonly basis: "inclusive" | "exclusive";
  readonly tax_rounding: "per_line" | "per_total";
  /** The smallest coin; `"0"` where cash is paid to the minor unit. */
  readonly cash_step: Decimal;
  readonly taxes: readonly TaxRule[];
}

/** The rates of a class of goods, for orders with a tag or for all that have no rule of their own. */
export interface TaxRule {
  readonly class: string;
  readonly tag: string | null;
  readonly rates: readonly TaxRate[];
}

export interface TaxRate {
  readonly code: string;
  /** As a fraction. */
  readonly rate: Decimal;
  readonly base: "net" | "net_and_taxes";
}

export interface Catalog {
  readonly products: readonly Product[];
  readonly price_lists: readonly PriceList[];
  readonly promotions: readonly Promotion[];
}

export interface Product {
  readonly sku: string;
  readonly category: string | null;
  readonly unit: "piece" | "kilogram" | "litre" | "metre";
  readonly tax_class: string;
  readonly unit_price: Decimal;
  /** Whoever sells it says what it costs. */
  readonly open_price?: boolean;
  /** The product that is sold with each one, such as a bottle's deposit. */
  readonly deposit?: string | null;
}

export interface PriceList {
  readonly code: string;
  /** The smallest is looked at first. */
  readonly priority: number;
  /** Whose prices these are; everybody's when none. */
  readonly group: string | null;
  readonly from: Moment | null;
  readonly until: Moment | null;
  readonly prices: readonly ListedPrice[];
}

export interface ListedPrice {
  readonly sku: string;
  readonly unit_price: Decimal;
}

export type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";

/** A part of the day. One that ends before it begins spans midnight. */
export interface Hours {
  readonly from_minute: number;
  readonly until_minute: number;
}

export interface Coupon {
  readonly code: string;
  /** Counted in the store's books; no price depends on it. */
  readonly uses_max: number | null;
}

export interface Promotion {
  readonly code: string;
  readonly name: string;
  readonly priority: number;
  readonly from: Moment | null;
  readonly until: Moment | null;
  /** Empty is every day. */
  readonly weekdays: readonly Weekday[];
  readonly hours: Hours | null;
  readonly group: string | null;
  readonly coupon: Coupon | null;
  /** The most applications in one basket. */
  readonly limit: number | null;
  readonly combination: "with_others" | "alone";
  /** Of basket promotions of one family only the best is taken. */
  readonly family: string | null;
  readonly kind: PromotionKind;
}

export type Items =
  | "all"
  | { readonly skus: readonly string[] }
  | { readonly categories: readonly string[] };

export interface Percent {
  readonly percent: { readonly rate: Decimal };
}

export interface Amount {
  readonly amount: { readonly amount: Decimal };
}

export interface FixedPrice {
  readonly price: { readonly price: Decimal };
}

export type ItemOff = Percent | Amount | FixedPrice;
export type BasketOff = Percent | Amount;

export type PromotionKind =
  | { readonly item_off: { readonly items: Items; readonly off: ItemOff } }
  | { readonly group_price: { readonly items: Items; readonly count: number; readonly price: Decimal } }
  | {
      readonly group_off: {
        readonly items: Items;
        readonly count: number;
        readonly reduced: number;
        readonly rate: Decimal;
      };
    }
  | {
      readonly buy_get: {
        readonly buy: Items;
        readonly buy_count: number;
        readonly get: Items;
        readonly get_count: number;
        readonly rate: Decimal;
      };
    }
  | { readonly basket_off: { readonly items: Items; readonly threshold: Decimal; readonly off: BasketOff } };
