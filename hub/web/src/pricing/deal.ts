/** Promotions as the engine reads them: once, and in order. */

import { BuyGet } from "./buy-get";
import { checkedPeriod, MINUTES_OF_DAY } from "./calendar";
import { readShare, round, least, WHOLE_RATE, type Currency, type Minor } from "./exact";
import { Group } from "./group";
import { ItemOff } from "./item-off";
import { byBytes } from "./order";
import { Malformed } from "./refusal";
import { selector, type Selector } from "./selector";
import type { BasketOff, Promotion } from "./store";
import type { Terms } from "./units";

/** The most pieces of one application, as the hub accepts. */
const GROUP_MAX = 100;
/** The most applications that a limit can name: what is searched grows with it. */
const LIMIT_MAX = 50;

export interface Deal {
  readonly promotion: Promotion;
  /** What it does with units; none where it is about the basket. */
  readonly units: Terms | null;
  /** What it does with the basket; none where it takes units. */
  readonly basket: BasketTerms | null;
  readonly selectors: readonly Selector[];
}

/** Section 6: off the basket from a sum on. */
export interface BasketTerms {
  readonly named: Selector;
  readonly threshold: Minor;
  /** What comes off so much. */
  readonly saves: (sum: Minor) => Minor;
}

/** Promotions in order: `priority`, the smallest first, then `code`. */
export function dealsOf(promotions: readonly Promotion[], currency: Currency): readonly Deal[] {
  const codes = new Set(promotions.map((promotion) => promotion.code));
  if (codes.size !== promotions.length) {
    throw new Malformed("a promotion is there twice; keep one");
  }
  const ordered = [...promotions];
  ordered.sort((a, b) => a.priority - b.priority || byBytes(a.code, b.code));
  return ordered.map((promotion) => dealOf(promotion, currency));
}

function dealOf(promotion: Promotion, currency: Currency): Deal {
  checkConditions(promotion);
  const units = unitTerms(promotion, currency);
  const basket = units === null ? basketTerms(promotion, currency) : null;
  const selectors = units?.selectors ?? (basket === null ? [] : [basket.named]);
  return { promotion, units, basket, selectors };
}

function checkConditions(promotion: Promotion): void {
  const { hours, limit } = checkedPeriod(promotion);
  const isWithinDay =
    hours === null ||
    (isCount(hours.from_minute, 0, MINUTES_OF_DAY - 1) && isCount(hours.until_minute, 0, MINUTES_OF_DAY));
  if (!isWithinDay) {
    throw unusable(promotion, "its hours are minutes of a day, 0 to 1440");
  }
  if (limit !== null && !isCount(limit, 0, LIMIT_MAX)) {
    throw unusable(promotion, `its limit is at most ${LIMIT_MAX} applications in a basket`);
  }
}

function unitTerms(promotion: Promotion, currency: Currency): Terms | null {
  const { kind } = promotion;
  if ("item_off" in kind) {
    return new ItemOff(kind.item_off.items, kind.item_off.off);
  }
  if ("group_price" in kind) {
    const { items, count, price } = kind.group_price;
    return Group.forPrice(items, group(promotion, count), price, currency);
  }
  if ("group_off" in kind) {
    const { items, count, reduced, rate } = kind.group_off;
    return Group.cheapestOff(items, group(promotion, count), group(promotion, reduced, count), rate);
  }
  if ("buy_get" in kind) {
    const { buy, buy_count, get, get_count, rate } = kind.buy_get;
    return new BuyGet(buy, group(promotion, buy_count), get, group(promotion, get_count), rate);
  }
  return null;
}

function basketTerms(promotion: Promotion, currency: Currency): BasketTerms {
  const { kind } = promotion;
  if (!("basket_off" in kind)) {
    throw unusable(promotion, "its kind is unknown to this till");
  }
  const { items, threshold, off } = kind.basket_off;
  return { named: selector(items), threshold: currency.read(threshold), saves: given(off, currency) };
}

/** What a rate or an amount takes off so much, and never more than that. */
function given(off: BasketOff, currency: Currency): (sum: Minor) => Minor {
  if ("percent" in off) {
    const rate = readShare(off.percent.rate);
    return (sum) => round(sum * rate, WHOLE_RATE);
  }
  const amount = currency.read(off.amount.amount);
  return (sum) => least(amount, sum);
}

function group(promotion: Promotion, count: number, max = GROUP_MAX): number {
  if (!isCount(count, 1, Math.min(max, GROUP_MAX))) {
    throw unusable(promotion, `its counts are from 1 to ${GROUP_MAX}`);
  }
  return count;
}

function isCount(count: number, min: number, max: number): boolean {
  return Number.isInteger(count) && count >= min && count <= max;
}

function unusable(promotion: Promotion, fault: string): Malformed {
  return new Malformed(`promotion ${promotion.code} cannot be used: ${fault}`);
}
