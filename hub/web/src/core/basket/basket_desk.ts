/**
 * The basket in the till's hands: the draft with its price. It is priced by the till's own engine in the same breath, and by
 * the hub as soon as its answer is there; an answer to an older basket is dropped. It survives a reload.
 */
import { batch } from "@preact/signals";
import { PATHS, orderPage, quotePage } from "../../protocol/hub";
import type { WireOrder } from "../../protocol/sales";
import { isObject } from "../../protocol/decode";
import type { Basket, PricedBy } from "../contract/basket";
import type { Outcome } from "../contract/outcome";
import type { Problem } from "../contract/values";
import type { Desk } from "../desk";
import { remember } from "../kept/facts";
import { hubProblem } from "../problems";
import { asPlaced, emptyDraft, keptLines, placeOrder, type Changed, type Draft } from "./draft";
import { DEPOSIT_LINE_OFFSET, byHub, type PricedBasket } from "./priced";

/** The quote waits for the hand that scans on: one question for several scans at once. */
const QUOTE_AFTER_MS = 40;
const QUOTE_WITHIN_MS = 5_000;

interface Price {
  readonly basket: PricedBasket | null;
  readonly by: PricedBy;
  readonly problem: Problem | null;
}

export class BasketDesk {
  private draft: Draft | null = null;
  private price: Price = { basket: null, by: "till", problem: null };
  /** Counts changes, so that a late answer is known to be about another basket. */
  private version = 0;
  private cancelQuote: (() => void) | null = null;
  private isQuoting = false;
  private writing: Promise<void> = Promise.resolve();
  /** Out of the till's hands, while the hub has not answered. */
  private way: { readonly alone: () => Promise<void> | void } | null = null;
  private goOn: () => void = () => undefined;

  constructor(private readonly desk: Desk) {}

  async open(): Promise<void> {
    const row = await this.desk.kept.facts.get("draft");
    if (row !== undefined && isDraft(row.value)) this.draft = row.value;
  }

  get current(): Draft | null {
    return this.draft;
  }

  get priced(): PricedBasket | null {
    return this.price.basket;
  }

  get pricedBy(): PricedBy {
    return this.price.by;
  }

  get isEmpty(): boolean {
    return this.draft === null || keptLines(this.draft).length === 0;
  }

  /** The draft, begun now where there is none. */
  begin(): Draft {
    if (this.draft === null) {
      this.draft = emptyDraft(this.desk.mint(), this.desk.now(), this.desk.isTraining ? "training" : "live", this.desk.amounts.zero);
    }
    return this.draft;
  }

  /** Takes a change over, or says why it is none. */
  apply(changed: Changed): Problem | null {
    if (changed.kind === "no") return changed.problem;
    this.set(changed.draft);
    return null;
  }

  set(draft: Draft | null): void {
    this.version += 1;
    this.draft = draft;
    this.keep();
    this.reprice();
  }

  /** The line that edits go to. */
  select(line: number): void {
    if (this.draft === null) return;
    this.draft = { ...this.draft, current: line };
    this.keep();
    this.publish();
  }

  /** The hub has the order at this revision. Its lines and prices stay as they are shown. The basket may be another by now. */
  placed(order: string, revision: number): void {
    if (this.draft?.order !== order) return;
    this.draft = asPlaced(this.draft, revision);
    this.keep();
    this.publish();
  }

  /** An order that came into this till's hands, exactly as the hub has it. */
  take(order: WireOrder, customerName: string | null): void {
    const draft = draftOf(order, customerName);
    this.version += 1;
    this.cancelQuote?.();
    this.draft = draft;
    this.price = { basket: byHub(draft, order.lines, order.totals, []), by: "hub", problem: null };
    this.keep();
    this.publish();
  }

  /** Whether the hub is asked to take the basket away: nothing is put into it until it has answered. */
  get isLeaving(): boolean {
    return this.way !== null;
  }

  /** What waited for the basket goes on. */
  onBack(work: () => void): void {
    this.goOn = work;
  }

  /**
   * Asks the hub to take the basket away. What is scanned until its answer would vanish with it, and so it waits: for the next
   * basket where the hub says yes, for this one where it says no. `alone` is what is done where the hub goes before it answers.
   */
  async leave<T>(work: () => Promise<Outcome<T>>, alone: () => Promise<void> | void): Promise<Outcome<T>> {
    const way = { alone };
    this.way = way;
    let outcome: Outcome<T>;
    try {
      outcome = await work();
    } catch (error) {
      this.isBack(way);
      throw error;
    }
    if (outcome.kind === "unconfirmed") this.desk.inBackground(outcome.settled.then(() => this.isBack(way)));
    else this.isBack(way);
    return outcome;
  }

  /** The hub is gone: what it was asked for is kept and sent again, and the till goes on without its answer. */
  async hubGone(): Promise<void> {
    const { way } = this;
    if (way === null) return;
    await way.alone();
    this.isBack(way);
  }

  private isBack(way: { readonly alone: () => Promise<void> | void }): void {
    if (this.way !== way) return;
    this.way = null;
    this.goOn();
  }

  /** The basket of this order is gone; another that is in hand by now stays. */
  clearOf(order: string): void {
    if (this.draft?.order === order) this.clear();
  }

  clear(): void {
    this.version += 1;
    this.cancelQuote?.();
    this.draft = null;
    this.price = { basket: null, by: "till", problem: null };
    this.keep();
    this.publish();
  }

  /** For the transaction that stores a sale: the basket is gone with it. */
  async forgetOnDisk(): Promise<void> {
    await this.desk.kept.facts.delete("draft");
  }

  /** Catalog, taxes or connection changed. */
  reprice(): void {
    const { draft, desk } = this;
    if (draft === null || draft.lines.length === 0) {
      this.price = { basket: null, by: "till", problem: null };
      this.publish();
      return;
    }
    const own = desk.pricing?.price(draft) ?? null;
    this.price = own === null
      ? { basket: this.price.basket, by: "till", problem: null }
      : own.kind === "priced" ? { basket: own.basket, by: "till", problem: null } : { basket: this.price.basket, by: "till", problem: own.problem };
    // What was changed of an order is the hub's to price when it is told: a quote would price it as a basket of now.
    if (desk.isOnline && draft.state === "draft") this.quoteSoon();
    this.publish();
  }

  private quoteSoon(): void {
    this.cancelQuote?.();
    this.isQuoting = true;
    this.cancelQuote = this.desk.ports.clock.after(QUOTE_AFTER_MS, () => {
      this.desk.inBackground(this.quote());
    });
  }

  /** Asks the hub what the basket costs. Its answer wins. */
  async quote(): Promise<void> {
    const { desk, draft, version } = this;
    this.cancelQuote?.();
    this.cancelQuote = null;
    if (desk.api === null || draft === null || draft.lines.length === 0 || draft.state !== "draft") return this.quoted();
    try {
      const page = await desk.api.post(quotePage, PATHS.quote, { place: placeOrder(draft, null) }, QUOTE_WITHIN_MS);
      if (version !== this.version) return;
      this.price = {
        basket: byHub(draft, page.lines, page.totals, page.promotions),
        by: "hub",
        problem: page.refusal === null ? null : hubProblem(page.refusal.code, page.refusal.text),
      };
    } catch (error) {
      // A basket that the hub cannot price says why; a hub that is gone leaves the till's own price standing.
      const problem = problemOf(error);
      if (version === this.version && problem !== null) this.price = { ...this.price, problem };
    }
    if (version === this.version) this.quoted();
  }

  private quoted(): void {
    this.isQuoting = false;
    this.publish();
  }

  /** Reads the order anew, after the hub changed it by what it was told. */
  async readOrder(): Promise<void> {
    const { desk, draft, version } = this;
    if (desk.api === null || draft === null) return;
    const page = await desk.api.get(orderPage, `${PATHS.orders}/${draft.order}`);
    if (version === this.version) this.take(page.order, draft.customer?.name ?? null);
  }

  private keep(): void {
    const { draft, desk } = this;
    // One write after the other, so that the last word is the one that stays.
    this.writing = this.writing.then(
      () => (draft === null ? desk.kept.facts.delete("draft") : remember(desk.kept.facts, "draft", draft)),
    ).catch(() => undefined);
  }

  /** Everything that was changed is on disk. */
  settled(): Promise<void> {
    return this.writing;
  }

  private publish(): void {
    const { draft, desk } = this;
    batch(() => {
      desk.state.basket.value = draft === null || draft.lines.length === 0 ? null : this.shown(draft);
    });
  }

  private shown(draft: Draft): Basket {
    const { basket, by, problem } = this.price;
    const { zero } = this.desk.amounts;
    return {
      order: draft.order, begun: draft.begun, state: draft.state, revision: draft.revision, mode: draft.mode,
      lines: basket?.lines ?? [], current: draft.current,
      totals: basket?.totals ?? { net: zero, tax: zero, gross: zero, discount: zero },
      terms: draft.terms,
      customer: draft.customer === null ? null : { subject: draft.customer.subject, name: draft.customer.name },
      explanations: basket?.explanations ?? [], pricedBy: by, quoting: this.isQuoting, refusal: problem, note: draft.note,
      ageChecked: draft.age?.years ?? null, paid: draft.paid,
    };
  }
}


function problemOf(error: unknown): Problem | null {
  if (error instanceof Error && "status" in error && "code" in error && typeof error.code === "string") {
    return hubProblem(error.code, error.message);
  }
  return null;
}

function isDraft(value: unknown): value is Draft {
  return isObject(value) && typeof value.order === "string" && Array.isArray(value.lines) && Array.isArray(value.edits)
    && isObject(value.terms) && isObject(value.paid);
}

/** An order of the hub as a draft that can be changed on. */
export function draftOf(order: WireOrder, customerName: string | null): Draft {
  const rates = new Map(order.asked.rates.map(({ line, rate }) => [line, rate]));
  const numbers = new Set(order.lines.map(({ number }) => number));
  const own = order.lines.filter(({ number }) => number <= DEPOSIT_LINE_OFFSET || !numbers.has(number - DEPOSIT_LINE_OFFSET));
  const noteOf = (line: number | null) => order.asked.notes.find((note) => note.line === line)?.text ?? null;
  const { discount } = order.asked;
  return {
    order: order.id, begun: order.placed.occurred_at, state: "order", revision: order.revision, mode: order.placed.mode,
    lines: own.map((line) => ({
      number: line.number, sku: line.sku, description: line.description, unit: line.unit, scanned: line.scanned,
      label: line.price.kind === "label" ? { price: line.extended.amount } : null,
      quantity: line.quantity,
      price: line.price.kind === "override"
        ? { kind: "override", unitPrice: line.price.value.unit_price, reason: line.price.value.reason }
        : line.price.kind === "open" ? { kind: "open", unitPrice: line.price.value.unit_price } : { kind: "list" },
      discount: givenOn(line, rates.get(line.number) ?? null),
      voided: line.fate.kind === "kept" ? null : line.fate.value.reason,
      note: noteOf(line.number),
      minimumAge: null,
      had: line.price.kind === "list" ? { list: line.price_list, unitPrice: line.price.value.unit_price } : null,
    })),
    current: own.findLast(({ fate }) => fate.kind === "kept")?.number ?? null,
    terms: {
      tag: order.terms.tag, coupons: [...order.terms.coupons, ...order.asked.unused], exemption: order.terms.exemption,
      discount: discount.kind === "none" ? { kind: "none" } : { kind: discount.kind, ...discount.value } as Draft["terms"]["discount"],
    },
    customer: order.customer === null ? null : { subject: order.customer, name: customerName, priceGroup: order.asked.group },
    note: noteOf(null),
    age: order.age_checked === null ? null : { years: order.age_checked, how: "by_document" },
    edits: [],
    paid: order.paid,
  };
}

type WireLineOf = WireOrder["lines"][number];

function givenOn(line: WireLineOf, rate: string | null): Draft["lines"][number]["discount"] {
  const { discount } = line;
  if (discount.kind === "percent") return { kind: "percent", rate: discount.value.rate, reason: discount.value.reason };
  if (discount.kind === "amount") return { kind: "amount", amount: discount.value.amount, reason: discount.value.reason };
  if (discount.kind === "none") return { kind: "none" };
  for (const { source, amount } of discount.value.parts) {
    if (source.kind !== "line") continue;
    const { reason } = source.value;
    return rate === null ? { kind: "amount", amount, reason } : { kind: "percent", rate, reason };
  }
  return { kind: "none" };
}
