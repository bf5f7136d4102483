/** What a till sold alone, as commands: whole where the hub knows that, else as an order and its payment. */
import { isObject } from "../../protocol/decode";
import type { Step } from "./alone";

export interface IslandSaleAction {
  readonly island_sale: Readonly<Record<string, unknown>>;
}

export function isIslandSaleAction(value: unknown): value is IslandSaleAction {
  return isObject(value) && isObject(value.island_sale);
}

/** The same sale under a number. */
export function numbered(sale: IslandSaleAction, number: number): IslandSaleAction {
  return { island_sale: { ...sale.island_sale, number } };
}

/**
 * The same sale for a hub that does not know it whole: the order at the hub's own prices, and its payment under the till's
 * number. A price that changed meanwhile leaves the payment short or its change different; both are listed.
 */
export function stepsOfOld(action: unknown): readonly Step[] {
  if (!isIslandSaleAction(action)) return [];
  const { order, customer, lines, terms, tenders, tips, number } = action.island_sale;
  return [
    { name: "place_order", action: { place_order: { order, channel: "counter", customer, lines, expected_total: null, terms } } },
    { name: "pay", action: { pay: { order, tenders, tips, settlement: "full", receipt: { island: { number } } } } },
  ];
}
