import type { Decimal, Money } from "../core/contract";

/**
 * The little arithmetic that pages do for themselves, such as adding up counted coins. On whole units of the last place, never
 * on binary fractions.
 */
interface Scaled {
  readonly units: bigint;
  readonly places: number;
}

function scaled(decimal: Decimal): Scaled {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (match === null) {
    throw new RangeError(`not a decimal: ${decimal}`);
  }
  const [, sign = "", whole = "0", part = ""] = match;
  const units = BigInt(`${whole}${part}`);
  return { units: sign === "-" ? -units : units, places: part.length };
}

function written({ units, places }: Scaled): Decimal {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return units < 0n ? `-${text}` : text;
}

function aligned(a: Decimal, b: Decimal): { readonly a: bigint; readonly b: bigint; readonly places: number } {
  const [left, right] = [scaled(a), scaled(b)];
  const places = Math.max(left.places, right.places);
  return {
    a: left.units * 10n ** BigInt(places - left.places),
    b: right.units * 10n ** BigInt(places - right.places),
    places,
  };
}

export function plus(a: Decimal, b: Decimal): Decimal {
  const both = aligned(a, b);
  return written({ units: both.a + both.b, places: both.places });
}

export function minus(a: Decimal, b: Decimal): Decimal {
  const both = aligned(a, b);
  return written({ units: both.a - both.b, places: both.places });
}

/** Below, at or above zero when a is less than, the same as or more than b. */
export function compare(a: Decimal, b: Decimal): number {
  const both = aligned(a, b);
  return both.a < both.b ? -1 : both.a > both.b ? 1 : 0;
}

export function times(a: Decimal, count: number): Decimal {
  const one = scaled(a);
  return written({ units: one.units * BigInt(count), places: one.places });
}

export function isZero(a: Decimal): boolean {
  return scaled(a).units === 0n;
}

/** Three of ten, say, of an amount, rounded half up: what a part of a line is worth, to be shown before the hub says it. */
export function share(of: Decimal, part: Decimal, whole: Decimal): Decimal {
  const amount = scaled(of);
  const both = aligned(part, whole);
  if (both.b === 0n) {
    return of;
  }
  return written({ units: (2n * amount.units * both.a + both.b) / (2n * both.b), places: amount.places });
}

export function sum(amounts: readonly Money[], currency: string): Money {
  return { amount: amounts.reduce((all, each) => plus(all, each.amount), "0"), currency };
}

/** A percentage as it is typed, `12.5`, as a share of one, `0.125`. */
export function shareOfOne(percent: Decimal): Decimal {
  const { units, places } = scaled(percent);
  return written({ units, places: places + 2 }).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}
