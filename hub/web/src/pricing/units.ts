/**
 * Section 3: a line of pieces is as many units as it has pieces; one of a divisible good is a single unit. Units of a line
 * are alike, so whoever takes some says how many of each line.
 */

import { compare, sum, type Exact } from "./exact";
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
export type Counts = readonly number[];

/** Units of one line that an application takes. */
export interface Take {
  /** The line's place among those looked at. */
  readonly at: number;
  readonly count: number;
  /** What the rounded saving is split by. */
  readonly weight: Exact;
}

/** One way to apply a promotion: units of each line at most once. */
export interface Application {
  readonly saving: Exact;
  readonly takes: readonly Take[];
}

/** Says what a promotion would do next with what is left; none when that saves nothing. */
export type Planner = (left: Counts) => Application | null;

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
  /** Looks at one application for each promotion, where all of them are too many. */
  planner(lines: readonly UnitLine[]): Planner;
}

/** The pieces of named lines. */
export function pieces(lines: readonly UnitLine[], isNamed: (line: UnitLine) => boolean): number {
  return lines.reduce((count, line) => (line.isPieces && isNamed(line) ? count + line.count : count), 0);
}

export function missing(have: number, need: number): Missing | null {
  return have < need ? { have: BigInt(have), need: BigInt(need) } : null;
}

export function counts(lines: readonly UnitLine[]): Counts {
  return lines.map((line) => line.count);
}

/** How many pieces of each line may be taken by whoever names them. */
export function room(lines: readonly UnitLine[], left: Counts, named: Selector): Counts {
  return lines.map((line, at) => (line.isPieces && named(line.product) ? (left[at] ?? 0) : 0));
}

/** Units that are taken for what they are worth. */
export function takesOf(lines: readonly UnitLine[], taken: Counts): readonly Take[] {
  return lines.flatMap(({ value }, at) => {
    const count = taken[at] ?? 0;
    return count > 0 ? [{ at, count, weight: value * BigInt(count) }] : [];
  });
}

export function valueOf(takes: readonly Take[]): Exact {
  return sum(takes.map((take) => take.weight));
}

/** The value of the `number` cheapest of what is taken. */
export function cheapest(lines: readonly UnitLine[], takes: readonly Take[], number: number): Exact {
  const cheapestFirst = takes.map(({ at, count }) => ({ value: lines[at]?.value ?? 0n, count }));
  cheapestFirst.sort((a, b) => compare(a.value, b.value));
  let left = number;
  let total = 0n;
  for (const { value, count } of cheapestFirst) {
    const ofThis = Math.min(count, left);
    total += value * BigInt(ofThis);
    left -= ofThis;
  }
  return total;
}

/** The places of lines of pieces that a selector names, by the value of a unit, the earlier line first among equals. */
export function byValue(
  lines: readonly UnitLine[],
  named: Selector,
  first: "most valuable" | "least valuable",
): readonly number[] {
  const places = lines.flatMap(({ isPieces, product, value }, at) => (isPieces && named(product) ? [{ at, value }] : []));
  places.sort(first === "most valuable" ? (a, b) => compare(b.value, a.value) : (a, b) => compare(a.value, b.value));
  return places.map(({ at }) => at);
}

/** The first `number` units that are left, in an order of lines; none if they are too few. */
export function firstOf(order: readonly number[], left: (at: number) => number, number: number): ReadonlyMap<number, number> | null {
  const taken = new Map<number, number>();
  let need = number;
  for (const at of order) {
    const ofThis = Math.min(left(at), need);
    if (ofThis > 0) {
      taken.set(at, ofThis);
      need -= ofThis;
    }
    if (need === 0) {
      return taken;
    }
  }
  return null;
}

/** Counts of several roles together, each line once. */
export function joined(lines: readonly UnitLine[], ...roles: readonly ReadonlyMap<number, number>[]): readonly Take[] {
  const all = new Map<number, number>();
  for (const [at, count] of roles.flatMap((role) => [...role])) {
    all.set(at, (all.get(at) ?? 0) + count);
  }
  return [...all].map(([at, count]) => ({ at, count, weight: (lines[at]?.value ?? 0n) * BigInt(count) }));
}

/** Every choice of `number` units where there is room for so many of each line. The array is the same each time. */
export function* choices(room: Counts, number: number): Generator<Counts, void, undefined> {
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
