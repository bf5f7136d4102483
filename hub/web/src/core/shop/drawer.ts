/** Shifts, cash in and out of the drawer, the day. A shift is counted blind; without the hub its Z is numbered later. */
import { PATHS, xReport } from "../../protocol/hub";
import type { WireShift } from "../../protocol/sales";
import { isObject } from "../../protocol/decode";
import { percentOf } from "../amounts";
import type { DrawerActions } from "../contract/actions";
import type { Answer, Approval, Outcome } from "../contract/outcome";
import type { TransactionKind, TransactionRow } from "../contract/payment";
import type { CashMovement, Declaration, OpenShift, ShiftClosed, XReport } from "../contract/shift";
import type { Mode, Money } from "../contract/values";
import type { Desk } from "../desk";
import { remember } from "../kept/facts";
import { accepted, answered, asking, no } from "../outcomes";
import type { Alone } from "../alone/alone";
import type { Snapshot } from "../../protocol/hub";
import { receiptOfBasket } from "./receipt";
import type { Transactions } from "./transactions";
import { facesOf, read } from "./faces";

const SHIFT = "shift";
const KIND: Readonly<Record<CashMovement, TransactionKind>> = { paid_in: "paid_in", paid_out: "paid_out", drop: "cash_drop", loan: "cash_loan" };

function isOpenShift(value: unknown): value is OpenShift {
  return isObject(value) && typeof value.shift === "string" && isObject(value.float);
}

export class Drawer {
  /** Opened or closed without the hub, which has not heard of it: its snapshot is older than that. */
  private ahead = false;

  constructor(
    private readonly desk: Desk,
    private readonly transactions: Transactions,
    private readonly alone: Alone,
  ) {}

  async open(): Promise<void> {
    const kept = (await this.desk.kept.facts.get(SHIFT))?.value;
    if (!isObject(kept)) return;
    this.ahead = kept.ahead === true;
    if (isOpenShift(kept.shift)) this.desk.state.shift.value = kept.shift;
  }

  snapshot({ till }: Snapshot): void {
    if (this.ahead && this.desk.outbox.waitingRows().some(({ action }) => action === "open_shift" || action === "close_shift")) return;
    this.ahead = false;
    const { shift } = till;
    this.desk.inBackground(this.show(shift === null ? null : {
      shift: shift.id, openedAt: shift.opened_at, businessDate: shift.business_date, mode: shift.mode, float: shift.float,
    }));
  }

  private async show(shift: OpenShift | null): Promise<void> {
    const { desk } = this;
    const before = desk.state.shift.value;
    if (before?.shift === shift?.shift && before?.businessDate === shift?.businessDate) return;
    desk.state.shift.value = shift;
    this.transactions.refresh();
    await remember(desk.kept.facts, SHIFT, { shift, ahead: this.ahead });
  }

  actions(): DrawerActions {
    return {
      openDrawer: (reason, approval) => this.openDrawer(reason, approval),
      moveCash: (movement, amount, reason, approval) => this.moveCash(movement, amount, reason, approval),
      openShift: (float, mode, day, approval) => this.openShift(float, mode, day ?? null, approval),
      closeShift: (declaration) => this.closeShift(declaration),
      xReport: () => this.xReport(),
      closeDay: async (day, approval) => this.desk.send({
        action: { close_day: { day } }, name: "close_day", approval,
        accepted: ({ summary }) => {
          const of = summary.kind === "day_closed" ? summary.value : null;
          return {
            day, number: of?.number ?? 0, part: of?.part ?? 1, gross: of?.gross ?? this.desk.amounts.zero,
            openShifts: of?.open_shifts ?? 0, openOrders: of?.open_orders ?? 0,
          };
        },
      }),
    };
  }

  private async openDrawer(reason: string, approval?: Approval): Promise<Outcome<null>> {
    const obstacle = this.desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (reason.trim() === "") return no("HF-WEB-025");
    return this.desk.send<null>({ action: { open_drawer: { reason: reason.trim() } }, name: "open_drawer", approval, accepted: () => null });
  }

  private async moveCash(movement: CashMovement, amount: Money, reason: string, approval?: Approval): Promise<Outcome<TransactionRow>> {
    const { desk } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (reason.trim() === "") return no("HF-WEB-025");
    if (read(desk.amounts, amount) === null) return no("HF-WEB-033");
    const command = desk.mint();
    const zero = desk.amounts.zero;
    const paper = receiptOfBasket(desk, { lines: [], totals: { net: zero, tax: zero, gross: amount, discount: zero } }, {
      kind: KIND[movement], number: null, island: false, tenders: [], rounding: null, change: null,
    });
    const seed = this.transactions.begin({
      command, kind: KIND[movement], order: null, receipt: null, total: amount, change: null, tenders: [], paper, fallback: null,
    });
    const outcome = desk.send<TransactionRow>({
      action: { move_cash: { movement, amount, reason: reason.trim(), receipt: "hub" } }, name: "move_cash", id: command, approval,
      alongside: seed.write,
      accepted: () => this.transactions.row(command) ?? seed.row,
    });
    if (desk.isOnline) seed.show();
    return outcome;
  }

  private async openShift(float: Money, mode: Mode, day: string | null, approval?: Approval): Promise<Outcome<OpenShift>> {
    const { desk } = this;
    const obstacle = desk.obstacle("operator");
    if (obstacle !== null) return obstacle;
    if (read(desk.amounts, float) === null && float.amount !== desk.amounts.zero.amount) return no("HF-WEB-033");
    const shift = desk.mint();
    const opened = (businessDate: string): OpenShift => ({ shift, openedAt: desk.now(), businessDate, mode, float });
    const action = { open_shift: { shift, float, day: day === null ? "today" : { on: day }, mode } };
    if (!desk.isOnline) {
      if (mode === "training" || day !== null) return no("HF-WEB-015");
      const open = opened(desk.facts?.time.businessDate() ?? "");
      await this.later("open_shift", action);
      await this.show(open);
      return accepted(open, "here");
    }
    return desk.send<OpenShift>({
      action, name: "open_shift", approval,
      accepted: async ({ summary }) => {
        const open = opened(summary.kind === "shift_opened" ? summary.value.business_date : "");
        await this.show(open);
        return open;
      },
    });
  }

  private async closeShift(declaration: Declaration): Promise<Outcome<ShiftClosed>> {
    const { desk } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    const open = desk.state.shift.value;
    if (open === null) return no("HF-WEB-012");
    if (desk.state.payment.value !== null) return no("HF-WEB-032");
    if (desk.state.basket.value !== null) return no("HF-WEB-031");
    if (!addsUp(desk, declaration)) return no("HF-WEB-048");
    const action = {
      close_shift: {
        shift: open.shift, declared: declaration.cash,
        count: { pieces: declaration.pieces, tenders: declaration.tenders },
      },
    };
    if (!desk.isOnline) {
      await this.later("close_shift", action);
      await this.show(null);
      return accepted({ shift: open.shift, zNumber: null, expected: null, declared: declaration.cash, overShort: null }, "here");
    }
    return desk.send<ShiftClosed>({
      action, name: "close_shift",
      accepted: async ({ summary }) => {
        await this.show(null);
        const of = summary.kind === "shift_closed" ? summary.value : null;
        return {
          shift: open.shift, zNumber: of?.z_number ?? null, expected: of?.expected ?? null, declared: declaration.cash,
          overShort: of?.over_short ?? null,
        };
      },
    });
  }

  /** A command that the hub hears of when it is there again. */
  private async later(name: string, action: unknown): Promise<void> {
    const { desk } = this;
    this.ahead = true;
    const [id, at] = [desk.mint(), desk.now()];
    const text = JSON.stringify({ command: { id, occurred_at: at, action } });
    await desk.outbox.ask([{ id, text, action: name, at, order: null }]);
    void desk.engine?.submit(id, text);
    this.alone.publish();
  }

  private async xReport(): Promise<Answer<XReport>> {
    const { desk } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    const { api } = desk;
    if (desk.isOnline && api !== null) {
      return asking(async () => this.fromHub((await api.get(xReport, PATHS.xReport)).shift));
    }
    if (desk.operator?.authority?.permissions.includes("read_x_report") !== true) return no("HF-WEB-015");
    return answered(this.ownReport());
  }

  private fromHub(shift: WireShift): XReport {
    const { figures } = shift;
    const types = this.desk.state.tenderTypes.value;
    return {
      shift: shift.id, openedAt: shift.opened_at, businessDate: shift.business_date, mode: shift.mode,
      sales: figures.sales, returns: figures.returns, postVoids: figures.post_voids, cancelled: figures.cancelled,
      gross: figures.gross, net: figures.net, discount: figures.discount, returned: figures.returned, rounding: figures.rounding,
      float: shift.float, cashExpected: figures.cash_expected,
      taxes: figures.taxes.map(({ code, rate, net, tax }) => ({ code, percent: percentOf(rate), net, tax })),
      tenders: shift.tenders.map(({ code, taken, refunded }) => ({
        code, name: types.find((of) => of.code === code)?.name ?? code, taken, givenBack: refunded,
      })),
      byTill: false,
    };
  }

  /** What this till's own transactions of the shift add up to. */
  private ownReport(): XReport {
    const { desk } = this;
    const { amounts } = desk;
    const open = desk.state.shift.value;
    if (open === null) throw new Error("there is a shift: it was looked at before");
    const all = this.transactions.receiptsOfShift(open.shift);
    const sales = all.filter(([row]) => row.kind === "sale" || row.kind === "exchange");
    const back = all.filter(([row]) => row.kind === "return" || row.kind === "post_void");
    const total = (of: readonly (readonly [TransactionRow, unknown])[]) => amounts.sum(of.flatMap(([row]) => (row.total === null ? [] : [row.total])));
    const gross = amounts.minor(total(sales)) - amounts.minor(total(back));
    const papers = sales.flatMap(([, receipt]) => (receipt === null ? [] : [receipt]));
    const tenders = new Map<string, { code: string; name: string; taken: bigint }>();
    let change = 0n;
    for (const [row] of sales) {
      if (row.change !== null) change += amounts.minor(row.change);
      for (const { code, name, amount } of row.tenders) {
        const sum = tenders.get(code) ?? { code, name, taken: 0n };
        tenders.set(code, { ...sum, taken: sum.taken + amounts.minor(amount) });
      }
    }
    const cash = tenders.get("cash");
    if (cash !== undefined) tenders.set("cash", { ...cash, taken: cash.taken - change });
    return {
      shift: open.shift, openedAt: open.openedAt, businessDate: open.businessDate, mode: open.mode,
      sales: sales.length, returns: all.filter(([row]) => row.kind === "return").length,
      postVoids: all.filter(([row]) => row.kind === "post_void").length,
      cancelled: all.filter(([row]) => row.kind === "cancelled" || row.kind === "abandoned").length,
      gross: amounts.money(gross),
      net: amounts.sum(papers.flatMap(({ totals }) => (totals === null ? [] : [totals.net]))),
      discount: amounts.sum(papers.flatMap(({ totals }) => (totals === null ? [] : [totals.discount]))),
      returned: total(back),
      rounding: amounts.sum(papers.flatMap(({ rounding }) => (rounding === null ? [] : [rounding]))),
      float: open.float, cashExpected: null,
      taxes: taxes(desk, papers),
      tenders: [...tenders.values()].map(({ code, name, taken }) => ({ code, name, taken: amounts.money(taken), givenBack: amounts.zero })),
      byTill: true,
    };
  }

  faces(): readonly Money[] {
    return facesOf(this.desk);
  }
}

function taxes(desk: Desk, papers: readonly { readonly taxes: XReport["taxes"] }[]): XReport["taxes"] {
  const { amounts } = desk;
  const sums = new Map<string, XReport["taxes"][number]>();
  for (const tax of papers.flatMap((paper) => paper.taxes)) {
    const key = `${tax.code} ${tax.percent}`;
    const before = sums.get(key);
    sums.set(key, before === undefined ? tax : { ...tax, net: amounts.sum([before.net, tax.net]), tax: amounts.sum([before.tax, tax.tax]) });
  }
  return [...sums.values()];
}

/** Whether the pieces come to what was declared, for cash and for each other tender. */
function addsUp(desk: Desk, { cash, pieces, tenders }: Declaration): boolean {
  const worth = (of: Declaration["pieces"]) => of.reduce((sum, { face, count }) => sum + desk.amounts.minor(face) * BigInt(count), 0n);
  return [{ amount: cash, pieces }, ...tenders].every((of) => of.pieces.length === 0 || worth(of.pieces) === desk.amounts.minor(of.amount));
}
