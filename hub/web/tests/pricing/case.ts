/** Cases with their answers, and how an answer of the till's engine is held against one. */

import { pricingOf, type Basket, type Catalog, type Priced, type Refund, type Returned, type Store } from "../../src/pricing";

export interface Case {
  readonly name: string;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly basket: Basket;
  readonly returns: readonly (readonly Returned[])[];
  /** Every field of it is expected, whatever else the till says. */
  readonly expected: object;
}

const PARTS = ["store", "catalog", "basket", "returns", "expected"];

export function isCase(value: unknown): value is Case {
  if (typeof value !== "object" || value === null || !("name" in value) || typeof value.name !== "string") {
    return false;
  }
  const parts = new Map(Object.entries(value));
  return PARTS.every((part) => typeof parts.get(part) === "object" && parts.get(part) !== null);
}

export function checkedCase(value: unknown, where: string): Case {
  if (!isCase(value)) {
    throw new Error(`${where} holds something that is no case`);
  }
  return value;
}

/** What the till's engine says to a case, in the form of `expected`. */
export function answer({ store, catalog, basket, returns }: Case): Priced & { readonly refunds: readonly Refund[] } {
  const pricing = pricingOf(store, catalog);
  const priced = pricing.price(basket);
  return { ...priced, refunds: pricing.refunds(priced, returns) };
}

/** Every field in which `actual` is not as expected. */
export function differences(expected: unknown, actual: unknown, path = ""): readonly string[] {
  if (typeof expected !== "object" || expected === null) {
    return isSame(expected, actual) ? [] : [`${path}: ${show(actual)} is not ${show(expected)}`];
  }
  if (typeof actual !== "object" || actual === null) {
    return [`${path}: ${show(actual)} is not there`];
  }
  const found = new Map(Object.entries(actual));
  const wanted = Object.entries(expected);
  const surplus =
    Array.isArray(expected) && found.size !== wanted.length
      ? [`${path}: ${found.size} and not ${wanted.length} of them`]
      : [];
  return [...surplus, ...wanted.flatMap(([key, value]) => differences(value, found.get(key), `${path}/${key}`))];
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Decimals are equal when their numbers are. */
function isSame(expected: unknown, actual: unknown): boolean {
  if (typeof expected !== "string" || typeof actual !== "string") {
    return expected === actual;
  }
  const plain = (text: string): string =>
    DECIMAL.test(text) && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
  return plain(expected) === plain(actual);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
