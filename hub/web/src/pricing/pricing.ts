/** From what a till asks for to priced lines and totals, section by section of the rule book. */

import type { Basket, Returned } from "./basket";
import { checkedMoment } from "./calendar";
import { obstacle, type Obstacle } from "./conditions";
import { currencyOf } from "./currency";
import { dealsOf, type Deal } from "./deal";
import { draftsOf, given, unitLines, type Draft, type Shelf } from "./draft";
import { isStorable, PRICE_PLACES, QUANTITY_PLACES, RATE_PLACES, sum, write, type Currency, type Minor } from "./exact";
import { bestOffer, type Offer } from "./offer";
import type { Explained, Priced, PricedLine, Refund } from "./priced";
import { Malformed, Refused } from "./refusal";
import { coinOf, refundsOf, toTheCoin } from "./returns";
import { split } from "./split";
import type { Catalog, Decimal, PriceList, Product, Promotion, Store } from "./store";
import { taxed, TaxTable, type Taxed } from "./tax";
import { listingsOf } from "./unit-price";

/** Where products are found. A catalog of many thousand need not be in memory: only a basket's own are asked for. */
export type FindProduct = (sku: string) => Product | undefined;

/** Price lists and promotions of one version of the catalog. */
export interface PriceBook {
  readonly price_lists: readonly PriceList[];
  readonly promotions: readonly Promotion[];
}

/** A store's prices, read once and asked often. */
export interface Pricing {
  /** What a basket costs. Throws `Refused` for what a cashier has to mend, `Malformed` for what is no basket. */
  price(basket: Basket): Priced;
  /** What each of several returns of a sale gives back, one after the other. */
  refunds(sale: Priced, returns: readonly (readonly Returned[])[]): readonly Refund[];
  /** An amount as it is paid in cash. */
  payable(amount: Decimal): Decimal;
}

/** Reads settings and price book; `Malformed` says what is wrong with them. */
export function pricing(store: Store, book: PriceBook, find: FindProduct): Pricing {
  const currency = currencyOf(store.currency);
  const coin = coinOf(store.cash_step, currency);
  const deals = dealsOf(book.promotions, currency);
  const shelf = { currency, find, listings: listingsOf(book.price_lists), taxes: new TaxTable(store.taxes) };
  return {
    price: (basket) => price({ store, shelf, deals, coin }, basket),
    refunds: (sale, returns) => refundsOf(sale, returns, currency, coin),
    payable: (amount) => currency.write(toTheCoin(currency.read(amount), coin)),
  };
}

/** The same with all products at hand. */
export function pricingOf(store: Store, catalog: Catalog): Pricing {
  const products = new Map(catalog.products.map((product) => [product.sku, product]));
  if (products.size !== catalog.products.length) {
    throw new Malformed("a product number is there twice; keep one row for it");
  }
  return pricing(store, catalog, (sku) => products.get(sku));
}

interface Rules {
  readonly store: Store;
  readonly shelf: Shelf;
  readonly deals: readonly Deal[];
  readonly coin: Minor;
}

function price({ store, shelf, deals, coin }: Rules, basket: Basket): Priced {
  checkedMoment(basket.now);
  const { currency } = shelf;
  const drafts = draftsOf(shelf, basket);
  const charged = drafts.map((draft) => draft.extended - draft.manual);

  const lines = unitLines(drafts);
  const obstacles = deals.map((deal) =>
    obstacle(deal, basket, lines, ({ line }) => drafts[line]?.extended ?? 0n),
  );
  const possible = [...deals.keys()].filter((place) => obstacles[place] === null);
  const offer = bestOffer({ currency, deals, lines, charged }, possible);
  for (const { line, amount } of [...offer.values()].flat()) {
    charged[line] = (charged[line] ?? 0n) - amount;
  }

  const discounts = basketDiscount(basket, drafts, charged, currency);
  for (const [line, amount] of discounts.entries()) {
    charged[line] = (charged[line] ?? 0n) - amount;
  }
  const taxable = drafts.map(({ rates, asked }, at) => ({ charged: charged[at] ?? 0n, rates, voided: asked.voided }));
  const amounts = taxed(store, taxable, basket.exempt);

  const kept = amounts.filter((_, at) => drafts[at]?.asked.voided === false);
  const [net, gross] = [sum(kept.map((line) => line.net)), sum(kept.map((line) => line.gross))];
  if (!isStorable(gross) || amounts.some((line) => !isStorable(line.gross))) {
    throw new Refused("HF-CMD-128", "the amount is too large to be stored");
  }
  const discount = sum(drafts.map((draft, at) => (draft.asked.voided ? 0n : draft.extended - (charged[at] ?? 0n))));
  const promotions = byLine(deals, offer, drafts.length);
  return {
    lines: drafts.map((draft, at) =>
      pricedLine(currency, draft, { promotions: promotions[at] ?? [], basket: discounts[at] ?? 0n }, amounts[at]),
    ),
    totals: {
      net: currency.write(net),
      tax: currency.write(gross - net),
      gross: currency.write(gross),
      discount: currency.write(discount),
    },
    payable: currency.write(toTheCoin(gross, coin)),
    promotions: deals.map((deal, place) => explained(currency, deal, obstacles[place] ?? null, saved(offer, place))),
  };
}

/** Section 7: what somebody gives on the whole basket, split by what is charged. */
function basketDiscount(
  { discount }: Basket,
  drafts: readonly Draft[],
  charged: readonly Minor[],
  currency: Currency,
): readonly Minor[] {
  const weights = drafts.map(({ asked }, at) => (asked.voided ? 0n : (charged[at] ?? 0n)));
  const whole = sum(weights);
  const amount = given(discount, whole, currency);
  if (amount === null) {
    throw new Refused("HF-CMD-260", `the discount on the basket is more than its ${currency.write(whole)}`);
  }
  return split(amount, weights);
}

function saved(offer: Offer, place: number): Minor {
  return sum((offer.get(place) ?? []).map((share) => share.amount));
}

interface OffLine {
  readonly promotions: readonly { readonly promotion: Promotion; readonly amount: Minor }[];
  readonly basket: Minor;
}

/** What each promotion took off each line, in order, without those that took nothing. */
function byLine(deals: readonly Deal[], offer: Offer, lines: number): readonly OffLine["promotions"][] {
  const off = Array.from({ length: lines }, (): { promotion: Promotion; amount: Minor }[] => []);
  for (const [place, { promotion }] of deals.entries()) {
    for (const { line, amount } of offer.get(place) ?? []) {
      if (amount > 0n) {
        off[line]?.push({ promotion, amount });
      }
    }
  }
  return off;
}

function pricedLine(currency: Currency, draft: Draft, off: OffLine, amounts: Taxed | undefined): PricedLine {
  const { taxes, net, gross } = amounts ?? { taxes: [], net: 0n, gross: 0n };
  const { rates } = draft;
  const unitPrice = (price: bigint): Decimal => write(price, PRICE_PLACES, currency.places);
  return {
    number: draft.number,
    sku: draft.product.sku,
    unit: draft.product.unit,
    quantity: write(draft.quantity, QUANTITY_PLACES, 0),
    voided: draft.asked.voided,
    deposit_of: draft.depositOf,
    priced_by: draft.pricedBy,
    price_list: draft.pricedBy === "list" ? draft.listed.list : null,
    listed: { list: draft.listed.list, unit_price: unitPrice(draft.listed.unitPrice) },
    unit_price: unitPrice(draft.unitPrice),
    extended: currency.write(draft.extended),
    manual: currency.write(draft.manual),
    promotions: off.promotions.map(({ promotion: { code, name, coupon }, amount }) => ({
      code,
      name,
      coupon: coupon?.code ?? null,
      amount: currency.write(amount),
    })),
    basket_discount: currency.write(off.basket),
    taxes: taxes.map((tax, slot) => ({
      code: rates.codes[slot] ?? "",
      rate: write(rates.rates[slot] ?? 0n, RATE_PLACES, 0),
      tax: currency.write(tax),
    })),
    net: currency.write(net),
    gross: currency.write(gross),
  };
}

function explained(currency: Currency, { promotion }: Deal, obstacle: Obstacle | null, amount: Minor): Explained {
  const { code, name } = promotion;
  if (obstacle !== null) {
    const { outcome, pieces, amount: sums } = obstacle;
    const far = pieces ?? sums;
    const shown = (number: bigint): Decimal => (pieces === null ? currency.write(number) : String(number));
    const missing = far === null ? null : { have: shown(far.have), need: shown(far.need) };
    return { code, name, outcome, amount: null, missing };
  }
  return amount > 0n
    ? { code, name, outcome: "applied", amount: currency.write(amount), missing: null }
    : { code, name, outcome: "another_is_better", amount: null, missing: null };
}
