/**
 * The basket as it stands at the till: lines with their whole history, and what is asked for them. Pure: each change gives
 * a new draft, or says why not. Of an order that was placed, every change is also noted as an edit for the hub.
 */
import type { BasketTerms, DiscountInput } from "../contract/basket";
import type { Mode, Money, Problem } from "../contract/values";
import { addDecimals, compareDecimals, isPositive } from "../amounts";
import { problem } from "../problems";

/** The most of one line, in whole units: what is more is a barcode that was typed as a number. */
const QUANTITY_MAX = "9999";
export const LINES_MAX = 2_000;

export type PriceAsked =
  | { readonly kind: "list" }
  | { readonly kind: "override"; readonly unitPrice: string; readonly reason: string }
  | { readonly kind: "open"; readonly unitPrice: string };

/** What a label states: how much it is, or what the whole piece costs in the store's currency. */
export type LabelValue = { readonly quantity: string } | { readonly price: string };

export interface DraftLine {
  readonly number: number;
  readonly sku: string;
  readonly description: string;
  readonly unit: "piece" | "kilogram" | "litre" | "metre";
  /** The code as it was scanned; none where the product was chosen. */
  readonly scanned: string | null;
  readonly label: LabelValue | null;
  readonly quantity: string;
  readonly price: PriceAsked;
  readonly discount: DiscountInput;
  readonly voided: string | null;
  readonly note: string | null;
  readonly minimumAge: number | null;
  /** The price that the order has, which holds unless the list's has fallen. */
  readonly had: { readonly list: string; readonly unitPrice: string } | null;
}

/** What was changed of an order since the hub saw it last, in its wire form. */
export type Edit = Readonly<Record<string, unknown>>;

export interface Draft {
  readonly order: string;
  readonly begun: string;
  readonly state: "draft" | "order";
  /** Of an order: the one that this till has seen. */
  readonly revision: number;
  readonly mode: Mode;
  readonly lines: readonly DraftLine[];
  readonly current: number | null;
  readonly terms: BasketTerms;
  readonly customer: { readonly subject: string; readonly name: string | null; readonly priceGroup: string | null } | null;
  readonly note: string | null;
  readonly age: { readonly years: number; readonly how: "by_look" | "by_document" } | null;
  readonly edits: readonly Edit[];
  readonly paid: Money;
}

export type Changed = { readonly kind: "changed"; readonly draft: Draft } | { readonly kind: "no"; readonly problem: Problem };

const changed = (draft: Draft): Changed => ({ kind: "changed", draft });
const no = (of: Problem): Changed => ({ kind: "no", problem: of });

export const NO_TERMS: BasketTerms = { tag: null, coupons: [], exemption: null, discount: { kind: "none" } };

export function emptyDraft(order: string, begun: string, mode: Mode, zero: Money): Draft {
  return {
    order, begun, mode, state: "draft", revision: 0, lines: [], current: null, terms: NO_TERMS, customer: null, note: null,
    age: null, edits: [], paid: zero,
  };
}

export function keptLines(draft: Draft): readonly DraftLine[] {
  return draft.lines.filter((line) => line.voided === null);
}

export type NewLine = Pick<DraftLine, "sku" | "description" | "unit" | "scanned" | "label" | "quantity" | "minimumAge"> & {
  readonly price: PriceAsked;
};

/** Adds an item: to the last line where it is the same and nobody changed that one, else as a line of its own. */
export function addLine(draft: Draft, line: NewLine): Changed {
  const fault = quantityFault(line.quantity, line.unit);
  if (fault !== null) return no(fault);
  const last = draft.lines.findLast(({ voided }) => voided === null);
  if (last !== undefined && canMerge(last, line)) {
    return setQuantity(draft, last.number, addDecimals(last.quantity, line.quantity), null);
  }
  if (draft.lines.length >= LINES_MAX) return no(problem("HF-WEB-020"));
  const number = Math.max(0, ...draft.lines.map((known) => known.number)) + 1;
  const added: DraftLine = {
    ...line, number, discount: { kind: "none" }, voided: null, note: null, had: null,
  };
  return changed(edited({ ...draft, lines: [...draft.lines, added], current: number }, { add_line: lineInput(added) }));
}

function canMerge(last: DraftLine, line: NewLine): boolean {
  return last.sku === line.sku && last.unit === "piece" && last.label === null && line.label === null
    && last.price.kind === "list" && line.price.kind === "list" && last.discount.kind === "none" && last.note === null;
}

function quantityFault(quantity: string, unit: DraftLine["unit"]): Problem | null {
  if (!isPositive(quantity, 3)) return problem("HF-WEB-021");
  if (unit === "piece" && quantity.includes(".") && /[1-9]/.test(quantity.split(".")[1] ?? "")) return problem("HF-WEB-022");
  return compareDecimals(quantity, QUANTITY_MAX) > 0 ? problem("HF-WEB-023") : null;
}

export function setQuantity(draft: Draft, number: number, quantity: string, reason: string | null): Changed {
  return change(draft, number, (line) => {
    if (line.label !== null) return problem("HF-WEB-024");
    const fault = quantityFault(quantity, line.unit);
    if (fault !== null) return fault;
    const less = compareDecimals(quantity, line.quantity) < 0;
    if (draft.state === "order" && less && (reason ?? "").trim() === "") return problem("HF-WEB-025");
    return [{ ...line, quantity }, { change_quantity: { line: number, quantity, reason: less ? reason : null } }];
  });
}

export function voidLine(draft: Draft, number: number, reason: string): Changed {
  if (reason.trim() === "") return no(problem("HF-WEB-025"));
  return change(draft, number, (line) => [{ ...line, voided: reason.trim() }, { void_line: { line: number, reason: reason.trim() } }]);
}

export function overridePrice(draft: Draft, number: number, unitPrice: string, reason: string): Changed {
  if (reason.trim() === "") return no(problem("HF-WEB-025"));
  return change(draft, number, (line) => {
    if (!/^\d{1,9}(\.\d{1,4})?$/.test(unitPrice)) return problem("HF-WEB-026");
    const price: PriceAsked = line.price.kind === "open"
      ? { kind: "open", unitPrice }
      : { kind: "override", unitPrice, reason: reason.trim() };
    return [{ ...line, price }, { set_price: { line: number, price: priceInput(price) } }];
  });
}

export function discountLine(draft: Draft, number: number, discount: DiscountInput): Changed {
  const fault = discountFault(discount);
  if (fault !== null) return no(fault);
  return change(draft, number, (line) => [
    { ...line, discount }, { set_discount: { line: number, discount: discountInput(discount) } },
  ]);
}

export function discountFault(discount: DiscountInput): Problem | null {
  if (discount.kind === "none") return null;
  if (discount.reason.trim() === "") return problem("HF-WEB-025");
  if (discount.kind === "percent" && (!isPositive(discount.rate, 6) || compareDecimals(discount.rate, "1") > 0)) {
    return problem("HF-WEB-027");
  }
  return discount.kind === "amount" && !isPositive(discount.amount.amount, 4) ? problem("HF-WEB-027") : null;
}

export function noteLine(draft: Draft, number: number, note: string | null): Changed {
  return change(draft, number, (line) => [{ ...line, note: textOf(note) }, null]);
}

export function noteBasket(draft: Draft, note: string | null): Changed {
  return changed(withNotes({ ...draft, note: textOf(note) }));
}

export function setTerms(draft: Draft, terms: Partial<BasketTerms>): Changed {
  const fault = terms.discount === undefined ? null : discountFault(terms.discount);
  if (fault !== null) return no(fault);
  let next: Draft = { ...draft, terms: { ...draft.terms, ...terms } };
  if (terms.tag !== undefined) next = edited(next, { set_tag: { tag: terms.tag } });
  if (terms.coupons !== undefined) next = edited(next, { set_coupons: { coupons: terms.coupons } });
  if (terms.exemption !== undefined) next = edited(next, { set_exemption: { certificate: terms.exemption } });
  if (terms.discount !== undefined) next = edited(next, { set_discount: { line: null, discount: discountInput(terms.discount) } });
  return changed(next);
}

export function setCustomer(draft: Draft, customer: Draft["customer"]): Changed {
  return changed(edited({ ...draft, customer }, { set_customer: { customer: customer?.subject ?? null } }));
}

export function checkAge(draft: Draft, years: number, how: "by_look" | "by_document"): Draft {
  return edited({ ...draft, age: { years, how } }, { check_age: { how } });
}

/** The hub knows the order at this revision, with everything that was changed. */
export function asPlaced(draft: Draft, revision: number): Draft {
  return { ...draft, state: "order", revision, edits: [] };
}

function textOf(note: string | null): string | null {
  const text = (note ?? "").trim();
  return text === "" ? null : text;
}

function change(
  draft: Draft, number: number, work: (line: DraftLine) => readonly [DraftLine, Edit | null] | Problem,
): Changed {
  const line = draft.lines.find((known) => known.number === number && known.voided === null);
  if (line === undefined) return no(problem("HF-WEB-028"));
  const done = work(line);
  if (!isPair(done)) return no(done);
  const lines = draft.lines.map((known) => (known.number === number ? done[0] : known));
  const current = done[0].voided === null ? number : (lines.findLast(({ voided }) => voided === null)?.number ?? null);
  const next = { ...draft, lines, current };
  return changed(done[1] === null ? withNotes(next) : edited(next, done[1]));
}

function isPair(done: readonly [DraftLine, Edit | null] | Problem): done is readonly [DraftLine, Edit | null] {
  return Array.isArray(done);
}

function edited(draft: Draft, edit: Edit): Draft {
  return draft.state === "draft" ? draft : { ...draft, edits: [...draft.edits, edit] };
}

function withNotes(draft: Draft): Draft {
  return edited(draft, { set_notes: { notes: notes(draft) } });
}

/* The wire forms of what is asked for. */

export function notes(draft: Draft): readonly { readonly line: number | null; readonly text: string }[] {
  const ofLines = keptLines(draft).flatMap(({ number, note }) => (note === null ? [] : [{ line: number, text: note }]));
  return draft.note === null ? ofLines : [{ line: null, text: draft.note }, ...ofLines];
}

function priceInput(price: PriceAsked): unknown {
  if (price.kind === "list") return "list";
  return price.kind === "open"
    ? { open: { unit_price: price.unitPrice } }
    : { override: { unit_price: price.unitPrice, reason: price.reason } };
}

export function discountInput(discount: DiscountInput): unknown {
  if (discount.kind === "none") return "none";
  return discount.kind === "percent"
    ? { percent: { rate: discount.rate, reason: discount.reason } }
    : { amount: { amount: discount.amount, reason: discount.reason } };
}

export function lineInput(line: DraftLine): Readonly<Record<string, unknown>> {
  return {
    number: line.number,
    // A label's own value is in its code, so the hub must read the code; anything else is named by its number.
    item: line.label !== null && line.scanned !== null ? { barcode: line.scanned } : { sku: line.sku },
    quantity: line.label === null ? line.quantity : "1",
    ...(line.price.kind === "list" ? {} : { price: priceInput(line.price) }),
    ...(line.discount.kind === "none" ? {} : { discount: discountInput(line.discount) }),
    ...(line.voided === null ? {} : { fate: { voided: { reason: line.voided } } }),
  };
}

export function placeOrder(draft: Draft, expected: Money | null): Readonly<Record<string, unknown>> {
  const { tag, coupons, exemption, discount } = draft.terms;
  const said = notes(draft);
  return {
    order: draft.order,
    channel: "counter",
    customer: draft.customer?.subject ?? null,
    lines: draft.lines.map(lineInput),
    expected_total: expected,
    terms: {
      tag, coupons, exemption, discount: discountInput(discount),
      ...(said.length === 0 ? {} : { notes: said }),
      ...(draft.age === null ? {} : { age_check: draft.age.how }),
    },
  };
}
