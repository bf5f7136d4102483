/** What is asked for, in the form of `tests/vectors`. */

import type { BasketOff, Decimal, Moment } from "./store";

export interface Basket {
  /** Of the store, not of the device. */
  readonly now: Moment;
  readonly tag: string | null;
  readonly group: string | null;
  readonly coupons: readonly string[];
  readonly exempt: boolean;
  readonly discount: BasketOff | null;
  readonly lines: readonly BasketLine[];
}

export interface BasketLine {
  /** Unique within the basket, from 1. */
  readonly number: number;
  readonly sku: string;
  readonly quantity: Decimal;
  /** A unit price that somebody set. */
  readonly override: Decimal | null;
  readonly discount: BasketOff | null;
  readonly voided: boolean;
  /** What the line was priced at before, where the basket is open and is priced again. */
  readonly had?: HadPrice | null;
  /** What the product of an open price costs. */
  readonly open?: Decimal | null;
  /** The line was scanned from a label that states its own weight or price; its quantity is 1. */
  readonly label?: LabelValue | null;
}

export interface HadPrice {
  readonly list: string;
  readonly unit_price: Decimal;
}

/** What a label says besides its product: how much it is, or what the whole piece costs. */
export type LabelValue = { readonly quantity: Decimal } | { readonly price: Decimal };

/** Goods of one return: a part of a line that was sold. */
export interface Returned {
  readonly line: number;
  readonly quantity: Decimal;
}
