/** Lines as the till priced them, in the wire form in which the hub stores what a till sold alone. */
import type { Basket, BasketLine } from "../contract/basket";
import type { Listed } from "../basket/priced";
import type { Catalog } from "../goods/catalog";
import { read, write } from "../../pricing/exact";

function wireDiscount(line: BasketLine): unknown {
  const { discounts, given } = line;
  const [only, ...more] = discounts;
  if (only === undefined) return "none";
  // One discount that somebody gave on the line keeps the form in which it was given.
  if (more.length === 0 && only.kind === "line") {
    const { amount, reason } = only;
    return given.kind === "percent" ? { percent: { rate: given.rate, amount, reason } } : { amount: { amount, reason } };
  }
  const parts = discounts.map((part) => ({
    source: part.kind === "promotion"
      ? { promotion: { code: part.code, name: part.name, coupon: part.coupon } }
      : { [part.kind]: { reason: part.reason } },
    amount: part.amount,
  }));
  return { parts: { parts } };
}

function wirePrice({ price, unitPrice }: BasketLine): unknown {
  switch (price.kind) {
    case "list":
      return { list: { unit_price: unitPrice } };
    case "override":
      return { override: { unit_price: unitPrice, list_price: price.listPrice, reason: price.reason } };
    default:
      return { [price.kind]: { unit_price: unitPrice } };
  }
}

/** Percent as a share of one. */
function rateOf(percent: string): string {
  return write(read(percent, 4), 6, 0);
}

export function wireLines(
  basket: Pick<Basket, "lines">, listed: ReadonlyMap<number, Listed>, catalog: Catalog,
): readonly unknown[] {
  return basket.lines.map((line) => {
    const product = catalog.get(line.sku);
    const stock = product?.stock ?? { kind: "untracked" as const, value: null };
    return {
      number: line.number,
      sku: line.sku,
      description: line.description,
      scanned: line.scanned,
      unit: line.unit,
      stock: stock.value === null ? stock.kind : { bundle: stock.value },
      quantity: line.quantity,
      price_list: listed.get(line.number)?.list ?? "standard",
      price: wirePrice(line),
      extended: line.extended,
      discount: wireDiscount(line),
      tax_class: product?.tax_class ?? "",
      taxes: line.taxes.map(({ code, percent, amount }) => ({ code, rate: rateOf(percent), tax: amount })),
      net: line.net,
      gross: line.gross,
      fate: line.fate.kind === "kept" ? "kept" : { voided: { reason: line.fate.reason } },
    };
  });
}
