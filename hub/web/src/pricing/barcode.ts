/**
 * What a scanner reads: GTINs with their check digit (GS1 General Specifications, section 7.9), and the store's own thirteen
 * digits that carry a weight or a price (restricted circulation numbers, prefixes 20 to 29 and 02).
 */

import type { LabelValue } from "./basket";
import { currencyOf } from "./currency";
import { QUANTITY_PLACES, write } from "./exact";
import { Malformed } from "./refusal";
import type { Decimal } from "./store";

/** The digits of an in-store code: prefix, item, perhaps a check digit over the value, the value, the check digit. */
const LABEL_DIGITS = 13;
const GTIN_DIGITS = 14;

/** How the store's own codes carry a value, as the hub serves it. */
export interface Layout {
  /** The first digits, such as `21`; these and the item's digits together are the product's barcode. */
  readonly prefix: string;
  readonly item_digits: number;
  /** Whether a digit between item and value checks the value. It is read over: the code's own check digit covers it. */
  readonly value_check: "absent" | "present";
  readonly value_digits: number;
  /** What the value's digits mean: a quantity with so many places, or what the whole piece costs. */
  readonly measure:
    | { readonly kind: "price"; readonly value: null }
    | { readonly kind: "quantity"; readonly value: { readonly places: number } };
}

/** What a code says besides the product. */
export type Embedded =
  | { readonly kind: "quantity"; readonly quantity: Decimal }
  /** In minor units. */
  | { readonly kind: "price"; readonly minor: bigint };

/** The check digit that belongs after these digits; none if they are no digits. */
export function checkDigit(digits: string): string | null {
  if (!/^\d*$/.test(digits)) {
    return null;
  }
  const weighted = [...digits].reverse().map((digit, position) => Number(digit) * (position % 2 === 0 ? 3 : 1));
  return String((10 - (weighted.reduce((sum, one) => sum + one, 0) % 10)) % 10);
}

/** Whether a code has the length of a GTIN: 8, 12, 13 or 14 digits. */
export function isGtinShaped(code: string): boolean {
  return /^(\d{8}|\d{12,14})$/.test(code);
}

/** Whether a code is a GTIN with the right check digit. */
export function isGtin(code: string): boolean {
  return isGtinShaped(code) && checkDigit(code.slice(0, -1)) === code.slice(-1);
}

/**
 * One spelling for all forms of a GTIN, so that a scanner that reads twelve digits finds what was entered with thirteen.
 * Anything else is its own spelling.
 */
export function spelling(code: string): string {
  return isGtin(code) ? code.padStart(GTIN_DIGITS, "0") : code;
}

/** The layout itself, when its parts make up a code. */
export function checkedLayout(layout: Layout): Layout {
  const { prefix, item_digits, value_check, value_digits, measure } = layout;
  const check = value_check === "present" ? 1 : 0;
  const places = measure.kind === "price" ? 0 : measure.value.places;
  const isSound =
    /^(2\d+|02\d*)$/.test(prefix) &&
    [item_digits, value_digits].every((digits) => Number.isInteger(digits) && digits > 0) &&
    prefix.length + item_digits + check + value_digits + 1 === LABEL_DIGITS &&
    Number.isInteger(places) &&
    places >= 0 &&
    places <= QUANTITY_PLACES;
  if (!isSound) {
    throw new Malformed(
      `the in-store code ${prefix} is not thirteen digits of prefix (02 or 20 to 29), item, value and check digit`,
    );
  }
  return layout;
}

/** The item's code and its value, when a code is of this layout and its check digit is right. */
export function readLayout(layout: Layout, code: string): { readonly item: string; readonly embedded: Embedded } | null {
  const { prefix, item_digits, value_check, measure } = layout;
  if (code.length !== LABEL_DIGITS || !code.startsWith(prefix) || !isGtin(code)) {
    return null;
  }
  const itemEnd = prefix.length + item_digits;
  const valueStart = itemEnd + (value_check === "present" ? 1 : 0);
  const item = code.slice(0, itemEnd);
  const value = BigInt(code.slice(valueStart, -1));
  return measure.kind === "price"
    ? { item, embedded: { kind: "price", minor: value } }
    : { item, embedded: { kind: "quantity", quantity: write(value, measure.value.places, 0) } };
}

/** What a label says, as a line of a basket says it. */
export function labelValue(embedded: Embedded, currency: string): LabelValue {
  return embedded.kind === "quantity"
    ? { quantity: embedded.quantity }
    : { price: currencyOf(currency).write(embedded.minor) };
}

/** A scanned product, with what its label says. */
export interface Scanned<P> {
  readonly product: P;
  readonly embedded: Embedded | null;
}

/** Finds what a code stands for: a product's own barcode first, then the store's labels. `find` knows barcodes by their spelling. */
export function scan<P>(code: string, layouts: readonly Layout[], find: (spelling: string) => P | undefined): Scanned<P> | null {
  const product = find(spelling(code));
  if (product !== undefined) {
    return { product, embedded: null };
  }
  for (const layout of layouts) {
    const label = readLayout(layout, code);
    const labelled = label === null ? undefined : find(spelling(label.item));
    if (label !== null && labelled !== undefined) {
      return { product: labelled, embedded: label.embedded };
    }
  }
  return null;
}
