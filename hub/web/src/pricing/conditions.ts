/** Why a promotion cannot take anything off a basket, if that is plain: the first of the rule book's table that holds. */

import type { Basket } from "./basket";
import { isInForce, isWithinHours, weekday } from "./calendar";
import type { Deal } from "./deal";
import { sum, type Minor } from "./exact";
import type { Outcome } from "./priced";
import type { UnitLine } from "./units";

/** An outcome, and how far the basket is from another one. */
export interface Obstacle {
  readonly outcome: Exclude<Outcome, "applied">;
  readonly pieces: { readonly have: bigint; readonly need: bigint } | null;
  readonly amount: { readonly have: Minor; readonly need: Minor } | null;
}

export function obstacle(
  deal: Deal,
  basket: Pick<Basket, "now" | "group" | "coupons">,
  lines: readonly UnitLine[],
  extended: (line: UnitLine) => Minor,
): Obstacle | null {
  const { promotion, units, basket: terms } = deal;
  if (!isNow(deal, basket.now)) {
    return plain("not_now");
  }
  if (promotion.group !== null && promotion.group !== basket.group) {
    return plain("other_group");
  }
  if (promotion.coupon !== null && !basket.coupons.includes(promotion.coupon.code)) {
    return plain("coupon_missing");
  }
  if (!lines.some((line) => deal.selectors.some((names) => names(line.product)))) {
    return plain("nothing_matches");
  }
  const pieces = units?.tooFew(lines) ?? null;
  if (pieces !== null) {
    return { outcome: "too_few", pieces, amount: null };
  }
  if (terms !== null) {
    const have = sum(lines.filter((line) => terms.named(line.product)).map(extended));
    if (have < terms.threshold) {
      return { outcome: "below_threshold", pieces: null, amount: { have, need: terms.threshold } };
    }
  }
  return null;
}

function isNow({ promotion }: Deal, now: Basket["now"]): boolean {
  return (
    isInForce(promotion, now) &&
    (promotion.weekdays.length === 0 || promotion.weekdays.includes(weekday(now.date))) &&
    (promotion.hours === null || isWithinHours(promotion.hours, now.minute))
  );
}

function plain(outcome: Obstacle["outcome"]): Obstacle {
  return { outcome, pieces: null, amount: null };
}
