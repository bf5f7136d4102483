/** The best deal of a component by looking at all of them, as long as there are not too many. */

import type { Component, Found, Member } from "./component";
import { Ranking } from "./ranking";
import { counts, type Application, type Counts, type Take } from "./units";

/** The most steps: distinct applications times what can be left of the lines. */
export const SEARCH_STEPS_MAX = 20_000;

/** The best deal; none above the limit. */
export function searched({ lines, members }: Component): readonly Found[] | null {
  const all = counts(lines);
  const places = all.reduce((product, count) => product * (count + 1), 1);
  const applications = places > SEARCH_STEPS_MAX ? null : within(SEARCH_STEPS_MAX / places, { lines, members });
  if (applications === null) {
    return null;
  }
  const ranking = new Ranking(members.length, lines);
  const board = new Board(all, places);
  for (const [promotion, member] of members.entries()) {
    const moves = (applications[promotion] ?? []).map((application) =>
      board.move(application.takes, ranking.of(promotion, application)),
    );
    board.play(moves, timesAtMost(member, applications[promotion]?.[0], all));
  }
  return ranking.read(board.best());
}

/** All applications that save something, by promotion; none when they are more than `max`. */
function within(max: number, { lines, members }: Component): readonly (readonly Application[])[] | null {
  let steps = 0;
  const found: Application[][] = [];
  for (const { terms } of members) {
    const own: Application[] = [];
    for (const application of terms.applications(lines)) {
      steps += 1;
      if (steps > max) {
        return null;
      }
      own.push(application);
    }
    found.push(own);
  }
  return found;
}

/** How often a promotion can be applied, where its limit is lower than what the units allow. */
function timesAtMost(member: Member, application: Application | undefined, all: Counts): number {
  const units = all.reduce((total, count) => total + count, 0);
  const perApplication = (application?.takes ?? []).reduce((total, take) => total + take.count, 0);
  return member.limit * perApplication >= units ? Infinity : member.limit;
}

/** An application, as a step from place to place. */
interface Move {
  readonly rank: bigint;
  /** How far behind the place is where its units are taken. */
  readonly offset: number;
  /** The places with units enough for it, in order. */
  readonly from: readonly number[];
}

/**
 * What is left of the lines, as one number with a digit for each line, is a *place*; for every place the board knows the best
 * deal of that many units with the promotions that were played. Adding the same to two deals keeps their order, so the best
 * of the rest is part of the best of the whole.
 */
class Board {
  private ranks: bigint[];
  private readonly strides: number[] = [];

  constructor(
    private readonly all: Counts,
    private readonly places: number,
  ) {
    this.ranks = new Array<bigint>(places).fill(0n);
    let stride = 1;
    for (const count of all) {
      this.strides.push(stride);
      stride *= count + 1;
    }
  }

  move(takes: readonly Take[], rank: bigint): Move {
    const touched = takes.map(({ at, count }) => ({
      count,
      stride: this.strides[at] ?? 1,
      digits: (this.all[at] ?? 0) + 1,
    }));
    const offset = touched.reduce((sum, { count, stride }) => sum + count * stride, 0);
    const from: number[] = [];
    for (let place = offset; place < this.places; place += 1) {
      if (touched.every(({ count, stride, digits }) => Math.floor(place / stride) % digits >= count)) {
        from.push(place);
      }
    }
    return { rank, offset, from };
  }

  /** Lets one promotion make its moves, at most so many in a row. */
  play(moves: readonly Move[], times: number): void {
    if (times === Infinity) {
      for (const move of moves) {
        improve(this.ranks, this.ranks, move);
      }
      return;
    }
    // The best with none, at most one, at most two … of its moves.
    const byTimes = Array.from({ length: times + 1 }, () => [...this.ranks]);
    for (const move of moves) {
      for (const [fewer, before] of byTimes.entries()) {
        const after = byTimes[fewer + 1];
        if (after !== undefined) {
          improve(after, before, move);
        }
      }
    }
    this.ranks = byTimes[times] ?? this.ranks;
  }

  /** The best deal of all units. */
  best(): bigint {
    return this.ranks[this.places - 1] ?? 0n;
  }
}

/** One move from every place, where it makes a better deal. Places go up, so it can follow upon itself. */
function improve(after: bigint[], before: readonly bigint[], { rank, offset, from }: Move): void {
  for (const place of from) {
    const candidate = (before[place - offset] ?? 0n) + rank;
    if (candidate > (after[place] ?? 0n)) {
      after[place] = candidate;
    }
  }
}
