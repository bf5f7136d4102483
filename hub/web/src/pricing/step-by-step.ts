/** Where all deals are too many to look at: the application that saves the most is made, and again, until none is left. */

import type { Component, Found } from "./component";
import { counts, type Application, type Taken } from "./units";

export function stepByStep({ lines, members }: Component): readonly Found[] {
  let left = counts(lines);
  const limits = members.map((member) => member.limit);
  const found = members.map(() => ({ saving: 0n, weights: lines.map(() => 0n) }));
  // What a promotion would do next stays the same for as long as the units for it are there.
  const next = members.map((member) => member.terms.next(lines, left));
  for (;;) {
    const at = mostSaving(next, limits);
    const application = next[at];
    const own = found[at];
    if (application == null || own === undefined) {
      return found;
    }
    const times = Math.min(timesWithin(application.takes, left), limits[at] ?? 0);
    const factor = BigInt(times);
    own.saving += application.saving * factor;
    own.weights = own.weights.map((weight, line) => weight + (application.weights[line] ?? 0n) * factor);
    limits[at] = (limits[at] ?? 0) - times;
    left = left.map((count, line) => count - (application.takes[line] ?? 0) * times);
    for (const [other, member] of members.entries()) {
      const planned = next[other];
      if (planned != null && timesWithin(planned.takes, left) === 0) {
        next[other] = member.terms.next(lines, left);
      }
    }
  }
}

/** The earlier promotion among equals. */
function mostSaving(next: readonly (Application | null)[], limits: readonly number[]): number {
  let best = -1;
  for (const [at, application] of next.entries()) {
    const most = next[best]?.saving ?? 0n;
    if (application !== null && (limits[at] ?? 0) > 0 && application.saving > most) {
      best = at;
    }
  }
  return best;
}

function timesWithin(takes: Taken, left: Taken): number {
  return takes.reduce((times, take, line) => (take > 0 ? Math.min(times, Math.floor((left[line] ?? 0) / take)) : times), Infinity);
}
