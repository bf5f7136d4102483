import type { Unit } from "./goods";
import type { Decimal, Id, Mode, Money, Problem, Timestamp } from "./values";

/** Who computed the figures. The hub's answer always wins over the till's own. */
export type PricedBy = "till" | "hub";

export type LinePrice =
  | { readonly kind: "list"; readonly list: string }
  | { readonly kind: "override"; readonly listPrice: Decimal; readonly reason: string }
  | { readonly kind: "open" }
  | { readonly kind: "label" };

export type DiscountInput =
  | { readonly kind: "none" }
  /** A share of one: `0.1` is 10 %. */
  | { readonly kind: "percent"; readonly rate: Decimal; readonly reason: string }
  | { readonly kind: "amount"; readonly amount: Money; readonly reason: string };

/** One thing that came off a line, positive. */
export type DiscountPart =
  | { readonly kind: "line"; readonly reason: string; readonly amount: Money }
  | { readonly kind: "promotion"; readonly code: string; readonly name: string; readonly coupon: string | null; readonly amount: Money }
  | { readonly kind: "basket"; readonly reason: string; readonly amount: Money };

export interface TaxPart {
  readonly code: string;
  /** Percent, such as `20` or `8.875`. */
  readonly percent: Decimal;
  readonly amount: Money;
}

export interface BasketLine {
  readonly number: number;
  readonly sku: string;
  readonly description: string;
  readonly scanned: string | null;
  readonly unit: Unit;
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly price: LinePrice;
  readonly extended: Money;
  readonly discounts: readonly DiscountPart[];
  /** The discount that somebody gave on the line, as it was given. */
  readonly given: DiscountInput;
  readonly taxes: readonly TaxPart[];
  readonly net: Money;
  readonly gross: Money;
  /** Lines that were taken off stay in the history and count for nothing. */
  readonly fate: { readonly kind: "kept" } | { readonly kind: "voided"; readonly reason: string };
  /** For whoever serves, such as "no onions". It goes with the order, and is never who the customer is. */
  readonly note: string | null;
  readonly minimumAge: number | null;
  /** The line whose deposit item this is. */
  readonly depositOf: number | null;
}

export interface Totals {
  readonly net: Money;
  readonly tax: Money;
  readonly gross: Money;
  readonly discount: Money;
}

/** What became of one promotion, and why. */
export interface Explanation {
  readonly code: string;
  readonly name: string;
  readonly outcome:
    | { readonly kind: "applied"; readonly amount: Money }
    | { readonly kind: "not_now" }
    | { readonly kind: "other_group" }
    | { readonly kind: "coupon_missing" }
    | { readonly kind: "nothing_matches" }
    | { readonly kind: "too_few"; readonly have: number; readonly need: number }
    | { readonly kind: "below_threshold"; readonly have: Money; readonly need: Money }
    | { readonly kind: "another_is_better" }
    | { readonly kind: "saves_nothing" };
}

/** What is asked for the whole basket. */
export interface BasketTerms {
  /** Such as `take-away`, where it changes the tax. */
  readonly tag: string | null;
  readonly coupons: readonly string[];
  /** The certificate's number of a customer who pays no tax. */
  readonly exemption: string | null;
  readonly discount: DiscountInput;
}

export interface Basket {
  /** The order's id, minted when the first line came. */
  readonly order: Id;
  readonly begun: Timestamp;
  /** A draft lives at this till; an order was placed and is in this till's hands. */
  readonly state: "draft" | "order";
  readonly revision: number;
  readonly mode: Mode;
  /** In the order in which they came, voided ones included. */
  readonly lines: readonly BasketLine[];
  /** The line that edits go to when none is named. */
  readonly current: number | null;
  readonly totals: Totals;
  readonly terms: BasketTerms;
  readonly customer: { readonly subject: Id; readonly name: string | null } | null;
  readonly explanations: readonly Explanation[];
  readonly pricedBy: PricedBy;
  /** A quote is on its way; what is shown is right by the till's own copy. */
  readonly quoting: boolean;
  /** Why it could not be placed as it is, such as a discount beyond the operator's limit. */
  readonly refusal: Problem | null;
  readonly note: string | null;
  /** The highest age that somebody made sure of. */
  readonly ageChecked: number | null;
  /** Of an order that was paid in part. */
  readonly paid: Money;
}

/** An order that is not closed, at whatever till. */
export interface OpenOrder {
  readonly order: Id;
  readonly state: "placed" | "partly_paid" | "paid";
  readonly channel: "counter" | "not_in_hand";
  readonly mode: Mode;
  readonly placedAt: Timestamp;
  readonly label: string | null;
  readonly lines: number;
  readonly gross: Money;
  readonly paid: Money;
  readonly customer: Id | null;
  readonly custody:
    | { readonly kind: "parked" }
    | { readonly kind: "free" }
    | { readonly kind: "this_till" }
    | { readonly kind: "other_till"; readonly till: number | null; readonly staff: number | null; readonly since: Timestamp };
  /** Parked at this till alone, because the hub was gone: other tills do not see it yet. */
  readonly onlyHere: boolean;
}
