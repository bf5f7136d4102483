/** A priced basket as the pages show it: by the till's own engine at once, by the hub's answer as soon as it is there. */
import type { Explained as OwnExplained, Priced } from "../../pricing";
import type { WireExplained, WireLine, WireTotals } from "../../protocol/sales";
import { percentOf, type Amounts } from "../amounts";
import type { BasketLine, DiscountPart, Explanation, LinePrice, Totals } from "../contract/basket";
import type { Draft, DraftLine } from "./draft";

/** A deposit's line has the number of its item's and this much more. */
export const DEPOSIT_LINE_OFFSET = 30_000;

/** What the lists ask for a line, whoever priced it. */
export interface Listed {
  readonly list: string;
  readonly unitPrice: string;
}

export interface PricedBasket {
  readonly listed: ReadonlyMap<number, Listed>;
  readonly lines: readonly BasketLine[];
  readonly totals: Totals;
  readonly explanations: readonly Explanation[];
}

interface Named {
  readonly description: string;
  readonly unit: DraftLine["unit"];
}

/** What the till's own engine says. `product` names lines that the draft does not have: deposits. */
export function byTill(
  draft: Draft, priced: Priced, amounts: Amounts, product: (sku: string) => Named | null,
): PricedBasket {
  const money = (amount: string) => ({ amount, currency: amounts.currency });
  const lines = priced.lines.map((line): BasketLine => {
    const asked = draft.lines.find(({ number }) => number === line.number) ?? null;
    const of = asked ?? { ...(product(line.sku) ?? { description: line.sku, unit: "piece" as const }) };
    const discounts: DiscountPart[] = [];
    if (/[1-9]/.test(line.manual) && asked !== null && asked.discount.kind !== "none") {
      discounts.push({ kind: "line", reason: asked.discount.reason, amount: money(line.manual) });
    }
    for (const { code, name, coupon, amount } of line.promotions) {
      discounts.push({ kind: "promotion", code, name, coupon, amount: money(amount) });
    }
    if (/[1-9]/.test(line.basket_discount) && draft.terms.discount.kind !== "none") {
      discounts.push({ kind: "basket", reason: draft.terms.discount.reason, amount: money(line.basket_discount) });
    }
    return {
      number: line.number, sku: line.sku, description: of.description, scanned: asked?.scanned ?? null, unit: of.unit,
      quantity: line.quantity, unitPrice: line.unit_price,
      price: ownPrice(line.priced_by, line.listed, asked),
      extended: money(line.extended), discounts, given: asked?.discount ?? { kind: "none" },
      taxes: line.taxes.map(({ code, rate, tax }) => ({ code, percent: percentOf(rate), amount: money(tax) })),
      net: money(line.net), gross: money(line.gross),
      fate: asked?.voided == null && !line.voided ? { kind: "kept" } : { kind: "voided", reason: asked?.voided ?? "" },
      note: asked?.note ?? null, minimumAge: asked?.minimumAge ?? null, depositOf: line.deposit_of,
    };
  });
  const { net, tax, gross, discount } = priced.totals;
  return {
    listed: new Map(priced.lines.map(({ number, listed }) => [number, { list: listed.list, unitPrice: listed.unit_price }])),
    lines,
    totals: { net: money(net), tax: money(tax), gross: money(gross), discount: money(discount) },
    explanations: priced.promotions.map((promotion) => ownExplanation(promotion, money)),
  };
}

function ownPrice(by: string, listed: { readonly list: string; readonly unit_price: string }, asked: DraftLine | null): LinePrice {
  if (by === "override" && asked?.price.kind === "override") {
    return { kind: "override", listPrice: listed.unit_price, reason: asked.price.reason };
  }
  if (by === "open") return { kind: "open" };
  return by === "label" ? { kind: "label" } : { kind: "list", list: listed.list };
}

function ownExplanation(of: OwnExplained, money: (amount: string) => { amount: string; currency: string }): Explanation {
  const { code, name, outcome, amount, missing } = of;
  switch (outcome) {
    case "applied":
      return { code, name, outcome: { kind: "applied", amount: money(amount ?? "0") } };
    case "too_few":
      return { code, name, outcome: { kind: "too_few", have: Number(missing?.have ?? "0"), need: Number(missing?.need ?? "0") } };
    case "below_threshold":
      return { code, name, outcome: { kind: "below_threshold", have: money(missing?.have ?? "0"), need: money(missing?.need ?? "0") } };
    default:
      return { code, name, outcome: { kind: outcome } };
  }
}

/** What the hub says. */
export function byHub(
  draft: Draft, lines: readonly WireLine[], totals: WireTotals, promotions: readonly WireExplained[],
): PricedBasket {
  const numbers = new Set(lines.map(({ number }) => number));
  const listPrice = ({ price }: WireLine) => (price.kind === "override" ? price.value.list_price : price.value.unit_price);
  return {
    listed: new Map(lines.map((line) => [line.number, { list: line.price_list, unitPrice: listPrice(line) }])),
    lines: lines.map((line) => hubLine(line, draft, numbers)),
    totals,
    explanations: promotions.map(hubExplanation),
  };
}

function hubLine(line: WireLine, draft: Draft, numbers: ReadonlySet<number>): BasketLine {
  const asked = draft.lines.find(({ number }) => number === line.number) ?? null;
  const of = line.number - DEPOSIT_LINE_OFFSET;
  return {
    number: line.number, sku: line.sku, description: line.description, scanned: line.scanned, unit: line.unit,
    quantity: line.quantity, unitPrice: line.price.value.unit_price, price: hubPrice(line),
    extended: line.extended, discounts: hubDiscounts(line), given: asked?.discount ?? { kind: "none" },
    taxes: line.taxes.map(({ code, rate, tax }) => ({ code, percent: percentOf(rate), amount: tax })),
    net: line.net, gross: line.gross,
    fate: line.fate.kind === "kept" ? { kind: "kept" } : { kind: "voided", reason: line.fate.value.reason },
    note: asked?.note ?? null, minimumAge: asked?.minimumAge ?? null, depositOf: numbers.has(of) ? of : null,
  };
}

export function hubPrice(line: WireLine): LinePrice {
  const { price } = line;
  if (price.kind === "override") return { kind: "override", listPrice: price.value.list_price, reason: price.value.reason };
  return price.kind === "list" ? { kind: "list", list: line.price_list } : { kind: price.kind };
}

export function hubDiscounts({ discount }: WireLine): readonly DiscountPart[] {
  switch (discount.kind) {
    case "none":
      return [];
    case "percent":
    case "amount":
      return [{ kind: "line", reason: discount.value.reason, amount: discount.value.amount }];
    case "parts":
      return discount.value.parts.map(({ source, amount }): DiscountPart => {
        if (source.kind === "promotion") return { kind: "promotion", ...source.value, amount };
        return { kind: source.kind, reason: source.value.reason, amount };
      });
  }
}

export function hubExplanation({ code, name, outcome }: WireExplained): Explanation {
  switch (outcome.kind) {
    case "applied":
    case "too_few":
    case "below_threshold":
      return { code, name, outcome: { kind: outcome.kind, ...outcome.value } } as Explanation;
    default:
      return { code, name, outcome: { kind: outcome.kind } };
  }
}
