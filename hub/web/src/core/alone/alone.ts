/**
 * The till without its hub: what it does is stored as commands that wait, in the order in which it happened, and merged once
 * when a hub is there. Nothing is renumbered; what differs is listed until somebody has seen it.
 */
import { batch } from "@preact/signals";
import type { Reply } from "../../protocol/messages";
import { isObject } from "../../protocol/decode";
import type { Difference } from "../contract/hub";
import type { WaitingReceipt } from "../contract/papers";
import type { TransactionRow } from "../contract/payment";
import type { Desk } from "../desk";
import { differenceOf } from "./difference";
import { stepsOfOld } from "./island_sale";
import { remember } from "../kept/facts";
import { hubProblem } from "../problems";
import type { Transactions } from "../shop/transactions";
import { islandNumber, type IslandSeries } from "./series";

/** A command that is sent besides, with the name of its action. */
export interface Step {
  readonly name: string;
  readonly action: unknown;
}

/** What is known of a sale that bears a number of the till's own series, until the hub has it. */
export interface IslandSale {
  readonly command: string;
  readonly number: number;
  /** A payment that was sent before the hub was lost: the hub gives it a number of its own. */
  readonly isAlias: boolean;
  /**
   * By what else the sale is told when this command is refused: its goods and money have changed hands all the same. The last
   * of them is the sale.
   */
  readonly whenRefused: readonly Step[];
  /** The same when the hub does not know such a command. */
  readonly whenRejected: readonly Step[];
}

function isStep(value: unknown): value is Step {
  return isObject(value) && typeof value.name === "string" && "action" in value;
}

function isSteps(value: unknown): value is readonly Step[] {
  return Array.isArray(value) && value.every(isStep);
}

function isIslandSale(value: unknown): value is IslandSale {
  return isObject(value) && typeof value.command === "string" && typeof value.number === "number" && typeof value.isAlias === "boolean"
    && isSteps(value.whenRefused) && isSteps(value.whenRejected);
}

function isDifference(value: unknown): value is Difference {
  return isObject(value) && typeof value.kind === "string";
}

function isWaitingReceipt(value: unknown): value is WaitingReceipt & { readonly transaction: string | null } {
  return isObject(value) && typeof value.number === "string" && isObject(value.total);
}

const SALES = "island_sales";
const PAPERS = "island_papers";

export class Alone {
  private sales: readonly IslandSale[] = [];
  private since: string | null = null;
  /** How many commands waited when the hub came back. */
  private merging: number | null = null;
  private ids: readonly number[] = [];

  constructor(
    private readonly desk: Desk,
    private readonly transactions: Transactions,
    readonly series: IslandSeries,
  ) {}

  async open(): Promise<void> {
    const sales = (await this.desk.kept.facts.get(SALES))?.value;
    this.sales = Array.isArray(sales) ? sales.filter(isIslandSale) : [];
    if (this.sales.length > 0) this.since = this.transactions.row(this.sales[0]?.command ?? "")?.at ?? this.desk.now();
    const papers = (await this.desk.kept.facts.get(PAPERS))?.value;
    this.desk.state.waitingReceipts.value = Array.isArray(papers) ? papers.filter(isWaitingReceipt) : [];
    const notes = await this.desk.kept.differences.toArray();
    this.ids = notes.flatMap(({ id, note }) => (id !== undefined && isDifference(note) ? [id] : []));
    this.desk.state.differences.value = notes.flatMap(({ note }) => (isDifference(note) ? [note] : []));
    this.publish();
  }

  hubGone(at: string): void {
    this.since ??= at;
    this.merging = null;
    this.publish();
  }

  hubThere(): void {
    this.merging = this.sales.length === 0 ? null : Math.max(this.merging ?? 0, this.desk.outbox.waitingCount);
    if (this.sales.length === 0) this.since = null;
    this.publish();
  }

  /** The writing of a sale into what is merged, for the transaction that stores its command. */
  adding(sale: IslandSale): { readonly write: () => Promise<void>; readonly use: () => void } {
    return this.listing([...this.sales, sale]);
  }

  private listing(next: readonly IslandSale[]): { readonly write: () => Promise<void>; readonly use: () => void } {
    return {
      write: () => remember(this.desk.kept.facts, SALES, next),
      use: () => {
        this.sales = next;
        this.publish();
      },
    };
  }

  /** A receipt that the hub's printer has not had. */
  async paperWaits(row: TransactionRow): Promise<void> {
    if (row.receipt === null || row.total === null) return;
    const waiting: WaitingReceipt = { number: row.receipt, at: row.at, total: row.total, shownOrPrintedHere: false };
    await this.putPapers([...this.desk.state.waitingReceipts.value, waiting]);
  }

  async paperSettled(number: string): Promise<void> {
    await this.putPapers(this.desk.state.waitingReceipts.value.filter((waiting) => waiting.number !== number));
  }

  async shownHere(number: string): Promise<void> {
    const papers = this.desk.state.waitingReceipts.value;
    if (!papers.some((waiting) => waiting.number === number && !waiting.shownOrPrintedHere)) return;
    await this.putPapers(papers.map((waiting) => (waiting.number === number ? { ...waiting, shownOrPrintedHere: true } : waiting)));
  }

  private async putPapers(papers: readonly WaitingReceipt[]): Promise<void> {
    this.desk.state.waitingReceipts.value = papers;
    await remember(this.desk.kept.facts, PAPERS, papers);
  }

  /** An answer came: what of it is about something that was done alone. Gives back what is told besides. */
  async answered({ id, answer }: Reply): Promise<readonly Step[]> {
    await this.comparePrice(answer);
    const sale = this.sales.find(({ command }) => command === id);
    if (sale === undefined || answer.kind === "retry") return [];
    const receipt = this.transactions.row(id)?.receipt ?? this.series.printed(sale.number);
    if (answer.kind !== "accepted") {
      const steps = answer.kind === "rejected" ? sale.whenRejected : sale.whenRefused;
      if (steps.length > 0) return steps;
      await this.note({ kind: "refused", receipt, problem: hubProblem(answer.value.code, answer.value.text) });
      await this.drop(id);
      return [];
    }
    for (const warning of answer.value.warnings) {
      const difference = differenceOf(warning, receipt, (sku) => this.desk.catalog.get(sku)?.description ?? null);
      // Goods that are strict are named by both of the hub's words for it.
      const isNamed = difference?.kind === "oversold" && this.desk.state.differences.value.some(
        (known) => known.kind === "oversold" && known.sku === difference.sku && known.receipt === receipt,
      );
      if (difference !== null && !isNamed) await this.note(difference);
    }
    const { summary } = answer.value;
    if (!sale.isAlias || summary.kind !== "transaction") {
      await this.drop(id);
      return [];
    }
    await this.note({ kind: "alias", receipt, hubNumber: summary.value.receipt });
    const { transaction } = summary.value;
    return [{ name: "alias_receipt", action: { alias_receipt: { transaction, number: sale.number } } }];
  }

  /** An order of a sale that was made alone is placed: whether the hub asks for it what the customer paid. */
  private async comparePrice(answer: Reply["answer"]): Promise<void> {
    if (answer.kind !== "accepted" || answer.value.summary.kind !== "order_placed") return;
    const { order, totals } = answer.value.summary.value;
    const row = this.sales.map(({ command }) => this.transactions.row(command)).find((of) => of?.order === order);
    if (row?.total == null || row.receipt === null || row.total.amount === totals.gross.amount) return;
    await this.note({ kind: "price_changed", receipt: row.receipt, till: row.total, hub: totals.gross });
  }

  /** What is told besides takes the place of the sale that was answered. The last step is the same sale by another command. */
  following(from: string, id: string, step: Step): ReturnType<Alone["adding"]> {
    const number = islandNumber(this.transactions.row(from)?.receipt ?? "");
    const others = this.sales.filter(({ command }) => command !== from);
    if (step.name === "alias_receipt" || number === null) return this.listing(others);
    const whenRejected = step.name === "island_sale" ? stepsOfOld(step.action) : [];
    return this.listing([...others, { command: id, number, isAlias: false, whenRefused: [], whenRejected }]);
  }

  isIsland(command: string): boolean {
    return this.sales.some((sale) => sale.command === command);
  }

  async note(difference: Difference): Promise<void> {
    const id = await this.desk.kept.differences.add({ at: this.desk.now(), note: difference });
    this.ids = [...this.ids, id ?? 0];
    this.desk.state.differences.value = [...this.desk.state.differences.value, difference];
  }

  dismiss(index: number): void {
    const id = this.ids[index];
    if (id === undefined) return;
    this.ids = this.ids.filter((_, at) => at !== index);
    this.desk.state.differences.value = this.desk.state.differences.value.filter((_, at) => at !== index);
    this.desk.inBackground(this.desk.kept.differences.delete(id));
  }

  private async drop(command: string): Promise<void> {
    const listing = this.listing(this.sales.filter((sale) => sale.command !== command));
    await listing.write();
    listing.use();
  }

  publish(): void {
    const { desk } = this;
    batch(() => {
      desk.state.outbox.value = {
        waitingForHub: desk.outbox.waitingCount, keptForHq: desk.outbox.keptCount, islandSales: this.sales.length,
      };
      const isGone = desk.state.hub.value.kind !== "online";
      if (desk.facts === null || (this.sales.length === 0 && !isGone) || this.since === null) {
        desk.state.island.value = null;
        return;
      }
      const rows = this.sales.flatMap(({ command }) => this.transactions.row(command) ?? []);
      const gross = desk.amounts.sum(rows.flatMap(({ total }) => (total === null ? [] : [total])));
      const waiting = desk.outbox.waitingCount;
      desk.state.island.value = {
        since: this.since,
        sales: this.sales.length,
        gross,
        nextReceipt: this.series.next().printed,
        merging: this.merging === null || isGone ? null : { done: Math.max(this.merging - waiting, 0), of: this.merging },
      };
    });
  }
}

