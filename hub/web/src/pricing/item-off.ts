/** Off every item: a rate, an amount, or down to a price. */

import { compare, least, readShare, readUnitPrice, shareOf, worth, type Exact } from "./exact";
import { selector, type Selector } from "./selector";
import type { Items, ItemOff as Off } from "./store";
import type { Application, Missing, Planner, Terms, UnitLine } from "./units";

/** What comes off one unit, if it is more than nothing. Amount and price are per 1 of a divisible good's measure. */
function saves(off: Off): (line: UnitLine) => Exact {
  if ("percent" in off) {
    const rate = readShare(off.percent.rate);
    return (line) => shareOf(line.value, rate);
  }
  if ("amount" in off) {
    const amount = readUnitPrice(off.amount.amount);
    return (line) => least(worth(amount, line.measure), line.value);
  }
  const price = readUnitPrice(off.price.price);
  return (line) => line.value - worth(price, line.measure);
}

export class ItemOff implements Terms {
  readonly selectors: readonly Selector[];
  private readonly named: Selector;
  private readonly saves: (line: UnitLine) => Exact;

  constructor(items: Items, off: Off) {
    this.named = selector(items);
    this.selectors = [this.named];
    this.saves = saves(off);
  }

  takes(): boolean {
    return true;
  }

  tooFew(): Missing | null {
    return null;
  }

  *applications(lines: readonly UnitLine[]): Generator<Application, void, undefined> {
    for (const [at, line] of lines.entries()) {
      const saving = this.named(line.product) ? this.saves(line) : 0n;
      if (saving > 0n) {
        yield { saving, takes: [{ at, count: 1, weight: saving }] };
      }
    }
  }

  /** The unit that saves the most, of the earlier line among equals. */
  planner(lines: readonly UnitLine[]): Planner {
    const mostFirst = [...this.applications(lines)].sort((a, b) => compare(b.saving, a.saving));
    return (left) => mostFirst.find(({ takes: [take] }) => take !== undefined && (left[take.at] ?? 0) > 0) ?? null;
  }
}
