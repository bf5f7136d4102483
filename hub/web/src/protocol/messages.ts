/** What the hub sends over MQTT. The generated types are the documents'; these readers hold a message to them. */
import { anything, decimal, flag, integer, list, nullable, object, oneOf, sequence, text, variant, type Decoded } from "./decode";
import { money } from "./money";
import { cardFacts, mode, payment, totals, transactionKind, transactionView } from "./sales";

const position = object({ epoch: text, seq: sequence, hash: text });
export type Position = Decoded<typeof position>;

const KNOWN_WARNINGS = {
  stock_below_zero: object({ sku: text, on_hand: decimal }),
  reservation_expired: object({ order: text }),
  price_differs: object({ order: text, charged: money, now: nullable(money) }),
  beyond_rights: object({ permission: text }),
  strict_below_zero: object({ sku: text, available: decimal }),
  coupon_used_up: object({ coupon: text }),
  item_gone: object({ sku: text }),
  age_not_checked: object({ sku: text, age: integer }),
  tender_not_taken: object({ code: text }),
  customer_left_out: object({ customer: text }),
} as const;

const knownWarning = variant([], KNOWN_WARNINGS);

/** What a newer hub warns of is not lost on the way: it is `other`. */
const warning = (value: unknown, path: string): Decoded<typeof knownWarning> | { readonly kind: "other"; readonly value: null } =>
  (isNamed(value, KNOWN_WARNINGS) ? knownWarning(value, path) : { kind: "other", value: null });

function isNamed(value: unknown, known: Readonly<Record<string, unknown>>): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).some((key) => key in known);
}

export type WireWarning = ReturnType<typeof warning>;

const transactionSummary = object({
  transaction: text,
  kind: transactionKind,
  receipt: text,
  business_date: text,
  totals: nullable(totals),
  payment: nullable(payment),
});

const exchangedPart = object({ transaction: text, receipt: text, totals: nullable(totals), payment: nullable(payment) });

const KNOWN_SUMMARIES = {
  signed_on: object({ staff: text }),
  shift_opened: object({ shift: text, business_date: text }),
  shift_closed: object({ shift: text, z_number: integer, expected: money, declared: money, over_short: money }),
  order_placed: object({ order: text, totals }),
  order_parked: object({ order: text, revision: integer, totals: nullable(totals) }),
  order_retrieved: object({ order: text, revision: integer, from: nullable(text) }),
  order_edited: object({ order: text, revision: integer, totals }),
  transaction: transactionSummary,
  exchanged: object({ returned: exchangedPart, sold: exchangedPart, balance: money }),
  copy_printed: object({ original: text, copy: integer, form: text }),
  product_counted: object({ sku: text, found: decimal, book: decimal }),
  count_finished: object({ count: text, counted: integer, uncounted: integer, adjusted: integer }),
  day_closed: object({ day: text, number: integer, part: integer, gross: money, open_shifts: integer, open_orders: integer }),
  tender_started: object({ attempt: text, device: text, amount: money }),
  sold_alone: object({ transaction: text, receipt: text, shift: text, business_date: text, totals, payment }),
  receipt_aliased: object({ transaction: text, receipt: text, alias: text }),
} as const;

const knownSummary = variant([], KNOWN_SUMMARIES);

/** Kinds that say nothing but that they happened, and those of newer hubs, are `other`. */
const summary = (value: unknown, path: string): Decoded<typeof knownSummary> | { readonly kind: "other"; readonly value: null } =>
  (isNamed(value, KNOWN_SUMMARIES) ? knownSummary(value, path) : { kind: "other", value: null });
export type Summary = ReturnType<typeof summary>;

export const reply = object({
  id: text,
  answer: variant([], {
    accepted: object({ position, summary, warnings: list(warning), record: anything }),
    refused: object({ position, code: text, text, record: anything }),
    retry: object({ code: text, text, after_ms: integer }),
    rejected: object({ code: text, text }),
  }),
});
export type Reply = Decoded<typeof reply>;
export type AcceptedAnswer = Extract<Reply["answer"], { kind: "accepted" }>["value"];

export const stockEntry = object({ sku: text, on_hand: decimal, reserved: decimal, available: decimal });
export type StockEntry = Decoded<typeof stockEntry>;

export const stockMessage = object({ seq: sequence, previous: sequence, levels: list(stockEntry) });

const orderView = object({
  order: text,
  revision: integer,
  change: variant([], {
    parked: object({ label: text }),
    retrieved: object({ from: nullable(text) }),
    edited: object({ totals }),
  }),
  terminal: text,
  operator: text,
  mode,
  occurred_at: text,
});

export const ordersMessage = object({
  seq: sequence,
  previous: sequence,
  transaction: nullable(transactionView),
  order: nullable(orderView),
});
export type OrdersMessage = Decoded<typeof ordersMessage>;
export type StockMessage = Decoded<typeof stockMessage>;

export const catalogMessage = object({ version: text, products: integer });

export const status = object({
  epoch: text,
  head_seq: sequence,
  headquarters_seq: sequence,
  waiting: sequence,
  hub: oneOf("current", "behind", "alone"),
  tills: list(object({ terminal: text, number: integer, name: text, connected: flag })),
});
export type Status = Decoded<typeof status>;

const said = object({ text });

export const tenderView = object({
  attempt: text,
  order: nullable(text),
  code: text,
  device: text,
  amount: money,
  state: variant(["started", "under_way", "disowned", "goes_back", "given_back"], {
    in_doubt: said,
    approved: object({ amount: money, tip: money, card: cardFacts, signature: flag }),
    declined: object({ reason: text, text }),
    unclaimed: said,
    taken: object({ transaction: text }),
  }),
});
export type TenderView = Decoded<typeof tenderView>;

const tenderStep = variant(
  ["connecting", "present_card", "enter_pin", "customer_chooses", "authorising", "remove_card"],
  { show_qr: said, says: said },
);
export type TenderStep = Decoded<typeof tenderStep>;

export const weight = object({ amount: decimal, unit: oneOf("mg", "g", "kg", "t", "lb", "oz") });
export type Weight = Decoded<typeof weight>;

const scannedItem = object({
  sku: text,
  description: text,
  label: nullable(variant([], { quantity: decimal, price: money })),
});

const scanned = object({
  scanner: text,
  symbology: nullable(text),
  code: variant([], {
    plain: object({ text, gtin: nullable(text), item: nullable(scannedItem) }),
    elements: object({
      text, gtin: nullable(text), item: nullable(scannedItem), count: nullable(integer), net_weight: nullable(weight),
    }),
    malformed: object({ ai: nullable(text), why: text }),
    looks_like_card: object({ masked: text }),
  }),
});
export type Scanned = Decoded<typeof scanned>;

export const scannerView = object({ scanner: text, simulated: flag, connected: flag, text: nullable(text) });
export type ScannerView = Decoded<typeof scannerView>;

export const scaleView = object({
  scale: text,
  simulated: flag,
  state: oneOf("stable", "zero", "in_motion", "below_zero", "over_capacity", "not_ready", "not_connected"),
  net: nullable(weight),
  tare: nullable(object({ weight: nullable(weight) })),
  text: nullable(text),
});
export type ScaleView = Decoded<typeof scaleView>;

export const tillEvent = object({
  number: nullable(sequence),
  attempt: nullable(text),
  news: nullable(variant([], { step: tenderStep, standing: object({ seq: sequence, tender: tenderView }) })),
  counter: nullable(variant([], { scanned, scanner: scannerView, scale: scaleView })),
});
export type TillEvent = Decoded<typeof tillEvent>;

