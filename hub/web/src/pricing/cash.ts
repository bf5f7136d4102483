/** Coins and notes: what they are, what people would hand over, and in which of them change is given. */

import { currencyOf } from "./currency";
import { power, read, type Minor } from "./exact";
import { coinOf, toTheCoin } from "./returns";
import type { Decimal } from "./store";

/** What is in people's purses, the largest first. Pieces that are hardly seen any more are left out. */
const FACES: Readonly<Record<string, string>> = {
  AED: "1000 500 200 100 50 20 10 5 1 0.5 0.25",
  AUD: "100 50 20 10 5 2 1 0.5 0.2 0.1 0.05",
  CAD: "100 50 20 10 5 2 1 0.25 0.1 0.05",
  CHF: "1000 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05",
  CZK: "5000 2000 1000 500 200 100 50 20 10 5 2 1",
  DKK: "500 200 100 50 20 10 5 2 1 0.5",
  EGP: "200 100 50 20 10 5 1 0.5 0.25",
  EUR: "500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
  GBP: "50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
  HUF: "20000 10000 5000 2000 1000 500 200 100 50 20 10 5",
  JPY: "10000 5000 1000 500 100 50 10 5 1",
  KRW: "50000 10000 5000 1000 500 100 50 10",
  KWD: "20 10 5 1 0.5 0.25 0.1 0.05 0.02 0.01 0.005",
  NOK: "1000 500 200 100 50 20 10 5 1",
  NZD: "100 50 20 10 5 2 1 0.5 0.2 0.1",
  PLN: "500 200 100 50 20 10 5 2 1 0.5 0.2 0.1 0.05 0.02 0.01",
  RON: "500 200 100 50 20 10 5 1 0.5 0.1 0.05 0.01",
  SAR: "500 200 100 50 20 10 5 2 1 0.5 0.25 0.1 0.05 0.01",
  SEK: "1000 500 200 100 50 20 10 5 2 1",
  USD: "100 50 20 10 5 1 0.25 0.1 0.05 0.01",
};

/** Most currencies go by 1, 2 and 5; the largest note is some hundreds of the unit. */
const USUAL_LARGEST = 500n;
/** Nobody counts out more pieces than this to be near an amount. */
const PIECES_MAX = 40n;
/** Of the exact amount and what people would hand over. */
const FAST_CASH_MAX = 6;

/** The coins and notes of a currency in minor units, the largest first; `step` is the store's smallest coin. */
export function facesOf(currency: string, step: Decimal): readonly Minor[] {
  const unit = currencyOf(currency);
  const coin = coinOf(step, unit);
  const written = FACES[currency];
  const faces = written === undefined ? usual(unit.places) : written.split(" ").map((face) => read(face, unit.places));
  return faces.filter((face) => face >= coin);
}

function usual(places: number): readonly Minor[] {
  const largest = USUAL_LARGEST * power(places);
  const faces: Minor[] = [];
  for (let ten = 1n; ten <= largest; ten *= 10n) {
    faces.push(...[1n, 2n, 5n].map((one) => one * ten));
  }
  return faces.filter((face) => face <= largest).reverse();
}

/**
 * Amounts for buttons: what is due as cash is paid, then what people would hand over, rising: the next whole number of each
 * piece of money that is not too small to be counted out.
 */
export function fastCash(due: Decimal, currency: string, step: Decimal): readonly Decimal[] {
  const unit = currencyOf(currency);
  const exact = toTheCoin(unit.read(due), coinOf(step, unit));
  if (exact === 0n) {
    return [];
  }
  const handed = new Set([exact]);
  const smallest = power(unit.places) / 2n;
  for (const face of [...facesOf(currency, step)].reverse()) {
    if (face >= smallest && face * PIECES_MAX >= exact) {
      handed.add(((exact + face - 1n) / face) * face);
    }
  }
  const rising = [...handed].sort((a, b) => (a < b ? -1 : 1));
  return rising.slice(0, FAST_CASH_MAX).map((amount) => unit.write(amount));
}

/** So many of one coin or note. */
export interface Pieces {
  readonly face: Decimal;
  readonly count: number;
}

/** The fewest pieces that make up an amount of change, the largest first; none when the coins do not. */
export function changeIn(amount: Decimal, currency: string, step: Decimal): readonly Pieces[] | null {
  const unit = currencyOf(currency);
  let left = unit.read(amount);
  const pieces: Pieces[] = [];
  for (const face of facesOf(currency, step)) {
    const count = left / face;
    if (count > 0n) {
      pieces.push({ face: unit.write(face), count: Number(count) });
      left -= count * face;
    }
  }
  return left === 0n ? pieces : null;
}
