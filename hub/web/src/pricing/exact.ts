/**
 * Exact numbers: each is a whole number of a named step, in a BigInt.
 *
 * BigInt and not big.js: what is written has at most so many places (four of a price, three of a quantity, six of a
 * rate), so every product of them is a whole number of a fixed step and adds, compares and sorts as one machine
 * number does. The only division in the rule book is the share of a tax in a price that includes it, and no decimal of
 * any length holds a seventh: it stays a numerator over a denominator until it is rounded. A decimal library would
 * round there, is a tenth of the speed in the search for the best deal, and is more bytes than all of this file.
 *
 * Counts of whole pieces are plain numbers where they count steps of a loop or places of an array; nothing that is an
 * amount or has a point ever is.
 */

import { Malformed } from "./refusal";
import type { Decimal } from "./store";

/** An amount in whole minor units of the currency. */
export type Minor = bigint;
/** An exact value before it is rounded, in steps of 10⁻¹³ of the currency: price × quantity × rate. */
export type Exact = bigint;

export const PRICE_PLACES = 4;
export const QUANTITY_PLACES = 3;
export const RATE_PLACES = 6;
const EXACT_PLACES = PRICE_PLACES + QUANTITY_PLACES + RATE_PLACES;

/** One, as a quantity. */
export const ONE_PIECE = power(QUANTITY_PLACES);
/** The whole, as a rate. */
export const WHOLE_RATE = power(RATE_PLACES);
/** The largest size of one amount, as the hub stores it. */
const MINOR_MAX = 10n ** 15n;
const UNIT_PRICE_MAX = power(PRICE_PLACES + 9);
const QUANTITY_MAX = power(QUANTITY_PLACES + 8);
const RATE_MAX = 10n * WHOLE_RATE;

export function power(places: number): bigint {
  return 10n ** BigInt(places);
}

/** Reads a decimal as a whole number of steps of 10 to the minus `places`. */
export function read(text: Decimal, places: number): bigint {
  const parts = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/.exec(text);
  if (parts === null) {
    throw new Malformed(`"${text.slice(0, 40)}" is not a decimal number; write digits with a point, such as 12.50`);
  }
  const [, sign = "", whole = "", written = ""] = parts;
  const fraction = written.replace(/0+$/, "");
  if (fraction.length > places) {
    throw new Malformed(`${text} has more than ${places} decimal places`);
  }
  const steps = BigInt(whole + fraction.padEnd(places, "0"));
  return sign === "-" ? -steps : steps;
}

/** Writes a number of steps with at least `least` places, and no more than it needs. */
export function write(steps: bigint, places: number, least = places): Decimal {
  const sign = steps < 0n ? "-" : "";
  const digits = (steps < 0n ? -steps : steps).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  let fraction = digits.slice(digits.length - places);
  while (fraction.length > least && fraction.endsWith("0")) {
    fraction = fraction.slice(0, -1);
  }
  return fraction === "" ? sign + whole : `${sign}${whole}.${fraction}`;
}

function bounded(text: Decimal, places: number, max: bigint, what: string): bigint {
  const steps = read(text, places);
  if (steps < 0n || steps > max) {
    throw new Malformed(`${text} is no ${what}; the smallest is 0 and the largest ${write(max, places, 0)}`);
  }
  return steps;
}

export function readUnitPrice(text: Decimal): bigint {
  return bounded(text, PRICE_PLACES, UNIT_PRICE_MAX, "unit price");
}

/** Of any sign: who reads it says what it may be. */
export function readQuantity(text: Decimal): bigint {
  const steps = read(text, QUANTITY_PLACES);
  if (steps > QUANTITY_MAX || steps < -QUANTITY_MAX) {
    throw new Malformed(`a quantity of ${text} is out of range`);
  }
  return steps;
}

export function readRate(text: Decimal): bigint {
  return bounded(text, RATE_PLACES, RATE_MAX, "rate");
}

/** A rate of a discount, which cannot be more than the whole. */
export function readShare(text: Decimal): bigint {
  return bounded(text, RATE_PLACES, WHOLE_RATE, "share of something");
}

export function isStorable(amount: Minor): boolean {
  return amount <= MINOR_MAX && amount >= -MINOR_MAX;
}

/** *Round*: to the nearest whole number, half up; below zero half away from it. The denominator is positive. */
export function round(numerator: bigint, denominator: bigint): bigint {
  if (numerator < 0n) {
    return -round(-numerator, denominator);
  }
  return (2n * numerator + denominator) / (2n * denominator);
}

/** A share of an exact value, which is a whole multiple of the steps of a rate: nothing is cut off. */
export function shareOf(value: Exact, rate: bigint): Exact {
  return (value * rate) / WHOLE_RATE;
}

/** The exact value of so much at a unit price. */
export function worth(unitPrice: bigint, quantity: bigint): Exact {
  return unitPrice * quantity * WHOLE_RATE;
}

/** The smaller of two; `Math` knows only plain numbers. */
export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) {
    total += amount;
  }
  return total;
}

/** What a store's amounts are counted in. */
export class Currency {
  /** Exact steps of one minor unit. */
  private readonly minorStep: Exact;

  constructor(readonly places: number) {
    this.minorStep = power(EXACT_PLACES - places);
  }

  /** A positive amount or none. */
  read(text: Decimal): Minor {
    return bounded(text, this.places, MINOR_MAX, "amount");
  }

  write(amount: Minor): Decimal {
    return write(amount, this.places);
  }

  exact(amount: Minor): Exact {
    return amount * this.minorStep;
  }

  round(exact: Exact): Minor {
    return round(exact, this.minorStep);
  }
}
