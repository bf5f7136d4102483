/** So many items together: for one price, or the cheapest of them for less. */

import { readShare, shareOf, type Currency, type Exact } from "./exact";
import { selector, type Selector } from "./selector";
import type { Decimal, Items } from "./store";
import {
  cheapest,
  choices,
  counts,
  firstByValue,
  missing,
  pieces,
  room,
  valueOf,
  values,
  type Application,
  type Missing,
  type Taken,
  type Terms,
  type UnitLine,
} from "./units";

type Saves = (lines: readonly UnitLine[], taken: Taken) => Exact;

export class Group implements Terms {
  readonly selectors: readonly Selector[];
  private readonly named: Selector;

  private constructor(
    items: Items,
    private readonly count: number,
    private readonly saves: Saves,
  ) {
    this.named = selector(items);
    this.selectors = [this.named];
  }

  static forPrice(items: Items, count: number, price: Decimal, currency: Currency): Group {
    const together = currency.exact(currency.read(price));
    return new Group(items, count, (lines, taken) => valueOf(lines, taken) - together);
  }

  static cheapestOff(items: Items, count: number, reduced: number, rate: Decimal): Group {
    const off = readShare(rate);
    return new Group(items, count, (lines, taken) => shareOf(cheapest(lines, taken, reduced), off));
  }

  takes(line: UnitLine): boolean {
    return line.isPieces;
  }

  tooFew(lines: readonly UnitLine[]): Missing | null {
    return missing(
      pieces(lines, (line) => this.named(line.product)),
      this.count,
    );
  }

  *applications(lines: readonly UnitLine[]): Generator<Application, void, undefined> {
    for (const taken of choices(room(lines, counts(lines), this.named), this.count)) {
      const saving = this.saves(lines, taken);
      if (saving > 0n) {
        yield { takes: [...taken], saving, weights: values(lines, taken) };
      }
    }
  }

  next(lines: readonly UnitLine[], left: Taken): Application | null {
    const takes = firstByValue(lines, room(lines, left, this.named), this.count, "most valuable");
    const saving = takes === null ? 0n : this.saves(lines, takes);
    return takes !== null && saving > 0n ? { takes, saving, weights: values(lines, takes) } : null;
  }
}
