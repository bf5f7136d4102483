/** How a sale leaves the till: to the hub, or, without one, into what is merged later. */
import { keptLines, lineInput, placeOrder, type Draft } from "../basket/draft";
import type { Listed, PricedBasket } from "../basket/priced";
import type { Alone } from "../alone/alone";
import { isIslandSaleAction, numbered, stepsOfOld } from "../alone/island_sale";
import { wireLines } from "../alone/wire_lines";
import { cardNumberIn } from "../card_numbers";
import type { Basket } from "../contract/basket";
import type { Approval, Outcome, Refused } from "../contract/outcome";
import type { TenderTaken, TransactionRow } from "../contract/payment";
import type { Desk } from "../desk";
import { accepted, no } from "../outcomes";
import { compareDecimals } from "../amounts";
import type { Transactions } from "../shop/transactions";
import { receiptOfBasket } from "../shop/receipt";
import type { OpenPayment } from "./open_payment";
import type { Tally } from "./tally";

export interface Settled {
  readonly done: (row: TransactionRow) => void;
  readonly refused: (refusal: Refused) => void;
  readonly sent: (command: string) => void;
}

export class Leaving {
  constructor(
    private readonly desk: Desk,
    private readonly transactions: Transactions,
    private readonly island: Alone,
    /** What the lists ask for the lines of the basket in hand. */
    private readonly listed: () => ReadonlyMap<number, Listed>,
  ) {}

  /** The payment as one command to the hub. */
  async pay(
    open: OpenPayment, sum: Tally, basket: Basket, draft: Draft, settled: Settled, approval?: Approval,
  ): Promise<Outcome<TransactionRow>> {
    const { desk } = this;
    const command = desk.mint();
    const action = this.payAction(open, "hub");
    if (cardNumberIn(action)) {
      const refusal = no("HF-WEB-017");
      settled.refused(refusal);
      return refusal;
    }
    const fallback = this.islandSale(open, sum, basket, draft, 0);
    const seed = this.transactions.begin({ ...this.seed(open, sum, basket, null), command, fallback });
    settled.sent(command);
    const outcome = desk.send<TransactionRow>({
      action, name: "pay", order: open.order, id: command, approval, alongside: seed.write,
      accepted: () => {
        const row = this.transactions.row(command) ?? seed.row;
        settled.done(row);
        return row;
      },
      refused: settled.refused,
    });
    seed.show();
    return outcome;
  }

  /** A payment without its answer gets a number of the till's own; the hub will have both. */
  async handOut(command: string): Promise<TransactionRow | null> {
    const fallback = this.transactions.fallback(command);
    if (!isIslandSaleAction(fallback) || !this.desk.outbox.isWaiting(command)) return null;
    const number = this.island.series.next();
    const whole = [{ name: "island_sale", action: numbered(fallback, number.number) }];
    const adding = this.island.adding({ command, number: number.number, isAlias: true, whenRefused: whole, whenRejected: whole });
    await this.desk.outbox.ask([], async () => {
      await number.write();
      await adding.write();
      await this.desk.kept.facts.delete("draft");
    });
    number.use();
    const row = await this.transactions.giveIslandNumber(command, number.printed);
    adding.use();
    if (row !== null) await this.island.paperWaits(row);
    return row;
  }

  /** Sold without the hub: stored as a whole before the customer has the receipt. */
  async alone(open: OpenPayment, sum: Tally, basket: Basket, draft: Draft): Promise<Outcome<TransactionRow>> {
    const { desk } = this;
    const { engine } = desk;
    if (engine === null) return no("HF-WEB-010");
    const command = desk.mint();
    const number = this.island.series.next();
    // A device's money is at the hub: that order is paid there, and the customer's number is its second one.
    const byDevice = open.tenders.some(({ device }) => device?.standing.kind === "approved");
    const isKnown = open.placed !== "no";
    const sale = this.islandSale(open, sum, basket, draft, number.number);
    const action = !isKnown ? sale : this.payAction(open, byDevice ? "hub" : { island: { number: number.number } });
    if (cardNumberIn(action)) return no("HF-WEB-017");
    const whole = [{ name: "island_sale", action: sale }];
    const adding = this.island.adding({
      command, number: number.number, isAlias: byDevice, whenRefused: isKnown ? whole : [], whenRejected: isKnown ? whole : stepsOfOld(sale),
    });
    const seed = this.transactions.begin({ ...this.seed(open, sum, basket, number.printed), command, fallback: null });
    const at = desk.now();
    const name = isKnown ? "pay" : "island_sale";
    const text = JSON.stringify({ command: { id: command, occurred_at: at, action } });
    await desk.outbox.ask([{ id: command, text, action: name, at, order: open.order }], async () => {
      await number.write();
      await adding.write();
      await seed.write();
      await desk.kept.facts.delete("draft");
    });
    number.use();
    seed.show();
    adding.use();
    void engine.submit(command, text);
    await this.island.paperWaits(seed.row);
    return accepted({ ...seed.row }, "here");
  }

  /** Why this may not be sold without the hub by whoever is here. Their rights are those of the till's own copy, reduced. */
  deniedAlone(draft: Draft, priced: PricedBasket): Refused | null {
    const { operator } = this.desk;
    const authority = operator?.authority ?? null;
    for (const line of keptLines(draft)) {
      if (line.price.kind === "override" && authority?.permissions.includes("override_price") !== true) return no("HF-WEB-015");
      const { discount } = line;
      if (discount.kind === "none") continue;
      if (authority?.permissions.includes("discount") !== true) return no("HF-WEB-015");
      if (discount.kind === "percent" && compareDecimals(discount.rate, authority.lineDiscount) > 0) return no("HF-WEB-015");
      const of = priced.lines.find(({ number }) => number === line.number);
      if (discount.kind === "amount" && of !== undefined && !this.isShare(discount.amount, of.extended, authority.lineDiscount)) {
        return no("HF-WEB-015");
      }
    }
    const { discount } = draft.terms;
    if (discount.kind === "none") return null;
    if (authority?.permissions.includes("discount") !== true) return no("HF-WEB-015");
    if (discount.kind === "percent") return compareDecimals(discount.rate, authority.basketDiscount) > 0 ? no("HF-WEB-015") : null;
    return this.isShare(discount.amount, priced.totals.gross, authority.basketDiscount) ? null : no("HF-WEB-015");
  }

  private isShare(part: Basket["paid"], whole: Basket["paid"], rate: string): boolean {
    const { amounts } = this.desk;
    const millionths = BigInt(rate.replace(".", "").padEnd(rate.indexOf(".") < 0 ? rate.length + 6 : rate.indexOf(".") + 6, "0"));
    return amounts.minor(part) * 1_000_000n <= amounts.minor(whole) * millionths;
  }

  /** A basket or an order that is given up. */
  async abandon(draft: Draft, reason: string, done: () => void): Promise<Outcome<null>> {
    const { desk } = this;
    const command = desk.mint();
    const isOrder = draft.state === "order";
    const action = isOrder
      ? { cancel_order: { order: draft.order, reason } }
      : { abandon_basket: { lines: draft.lines.map(lineInput), reason } };
    if (cardNumberIn(action)) return no("HF-WEB-017");
    const name = isOrder ? "cancel_order" : "abandon_basket";
    if (desk.isOnline) {
      return desk.send<null>({
        action, name, order: draft.order, id: command,
        accepted: () => {
          done();
          return null;
        },
      });
    }
    const { engine } = desk;
    if (engine === null) return no("HF-WEB-010");
    const at = desk.now();
    const text = JSON.stringify({ command: { id: command, occurred_at: at, action } });
    await desk.outbox.ask([{ id: command, text, action: name, at, order: draft.order }]);
    void engine.submit(command, text);
    done();
    return accepted(null, "here");
  }

  private seed(open: OpenPayment, sum: Tally, basket: Basket, receipt: string | null) {
    const { amounts } = this.desk;
    const tenders = open.tenders.flatMap(({ type, minor, reference, device }): TenderTaken[] => {
      if (device === null) return [{ code: type.code, name: type.name, amount: amounts.money(minor), reference, card: null }];
      return device.standing.kind === "approved"
        ? [{ code: type.code, name: type.name, amount: device.standing.amount, reference: null, card: device.standing.card }]
        : [];
    });
    const change = amounts.money(sum.change);
    const rounding = amounts.money(sum.rounding);
    const kind = open.deposit ? "deposit" as const : "sale" as const;
    return {
      kind, order: open.order, receipt, total: open.deposit ? amounts.sum(tenders.map(({ amount }) => amount)) : basket.totals.gross,
      change, tenders,
      paper: receiptOfBasket(this.desk, basket, { kind, number: receipt, island: receipt !== null, tenders, rounding, change }),
    };
  }

  private tenderInputs(open: OpenPayment): readonly unknown[] {
    return open.tenders.flatMap(({ type, minor, reference, device }) => {
      if (device !== null) return [];
      const amount = this.desk.amounts.money(minor);
      return [{ kind: type.class === "cash" ? "cash" : { typed: { code: type.code, reference } }, amount }];
    });
  }

  private tips(open: OpenPayment): readonly unknown[] {
    if (open.tip === 0n) return [];
    const by = open.tenders.find(({ device }) => device === null);
    const kind = by === undefined || by.type.class === "cash" ? "cash" : { typed: { code: by.type.code, reference: by.reference } };
    return [{ kind, amount: this.desk.amounts.money(open.tip) }];
  }

  private payAction(open: OpenPayment, receipt: unknown): unknown {
    return {
      pay: {
        order: open.order, tenders: this.tenderInputs(open), tips: this.tips(open),
        settlement: open.deposit ? "deposit" : "full", receipt,
      },
    };
  }

  /** The shift, where the hub has not heard of it: it begins there with the first sale that names it. */
  private opened() {
    const { outbox, state } = this.desk;
    const shift = state.shift.value;
    if (shift === null || !outbox.waitingRows().some(({ action }) => action === "open_shift")) return {};
    return { opened: { shift: shift.shift, float: shift.float, day: shift.businessDate } };
  }

  private islandSale(open: OpenPayment, sum: Tally, basket: Basket, draft: Draft, number: number): unknown {
    const { desk } = this;
    const { lines, terms } = placeOrder(draft, null);
    return {
      island_sale: {
        order: open.order,
        operator: desk.operator?.staff ?? "",
        customer: draft.customer?.subject ?? null,
        lines,
        priced: wireLines(basket, this.listed(), desk.catalog),
        totals: basket.totals,
        terms,
        tenders: this.tenderInputs(open),
        tips: this.tips(open),
        rounding: desk.amounts.money(sum.rounding),
        change: desk.amounts.money(sum.change),
        number,
        catalog_version: desk.state.catalog.value.version ?? "0",
        ...this.opened(),
      },
    };
  }
}
