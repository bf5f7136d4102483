/** Amounts of one currency in whole minor units. Nothing here is ever a fraction of a machine number. */
import { currencyOf } from "../pricing/currency";
import { read, round, write } from "../pricing/exact";
import type { Money } from "./contract/values";

export class Amounts {
  readonly places: number;

  constructor(readonly currency: string) {
    this.places = currencyOf(currency).places;
  }

  minor(money: Money): bigint {
    if (money.currency !== this.currency) throw new RangeError(`${money.currency} is not the store's ${this.currency}`);
    return read(money.amount, this.places);
  }

  money(minor: bigint): Money {
    return { amount: write(minor, this.places), currency: this.currency };
  }

  get zero(): Money {
    return this.money(0n);
  }

  sum(amounts: Iterable<Money>): Money {
    let total = 0n;
    for (const amount of amounts) total += this.minor(amount);
    return this.money(total);
  }

  /** To a multiple of the smallest coin, half up; away from zero below it, as money that goes back is. */
  toStep(minor: bigint, step: string): bigint {
    const coin = read(step, this.places);
    return coin <= 0n ? minor : round(minor, coin) * coin;
  }

  /** One whole of the currency. */
  get whole(): bigint {
    return 10n ** BigInt(this.places);
  }
}

/** Adds decimals of any number of places up to six. */
export function addDecimals(a: string, b: string): string {
  return write(read(a, 6) + read(b, 6), 6, 0);
}

export function compareDecimals(a: string, b: string): number {
  const difference = read(a, 6) - read(b, 6);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Whether a text is a decimal number with at most so many places, above zero. */
export function isPositive(text: string, places: number): boolean {
  const parts = /^\d{1,15}(?:\.(\d+))?$/.exec(text);
  return parts !== null && (parts[1] ?? "").length <= places && /[1-9]/.test(text);
}

/** A share of one as percent: `0.2` is `20`. */
export function percentOf(rate: string): string {
  return write(read(rate, 6) * 100n, 6, 0);
}
