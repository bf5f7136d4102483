/** So many items together: for one price, or the cheapest of them for less. */

import { readShare, shareOf, type Currency, type Exact } from "./exact";
import { selector, type Selector } from "./selector";
import type { Decimal, Items } from "./store";
import {
  byValue,
  cheapest,
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
  type Take,
  type Terms,
  type UnitLine,
} from "./units";

type Saves = (takes: readonly Take[], lines: readonly UnitLine[]) => Exact;

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
    return new Group(items, count, (takes) => valueOf(takes) - together);
  }

  static cheapestOff(items: Items, count: number, reduced: number, rate: Decimal): Group {
    const off = readShare(rate);
    return new Group(items, count, (takes, lines) => shareOf(cheapest(lines, takes, reduced), off));
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
      const takes = takesOf(lines, taken);
      const saving = this.saves(takes, lines);
      if (saving > 0n) {
        yield { saving, takes };
      }
    }
  }

  /** The most valuable units. */
  planner(lines: readonly UnitLine[]): Planner {
    const order = byValue(lines, this.named, "most valuable");
    return (left) => {
      const taken = firstOf(order, (at) => left[at] ?? 0, this.count);
      const takes = taken === null ? [] : joined(lines, taken);
      const saving = this.saves(takes, lines);
      return saving > 0n ? { saving, takes } : null;
    };
  }
}
