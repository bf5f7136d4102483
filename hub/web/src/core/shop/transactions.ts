/**
 * This till's transactions: written before their command is sent, and true about where each is by now. A sale whose answer
 * is missing says so, and never shows more than is known.
 */
import type { Reply } from "../../protocol/messages";
import type { WirePayment, WireTransaction } from "../../protocol/sales";
import { isObject } from "../../protocol/decode";
import type { Receipt } from "../contract/papers";
import type { TenderTaken, TransactionKind, TransactionRow } from "../contract/payment";
import type { Desk } from "../desk";
import type { SaleRow } from "../kept/database";

/** The most rows that are shown of one shift. */
const SHOWN_MAX = 500;

export interface Seed {
  readonly command: string;
  readonly kind: TransactionKind;
  readonly order: string | null;
  /** An island number; none where the hub gives one. */
  readonly receipt: string | null;
  readonly total: TransactionRow["total"];
  readonly change: TransactionRow["change"];
  readonly tenders: readonly TenderTaken[];
  readonly paper: Receipt | null;
  readonly fallback: unknown;
}

interface Known extends Omit<SaleRow, "row" | "receipt"> {
  readonly row: TransactionRow;
  readonly receipt: Receipt | null;
}

function isTransactionRow(value: unknown): value is TransactionRow {
  return isObject(value) && typeof value.kind === "string" && typeof value.at === "string" && Array.isArray(value.tenders);
}

function isReceipt(value: unknown): value is Receipt {
  return isObject(value) && typeof value.number === "string" && Array.isArray(value.lines) && isObject(value.store);
}

function known(stored: SaleRow): Known | null {
  if (!isTransactionRow(stored.row)) return null;
  return { ...stored, row: stored.row, receipt: isReceipt(stored.receipt) ? stored.receipt : null };
}

export class Transactions {
  /** By the command that made them, in the order in which they were made. */
  private readonly rows = new Map<string, Known>();
  private coveredEpoch: string | null = null;
  private coveredSeq = 0n;

  constructor(private readonly desk: Desk) {}

  async open(): Promise<void> {
    const stored = await this.desk.kept.sales.orderBy("at").reverse().limit(SHOWN_MAX).toArray();
    for (const row of stored.reverse()) {
      const read = known(row);
      if (read !== null) this.rows.set(row.command, read);
    }
    this.publish();
    this.desk.state.last.value = null;
  }

  /** The row of a transaction, and the writing of it: it belongs into the transaction that stores its command. */
  begin(seed: Seed): { readonly row: TransactionRow; readonly write: () => Promise<void>; readonly show: () => void } {
    const { desk } = this;
    // What is sold alone has not left the till: nothing is unconfirmed about it.
    const row: TransactionRow = {
      transaction: null, order: seed.order, kind: seed.kind, receipt: seed.receipt, alias: null, at: desk.now(), total: seed.total,
      change: seed.change, tenders: seed.tenders, standing: "here", unconfirmed: seed.receipt === null, training: desk.isTraining,
    };
    const stored: Known = {
      command: seed.command, at: row.at, shift: desk.state.shift.value?.shift ?? null, row, receipt: seed.paper, fallback: seed.fallback,
      epoch: null, seq: null,
    };
    return {
      row,
      write: async () => {
        await desk.kept.sales.put(stored);
      },
      show: () => {
        this.rows.set(seed.command, stored);
        this.publish();
      },
    };
  }

  /** An answer came, to a transaction of now or of before the page was loaded. */
  async answered({ id, answer }: Reply, epoch: string | null): Promise<TransactionRow | null> {
    const before = this.rows.get(id);
    if (before === undefined) return null;
    if (answer.kind !== "accepted") {
      // A sale that was handed out alone stays to be seen; nothing else happened.
      if (before.row.receipt === null && (answer.kind === "refused" || answer.kind === "rejected")) await this.drop(id);
      return null;
    }
    const { summary, position } = answer.value;
    const facts = summary.kind === "transaction" || summary.kind === "sold_alone"
      ? summary.value
      : summary.kind === "exchanged" ? summary.value.sold : null;
    const number = facts?.receipt ?? null;
    const own = before.row.receipt;
    const row: TransactionRow = {
      ...before.row,
      transaction: facts?.transaction ?? id,
      receipt: own ?? number,
      alias: own !== null && number !== null && number !== own ? number : null,
      total: facts?.totals?.gross ?? before.row.total,
      change: facts?.payment?.change ?? before.row.change,
      tenders: facts?.payment == null || own !== null ? before.row.tenders : tendersOf(facts.payment, this.desk),
      standing: "at_hub",
      unconfirmed: false,
    };
    const receipt = before.receipt === null ? null : {
      ...before.receipt, transaction: row.transaction, number: row.receipt ?? before.receipt.number, alias: row.alias,
      change: row.change, standing: row.standing,
    };
    await this.put({ ...before, row, receipt, fallback: null, epoch, seq: position.seq.toString() });
    return this.rows.get(id)?.row ?? row;
  }

  /**
   * What the hub has of this shift and this device does not, such as after a browser that forgot: shown as the hub tells it. A
   * transaction has the id of the command that made it.
   */
  async fill(told: readonly { readonly seq: string; readonly transaction: WireTransaction }[], epoch: string): Promise<void> {
    const { desk } = this;
    const shift = desk.state.shift.value;
    if (shift === null) return;
    const known = new Set([...this.rows.values()].flatMap(({ row }) => row.transaction ?? []));
    for (const { seq, transaction: of } of [...told].reverse()) {
      if (known.has(of.transaction) || this.rows.has(of.transaction) || of.occurred_at < shift.openedAt) continue;
      const row: TransactionRow = {
        transaction: of.transaction, order: of.order, kind: of.kind, receipt: of.receipt, alias: null, at: of.occurred_at,
        total: of.totals?.gross ?? of.payment?.due ?? null, change: of.payment?.change ?? null,
        tenders: of.payment === null ? [] : tendersOf(of.payment, desk), standing: "at_hub", unconfirmed: false,
        training: of.mode === "training",
      };
      await this.put({ command: of.transaction, at: row.at, shift: shift.shift, row, receipt: null, fallback: null, epoch, seq });
    }
  }

  /** What a sale whose reply is missing was handed out as meanwhile. */
  async giveIslandNumber(id: string, number: string): Promise<TransactionRow | null> {
    const before = this.rows.get(id);
    if (before === undefined) return null;
    const receipt = before.receipt === null ? null : { ...before.receipt, number, island: true };
    const row = { ...before.row, receipt: number };
    await this.put({ ...before, row, receipt });
    return row;
  }

  /** HQ holds everything up to `seq` of `epoch`. */
  covered(epoch: string, seq: bigint): void {
    if (this.coveredEpoch === epoch && seq <= this.coveredSeq) return;
    [this.coveredEpoch, this.coveredSeq] = [epoch, seq];
    const changed: Known[] = [];
    for (const [id, known] of this.rows) {
      const isThere = known.row.standing === "at_hub" && known.epoch === epoch && known.seq !== null && BigInt(known.seq) <= seq;
      if (!isThere) continue;
      const row: TransactionRow = { ...known.row, standing: "at_hq" };
      const receipt = known.receipt === null ? null : { ...known.receipt, standing: row.standing };
      const arrived = { ...known, row, receipt };
      this.rows.set(id, arrived);
      changed.push(arrived);
    }
    if (changed.length === 0) return;
    // The hub that comes after knows no places of this one: what was seen at HQ is remembered as that.
    this.desk.inBackground(this.desk.kept.sales.bulkPut(changed));
    this.publish();
  }

  async drop(id: string): Promise<void> {
    await this.desk.kept.sales.delete(id);
    this.rows.delete(id);
    this.publish();
  }

  /** The same sale is told to the hub by another command. */
  rekeying(from: string, to: string): { readonly write: () => Promise<void>; readonly use: () => void } {
    const before = this.rows.get(from);
    return {
      write: async () => {
        if (before === undefined) return;
        await this.desk.kept.sales.delete(from);
        await this.desk.kept.sales.put({ ...before, command: to });
      },
      use: () => {
        if (before === undefined) return;
        this.rows.delete(from);
        this.rows.set(to, { ...before, command: to });
      },
    };
  }

  receiptOf(row: TransactionRow): Receipt | null {
    return [...this.rows.values()].find((known) => known.row === row || same(known.row, row))?.receipt ?? null;
  }

  byNumber(number: string): Known | null {
    const wanted = number.trim().toUpperCase();
    return [...this.rows.values()].find(({ row }) => row.receipt === wanted || row.alias === wanted) ?? null;
  }

  ofShift(shift: string): readonly TransactionRow[] {
    return [...this.rows.values()].filter((known) => known.shift === shift).map(({ row }) => row);
  }

  receiptsOfShift(shift: string): readonly (readonly [TransactionRow, Receipt | null])[] {
    return [...this.rows.values()].filter((known) => known.shift === shift).map(({ row, receipt }) => [row, receipt]);
  }

  fallback(id: string): unknown {
    return this.rows.get(id)?.fallback ?? null;
  }

  row(id: string): TransactionRow | null {
    return this.rows.get(id)?.row ?? null;
  }

  async replaceRow(id: string, row: TransactionRow): Promise<void> {
    const before = this.rows.get(id);
    if (before !== undefined) await this.put({ ...before, row });
  }

  private async put(known: Known): Promise<void> {
    const { coveredEpoch, coveredSeq } = this;
    const isAtHq = known.epoch !== null && known.epoch === coveredEpoch && known.seq !== null && BigInt(known.seq) <= coveredSeq;
    const stored: Known = isAtHq ? { ...known, row: { ...known.row, standing: "at_hq" } } : known;
    await this.desk.kept.sales.put(stored);
    this.rows.set(stored.command, stored);
    this.publish();
  }

  private publish(): void {
    const { state } = this.desk;
    const shift = state.shift.value?.shift ?? null;
    const rows = [...this.rows.values()].filter((known) => known.shift === shift || known.row.unconfirmed);
    state.transactions.value = rows.map(({ row }) => row).reverse();
    const last = state.last.value;
    const newest = last === null ? null : [...this.rows.values()].find(({ row }) => same(row, last));
    if (newest !== null && newest !== undefined && newest.row !== last) state.last.value = newest.row;
  }

  /** The shift changed: other rows are shown. */
  refresh(): void {
    this.publish();
  }
}

function same(a: TransactionRow, b: TransactionRow): boolean {
  return a.at === b.at && a.order === b.order && a.kind === b.kind;
}

/** Tenders as they are shown; the store's list names their codes. */
export function tendersOf(payment: WirePayment, desk: Desk): readonly TenderTaken[] {
  const types = desk.state.tenderTypes.value;
  const name = (code: string) => types.find((of) => of.code === code)?.name ?? code;
  return payment.tenders.map(({ kind, amount }): TenderTaken => {
    switch (kind.kind) {
      case "cash":
        return { code: "cash", name: name("cash"), amount, reference: null, card: null };
      case "typed":
        return { code: kind.value.code, name: name(kind.value.code), amount, reference: kind.value.reference, card: null };
      case "electronic": {
        const { code, card } = kind.value;
        return {
          code, name: name(code), amount, reference: null,
          card: { scheme: card.scheme, lastFour: card.last_four, wallet: card.wallet, authCode: card.auth_code },
        };
      }
    }
  });
}
