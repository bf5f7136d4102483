// Generated from docs/openapi/hub.json by `npm run protocol`. Do not edit.

/**
 * What happened.
 */
export type LossKind =
  | "line_void"
  | "discount"
  | "price_override"
  | "return"
  | "post_void"
  | "cancelled_order"
  | "abandoned_basket"
  | "no_sale"
  | "drawer_opened"
  | "paid_out"
  | "correction"
  | "approved"
  | "failed_sign_on"
  | "sold_alone"
  | "refused";
/**
 * Turnover of something that has a name: a date, an hour, a person, a till.
 */
export type TurnoverRow = TurnoverFigures & {
  /**
   * The date; the hour's first minute; the staff or till number.
   */
  key: string;
  /**
   * What people call it.
   */
  name: string;
};

export interface Everything {
  Audit: Audit;
  ChangedCatalog: ChangedCatalog;
  JournalPage: JournalPage;
  JournalRecord: JournalRecord;
  JournalRow: JournalRow;
  LossKind: LossKind;
  LossList: LossList;
  LossRow: LossRow;
  LossSum: LossSum;
  LossesOfPerson: LossesOfPerson;
  Markdown: Markdown;
  NewItem: NewItem;
  NewStaff: NewStaff;
  OutsideTurnover: OutsideTurnover;
  ProductRow: ProductRow;
  Reconciliation: Reconciliation;
  SalesReport: SalesReport;
  ShiftsOfReport: ShiftsOfReport;
  TaxRow: TaxRow;
  TenderRow: TenderRow;
  TipsRow: TipsRow;
  TransactionDetail: TransactionDetail;
  TransactionPage: TransactionPage;
  TurnoverFigures: TurnoverFigures;
  TurnoverRow: TurnoverRow;
}
/**
 * A record's place in the chain, and its readable form.
 */
export interface Audit {
  epoch: string;
  /**
   * The chain hash after the record, 64 hex digits.
   */
  hash: string;
  record: {};
  seq: number;
}
/**
 * The version of the catalog in force from now on.
 */
export interface ChangedCatalog {
  sku: string;
  version: number;
}
/**
 * One page of the journal, newest first.
 */
export interface JournalPage {
  head_seq: number;
  /**
   * Ask for what follows before this record; null at the journal's beginning. A page may be empty and still have a
   * next one: a search looks at a part of the journal at a time.
   */
  next_before_seq?: number | null;
  records: JournalRow[];
}
/**
 * One record in short.
 */
export interface JournalRow {
  /**
   * The till's id of the command.
   */
  command?: string | null;
  /**
   * The events' names, or `refused` and the refusal's code.
   */
  events: string[];
  /**
   * The receipts of its transactions.
   */
  receipts: string[];
  /**
   * Milliseconds since 1970, by the hub's clock.
   */
  recorded_at_ms: number;
  seq: number;
  /**
   * The number of the till that caused it; null for the hub itself.
   */
  till?: string | null;
}
/**
 * A record with everything that proves it.
 */
export interface JournalRecord {
  /**
   * The hub's last signed head, where it covers the record: the signature is over a hash that this record is part of.
   */
  covered_by?: {} | null;
  epoch: string;
  /**
   * The chain hash after the record, 64 hex digits.
   */
  hash: string;
  record: {};
  recorded_at_ms: number;
  seq: number;
  till?: string | null;
}
export interface LossList {
  as_of_seq: number;
  by_person: LossesOfPerson[];
  currency: string;
  from: string;
  /**
   * In the journal's order, at most 1,000.
   */
  losses: LossRow[];
  /**
   * Ask for what follows after this record; null on the last page.
   */
  next_after_seq?: number | null;
  to: string;
}
/**
 * One person's sums by kind.
 */
export interface LossesOfPerson {
  kinds: {
    [k: string]: LossSum;
  };
  staff_name?: string | null;
  staff_number?: string | null;
}
/**
 * How often, and what it was worth together.
 */
export interface LossSum {
  amount_minor: number;
  count: number;
}
/**
 * One entry. `amount_minor` is positive and null where nothing has a worth.
 */
export interface LossRow {
  amount_minor?: number | null;
  /**
   * The staff number of whoever allowed it.
   */
  approved_by?: string | null;
  business_date: string;
  kind: LossKind;
  reason: string;
  receipt?: string | null;
  /**
   * Milliseconds since 1970, by the hub's clock.
   */
  recorded_at_ms: number;
  /**
   * Its record in the journal.
   */
  seq: number;
  staff_name?: string | null;
  /**
   * Null where nobody was signed on.
   */
  staff_number?: string | null;
  /**
   * Null for a drawer that tills share.
   */
  till?: string | null;
  transaction?: string | null;
  /**
   * The product's number, the refusal's code, or the printer that the drawer is at.
   */
  what: string;
}
/**
 * A price that falls, for everybody.
 */
export interface Markdown {
  /**
   * A product number or a barcode.
   */
  item: string;
  /**
   * Lower than what it costs now.
   */
  price: string;
  /**
   * Why; HQ reads it.
   */
  reason: string;
  /**
   * The last day of it, as 2026-11-30; for good when absent.
   */
  until?: string | null;
}
/**
 * A product that no catalog has. The store sells it from the answer on.
 */
export interface NewItem {
  barcode?: string;
  description: string;
  /**
   * The product's number; its barcode when absent.
   */
  sku?: string;
  /**
   * One of the store's tax classes; `standard` when absent.
   */
  tax_class?: string;
  /**
   * `piece`, `kg`, `l` or `m`; a piece when absent.
   */
  unit?: string;
  /**
   * Of one unit, in the store's currency, at most four places.
   */
  unit_price: string;
}
/**
 * Somebody who is taken on.
 */
export interface NewStaff {
  name: string;
  number: number;
  /**
   * Four to twelve digits. It goes into no record and no log.
   */
  pin: string;
  /**
   * `cashier`, `supervisor`, `manager`, or the number of a role of the store's own; none that may more than whoever asks.
   */
  role: string;
}
/**
 * What is no turnover.
 */
export interface OutsideTurnover {
  /**
   * Orders cancelled and baskets abandoned.
   */
  cancelled: number;
  /**
   * What the drawers should hold, the floats included; without the open shifts that are left out.
   */
  cash_expected_minor: number;
  /**
   * Deposits taken, less those that became part of a completed sale.
   */
  deposits_minor: number;
  /**
   * What cash rounding added; without the open shifts that are left out.
   */
  rounding_minor: number;
  /**
   * What was given to whoever served, less what went back with post-voided sales.
   */
  tips_minor: number;
}
/**
 * One product. Quantities are thousandths of its unit.
 */
export interface ProductRow {
  description: string;
  discount_minor: number;
  gross_minor: number;
  net_minor: number;
  returned_thousandths: number;
  sku: string;
  sold_thousandths: number;
  tax_minor: number;
}
/**
 * The books of this hub as of one record, training left out.
 */
export interface Reconciliation {
  /**
   * The record that everything below is true at.
   */
  as_of_seq: number;
  currency: string;
  gross_minor: number;
  /**
   * The journal's last durable record.
   */
  head_seq: number;
  /**
   * Minor units; returns and post-voids subtract.
   */
  net_minor: number;
  post_voids: number;
  returns: number;
  sales: number;
  /**
   * On-hand by product number, thousandths of its unit.
   */
  stock: {
    [k: string]: number;
  };
  tax_minor: number;
  /**
   * Every transaction: sales, deposits, returns, post-voids, cancelled orders, abandoned baskets, cash movements.
   */
  transactions: number;
  /**
   * Records that this version cannot read.
   */
  unreadable_records: number;
}
/**
 * The sales of a range of business dates. Training counts for nothing.
 */
export interface SalesReport {
  all: TurnoverFigures;
  /**
   * The record that everything below is true at.
   */
  as_of_seq: number;
  by_day: TurnoverRow[];
  by_hour: TurnoverRow[];
  by_product: ProductRow[];
  by_staff: TurnoverRow[];
  by_tax: TaxRow[];
  by_tender: TenderRow[];
  by_till: TurnoverRow[];
  currency: string;
  from: string;
  outside_turnover: OutsideTurnover;
  shifts: ShiftsOfReport;
  tips: TipsRow[];
  to: string;
  /**
   * Records of these dates that this version cannot read.
   */
  unreadable_records: number;
}
/**
 * Turnover of anything, in minor units of the store's currency. Returns and post-voids subtract.
 */
export interface TurnoverFigures {
  /**
   * What was taken off, less what came back of it.
   */
  discount_minor: number;
  /**
   * Sales less returns and post-voids, tax included.
   */
  gross_minor: number;
  /**
   * The same without tax.
   */
  net_minor: number;
  post_voids: number;
  /**
   * Gross of returns and post-voids, positive.
   */
  returned_minor: number;
  returns: number;
  sales: number;
  tax_minor: number;
}
export interface TaxRow {
  code: string;
  net_minor: number;
  /**
   * As 20 or 5.5.
   */
  rate_percent: string;
  tax_minor: number;
}
/**
 * What was paid with one kind of tender, deposits included and change taken off.
 */
export interface TenderRow {
  given_back_minor: number;
  kind: string;
  taken_minor: number;
  transactions: number;
}
/**
 * The shifts of the dates and their Z reports.
 */
export interface ShiftsOfReport {
  /**
   * Whether all Z reports together say what the transactions say; null while a shift is open.
   */
  agrees_with_z?: boolean | null;
  /**
   * Open shifts whose cash and tenders are in no figure of this report, because their drawers are counted blind and
   * whoever asks may not read an X report. Their turnover is there.
   */
  drawers_left_out: number;
  opened: number;
  /**
   * What was counted less what was expected.
   */
  over_short_minor: number;
  still_open: number;
  /**
   * Gross of every Z.
   */
  z_gross_minor: number;
  z_numbers: number[];
}
/**
 * Whose tips they are.
 */
export interface TipsRow {
  /**
   * The person's number.
   */
  key: string;
  name: string;
  tips_minor: number;
}
/**
 * A transaction with everything that proves it.
 */
export interface TransactionDetail {
  /**
   * The number that the till gave the sale beside its own, because the hub's reply was lost.
   */
  also?: string | null;
  audit: Audit;
  /**
   * The completed sale with what has come back of it, or null.
   */
  returned?: {} | null;
  transaction: {};
}
/**
 * One page of transactions, newest first.
 */
export interface TransactionPage {
  /**
   * Where the next page starts; absent on the last one.
   */
  next_before_seq?: number | null;
  transactions: {}[];
}
