/** What a catalog version holds, as tills read it. */
import { Malformed, decimal, integer, list, nullable, object, oneOf, text, variant, withDefault, type Decoded } from "./decode";
import { money } from "./money";

export const unit = oneOf("piece", "kilogram", "litre", "metre");

const stockRule = variant(["counter", "strict", "untracked"], {
  bundle: object({ components: list(object({ sku: text, quantity: decimal })) }),
});

const details = object({
  category: nullable(text),
  variant: nullable(object({ family: text, name: text })),
  price_rule: withDefault(oneOf("listed", "open"), "listed"),
  deposit: nullable(text),
  minimum_age: nullable(integer),
});

const NO_DETAILS: Decoded<typeof details> = {
  category: null, variant: null, price_rule: "listed", deposit: null, minimum_age: null,
};

export const product = object({
  sku: text,
  description: text,
  barcodes: list(text),
  unit,
  tax_class: text,
  unit_price: decimal,
  stock: stockRule,
  details: withDefault(details, NO_DETAILS),
});
export type WireProduct = Decoded<typeof product>;

export const catalogPage = object({ version: text, products: list(product), next_after: nullable(text) });

/** What is another product since a catalog that the till has, or none any more. */
export const catalogChanges = object({
  version: text,
  content_hash: text,
  products: list(product),
  removed: list(text),
  next_after: nullable(text),
});

const localTime = object({ date: text, minute: integer });
const period = object({ from: nullable(localTime), until: nullable(localTime) });
const NO_PERIOD: Decoded<typeof period> = { from: null, until: null };

const priceList = object({
  code: text,
  priority: integer,
  group: nullable(text),
  period: withDefault(period, NO_PERIOD),
  /** Pairs of product and price. */
  prices: list((value, path): readonly [string, string] => {
    if (!Array.isArray(value) || value.length !== 2) throw new Malformed(path, "a product with its price");
    return [text(value[0], path), decimal(value[1], path)];
  }),
});
export type WirePriceList = Decoded<typeof priceList>;

const selector = variant(["all"], { skus: list(text), categories: list(text) });
export type WireSelector = Decoded<typeof selector>;
const percent = object({ rate: decimal });
const itemOff = variant([], { percent, amount: object({ amount: decimal }), price: object({ price: decimal }) });
const basketOff = variant([], { percent, amount: object({ amount: money }) });

const promotionKind = variant([], {
  item_off: object({ items: selector, off: itemOff }),
  group_price: object({ items: selector, count: integer, price: money }),
  group_off: object({ items: selector, count: integer, reduced: integer, rate: decimal }),
  buy_get: object({ buy: selector, buy_count: integer, get: selector, get_count: integer, rate: decimal }),
  basket_off: object({ items: selector, threshold: money, off: basketOff }),
});

const promotion = object({
  code: text,
  name: text,
  priority: integer,
  period: withDefault(period, NO_PERIOD),
  weekdays: withDefault(
    list(oneOf("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")), [],
  ),
  hours: nullable(object({ from_minute: integer, until_minute: integer })),
  group: nullable(text),
  coupon: nullable(object({ code: text, uses_max: nullable(integer) })),
  limit: nullable(integer),
  combination: withDefault(oneOf("with_others", "alone"), "with_others"),
  family: nullable(text),
  kind: promotionKind,
});
export type WirePromotion = Decoded<typeof promotion>;

/** How the store's own thirteen digits carry a weight or a price. */
const layout = object({
  prefix: text,
  item_digits: integer,
  value_check: withDefault(oneOf("absent", "present"), "absent"),
  value_digits: integer,
  measure: variant(["price"], { quantity: object({ places: integer }) }),
});
export type WireLayout = Decoded<typeof layout>;

export const taxTable = object({
  entries: list(
    object({
      class: text,
      tag: nullable(text),
      charges: list(object({ code: text, rate: decimal, base: withDefault(oneOf("net", "net_and_taxes"), "net") })),
    }),
  ),
});

export const priceBook = object({
  lists: withDefault(list(priceList), []),
  promotions: withDefault(list(promotion), []),
  layouts: withDefault(list(layout), []),
});
export type WirePriceBook = Decoded<typeof priceBook>;
export type WireTaxTable = Decoded<typeof taxTable>;

export const bookPage = object({ version: text, content_hash: nullable(text), book: priceBook, taxes: nullable(taxTable) });
export type WireBookPage = Decoded<typeof bookPage>;
