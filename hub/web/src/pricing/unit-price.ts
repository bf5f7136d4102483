/** Section 1: what one costs, by which list, and who said so. */

import type { Basket, BasketLine } from "./basket";
import { checkedPeriod, isInForce } from "./calendar";
import { readUnitPrice } from "./exact";
import { byBytes } from "./order";
import { Malformed, Refused } from "./refusal";
import type { Moment, PriceList, Product } from "./store";

/** The list that a product's own price counts as. */
const STANDARD = "standard";

/** A price list, with its prices at hand. */
export interface Listing {
  readonly list: PriceList;
  readonly prices: ReadonlyMap<string, bigint>;
}

export function listingsOf(lists: readonly PriceList[]): readonly Listing[] {
  if (new Set(lists.map(({ code }) => code)).size !== lists.length) {
    throw new Malformed("a price list is there twice; keep one");
  }
  return lists.map((list) => ({
    list: checkedPeriod(list),
    prices: new Map(list.prices.map(({ sku, unit_price }) => [sku, readUnitPrice(unit_price)])),
  }));
}

/** A price and the list that it is from. */
export interface Listed {
  readonly list: string;
  readonly unitPrice: bigint;
}

interface UnitPrice {
  readonly pricedBy: "list" | "override" | "open";
  readonly listed: Listed;
  readonly unitPrice: bigint;
}

/** What one costs, and who said so. */
export function unitPriceOf(listings: readonly Listing[], basket: Basket, product: Product, asked: BasketLine): UnitPrice {
  const { number, override } = asked;
  const listed = keptOf(asked, listedNow(listings, product, basket.group, basket.now));
  if (override !== null) {
    return { listed, pricedBy: "override", unitPrice: readUnitPrice(override) };
  }
  const open = asked.open ?? null;
  if (product.open_price === true) {
    if (open === null) {
      throw priceNeeded(number, product.sku);
    }
    return { listed, pricedBy: "open", unitPrice: readUnitPrice(open) };
  }
  if (open !== null) {
    const text = `${product.sku} on line ${number} has a price; to sell it at another one, override it with a reason`;
    throw new Refused("HF-CMD-262", text, number);
  }
  return { listed, pricedBy: "list", unitPrice: listed.unitPrice };
}

/** An open basket keeps its price unless it falls. */
function keptOf({ had }: BasketLine, now: Listed): Listed {
  if (had == null) {
    return now;
  }
  const unitPrice = readUnitPrice(had.unit_price);
  return unitPrice <= now.unitPrice ? { list: had.list, unitPrice } : now;
}

/** The smallest priority, then the lower price, then the smaller code. */
function listedNow(listings: readonly Listing[], product: Product, group: string | null, now: Moment): Listed {
  let best: { readonly list: PriceList; readonly unitPrice: bigint } | null = null;
  for (const { list, prices } of listings) {
    const unitPrice = prices.get(product.sku);
    if (unitPrice === undefined || (list.group !== null && list.group !== group) || !isInForce(list, now)) {
      continue;
    }
    const candidate = { list, unitPrice };
    if (best === null || isBefore(candidate, best)) {
      best = candidate;
    }
  }
  return best === null
    ? { list: STANDARD, unitPrice: readUnitPrice(product.unit_price) }
    : { list: best.list.code, unitPrice: best.unitPrice };
}

interface Candidate {
  readonly list: PriceList;
  readonly unitPrice: bigint;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.list.priority !== b.list.priority) {
    return a.list.priority < b.list.priority;
  }
  return a.unitPrice === b.unitPrice ? byBytes(a.list.code, b.list.code) < 0 : a.unitPrice < b.unitPrice;
}

export function priceNeeded(line: number, sku: string): Refused {
  return new Refused("HF-CMD-261", `${sku} on line ${line} has no price of its own; type what it costs`, line);
}
