/** What a till reads over HTTPS. */
import { bookPage, catalogChanges, catalogPage } from "./goods";
import { decimal, flag, integer, list, nullable, object, oneOf, text, variant, withDefault, type Decoded } from "./decode";
import { money } from "./money";
import { explained, line, mode, order, orderEntry, shift, taxTotal, tenderType, totals, transactionView } from "./sales";
import { scaleView, scannerView, status, stockEntry, tenderView, weight } from "./messages";

export { bookPage, catalogChanges, catalogPage };

export const PATHS = {
  pair: "/api/v1/pair",
  snapshot: "/api/v1/till/snapshot",
  stock: "/api/v1/till/stock",
  catalog: "/api/v1/till/catalog",
  catalogChanges: "/api/v1/till/catalog/changes",
  book: "/api/v1/till/book",
  people: "/api/v1/till/people",
  orders: "/api/v1/till/orders",
  quote: "/api/v1/till/quote",
  value: "/api/v1/till/value",
  tender: "/api/v1/till/tender",
  tenders: "/api/v1/till/tenders",
  counter: "/api/v1/till/counter",
  scale: "/api/v1/till/scale",
  xReport: "/api/v1/till/x-report",
  transactions: "/api/v1/till/transactions",
  devices: "/api/v1/till/devices",
  salesReport: "/api/v1/till/reports/sales",
  lossesReport: "/api/v1/till/reports/losses",
  subjects: "/api/v1/subjects",
  subjectSearch: "/api/v1/subjects/search",
} as const;

export const problem = object({ code: text, text });

export const pairResponse = object({
  store: text,
  store_name: text,
  terminal: text,
  number: integer,
  name: text,
  secret: text,
  ca_pem: text,
  server_name: text,
  mqtt: text,
  https: text,
});
export type Paired = Decoded<typeof pairResponse>;

export const role = variant(["cashier", "manager", "supervisor"], { own: integer });
export type WireRole = Decoded<typeof role>;

const staff = object({ id: text, number: integer, role });

const profile = object({
  store: text,
  name: text,
  legal_name: text,
  address: text,
  tax_id: text,
  currency: text,
  basis: oneOf("inclusive", "exclusive"),
  tax_rounding: oneOf("per_line", "per_total"),
  cash_step: decimal,
  time_zone: text,
  cut_over_minutes: integer,
  taxes: list(object({ class: text, rates: list(object({ code: text, rate: decimal })) })),
});
export type StoreProfile = Decoded<typeof profile>;

export const snapshot = object({
  epoch: text,
  status,
  profile,
  tenders: list(tenderType),
  catalog_version: text,
  taxes_version: withDefault(text, "0"),
  till: object({
    terminal: text,
    number: integer,
    numbers: object({ hub: integer, island: integer, training: integer }),
    operator: nullable(staff),
    locked: withDefault(flag, false),
    shift: nullable(object({ id: text, opened_at: text, business_date: text, mode, float: money })),
  }),
});
export type Snapshot = Decoded<typeof snapshot>;

export const stockPage = object({ as_of_seq: text, levels: list(stockEntry), next_after: nullable(text) });
export const ordersPage = object({ as_of_seq: text, orders: list(orderEntry), next_after: nullable(text) });
export const orderPage = object({ as_of_seq: text, entry: orderEntry, order });
export const xReport = object({ as_of_seq: text, shift });

export const quotePage = object({
  as_of_seq: text,
  lines: list(line),
  totals,
  promotions: list(explained),
  refusal: nullable(problem),
});
export type QuotePage = Decoded<typeof quotePage>;

export const valuePage = object({
  account: text,
  kind: oneOf("gift_card", "store_credit", "customer_account"),
  standing: oneOf("open", "blocked"),
  balance: money,
});

export const tenderPage = object({ as_of_seq: text, tender: tenderView });

const deviceState = variant(["ready", "ends_its_day"], {
  without_bank: object({ left: nullable(money) }),
  limit_reached: object({ outstanding: money }),
  busy: object({ till: integer }),
  in_doubt: object({ till: integer }),
  not_reachable: object({ since: text, code: text }),
  no_wan: object({ since: text }),
  gateway_rests: object({ seconds: (value) => value }),
  not_ready: object({ says: text }),
});

export const tendersPage = object({
  as_of_seq: text,
  devices: list(
    object({
      device: text,
      tender: text,
      of: oneOf("this_till", "all_tills", "other_tills"),
      state: deviceState,
      text,
      instead: nullable(text),
    }),
  ),
  by_hand: list(text),
});
export type TendersPage = Decoded<typeof tendersPage>;

export const counterPage = object({ scanners: list(scannerView), scales: list(scaleView) });
export const scaleAnswer = object({ scale: text, simulated: flag, weight: nullable(weight) });

export const peoplePage = object({
  as_of_seq: text,
  people: list(
    object({
      staff: text,
      number: integer,
      name: nullable(text),
      role,
      authority: object({
        permissions: list(text),
        limits: object({
          line_discount: decimal,
          basket_discount: decimal,
          cash_refund: variant(["unlimited"], { up_to: money }),
        }),
      }),
    }),
  ),
});
export type PeoplePage = Decoded<typeof peoplePage>;

export const transactionsPage = object({
  as_of_seq: text,
  transactions: list(object({ seq: text, transaction: transactionView })),
  next_before_seq: nullable(text),
});

export const transactionPage = object({
  as_of_seq: text,
  transaction: transactionView,
  lines: list(line),
  taxes: list(taxTotal),
  sale: nullable(
    object({ returned: list(object({ line: integer, quantity: decimal })), post_voided: flag }),
  ),
});
export type TransactionPage = Decoded<typeof transactionPage>;

export const devicesPage = object({
  devices: list(object({ device: text, kind: oneOf("printer", "drawer"), ready: flag, waiting: integer, text })),
});

export const mailAnswer = object({ state: oneOf("waiting", "sent") });
