/** What a basket costs and why: the `expected` of `tests/vectors`, and what a till shows beside it. */

import type { Decimal, Product } from "./store";

export interface Priced {
  /** As in the basket, voided ones too, each followed by its deposit where it has one. */
  readonly lines: readonly PricedLine[];
  /** Over kept lines. */
  readonly totals: Totals;
  /** In cash. */
  readonly payable: Decimal;
  /** What became of every promotion, in order. */
  readonly promotions: readonly Explained[];
}

export interface PricedLine {
  readonly number: number;
  readonly sku: string;
  readonly unit: Product["unit"];
  /** As asked, or as the line's label says. */
  readonly quantity: Decimal;
  readonly voided: boolean;
  /** The line whose deposit this is. */
  readonly deposit_of: number | null;
  /** Who said what one costs. */
  readonly priced_by: "list" | "override" | "open" | "label";
  /** Null where the price is not from a list. */
  readonly price_list: string | null;
  /** What one costs by the lists, and the list that says so, whoever said something else. */
  readonly listed: Listed;
  readonly unit_price: Decimal;
  readonly extended: Decimal;
  /** What a person took off the line. */
  readonly manual: Decimal;
  /** What each promotion took off the line, in order, without those that took nothing. */
  readonly promotions: readonly LinePromotion[];
  /** The line's share of what a person took off the basket. */
  readonly basket_discount: Decimal;
  readonly taxes: readonly LineTax[];
  readonly net: Decimal;
  readonly gross: Decimal;
}

export interface Listed {
  readonly list: string;
  readonly unit_price: Decimal;
}

export interface LinePromotion {
  readonly code: string;
  readonly name: string;
  /** The one that it was given for. */
  readonly coupon: string | null;
  readonly amount: Decimal;
}

export interface LineTax {
  readonly code: string;
  readonly rate: Decimal;
  readonly tax: Decimal;
}

export interface Totals {
  readonly net: Decimal;
  readonly tax: Decimal;
  readonly gross: Decimal;
  readonly discount: Decimal;
}

export type Outcome =
  | "applied"
  | "not_now"
  | "other_group"
  | "coupon_missing"
  | "nothing_matches"
  | "too_few"
  | "below_threshold"
  | "another_is_better";

export interface Explained {
  readonly code: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** What it took off, where it was applied. */
  readonly amount: Decimal | null;
  /** How far the basket is from it: pieces where it has too few, an amount where it is below the threshold. */
  readonly missing: { readonly have: Decimal; readonly need: Decimal } | null;
}

/** What one return gives back. */
export interface Refund {
  readonly net: Decimal;
  readonly tax: Decimal;
  readonly gross: Decimal;
  readonly cash: Decimal;
}
