/** Where all deals are too many to look at: the application that saves the most is made, and again, until none is left. */

import type { Component, Found } from "./component";
import { counts, type Application, type Counts } from "./units";

export function stepByStep({ lines, members }: Component): readonly Found[] {
  const left = [...counts(lines)];
  const limits = members.map((member) => member.limit);
  const found = members.map(() => ({ saving: 0n, weights: lines.map(() => 0n) }));
  const planners = members.map((member) => member.terms.planner(lines));
  // What a promotion would do next stays the same for as long as the units for it are there.
  const next = planners.map((plan) => plan(left));
  for (;;) {
    const at = mostSaving(next, limits);
    const application = next[at];
    const own = found[at];
    if (application == null || own === undefined) {
      return found;
    }
    const times = Math.min(timesWithin(application, left), limits[at] ?? 0);
    limits[at] = (limits[at] ?? 0) - times;
    own.saving += application.saving * BigInt(times);
    for (const { at: line, count, weight } of application.takes) {
      own.weights[line] = (own.weights[line] ?? 0n) + weight * BigInt(times);
      left[line] = (left[line] ?? 0) - count * times;
    }
    for (const [other, plan] of planners.entries()) {
      const planned = next[other];
      if (planned != null && timesWithin(planned, left) === 0) {
        next[other] = plan(left);
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

function timesWithin({ takes }: Application, left: Counts): number {
  return Math.min(...takes.map(({ at, count }) => Math.floor((left[at] ?? 0) / count)));
}
