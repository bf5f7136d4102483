/** What promotions take off together: the best deal, rounded and split, then what comes off the basket. Sections 4 to 6. */

import { components } from "./component";
import type { Deal } from "./deal";
import { least, sum, type Currency, type Exact, type Minor } from "./exact";
import { searched } from "./search";
import { takeOff, type Share } from "./split";
import { stepByStep } from "./step-by-step";
import type { UnitLine } from "./units";

/** By promotion, at its place in the order of all: what comes off which line. */
export type Offer = ReadonlyMap<number, readonly Share[]>;

/** Everything that an offer is worked out from. */
export interface Counter {
  readonly currency: Currency;
  readonly deals: readonly Deal[];
  /** Lines that take part. */
  readonly lines: readonly UnitLine[];
  /** What is charged before promotions, on every line of the basket. */
  readonly charged: readonly Minor[];
}

/**
 * The best of several offers: all that combine with others together, or one of those that stand alone. `possible` are places in
 * the order of all promotions, those that nothing is in the way of.
 */
export function bestOffer(counter: Counter, possible: readonly number[]): Offer {
  const isAlone = (place: number): boolean => counter.deals[place]?.promotion.combination === "alone";
  let best = offer(counter, possible.filter((place) => !isAlone(place)));
  for (const place of possible.filter(isAlone)) {
    const other = offer(counter, [place]);
    if (total(other) > total(best)) {
      best = other;
    }
  }
  return best;
}

function total(offer: Offer): Minor {
  return sum([...offer.values()].flat().map((share) => share.amount));
}

function offer(counter: Counter, possible: readonly number[]): Offer {
  const charged = [...counter.charged];
  const taken = new Map<number, readonly Share[]>();
  for (const { place, saving, weights } of bestDeal(counter, possible)) {
    const room = sum(weights.map(({ line }) => charged[line] ?? 0n));
    taken.set(place, takeOff(least(counter.currency.round(saving), room), weights, charged));
  }
  const families = new Set<string>();
  for (const place of possible) {
    const { family } = counter.deals[place]?.promotion ?? { family: null };
    if (counter.deals[place]?.basket == null || (family !== null && families.has(family))) {
      continue;
    }
    let candidates = [place];
    if (family !== null) {
      families.add(family);
      candidates = possible.filter((other) => counter.deals[other]?.promotion.family === family);
    }
    const best = mostOffBasket(counter, candidates, charged);
    if (best !== null) {
      const weights = best.lines.map((line) => ({ line, weight: charged[line] ?? 0n }));
      taken.set(best.place, takeOff(best.amount, weights, charged));
    }
  }
  return taken;
}

interface Weight {
  readonly line: number;
  readonly weight: Exact;
}

/** What each promotion takes in the best deal, in order where promotions share a line: components have none in common. */
function bestDeal(
  { deals, lines }: Counter,
  possible: readonly number[],
): readonly { place: number; saving: Exact; weights: readonly Weight[] }[] {
  return components(deals, possible, lines).flatMap((component) => {
    const chosen = searched(component) ?? stepByStep(component);
    return component.members.flatMap(({ place }, member) => {
      const { saving, weights } = chosen[member] ?? { saving: 0n, weights: [] };
      const byLine = component.lines.map(({ line }, at) => ({ line, weight: weights[at] ?? 0n }));
      return saving > 0n ? [{ place, saving, weights: byLine.filter(({ weight }) => weight > 0n) }] : [];
    });
  });
}

/** The basket promotion that saves the most of what is still charged, the first among equals. */
function mostOffBasket(
  { deals, lines }: Counter,
  candidates: readonly number[],
  charged: readonly Minor[],
): { place: number; amount: Minor; lines: readonly number[] } | null {
  let best: { place: number; amount: Minor; lines: readonly number[] } | null = null;
  for (const place of candidates) {
    const terms = deals[place]?.basket;
    if (terms == null) {
      continue;
    }
    const named = lines.filter(({ product }) => terms.named(product)).map(({ line }) => line);
    const amount = terms.saves(sum(named.map((line) => charged[line] ?? 0n)));
    if (best === null || amount > best.amount) {
      best = { place, amount, lines: named };
    }
  }
  return best;
}
