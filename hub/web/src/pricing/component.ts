/** Section 4: promotions that could take a unit of the same line belong together, and what belongs to nobody else is searched apart. */

import type { Deal } from "./deal";
import type { Exact } from "./exact";
import type { Terms, UnitLine } from "./units";

export interface Component {
  readonly lines: readonly UnitLine[];
  /** In order. */
  readonly members: readonly Member[];
}

/** A promotion that takes units, in its component. */
export interface Member {
  /** Its place in the order of all promotions. */
  readonly place: number;
  readonly terms: Terms;
  readonly limit: number;
}

/** What a promotion takes in the end: its exact savings, and by what the rounded saving is split. */
export interface Found {
  readonly saving: Exact;
  /** For each line of the component. */
  readonly weights: readonly Exact[];
}

/** The components of the deals at these places, of lines that take part. */
export function components(
  deals: readonly Deal[],
  places: readonly number[],
  lines: readonly UnitLine[],
): readonly Component[] {
  let groups: { lines: Set<number>; members: Member[] }[] = [];
  for (const place of places) {
    const deal = deals[place];
    if (deal?.units == null) {
      continue;
    }
    const terms = deal.units;
    const reached = new Set<number>();
    for (const [at, line] of lines.entries()) {
      if (terms.takes(line) && terms.selectors.some((names) => names(line.product))) {
        reached.add(at);
      }
    }
    if (reached.size === 0) {
      continue;
    }
    const members = [{ place, terms, limit: deal.promotion.limit ?? Infinity }];
    const joined = { lines: reached, members };
    groups = groups.filter((other) => {
      const isApart = [...other.lines].every((line) => !joined.lines.has(line));
      if (!isApart) {
        other.lines.forEach((line) => joined.lines.add(line));
        joined.members.push(...other.members);
      }
      return isApart;
    });
    groups.push(joined);
  }
  return groups.map((group) => ({
    lines: lines.filter((_, at) => group.lines.has(at)),
    members: group.members.sort((a, b) => a.place - b.place),
  }));
}
