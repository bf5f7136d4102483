/**
 * The hub's pricing, once more in the till, so that a till whose hub is gone prices to the cent as the hub does.
 * `docs/pricing.md` is the rule book of both, and the vectors in `tests/vectors` hold both to it.
 *
 * Invariant: nothing here knows of a clock, of the network or of storage. The same arguments give the same cents.
 */

import type { Basket, Returned } from "./basket";
import type { Priced, Refund } from "./priced";
import type { Catalog, Decimal, PriceList, Product, Promotion, Store } from "./store";

export type * from "./basket";
export type * from "./priced";
export type * from "./store";
export { Malformed, Refused } from "./refusal";
export type { RefusalCode } from "./refusal";

/** Where products are found. A catalog of many thousand need not be in memory: only a basket's own are asked for. */
export type FindProduct = (sku: string) => Product | undefined;

/** Price lists and promotions of one version of the catalog. */
export interface PriceBook {
  readonly price_lists: readonly PriceList[];
  readonly promotions: readonly Promotion[];
}

/** A store's prices, read once and asked often. */
export interface Pricing {
  /** What a basket costs. Throws `Refused` for what a cashier has to mend, `Malformed` for what is no basket. */
  price(basket: Basket): Priced;
  /** What each of several returns of a sale gives back, one after the other. */
  refunds(sale: Priced, returns: readonly (readonly Returned[])[]): readonly Refund[];
  /** An amount as it is paid in cash. */
  payable(amount: Decimal): Decimal;
}

/** Reads settings and price book; `Malformed` says what is wrong with them. */
export declare function pricing(store: Store, book: PriceBook, find: FindProduct): Pricing;

/** The same with all products at hand. */
export declare function pricingOf(store: Store, catalog: Catalog): Pricing;
