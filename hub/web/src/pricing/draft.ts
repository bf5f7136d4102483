/** Sections 2 and 3: what each line costs by itself, and whether promotions may look at it. */

import type { Basket, BasketLine } from "./basket";
import {
  isStorable,
  ONE_PIECE,
  readQuantity,
  readShare,
  round,
  sum,
  WHOLE_RATE,
  worth,
  type Currency,
  type Minor,
} from "./exact";
import type { PricedLine } from "./priced";
import { Malformed, Refused } from "./refusal";
import type { BasketOff, Product } from "./store";
import type { Rates, TaxTable } from "./tax";
import { priceNeeded, unitPriceOf, type Listed, type Listing } from "./unit-price";
import type { UnitLine } from "./units";

/** The most lines of a basket, those of deposits included. */
const LINES_MAX = 2_000;
/** What the number of a deposit's line is above its item's. */
export const DEPOSIT_LINE_OFFSET = 30_000;

/** A line on its way through the rules. */
export interface Draft {
  readonly asked: BasketLine;
  readonly number: number;
  readonly depositOf: number | null;
  readonly product: Product;
  readonly quantity: bigint;
  readonly pricedBy: PricedLine["priced_by"];
  /** What one costs by the lists, whoever said something else. */
  readonly listed: Listed;
  readonly unitPrice: bigint;
  readonly extended: Minor;
  readonly manual: Minor;
  readonly rates: Rates;
  readonly takesPart: boolean;
}

export interface Shelf {
  readonly currency: Currency;
  readonly listings: readonly Listing[];
  readonly taxes: TaxTable;
  readonly find: (sku: string) => Product | undefined;
}

/** Every line of the basket, each followed by its deposit where it has one. */
export function draftsOf(shelf: Shelf, basket: Basket): readonly Draft[] {
  const drafts: Draft[] = [];
  const numbers = new Set<number>();
  for (const asked of basket.lines) {
    const { number } = asked;
    if (!Number.isInteger(number) || number < 1) {
      throw new Malformed(`${number} is no number of a line`);
    }
    const product = productOf(shelf, asked.sku, number);
    if (numbers.has(number)) {
      throw new Refused("HF-CMD-122", `line number ${number} is there twice`, number);
    }
    if (number > DEPOSIT_LINE_OFFSET) {
      throw new Refused("HF-CMD-207", `line number ${number} is above ${DEPOSIT_LINE_OFFSET}`, number);
    }
    numbers.add(number);
    drafts.push(draftOf(shelf, basket, product, asked));
    if (product.deposit != null) {
      drafts.push(depositOf(shelf, basket, product.deposit, asked));
    }
    if (drafts.length > LINES_MAX) {
      throw new Refused("HF-CMD-121", `a basket has at most ${LINES_MAX} lines`);
    }
  }
  const charged = sum(drafts.map((draft) => draft.extended - draft.manual));
  if (!isStorable(charged) || drafts.some((draft) => !isStorable(draft.extended))) {
    throw new Refused("HF-CMD-128", "the amount is too large to be stored");
  }
  return drafts;
}

/** The units of lines that take part in promotions. */
export function unitLines(drafts: readonly Draft[]): readonly UnitLine[] {
  return drafts.flatMap(({ product, quantity, unitPrice, takesPart }, line) => {
    const isPieces = product.unit === "piece";
    const measure = isPieces ? ONE_PIECE : quantity;
    const count = isPieces ? Number(quantity / ONE_PIECE) : 1;
    return takesPart ? [{ line, product, count, value: worth(unitPrice, measure), measure, isPieces }] : [];
  });
}

/** What a rate or an amount that somebody gives takes off; none when it is more than that. */
export function given(discount: BasketOff | null, whole: Minor, currency: Currency): Minor | null {
  if (discount === null) {
    return 0n;
  }
  if ("percent" in discount) {
    return round(whole * readShare(discount.percent.rate), WHOLE_RATE);
  }
  const amount = currency.read(discount.amount.amount);
  return amount <= whole ? amount : null;
}

function productOf({ find }: Shelf, sku: string, line: number): Product {
  const product = find(sku);
  if (product === undefined) {
    throw new Refused("HF-CMD-123", `item ${sku} is not in the catalog; check the number or ask for it to be added`, line);
  }
  return product;
}

/** Nothing comes off a deposit: it is given back as it was taken. */
function depositOf(shelf: Shelf, basket: Basket, sku: string, item: BasketLine): Draft {
  const product = productOf(shelf, sku, item.number);
  const { quantity, voided } = item;
  const number = item.number + DEPOSIT_LINE_OFFSET;
  const asked: BasketLine = { number, sku, quantity, override: null, discount: null, voided };
  return { ...draftOf(shelf, basket, product, asked), depositOf: item.number, takesPart: false };
}

function draftOf(shelf: Shelf, basket: Basket, product: Product, asked: BasketLine): Draft {
  const { number, discount, voided } = asked;
  const wanted = readQuantity(asked.quantity);
  if (wanted <= 0n) {
    throw notPositive(number, asked.quantity);
  }
  const price = unitPriceOf(shelf.listings, basket, product, asked);
  const { quantity, stated } = readLabel(shelf.currency, product, asked, wanted, price.unitPrice);
  if (product.unit === "piece" && quantity % ONE_PIECE !== 0n) {
    throw new Refused("HF-CMD-125", `${product.sku} is sold by the piece; ${asked.quantity} is not a whole number`, number);
  }
  const rates = shelf.taxes.find(product.tax_class, basket.tag);
  if (rates === null) {
    const text = `the store has no tax rule for class ${product.tax_class} of ${product.sku}; ask HQ to set it`;
    throw new Refused("HF-CMD-126", text, number);
  }
  const isLabelled = stated !== null && price.pricedBy === "list";
  const extended = isLabelled ? stated : shelf.currency.round(worth(price.unitPrice, quantity));
  const manual = given(discount, extended, shelf.currency);
  if (manual === null) {
    throw new Refused("HF-CMD-127", `the discount on line ${number} is more than the line costs`, number);
  }
  const pricedBy = isLabelled ? "label" : price.pricedBy;
  return {
    asked,
    number,
    depositOf: null,
    product,
    quantity,
    pricedBy,
    listed: price.listed,
    unitPrice: price.unitPrice,
    extended,
    manual,
    rates,
    takesPart: !voided && pricedBy === "list" && discount === null,
  };
}

/** How much a label says the piece is, or what it says that it costs. */
function readLabel(
  currency: Currency,
  product: Product,
  { number, label }: BasketLine,
  wanted: bigint,
  unitPrice: bigint,
): { readonly quantity: bigint; readonly stated: Minor | null } {
  if (label == null) {
    return { quantity: wanted, stated: null };
  }
  if (wanted !== ONE_PIECE) {
    const text = `the label on line ${number} states its own weight or price; scan each piece by itself`;
    throw new Refused("HF-CMD-263", text, number);
  }
  if ("quantity" in label) {
    const quantity = readQuantity(label.quantity);
    if (quantity <= 0n) {
      throw notPositive(number, label.quantity);
    }
    return { quantity, stated: null };
  }
  const stated = currency.read(label.price);
  if (product.unit === "piece") {
    return { quantity: ONE_PIECE, stated };
  }
  if (unitPrice === 0n) {
    throw priceNeeded(number, product.sku);
  }
  // What the label asks for is charged to the cent; how much that is is known to the gram.
  const quantity = round(currency.exact(stated), worth(unitPrice, 1n));
  if (quantity <= 0n) {
    throw notPositive(number, "0");
  }
  return { quantity, stated };
}

function notPositive(line: number, quantity: string): Refused {
  return new Refused("HF-CMD-124", `the quantity ${quantity} of line ${line} must be more than zero`, line);
}
