import Big from "big.js";
import type { Basket, BasketLine, DiscountPart, Explanation, Money } from "../../core/contract";

/** Prices as a page needs them to look right: simple, and no rule book. The real ones are the pricing engine's. */
export const CURRENCY = "EUR";

export function euro(amount: Big | string): Money {
  return { amount: new Big(amount).toFixed(2), currency: CURRENCY };
}

export function amountOf(money: Money): Big {
  return new Big(money.amount);
}

/** Every third roll is free, and ten percent off drinks: enough to have promotions to show. */
function promotions(lines: readonly BasketLine[]): ReadonlyMap<number, DiscountPart> {
  const off = new Map<number, DiscountPart>();
  for (const line of lines) {
    if (line.fate.kind !== "kept" || line.depositOf !== null || line.given.kind !== "none" || line.price.kind !== "list") {
      continue;
    }
    const pieces = new Big(line.quantity);
    if (line.description.endsWith("roll") && pieces.gte(3)) {
      const free = pieces.div(3).round(0, Big.roundDown);
      off.set(line.number, { kind: "promotion", code: "ROLLS", name: "3 rolls for 2", coupon: null, amount: euro(free.times(line.unitPrice)) });
    } else if (/juice/.test(line.description)) {
      off.set(line.number, { kind: "promotion", code: "JUICE", name: "Juice week, 10 % off", coupon: null, amount: euro(new Big(line.extended.amount).times("0.1").round(2, Big.roundHalfUp)) });
    }
  }
  return off;
}

export function priced(basket: Basket): Basket {
  const extended = basket.lines.map((line) => ({ ...line, extended: euro(new Big(line.unitPrice).times(line.quantity).round(2, Big.roundHalfUp)) }));
  const off = promotions(extended);
  const lines = extended.map((line): BasketLine => {
    const parts: DiscountPart[] = [];
    const { given } = line;
    if (given.kind === "percent") {
      parts.push({ kind: "line", reason: given.reason, amount: euro(amountOf(line.extended).times(given.rate).round(2, Big.roundHalfUp)) });
    } else if (given.kind === "amount") {
      parts.push({ kind: "line", reason: given.reason, amount: given.amount });
    }
    const promotion = off.get(line.number);
    if (promotion !== undefined) {
      parts.push(promotion);
    }
    return settled(line, parts);
  });
  const kept = lines.filter((line) => line.fate.kind === "kept");
  const { discount } = basket.terms;
  const before = kept.reduce((sum, line) => sum.plus(line.gross.amount), new Big(0));
  const whole = discount.kind === "percent" ? before.times(discount.rate).round(2, Big.roundHalfUp) : discount.kind === "amount" ? amountOf(discount.amount) : new Big(0);
  const gross = before.minus(whole);
  const net = gross.div("1.2").round(2, Big.roundHalfUp);
  const taken = kept.flatMap((line) => line.discounts).reduce((sum, part) => sum.plus(part.amount.amount), whole);
  return {
    ...basket,
    lines,
    totals: { net: euro(net), tax: euro(gross.minus(net)), gross: euro(gross), discount: euro(taken) },
    explanations: explanations(lines, off),
  };
}

function settled(line: BasketLine, discounts: readonly DiscountPart[]): BasketLine {
  const gross = discounts.reduce((left, part) => left.minus(part.amount.amount), amountOf(line.extended));
  const net = gross.div("1.2").round(2, Big.roundHalfUp);
  return { ...line, discounts, gross: euro(gross), net: euro(net), taxes: [{ code: "A", percent: "20", amount: euro(gross.minus(net)) }] };
}

function explanations(lines: readonly BasketLine[], off: ReadonlyMap<number, DiscountPart>): readonly Explanation[] {
  const saved = (code: string): Big => [...off.values()].reduce((sum, part) => (part.kind === "promotion" && part.code === code ? sum.plus(part.amount.amount) : sum), new Big(0));
  const rolls = lines.filter((line) => line.description.endsWith("roll") && line.fate.kind === "kept").reduce((sum, line) => sum + Number.parseInt(line.quantity, 10), 0);
  return [
    { code: "ROLLS", name: "3 rolls for 2", outcome: saved("ROLLS").gt(0) ? { kind: "applied", amount: euro(saved("ROLLS")) } : rolls > 0 ? { kind: "too_few", have: rolls, need: 3 } : { kind: "nothing_matches" } },
    { code: "JUICE", name: "Juice week, 10 % off", outcome: saved("JUICE").gt(0) ? { kind: "applied", amount: euro(saved("JUICE")) } : { kind: "nothing_matches" } },
    { code: "HAPPY", name: "Happy hour, coffee and cake", outcome: { kind: "not_now" } },
    { code: "CLUB", name: "Club coupon 5.00", outcome: { kind: "coupon_missing" } },
  ];
}

export function fastCash(open: Money): readonly Money[] {
  const exact = amountOf(open);
  const round = (step: number): Big => exact.div(step).round(0, Big.roundUp).times(step);
  const seen = new Set([exact.toFixed(2)]);
  const others = [5, 10, 20, 50, 100].map(round).filter((each) => !seen.has(each.toFixed(2)) && seen.add(each.toFixed(2)) !== undefined);
  return [euro(exact), ...others.slice(0, 5).map((each) => euro(each))];
}
