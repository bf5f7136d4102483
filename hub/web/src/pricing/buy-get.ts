/** Who buys some gets others for less. */

import { readShare, shareOf } from "./exact";
import { selector, type Selector } from "./selector";
import type { Decimal, Items } from "./store";
import {
  choices,
  counts,
  firstByValue,
  missing,
  pieces,
  room,
  together,
  valueOf,
  values,
  without,
  type Application,
  type Missing,
  type Taken,
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
      const saving = shareOf(valueOf(lines, got), this.rate);
      if (saving === 0n) {
        continue;
      }
      for (const bought of choices(room(lines, without(all, got), this.buy), this.buyCount)) {
        yield this.of(lines, bought, got);
      }
    }
  }

  next(lines: readonly UnitLine[], left: Taken): Application | null {
    const bought = firstByValue(lines, room(lines, left, this.buy), this.buyCount, "least valuable");
    if (bought === null) {
      return null;
    }
    const rest = room(lines, without(left, bought), this.get);
    const got = firstByValue(lines, rest, this.getCount, "most valuable");
    const application = got === null ? null : this.of(lines, bought, got);
    return application !== null && application.saving > 0n ? application : null;
  }

  private of(lines: readonly UnitLine[], bought: Taken, got: Taken): Application {
    const takes = together(bought, got);
    const saving = shareOf(valueOf(lines, got), this.rate);
    return { takes, saving, weights: values(lines, takes) };
  }
}
