/** Section 10: an amount is split by weights and nothing is lost. */

import { least, sum, type Minor } from "./exact";

/** The parts of `amount`, one for each weight: the minor units that are left go to the largest remainders. */
export function split(amount: Minor, weights: readonly bigint[]): Minor[] {
  const whole = sum(weights);
  if (whole === 0n) {
    return weights.map((_, at) => (at === 0 ? amount : 0n));
  }
  const parts = weights.map((weight) => (amount * weight) / whole);
  const remainders = weights.map((weight, at) => ({ at, remainder: (amount * weight) % whole }));
  // The sort is stable: the earlier comes first among equals.
  remainders.sort((a, b) => (a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1));
  let left = amount - sum(parts);
  for (const { at } of remainders) {
    if (left === 0n) {
      break;
    }
    parts[at] = (parts[at] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}

/** What comes off one line, by its place in the basket. */
export interface Share {
  readonly line: number;
  readonly amount: Minor;
}

/**
 * Splits an amount over lines by their weights and takes it off what is charged on them, no line below zero: what a
 * line cannot take goes to the first of them that can.
 */
export function takeOff(
  amount: Minor,
  weights: readonly { readonly line: number; readonly weight: bigint }[],
  charged: Minor[],
): Share[] {
  const parts = split(amount, weights.map(({ weight }) => weight));
  const room = weights.map(({ line }) => charged[line] ?? 0n);
  const taken = parts.map((part, at) => least(part, room[at] ?? 0n));
  let excess = amount - sum(taken);
  return weights.map(({ line }, at) => {
    const part = taken[at] ?? 0n;
    const more = least(excess, (room[at] ?? 0n) - part);
    excess -= more;
    charged[line] = (room[at] ?? 0n) - part - more;
    return { line, amount: part + more };
  });
}
