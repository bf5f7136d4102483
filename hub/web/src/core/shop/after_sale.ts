/** What comes after a sale: its receipt again, goods that come back, a sale that is reversed. */
import { PATHS, mailAnswer, transactionPage } from "../../protocol/hub";
import type { AcceptedAnswer } from "../../protocol/messages";
import type { Alone } from "../alone/alone";
import { lineInput, placeOrder, type DraftLine } from "../basket/draft";
import type { BasketDesk } from "../basket/basket_desk";
import type { AfterSaleActions } from "../contract/actions";
import type { Approval, Answer, Outcome } from "../contract/outcome";
import type { Receipt } from "../contract/papers";
import type { TenderInput, TransactionKind, TransactionRow } from "../contract/payment";
import type { Desk } from "../desk";
import { accepted, answered, asking, no } from "../outcomes";
import { isPositive } from "../amounts";
import { REFUND_FIRST, type Refunds, type ReturnedPart } from "../pay/refunds";
import { receiptOfHub } from "./receipt";
import type { Transactions } from "./transactions";

export class AfterSale {
  constructor(
    private readonly desk: Desk,
    private readonly transactions: Transactions,
    private readonly basket: BasketDesk,
    private readonly alone: Alone,
    private readonly refunds: Refunds,
  ) {}

  actions(): AfterSaleActions {
    return {
      find: (receipt) => this.find(receipt),
      receipt: (row) => this.receipt(row),
      returnByReceipt: (original, lines, reason, approval) =>
        this.back("return", { return: { reason: reason.trim(), receipt: "hub", goods: { by_receipt: { original, lines } } } }, reason, lines, approval,
          { original, parts: lines }),
      returnWithoutReceipt: (lines, reason, approval) => this.back("return", {
        return: { reason: reason.trim(), receipt: "hub", goods: { no_receipt: { lines: lines.map((line, at) => this.plainLine(line, at)) } } },
      }, reason, lines, approval),
      exchange: (original, lines, reason, tenders, approval) => this.exchange(original, lines, reason, tenders, approval),
      postVoid: (original, reason, approval) => this.back("post_void", { post_void: { original, reason: reason.trim() } }, reason, null, approval,
        { original, parts: null }),
      printCopy: (original, form) => this.desk.send({
        action: { print_copy: { original, form } }, name: "print_copy",
        accepted: ({ summary }) => ({ copy: summary.kind === "copy_printed" ? summary.value.copy : 0 }),
      }),
      emailReceipt: (original, address) => asking(async () => {
        if (this.desk.api === null) throw new Error("nothing is asked before the till is paired");
        return this.desk.api.post(mailAnswer, `${PATHS.transactions}/${original}/email`, { address });
      }),
      settleWaitingReceipt: (number, choice) => this.settle(number, choice),
      dismissDifference: (index) => this.alone.dismiss(index),
    };
  }

  /** By its number: this till's own are found without the hub. */
  private async find(number: string): Promise<Answer<Receipt>> {
    const { desk } = this;
    const word = number.trim().toUpperCase();
    if (word === "") return no("HF-WEB-042");
    const own = this.transactions.byNumber(word);
    if (desk.isOnline && desk.api !== null) {
      const found = await this.read(own?.row.transaction ?? word);
      if (found.kind === "answered" || own?.receipt == null) return found;
    }
    return own?.receipt == null ? no("HF-WEB-042") : answered(own.receipt);
  }

  private read(idOrNumber: string): Promise<Answer<Receipt>> {
    return asking(async () => {
      const page = await this.desk.api?.get(transactionPage, `${PATHS.transactions}/${encodeURIComponent(idOrNumber)}`);
      const receipt = page === undefined ? null : receiptOfHub(this.desk, page);
      if (receipt === null) throw new Error("nothing is asked before the store is known");
      return receipt;
    });
  }

  private async receipt(row: TransactionRow): Promise<Answer<Receipt>> {
    const own = this.transactions.receiptOf(row);
    if (own !== null) {
      if (row.receipt !== null) await this.alone.shownHere(row.receipt);
      return answered({ ...own, number: row.receipt ?? own.number, alias: row.alias, standing: row.standing });
    }
    return row.transaction === null ? no("HF-WEB-042") : this.read(row.transaction);
  }

  private plainLine({ sku, quantity }: { readonly sku: string; readonly quantity: string }, at: number) {
    const product = this.desk.catalog.get(sku);
    const line: DraftLine = {
      number: at + 1, sku, description: product?.description ?? sku, unit: product?.unit ?? "piece", scanned: null, label: null, quantity,
      price: { kind: "list" }, discount: { kind: "none" }, voided: null, note: null, minimumAge: null, had: null,
    };
    return lineInput(line);
  }

  private async back(
    kind: TransactionKind, action: unknown, reason: string, lines: readonly { readonly quantity: string }[] | null, approval?: Approval,
    paid?: { readonly original: string; readonly parts: readonly ReturnedPart[] | null },
  ): Promise<Outcome<TransactionRow>> {
    const { desk } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (reason.trim() === "") return no("HF-WEB-025");
    if (lines !== null && (lines.length === 0 || lines.some(({ quantity }) => !isPositive(quantity, 3)))) return no("HF-WEB-021");
    const name = kind === "post_void" ? "post_void" : "return";
    const outcome = await this.transact(kind, name, action, approval);
    if (outcome.kind !== "refused" || outcome.problem.code !== REFUND_FIRST || paid === undefined) return outcome;
    // A card is given its money before the goods are taken; then they are, by another command: the first one was refused.
    const refusal = await this.refunds.give(paid.original, paid.parts);
    return refusal ?? this.transact(kind, name, action, approval);
  }

  private async transact(
    kind: TransactionKind, name: string, action: unknown, approval: Approval | undefined, done?: (answer: AcceptedAnswer) => void,
  ): Promise<Outcome<TransactionRow>> {
    const { desk } = this;
    const command = desk.mint();
    const seed = this.transactions.begin({
      command, kind, order: null, receipt: null, total: null, change: null, tenders: [], paper: null, fallback: null,
    });
    const outcome = desk.send<TransactionRow>({
      action, name, id: command, approval, alongside: seed.write,
      accepted: (answer) => {
        done?.(answer);
        return this.transactions.row(command) ?? seed.row;
      },
    });
    if (desk.isOnline) seed.show();
    return outcome;
  }

  private async exchange(
    original: string, lines: readonly { readonly line: number; readonly quantity: string }[], reason: string,
    tenders: readonly TenderInput[], approval?: Approval,
  ): Promise<Outcome<TransactionRow>> {
    const { desk, basket } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    const draft = basket.current;
    if (draft === null || basket.isEmpty || draft.state === "order") return no("HF-WEB-029");
    if (reason.trim() === "") return no("HF-WEB-025");
    const given = tenders.flatMap((tender) => {
      if (tender.amount === null || tender.kind === "device") return [];
      const kind = tender.kind === "cash"
        ? "cash"
        : { typed: { code: tender.code, reference: tender.kind === "account" ? tender.account : tender.reference } };
      return [{ kind, amount: tender.amount }];
    });
    const action = {
      exchange: {
        back: { reason: reason.trim(), receipt: "hub", goods: { by_receipt: { original, lines } } },
        place: placeOrder(draft, null),
        tenders: given,
      },
    };
    return this.transact("exchange", "exchange", action, approval, () => basket.clear());
  }

  private async settle(number: string, choice: "print" | "skip"): Promise<Outcome<null>> {
    if (choice === "skip") {
      await this.alone.paperSettled(number);
      return accepted(null, "here");
    }
    const original = this.transactions.byNumber(number)?.row.transaction ?? null;
    if (original === null) return no("HF-WEB-042");
    return this.desk.send<null>({
      action: { print_copy: { original, form: "copy" } }, name: "print_copy",
      accepted: async () => {
        await this.alone.paperSettled(number);
        return null;
      },
    });
  }
}

