import type { Decimal, Id, Money, Timestamp } from "./values";

export type Role = "cashier" | "supervisor" | "manager" | { readonly own: number };

/** What not everybody may do. */
export type Permission =
  | "post_void"
  | "return_without_receipt"
  | "adjust_stock"
  | "dated_shift"
  | "read_subject"
  | "erase_subject"
  | "move_cash"
  | "override_price"
  | "discount"
  | "take_over"
  | "receive_stock"
  | "count_stock"
  | "read_x_report"
  | "manage_staff"
  | "manage_products"
  | "refund_cash"
  | "cash_for_tender"
  | "read_reports"
  | "close_day"
  | "block_value"
  | "set_account"
  | "resolve_tender";

/** What a role permits, and how far. Rates are shares of one: `0.15` is 15 %. */
export interface Authority {
  readonly permissions: readonly Permission[];
  readonly lineDiscount: Decimal;
  readonly basketDiscount: Decimal;
  /** None is without limit. */
  readonly cashRefund: Money | null;
}

export interface Operator {
  readonly staff: Id;
  readonly number: number;
  /** Shown where the hub lets this till know it. */
  readonly name: string | null;
  readonly role: Role;
  readonly authority: Authority;
  readonly since: Timestamp;
  /** Signed on against the till's own copy while the hub is gone, with fewer rights. */
  readonly offline: boolean;
}

export type SignOn =
  | { readonly kind: "nobody" }
  | { readonly kind: "operator"; readonly operator: Operator }
  /** The till is locked; the same person or another signs on to go on. */
  | { readonly kind: "locked"; readonly operator: Operator };

/** A customer as the hub tells it. Nothing of it is ever written to the till's disk. */
export interface Customer {
  readonly subject: Id;
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly card: string | null;
  readonly note: string | null;
  readonly priceGroup: string | null;
}

export interface CustomerDetails {
  readonly name: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly card: string | null;
  readonly note: string | null;
}

/** Exactly one of them, as a whole. */
export type CustomerSearch =
  | { readonly email: string }
  | { readonly phone: string }
  | { readonly card: string };
