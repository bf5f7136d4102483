/**
 * Section 3: a line of pieces is as many units as it has pieces; one of a divisible good is a single unit. Units of a line
 * are alike, so whoever takes some says how many of each line.
 */

import { least, sum, type Exact } from "./exact";
import type { Selector } from "./selector";
import type { Product } from "./store";

/** A line that takes part in promotions. */
export interface UnitLine {
  /** Its place in the basket. */
  readonly line: number;
  readonly product: Product;
  readonly count: number;
  /** The exact value of one unit. */
  readonly value: Exact;
  /** How much of its measure one unit is, in thousandths. */
  readonly measure: bigint;
  readonly isPieces: boolean;
}

/** How many units of each line, in the order of the lines. */
export type Taken = readonly number[];

/** One way to apply a promotion. */
export interface Application {
  readonly takes: Taken;
  readonly saving: Exact;
  /** What the rounded saving is split by, line by line. */
  readonly weights: readonly Exact[];
}

export interface Missing {
  readonly have: bigint;
  readonly need: bigint;
}

/** What a promotion does with units, whatever else is in the basket. */
export interface Terms {
  readonly selectors: readonly Selector[];
  /** Whether units of this line can be taken, if they are named. */
  takes(line: UnitLine): boolean;
  /** What is missing where there are fewer units than one application takes. */
  tooFew(lines: readonly UnitLine[]): Missing | null;
  /** Every application that saves something, those apart that differ in a role. */
  applications(lines: readonly UnitLine[]): Iterable<Application>;
  /** The one application that is looked at step by step, of what is left; none that saves nothing. */
  next(lines: readonly UnitLine[], left: Taken): Application | null;
}

/** The pieces of named lines. */
export function pieces(lines: readonly UnitLine[], isNamed: (line: UnitLine) => boolean): number {
  return lines.reduce((count, line) => (line.isPieces && isNamed(line) ? count + line.count : count), 0);
}

export function missing(have: number, need: number): Missing | null {
  return have < need ? { have: BigInt(have), need: BigInt(need) } : null;
}

/** How many pieces of each line may be taken by whoever names them. */
export function room(lines: readonly UnitLine[], left: Taken, named: Selector): Taken {
  return lines.map((line, at) => (line.isPieces && named(line.product) ? (left[at] ?? 0) : 0));
}

export function counts(lines: readonly UnitLine[]): Taken {
  return lines.map((line) => line.count);
}

export function together(a: Taken, b: Taken): Taken {
  return a.map((count, at) => count + (b[at] ?? 0));
}

export function without(a: Taken, b: Taken): Taken {
  return a.map((count, at) => count - (b[at] ?? 0));
}

/** The value of what is taken, line by line. */
export function values(lines: readonly UnitLine[], taken: Taken): Exact[] {
  return lines.map((line, at) => line.value * BigInt(taken[at] ?? 0));
}

export function valueOf(lines: readonly UnitLine[], taken: Taken): Exact {
  return sum(values(lines, taken));
}

/** The value of the `number` cheapest of what is taken. */
export function cheapest(lines: readonly UnitLine[], taken: Taken, number: number): Exact {
  const cheapestFirst = lines.map((line, at) => ({ value: line.value, count: BigInt(taken[at] ?? 0) }));
  cheapestFirst.sort((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -1 : 1));
  let left = BigInt(number);
  let total = 0n;
  for (const { value, count } of cheapestFirst) {
    const ofThis = least(count, left);
    total += value * ofThis;
    left -= ofThis;
  }
  return total;
}

/** The first `number` units of what there is room for in the order of value, the earlier line first; none if too few. */
export function firstByValue(
  lines: readonly UnitLine[],
  room: Taken,
  number: number,
  order: "most valuable" | "least valuable",
): Taken | null {
  const sign = order === "most valuable" ? -1 : 1;
  const places = lines.map((line, at) => ({ at, value: line.value }));
  places.sort((a, b) => (a.value === b.value ? 0 : a.value < b.value ? -sign : sign));
  const taken = lines.map(() => 0);
  let need = number;
  for (const { at } of places) {
    const ofThis = Math.min(room[at] ?? 0, need);
    taken[at] = ofThis;
    need -= ofThis;
  }
  return need === 0 ? taken : null;
}

/** Every choice of `number` units where there is room for so many of each line. The array is the same each time. */
export function* choices(room: Taken, number: number): Generator<Taken, void, undefined> {
  const taken = room.map(() => 0);
  /** Takes `left` units from line `from` on, as early as possible, and says how many found no room. */
  const fill = (from: number, left: number): number => {
    for (let at = from; at < taken.length; at += 1) {
      const here = Math.min(room[at] ?? 0, left);
      taken[at] = here;
      left -= here;
    }
    return left;
  };
  if (fill(0, number) > 0) {
    return;
  }
  for (;;) {
    yield taken;
    // The last line that can hand a unit to those behind it does so, and they are filled anew.
    let behind = 0;
    let free = 0;
    let at = taken.length - 1;
    while (at >= 0 && ((taken[at] ?? 0) === 0 || free === 0)) {
      behind += taken[at] ?? 0;
      free += (room[at] ?? 0) - (taken[at] ?? 0);
      at -= 1;
    }
    if (at < 0) {
      return;
    }
    taken[at] = (taken[at] ?? 0) - 1;
    fill(at + 1, behind + 1);
  }
}
