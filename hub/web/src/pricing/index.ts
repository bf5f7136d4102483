/**
 * The hub's pricing, once more in the till, so that a till whose hub is gone prices to the cent as the hub does.
 * `docs/pricing.md` is the rule book of both, and the vectors in `tests/vectors` hold both to it.
 *
 * Invariant: nothing here knows of a clock, of the network or of storage. The same arguments give the same cents.
 */

export type * from "./basket";
export type * from "./priced";
export type * from "./store";
export { Malformed, Refused } from "./refusal";
export type { RefusalCode } from "./refusal";

export { pricing, pricingOf } from "./pricing";
export type { FindProduct, PriceBook, Pricing } from "./pricing";
export { checkDigit, checkedLayout, isGtin, isGtinShaped, labelValue, readLayout, scan, spelling } from "./barcode";
export type { Embedded, Layout, Scanned } from "./barcode";
export { changeIn, facesOf, fastCash } from "./cash";
export type { Pieces } from "./cash";
export { bookFromHub, productFromHub, storeFromHub } from "./from-hub";
