import type { Id, Money, Problem, Timestamp } from "./values";

export type HubConnection =
  | { readonly kind: "connecting" }
  | { readonly kind: "online"; readonly since: Timestamp }
  /** Known within two seconds. `why` is for the cashier. */
  | { readonly kind: "gone"; readonly since: Timestamp; readonly why: string };

/** What HQ has. None of it is guessed: without the hub, nothing is known. */
export interface HeadquartersMark {
  readonly state: "current" | "behind" | "alone" | "unknown";
  /** Records at the hub that HQ does not have. */
  readonly waiting: number;
  readonly asOf: Timestamp | null;
}

/** What this till itself holds that is not where it should be. */
export interface Outbox {
  /** Commands without an answer of the hub. */
  readonly waitingForHub: number;
  /** Acknowledged by the hub and kept until HQ has them. */
  readonly keptForHq: number;
  /** Sales made alone that the hub does not have. */
  readonly islandSales: number;
}

export interface Island {
  readonly since: Timestamp;
  readonly sales: number;
  readonly gross: Money;
  readonly nextReceipt: string;
  /** Merging now: so many of so many are at the hub. */
  readonly merging: { readonly done: number; readonly of: number } | null;
}

/** A rule of the shop that a sale made alone did not keep. `what` names the permission, goods, coupon, tender or customer. */
export type SoldAgainst =
  | "no_price_now" | "beyond_rights" | "coupon_used_up" | "item_gone" | "age_not_checked" | "tender_not_taken" | "customer_left_out";

/** What was different when the sales made alone came to the hub. It stays until somebody has seen it. */
export type Difference =
  | { readonly kind: "oversold"; readonly sku: string; readonly description: string | null; readonly onHand: string; readonly receipt: string }
  | { readonly kind: "price_changed"; readonly receipt: string; readonly till: Money; readonly hub: Money }
  | { readonly kind: "refused"; readonly receipt: string; readonly problem: Problem }
  /** By the shop's rules it would have needed something else: a permission, a look at somebody's age, a coupon with a use left. */
  | { readonly kind: "rule"; readonly receipt: string; readonly rule: SoldAgainst; readonly what: string }
  | { readonly kind: "alias"; readonly receipt: string; readonly hubNumber: string };

export interface DeviceHealth {
  readonly name: string;
  readonly kind: "payment" | "scanner" | "scale" | "printer" | "drawer";
  readonly state: "ready" | "attention" | "gone";
  /** In plain words. */
  readonly text: string;
  readonly simulated: boolean;
}

export interface ScaleReading {
  readonly scale: string;
  readonly state: "stable" | "zero" | "in_motion" | "below_zero" | "over_capacity" | "not_ready" | "not_connected";
  /** Exactly as the scale states it; for show only. */
  readonly net: { readonly amount: string; readonly unit: string } | null;
  readonly tare: { readonly amount: string; readonly unit: string } | null;
  readonly text: string | null;
  readonly simulated: boolean;
}

export interface Neighbour {
  readonly terminal: Id;
  readonly number: number;
  readonly name: string;
  readonly connected: boolean;
}

/** What the till is. */
export interface Store {
  readonly name: string;
  readonly legalName: string;
  readonly currency: string;
  /** Decimal places of the currency. */
  readonly exponent: number;
  readonly timeZone: string;
  readonly pricesIncludeTax: boolean;
  readonly till: number;
  readonly tillName: string;
}

/** Whether the browser promised to keep what the till holds. */
export type Storage = "persistent" | "may_be_cleared" | "unknown";

export type Stage =
  | { readonly kind: "starting" }
  /** Another tab or window has this till. */
  | { readonly kind: "owned_elsewhere" }
  | { readonly kind: "not_paired" }
  | { readonly kind: "running" }
  /** The till cannot work as it is, such as a browser without storage. */
  | { readonly kind: "stopped"; readonly problem: Problem };

export interface CatalogState {
  readonly version: string | null;
  readonly products: number;
  readonly loading: { readonly have: number; readonly of: number | null } | null;
}
