/**
 * From a basket to a sale: the order is placed, tenders are put together, the payment is one command. Whatever happens on
 * the way, the payment is sent once: without an answer it is not confirmed and stays so, and without a hub the customer
 * still goes home with a receipt.
 */
import { placeOrder } from "../basket/draft";
import type { BasketDesk } from "../basket/basket_desk";
import type { Approval, Outcome, Refused } from "../contract/outcome";
import type { PaymentInProgress, TenderInput, TransactionRow } from "../contract/payment";
import type { Local } from "../contract/actions";
import type { Money } from "../contract/values";
import type { Desk } from "../desk";
import { DONE, no, refused } from "../outcomes";
import { isPositive } from "../amounts";
import { fastCash } from "../../pricing";
import type { TendersPage } from "../../protocol/hub";
import type { TillEvent } from "../../protocol/messages";
import { choices } from "./choices";
import { isOpen, isOver, possible, standingOf, stepOf } from "./device_tender";
import type { Leaving, Settled } from "./leaving";
import { tally, type Given } from "./tally";
import type { OpenPayment, OpenTender } from "./open_payment";

/** The hub does not know the order, it is closed, another till has it, or it is parked. */
const NOT_IN_HAND: ReadonlySet<string> = new Set(["HF-CMD-141", "HF-CMD-142", "HF-CMD-200", "HF-CMD-201"]);

/** The order changed since this till saw it, or was placed before. */
const AS_AT_HUB: ReadonlySet<string> = new Set(["HF-CMD-140", "HF-CMD-202"]);

export class Selling {
  private open: OpenPayment | null = null;
  private tenders: TendersPage | null = null;

  constructor(
    private readonly desk: Desk,
    private readonly basket: BasketDesk,
    private readonly leaving: Leaving,
    private readonly sold: (skus: readonly string[]) => void,
  ) {}

  /** What devices can take money now, as the hub said last. */
  useTenders(page: TendersPage | null): void {
    this.tenders = page;
    this.publish();
  }

  /**
   * After a reload: a payment of this basket that was sent and has no answer is taken up again. A second one must never be
   * made.
   */
  resume(command: string): void {
    const { desk, basket } = this;
    const draft = basket.current;
    const gross = basket.priced?.totals.gross;
    if (draft === null) return;
    const due = gross === undefined ? 0n : desk.amounts.minor(gross) - desk.amounts.minor(draft.paid);
    this.open = { ...this.opened(draft.order, due, "yes"), state: "unconfirmed", command };
    this.publish();
  }

  /** The answer of a payment that was sent before the page was loaded. */
  answeredBefore(command: string, row: TransactionRow | null): void {
    if (this.open?.command !== command || this.open.state !== "unconfirmed") return;
    if (row !== null) this.finish(row);
    else {
      this.open = null;
      this.publish();
    }
  }

  /** From the basket to its payment. */
  async begin(approval?: Approval): Promise<Outcome<null>> {
    const { desk, basket } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (this.open !== null) return DONE;
    const draft = basket.current;
    if (draft === null || basket.isEmpty) return no("HF-WEB-029");
    if (basket.isLeaving) return no("HF-WEB-051");
    if (!desk.isOnline) return this.beginAlone();
    const due = basket.priced?.totals.gross ?? null;
    if (draft.state === "order" && draft.edits.length === 0) {
      if (due === null) return no("HF-WEB-043");
      this.open = this.opened(draft.order, desk.amounts.minor(due) - desk.amounts.minor(draft.paid), "yes");
      this.publish();
      return DONE;
    }
    if (due === null) await basket.quote();
    const expected = basket.priced?.totals.gross ?? null;
    this.open = { ...this.opened(draft.order, expected === null ? 0n : desk.amounts.minor(expected), "asked"), state: "placing" };
    this.publish();
    const { order } = draft;
    const isNew = draft.state === "draft";
    const action = isNew
      ? { place_order: placeOrder(draft, expected) }
      : { edit_order: { order, revision: draft.revision, edits: draft.edits, expected_total: null } };
    return desk.send<null>({
      action, name: isNew ? "place_order" : "edit_order", order, approval,
      accepted: async ({ summary }) => {
        const totals = summary.kind === "order_placed" || summary.kind === "order_edited" ? summary.value.totals : null;
        basket.placed(order, summary.kind === "order_edited" ? summary.value.revision : 1);
        if (this.open?.order === order) {
          const gross = totals === null ? this.open.due : desk.amounts.minor(totals.gross);
          this.open = { ...this.open, due: gross, placed: "yes", state: this.open.state === "placing" ? "collecting" : this.open.state };
        }
        if (basket.current?.order === order && totals !== null && (!isNew || totals.gross.amount !== expected?.amount)) await basket.readOrder().catch(() => undefined);
        this.publish();
        return null;
      },
      refused: async ({ problem }) => {
        if (this.open?.order === order) this.open = null;
        this.publish();
        if (problem.code === "HF-CMD-131") await basket.quote();
        // Somebody changed it, or the hub had it already: it is shown as it is there.
        if (basket.current?.order === order && AS_AT_HUB.has(problem.code)) await basket.readOrder().catch(() => undefined);
      },
    });
  }

  private beginAlone(): Local {
    const { desk, basket } = this;
    const draft = basket.current;
    const { priced } = basket;
    if (desk.isTraining) return no("HF-WEB-015");
    if (draft === null || priced === null) return no("HF-WEB-043");
    const problem = basket.pricedBy === "till" ? (desk.state.basket.value?.refusal ?? null) : null;
    if (problem !== null) return refused(problem);
    const denied = this.leaving.deniedAlone(draft, priced);
    if (denied !== null) return denied;
    const due = desk.amounts.minor(priced.totals.gross) - desk.amounts.minor(draft.paid);
    this.open = this.opened(draft.order, due, draft.state === "order" && draft.edits.length === 0 ? "yes" : "no");
    this.publish();
    return DONE;
  }

  private opened(order: string, due: bigint, placed: OpenPayment["placed"]): OpenPayment {
    return { order, due, placed, state: "collecting", tenders: [], tip: 0n, deposit: false, problem: null, command: null };
  }

  back(): Local {
    const { open } = this;
    if (open === null) return DONE;
    if (open.state === "completing" || open.state === "unconfirmed" || open.state === "placing") return no("HF-WEB-032");
    if (open.tenders.some(({ device }) => device !== null && isOpen(device.standing))) return no("HF-WEB-039");
    this.open = null;
    this.publish();
    return DONE;
  }

  async addTender(input: TenderInput): Promise<Outcome<null>> {
    const { open, desk } = this;
    if (open === null) return no("HF-WEB-040");
    if (open.state === "completing" || open.state === "unconfirmed") return no("HF-WEB-032");
    const code = input.kind === "cash" ? "cash" : input.code;
    const type = desk.state.tenderTypes.value.find((of) => of.code === code);
    if (type === undefined) return no("HF-WEB-037");
    if (!desk.isOnline && !type.allowedOffline) return no("HF-WEB-038");
    const { open: left, openInCash } = this.tallied(open);
    if (left === 0n && open.tenders.length > 0) return no("HF-WEB-040");
    const amount = input.amount === null ? (type.cashRounded ? openInCash : left) : this.read(input.amount);
    if (amount === null || amount <= 0n) return no("HF-WEB-033");
    // A typed barcode is worth billions.
    if (amount > left + 1_000n * desk.amounts.whole && amount > 10n * left) return no("HF-WEB-034");
    if (type.change.kind === "never" && amount > left) return no("HF-WEB-035");
    if (input.kind === "device") return this.startDevice(input, amount, type.name);
    const reference = input.kind === "cash" ? null : input.kind === "account" ? input.account : input.reference;
    if (type.needsReference && (reference ?? "").trim() === "") return no("HF-WEB-036");
    const tender: OpenTender = { id: desk.mint(), type, minor: amount, reference: (reference ?? "").trim() || null, device: null };
    const fault = this.tallied({ ...open, tenders: [...open.tenders, tender] }).fault;
    if (fault !== null) return refused(fault);
    this.open = { ...open, tenders: [...open.tenders, tender], problem: null };
    this.publish();
    this.completeWhenCovered();
    return DONE;
  }

  private read(money: Money): bigint | null {
    const { amounts } = this.desk;
    return money.currency === amounts.currency && isPositive(money.amount, amounts.places) ? amounts.minor(money) : null;
  }

  private async startDevice(input: Extract<TenderInput, { kind: "device" }>, amount: bigint, name: string): Promise<Outcome<null>> {
    const { desk, open } = this;
    const type = desk.state.tenderTypes.value.find((of) => of.code === input.code);
    if (open === null || type === undefined || desk.epoch === null) return no("HF-WEB-040");
    if (open.placed !== "yes") return no("HF-WEB-032");
    const tip = input.tip === null ? 0n : (this.read(input.tip) ?? 0n);
    const attempt = desk.mint();
    const device = input.device ?? this.tenders?.devices.find(({ tender }) => tender === input.code)?.device ?? name;
    this.open = {
      ...open,
      tenders: [...open.tenders, { id: attempt, type, minor: amount, reference: null, device: { attempt, device, step: null, standing: { kind: "asking" } } }],
    };
    this.publish();
    const action = {
      start_tender: {
        epoch: desk.epoch, asked: { pay: { order: open.order, code: input.code } }, amount: desk.amounts.money(amount + tip),
        tip: tip === 0n ? null : desk.amounts.money(tip), device: input.device,
      },
    };
    return desk.send<null>({
      action, name: "start_tender", order: open.order, id: attempt,
      accepted: ({ summary }) => {
        const known = summary.kind === "tender_started" ? summary.value.device : device;
        this.deviceTender(attempt, (of) => ({ ...of, device: known, standing: of.standing.kind === "asking" ? { kind: "started" } : of.standing }));
        return null;
      },
      refused: () => this.forget(attempt),
    });
  }

  removeTender(id: string): Local {
    const { open } = this;
    const tender = open?.tenders.find((of) => of.id === id);
    if (open === null || tender === undefined) return DONE;
    if (open.state !== "collecting") return no("HF-WEB-032");
    if (tender.device !== null && !isOver(tender.device.standing)) return no("HF-WEB-039");
    this.forget(id);
    return DONE;
  }

  setTip(tip: Money | null): Local {
    if (this.open === null) return no("HF-WEB-040");
    const minor = tip === null ? 0n : this.read(tip);
    if (minor === null) return no("HF-WEB-033");
    this.open = { ...this.open, tip: minor };
    this.publish();
    return DONE;
  }

  async complete(approval?: Approval): Promise<Outcome<TransactionRow>> {
    const { open } = this;
    if (open === null) return no("HF-WEB-040");
    if (open.state !== "collecting") return no("HF-WEB-032");
    if (open.tenders.some(({ device }) => device !== null && ["asking", "started", "under_way"].includes(device.standing.kind))) {
      return no("HF-WEB-039");
    }
    const sum = this.tallied(open);
    if (!open.deposit && !sum.isCovered) return no("HF-WEB-041");
    if (sum.fault !== null) return refused(sum.fault);
    const basket = this.desk.state.basket.value;
    const draft = this.basket.current;
    if (basket === null || draft === null) return no("HF-WEB-029");
    if (!this.desk.isOnline || open.placed === "no") {
      if (open.deposit) return no("HF-WEB-015");
      const row = await this.leaving.alone(open, sum, basket, draft);
      if (row.kind === "accepted") this.finish(row.value);
      return row;
    }
    this.open = { ...open, state: "completing" };
    this.publish();
    const settled: Settled = {
      done: (row) => this.finish(row),
      refused: (refusal) => this.refusedBack(open.order, refusal),
      sent: (command) => {
        if (this.open?.order === open.order) this.open = { ...this.open, command };
      },
    };
    const outcome = await this.leaving.pay(open, sum, basket, draft, settled, approval);
    if (outcome.kind === "unconfirmed" && this.open?.order === open.order) {
      this.open = { ...this.open, state: "unconfirmed" };
      this.publish();
      if (this.desk.state.hub.value.kind === "gone") await this.hubGone();
    }
    return outcome;
  }

  async payCash(amount: Money | null, approval?: Approval): Promise<Outcome<TransactionRow>> {
    const begun = await this.begin(approval);
    if (begun.kind === "refused") return begun;
    const order = this.open?.order ?? null;
    // Without its hub the till goes on by itself; a hub that is there has not confirmed the order yet.
    if (begun.kind === "accepted" || !this.desk.isOnline) return this.cash(order, amount, approval);
    const settled = begun.settled.then(async (placed) => {
      if (placed.kind === "refused") return placed;
      const paid = await this.cash(order, amount, approval);
      return paid.kind === "unconfirmed" ? paid.settled : paid;
    });
    return { kind: "unconfirmed", command: begun.command, settled };
  }

  private async cash(order: string | null, amount: Money | null, approval?: Approval): Promise<Outcome<TransactionRow>> {
    const { open, desk } = this;
    if (open === null || open.order !== order) return no("HF-WEB-040");
    const type = desk.state.tenderTypes.value.find((of) => of.class === "cash");
    const minor = amount === null ? this.tallied(open).openInCash : this.read(amount);
    if (type === undefined || minor === null) return no("HF-WEB-033");
    if (minor > open.due + 1_000n * desk.amounts.whole && minor > 10n * open.due) return no("HF-WEB-034");
    const tender: OpenTender = { id: desk.mint(), type, minor, reference: null, device: null };
    this.open = { ...open, tenders: minor === 0n ? open.tenders : [...open.tenders, tender] };
    const outcome = await this.complete(approval);
    if (outcome.kind === "refused" && this.open !== null) this.forget(tender.id);
    return outcome;
  }

  async deposit(): Promise<Outcome<TransactionRow>> {
    if (this.open === null) return no("HF-WEB-040");
    this.open = { ...this.open, deposit: true };
    const outcome = await this.complete();
    if (outcome.kind === "refused" && this.open !== null) this.open = { ...this.open, deposit: false };
    return outcome;
  }

  /** Given up before payment: it leaves its trace. */
  async abandon(reason: string): Promise<Outcome<null>> {
    const draft = this.basket.current;
    if (draft === null) return DONE;
    if (this.open !== null) return no("HF-WEB-032");
    if (this.basket.isLeaving) return no("HF-WEB-051");
    if (reason.trim() === "") return no("HF-WEB-025");
    if (draft.lines.length === 0) {
      this.basket.clear();
      return DONE;
    }
    const gone = (): void => this.basket.clearOf(draft.order);
    return this.basket.leave(() => this.leaving.abandon(draft, reason.trim(), gone), gone);
  }

  /** What happens at a device that this payment waits for. */
  event({ attempt, news }: TillEvent): void {
    if (attempt === null || news === null) return;
    this.deviceTender(attempt, (of) => (news.kind === "step"
      ? { ...of, step: stepOf(news.value) }
      : { ...of, step: null, device: news.value.tender.device, standing: standingOf(news.value.tender) }));
    this.completeWhenCovered();
  }

  /** Attempts whose standing the till may have missed. */
  get attemptsToAsk(): readonly string[] {
    return this.open?.tenders.flatMap(({ device }) => (device !== null && !isOver(device.standing) ? [device.attempt] : [])) ?? [];
  }

  /** The hub is gone: what is under way is completed here, and a payment without its answer gets a number of the till's own. */
  async hubGone(): Promise<void> {
    const { open } = this;
    if (open === null) return;
    if ((open.state === "completing" || open.state === "unconfirmed") && open.command !== null) {
      const row = await this.leaving.handOut(open.command);
      if (row !== null) this.finish(row);
      return;
    }
    if (open.state === "placing") this.open = { ...open, state: "collecting" };
    this.publish();
  }

  private completeWhenCovered(): void {
    const { open } = this;
    if (open === null || open.state !== "collecting" || open.deposit || open.tenders.length === 0) return;
    if (open.tenders.some(({ device }) => device !== null && isOpen(device.standing) && device.standing.kind !== "approved")) return;
    if (this.tallied(open).isCovered) this.desk.inBackground(this.complete());
  }

  private refusedBack(order: string, refusal: Refused): void {
    if (this.open?.order !== order) return;
    // Somebody else has the order, or it is closed: nothing of it can be paid here any more.
    if (NOT_IN_HAND.has(refusal.problem.code)) return this.forgetOrder(order);
    this.open = { ...this.open, state: "collecting", problem: refusal.problem, command: null };
    this.publish();
  }

  private finish(row: TransactionRow): void {
    if (this.open !== null && row.order !== this.open.order) return;
    this.open = null;
    if (this.basket.current?.order === row.order) {
      this.sold(this.basket.current.lines.map(({ sku }) => sku));
      this.basket.clear();
    }
    this.desk.state.last.value = row;
    this.publish();
  }

  private forget(id: string): void {
    if (this.open === null) return;
    this.open = { ...this.open, tenders: this.open.tenders.filter((tender) => tender.id !== id) };
    this.publish();
  }

  private deviceTender(attempt: string, work: (of: NonNullable<OpenTender["device"]>) => NonNullable<OpenTender["device"]>): void {
    if (this.open === null) return;
    const tenders = this.open.tenders.map((tender) => (tender.device?.attempt === attempt ? { ...tender, device: work(tender.device) } : tender));
    this.open = { ...this.open, tenders };
    this.publish();
  }

  private given(open: OpenPayment): readonly Given[] {
    return open.tenders.flatMap(({ type, minor, device }) => {
      if (device === null) return [{ type, minor }];
      if (device.standing.kind !== "approved") return [];
      const { amount, tip } = device.standing;
      return [{ type, minor: this.desk.amounts.minor(amount) - this.desk.amounts.minor(tip) }];
    });
  }

  private tallied(open: OpenPayment) {
    return tally(this.desk.amounts, this.desk.facts?.profile.cash_step ?? "0", open.due, this.given(open));
  }

  publish(): void {
    const { desk, open } = this;
    desk.state.payment.value = open === null || desk.facts === null ? null : this.shown(open);
  }

  private shown(open: OpenPayment): PaymentInProgress {
    const { desk } = this;
    const money = (minor: bigint) => desk.amounts.money(minor);
    const sum = this.tallied(open);
    const step = desk.facts?.profile.cash_step ?? "0";
    return {
      order: open.order,
      due: money(open.due),
      cashDue: money(desk.amounts.toStep(open.due, step)),
      open: money(sum.open),
      openInCash: money(sum.openInCash),
      change: money(sum.change),
      tenders: open.tenders.map((tender) => ({
        id: tender.id, code: tender.type.code, name: tender.type.name, class: tender.type.class, amount: money(tender.minor),
        reference: tender.reference,
        device: tender.device === null ? null : { ...tender.device, can: possible(tender.device.standing) },
        counts: tender.device === null || tender.device.standing.kind === "approved",
      })),
      tip: open.tip === 0n ? null : money(open.tip),
      fastCash: fastCash(money(sum.open).amount, desk.amounts.currency, step).map((amount) => ({ amount, currency: desk.amounts.currency })),
      choices: choices(desk.state.tenderTypes.value, this.tenders, !desk.isOnline),
      state: open.state,
      island: !desk.isOnline,
      problem: open.problem,
    };
  }

  /** A placed order went back to the hub or to another till: nothing of it is here any more. */
  forgetOrder(order: string): void {
    if (this.open?.order === order) this.open = null;
    if (this.basket.current?.order === order) this.basket.clear();
    this.publish();
  }
}
