/** Who buys some gets others for less. */

import { readShare, shareOf } from "./exact";
import { selector, type Selector } from "./selector";
import type { Decimal, Items } from "./store";
import {
  byValue,
  choices,
  counts,
  firstOf,
  joined,
  missing,
  pieces,
  room,
  takesOf,
  valueOf,
  type Application,
  type Missing,
  type Planner,
  type Terms,
  type UnitLine,
} from "./units";

export class BuyGet implements Terms {
  readonly selectors: readonly Selector[];
  private readonly buy: Selector;
  private readonly get: Selector;
  private readonly rate: bigint;

  constructor(
    buy: Items,
    private readonly buyCount: number,
    get: Items,
    private readonly getCount: number,
    rate: Decimal,
  ) {
    this.buy = selector(buy);
    this.get = selector(get);
    this.selectors = [this.buy, this.get];
    this.rate = readShare(rate);
  }

  takes(line: UnitLine): boolean {
    return line.isPieces;
  }

  tooFew(lines: readonly UnitLine[]): Missing | null {
    const buys = pieces(lines, (line) => this.buy(line.product));
    const gets = pieces(lines, (line) => this.get(line.product));
    const either = pieces(lines, (line) => this.buy(line.product) || this.get(line.product));
    return (
      missing(buys, this.buyCount) ??
      missing(gets, this.getCount) ??
      missing(either, this.buyCount + this.getCount)
    );
  }

  /**
   * What is got is chosen first, for it alone says what is saved: where that is nothing, the many ways to buy need not be
   * looked at.
   */
  *applications(lines: readonly UnitLine[]): Generator<Application, void, undefined> {
    const all = counts(lines);
    for (const got of choices(room(lines, all, this.get), this.getCount)) {
      const saving = shareOf(valueOf(takesOf(lines, got)), this.rate);
      if (saving === 0n) {
        continue;
      }
      const left = all.map((count, at) => count - (got[at] ?? 0));
      for (const bought of choices(room(lines, left, this.buy), this.buyCount)) {
        const taken = got.map((count, at) => count + (bought[at] ?? 0));
        yield { saving, takes: takesOf(lines, taken) };
      }
    }
  }

  /** The least valuable units to buy, then the most valuable others to get. */
  planner(lines: readonly UnitLine[]): Planner {
    const toBuy = byValue(lines, this.buy, "least valuable");
    const toGet = byValue(lines, this.get, "most valuable");
    return (left) => {
      const bought = firstOf(toBuy, (at) => left[at] ?? 0, this.buyCount);
      const got =
        bought === null ? null : firstOf(toGet, (at) => (left[at] ?? 0) - (bought.get(at) ?? 0), this.getCount);
      if (bought === null || got === null) {
        return null;
      }
      const saving = shareOf(valueOf(joined(lines, got)), this.rate);
      return saving > 0n ? { saving, takes: joined(lines, bought, got) } : null;
    };
  }
}
