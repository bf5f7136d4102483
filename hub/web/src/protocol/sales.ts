/** Lines, orders, payments and shifts as the hub stores and tells them. */
import { anything, decimal, integer, list, nullable, object, oneOf, text, variant, withDefault, type Decoded } from "./decode";
import { unit } from "./goods";
import { money } from "./money";

export const mode = oneOf("live", "training");

export const totals = object({ net: money, tax: money, gross: money, discount: money });
export type WireTotals = Decoded<typeof totals>;

const discountSource = variant([], {
  line: object({ reason: text }),
  promotion: object({ code: text, name: text, coupon: nullable(text) }),
  basket: object({ reason: text }),
});

export const line = object({
  number: integer,
  sku: text,
  description: text,
  scanned: nullable(text),
  unit,
  quantity: decimal,
  price_list: text,
  price: variant([], {
    list: object({ unit_price: decimal }),
    override: object({ unit_price: decimal, list_price: decimal, reason: text }),
    open: object({ unit_price: decimal }),
    label: object({ unit_price: decimal }),
  }),
  extended: money,
  discount: variant(["none"], {
    percent: object({ rate: decimal, amount: money, reason: text }),
    amount: object({ amount: money, reason: text }),
    parts: object({ parts: list(object({ source: discountSource, amount: money })) }),
  }),
  tax_class: text,
  taxes: list(object({ code: text, rate: decimal, tax: money })),
  net: money,
  gross: money,
  fate: variant(["kept"], { voided: object({ reason: text }) }),
});
export type WireLine = Decoded<typeof line>;

export const explained = object({
  code: text,
  name: text,
  outcome: variant(
    ["not_now", "other_group", "coupon_missing", "nothing_matches", "another_is_better"],
    {
      applied: object({ amount: money }),
      too_few: object({ have: integer, need: integer }),
      below_threshold: object({ have: money, need: money }),
    },
  ),
});
export type WireExplained = Decoded<typeof explained>;

export const cardFacts = object({
  scheme: nullable(text),
  last_four: nullable(text),
  wallet: nullable(text),
  auth_code: nullable(text),
});
export type WireCardFacts = Decoded<typeof cardFacts>;

export const tenderKind = variant(["cash"], {
  typed: object({ code: text, class: text, reference: nullable(text) }),
  electronic: object({ code: text, attempt: text, device: text, card: cardFacts }),
});

export const tender = object({ kind: tenderKind, amount: money });
export type WireTender = Decoded<typeof tender>;

export const payment = object({ due: money, tenders: list(tender), rounding: money, change: money });
export type WirePayment = Decoded<typeof payment>;

export const transactionKind = oneOf(
  "sale", "deposit", "return", "post_void", "cancelled", "abandoned", "paid_in", "paid_out", "cash_drop", "cash_loan",
  "value_issued", "value_issue_voided",
);

export const transactionView = object({
  transaction: text,
  kind: transactionKind,
  receipt: text,
  terminal: text,
  operator: text,
  business_date: text,
  mode,
  occurred_at: text,
  order: nullable(text),
  original: nullable(text),
  totals: nullable(totals),
  payment: nullable(payment),
});
export type WireTransaction = Decoded<typeof transactionView>;

const holder = object({ terminal: text, operator: text, shift: text, since: text });

export const discountInput = variant(["none"], {
  percent: object({ rate: decimal, reason: text }),
  amount: object({ amount: money, reason: text }),
});

export const order = object({
  id: text,
  state: oneOf("placed", "partly_paid", "paid", "fulfilled", "cancelled"),
  placed: object({ mode, occurred_at: text }),
  recorded_at: text,
  channel: oneOf("counter", "not_in_hand"),
  customer: nullable(text),
  lines: list(line),
  totals,
  paid: money,
  revision: integer,
  terms: object({ tag: nullable(text), exemption: nullable(text), coupons: list(text) }),
  custody: variant(["free"], { held: holder, parked: object({ label: text, by: holder }) }),
  asked: object({
    group: nullable(text),
    unused: list(text),
    discount: discountInput,
    rates: list(object({ line: integer, rate: decimal })),
    notes: list(object({ line: nullable(integer), text })),
  }),
  age_checked: nullable(integer),
});
export type WireOrder = Decoded<typeof order>;

export const orderEntry = object({
  order: text,
  revision: integer,
  state: oneOf("placed", "partly_paid", "paid", "fulfilled", "cancelled"),
  channel: oneOf("counter", "not_in_hand"),
  mode,
  placed_at: text,
  customer: nullable(text),
  label: nullable(text),
  holder: nullable(object({ terminal: text, till: nullable(integer), staff: nullable(integer), since: text })),
  lines: integer,
  gross: money,
  paid: money,
});
export type WireOrderEntry = Decoded<typeof orderEntry>;

export const taxTotal = object({ code: text, rate: decimal, net: money, tax: money });

export const tenderType = object({
  code: text,
  name: text,
  class: oneOf("cash", "voucher", "other", "stored_value", "on_account", "electronic"),
  opens_drawer: (value) => value === true,
  counted_at_close: (value) => value === true,
  change: variant(["never", "any"], { up_to: object({ max: money }) }),
  refund: anything,
  rounding: oneOf("exact", "cash_step"),
  needs_reference: (value) => value === true,
  allowed_offline: (value) => value === true,
});
export type WireTenderType = Decoded<typeof tenderType>;

export const shift = object({
  id: text,
  opened_at: text,
  business_date: text,
  mode,
  float: money,
  figures: object({
    sales: integer,
    returns: integer,
    post_voids: integer,
    cancelled: integer,
    gross: money,
    net: money,
    discount: money,
    returned: money,
    deposits: money,
    rounding: money,
    cash_expected: money,
    taxes: list(taxTotal),
  }),
  cash: object({ paid_in: money, paid_out: money, dropped: money, loaned: money, no_sales: integer }),
  tenders: withDefault(
    list(object({ code: text, class: text, count: integer, taken: money, refunded: money })), [],
  ),
});
export type WireShift = Decoded<typeof shift>;
