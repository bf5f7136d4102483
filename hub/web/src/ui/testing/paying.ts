import Big from "big.js";
import type { Basket, DevicePayment, Money, Outcome, PaymentActions, PaymentInProgress, TenderChoice, TenderLine, TransactionRow } from "../../core/contract";
import { amountOf, euro, fastCash } from "./prices";
import { accepted, refused, type FakeSelling } from "./selling";
import { BEGUN, type FakeState } from "./state";

/** Payments of a till that a page can be tried with. A device stays where a scene puts it. */
export class FakePaying {
  private receipts = 41;

  constructor(private readonly state: FakeState, private readonly selling: FakeSelling) {}

  readonly actions: PaymentActions = {
    begin: async () => {
      const basket = this.state.basket.peek();
      if (basket === null) {
        return refused("HF-CMD-120", "Nothing in the basket counts.");
      }
      this.state.payment.value = this.fresh(basket);
      return accepted(null);
    },
    back: () => {
      this.state.payment.value = null;
      return accepted(null);
    },
    addTender: async (tender) => {
      const payment = this.state.payment.peek();
      if (payment === null) {
        return refused("HF-WEB-002", "Nothing is being paid.");
      }
      const amount = tender.amount ?? payment.open;
      const code = tender.kind === "cash" ? "cash" : tender.code;
      const type = this.state.tenderTypes.peek().find((each) => each.code === code);
      const device: DevicePayment | null = tender.kind === "device" ? { attempt: this.selling.id(), device: tender.device ?? "Terminal front", step: code === "wallet_qr" ? { kind: "show_qr", text: "https://pay.example/q/7HK2M9" } : { kind: "present_card" }, standing: { kind: "under_way" }, can: ["abort"] } : null;
      this.put({ id: this.selling.id(), code, name: type?.name ?? code, class: type?.class ?? "other", amount, reference: tender.kind === "account" ? tender.account : tender.kind === "typed" ? tender.reference : null, device, counts: device === null });
      return accepted(null);
    },
    removeTender: (id) => {
      this.recount((tenders) => tenders.filter((tender) => tender.id !== id));
      return accepted(null);
    },
    setTip: (tip) => {
      const payment = this.state.payment.peek();
      if (payment !== null) {
        this.state.payment.value = { ...payment, tip };
      }
      return accepted(null);
    },
    complete: async () => this.done(this.state.payment.peek()?.change ?? euro("0")),
    payCash: async (amount) => {
      const payment = this.state.payment.peek();
      const due = payment?.due ?? this.state.basket.peek()?.totals.gross ?? euro("0");
      const change = amount === null ? euro("0") : euro(amountOf(amount).minus(due.amount));
      if (amountOf(change).lt(0)) {
        this.put({ id: this.selling.id(), code: "cash", name: "Cash", class: "cash", amount: amount ?? due, reference: null, device: null, counts: true });
        return refused("HF-CMD-150", "Something is still open.");
      }
      return this.done(change);
    },
    deposit: async () => this.done(euro("0")),
    abortDevice: async (attempt) => {
      this.recount((tenders) => tenders.map((tender) => (tender.device?.attempt === attempt ? { ...tender, device: { ...tender.device, standing: { kind: "declined", reason: "aborted", text: "Stopped at the terminal." }, can: [] } } : tender)));
      return accepted(null);
    },
    resolveDevice: async () => refused("HF-CMD-104", "A cashier may not say what happened at a terminal.", { approvable: "resolve_tender" }),
    giveBack: async () => accepted(null),
    value: async (account) => ({ kind: "answered", value: { account, kind: "gift_card", balance: euro("18.40"), blocked: false } }),
  };

  fresh(basket: Basket): PaymentInProgress {
    const due = basket.totals.gross;
    return {
      order: basket.order, due, cashDue: due, open: due, openInCash: due, change: euro("0"), tenders: [], tip: null, fastCash: fastCash(due),
      choices: this.choices(), state: "collecting", island: this.state.island.peek() !== null, problem: null,
    };
  }

  choices(): readonly TenderChoice[] {
    const island = this.state.island.peek() !== null;
    return this.state.tenderTypes.peek().map((type) => {
      const available = !island || type.allowedOffline;
      return {
        type,
        available,
        text: available ? (type.code === "wallet_qr" ? "Answers slowly." : null) : "Needs the hub. Take cash or a card by slip.",
        devices: type.class === "electronic" ? [{ name: type.code === "card" ? "Terminal front" : "Wallet gateway", of: "this_till", available, text: "Ready.", instead: null }] : [],
      };
    });
  }

  put(tender: TenderLine): void {
    this.recount((tenders) => [...tenders, tender]);
  }

  private recount(change: (tenders: readonly TenderLine[]) => readonly TenderLine[]): void {
    const payment = this.state.payment.peek();
    if (payment === null) {
      return;
    }
    const tenders = change(payment.tenders);
    const counted = tenders.filter((tender) => tender.counts).reduce((sum, tender) => sum.plus(tender.amount.amount), new Big(0));
    const left = amountOf(payment.due).minus(counted);
    const open = euro(left.gt(0) ? left : "0");
    this.state.payment.value = { ...payment, tenders, open, openInCash: open, change: euro(left.lt(0) ? left.abs() : "0"), fastCash: fastCash(open) };
  }

  private done(change: Money): Outcome<TransactionRow> {
    const basket = this.state.basket.peek();
    this.receipts += 1;
    const row: TransactionRow = {
      transaction: this.selling.id(), order: basket?.order ?? null, kind: "sale", receipt: `3-0000${this.receipts}`, alias: null, at: BEGUN,
      total: basket?.totals.gross ?? null, change, tenders: [], standing: "at_hub", unconfirmed: false, training: this.state.shift.peek()?.mode === "training",
    };
    this.state.payment.value = null;
    this.state.basket.value = null;
    this.state.last.value = row;
    this.state.transactions.value = [row, ...this.state.transactions.peek()];
    return accepted(row);
  }
}
