/**
 * What the till must not forget: requests before they are sent, answers until HQ holds them. The disk has the texts, memory
 * has ids and places, so that a month without a line to HQ stays small.
 */
import type { KeptRow, TillDatabase, WaitingRow } from "./database";

/** What is told besides stands between two places; a thousand steps fit, and there are never more than a few. */
const BEHIND = 1 / 1_024;

export type Waiting = Omit<WaitingRow, "place">;

export interface KeptPlace {
  readonly id: string;
  readonly turn: number;
  readonly epoch: string;
  readonly seq: bigint;
}

export interface Answered {
  readonly id: string;
  /** The hub that gave it and its place there; none for a request that the hub would not take. */
  readonly place: { readonly epoch: string; readonly seq: bigint } | null;
  readonly record: unknown;
}

export class Outbox {
  private readonly waiting = new Map<string, { place: number; action: string; at: string; order: string | null }>();
  private readonly kept = new Map<string, KeptPlace>();

  constructor(private readonly database: TillDatabase) {}

  /** What an earlier page left. */
  async open(): Promise<void> {
    const { database } = this;
    await database.waiting.orderBy("place").each((row) => this.index(row));
    await database.kept.orderBy("turn").each(({ id, turn, epoch, seq }) => {
      if (turn !== undefined) this.kept.set(id, { id, turn, epoch, seq: BigInt(seq) });
    });
  }

  private index({ id, place, action, at, order }: WaitingRow): void {
    if (place !== undefined) this.waiting.set(id, { place, action, at, order });
  }

  /**
   * Stores requests before they are sent, in their order, and whatever else has to be true with them, all or nothing. The
   * tables of `alongside` are those of the same database. They come after everything that waits, or right behind one of it.
   */
  async ask(
    rows: readonly Waiting[], alongside: () => Promise<void> = async () => undefined, behind: string | null = null,
  ): Promise<void> {
    const { database } = this;
    const tables = [database.waiting, database.facts, database.sales, database.parked];
    const places = await database.transaction("rw", tables, async () => {
      await alongside();
      const given: number[] = [];
      const before = behind === null ? undefined : this.waiting.get(behind)?.place;
      for (const [at, row] of rows.entries()) {
        const place = before === undefined ? {} : { place: before + (at + 1) * BEHIND };
        given.push((await database.waiting.add({ ...row, ...place })) ?? 0);
      }
      return given;
    });
    rows.forEach((row, at) => this.index({ ...row, place: places[at] ?? 0 }));
  }

  /** Stores an answer before anybody hears of it. */
  async answer({ id, place, record }: Answered): Promise<void> {
    const { database } = this;
    const before = this.kept.get(id);
    const kept = await database.transaction("rw", database.waiting, database.kept, async () => {
      await database.waiting.where("id").equals(id).delete();
      if (place === null) return null;
      const row: KeptRow = { id, epoch: place.epoch, seq: place.seq.toString(), record: JSON.stringify(record) };
      // An answer that another hub gave again keeps its turn: what came after it builds on it.
      if (before !== undefined) row.turn = before.turn;
      const turn = await database.kept.put(row);
      return { id, turn, epoch: place.epoch, seq: place.seq };
    });
    this.waiting.delete(id);
    if (kept?.turn !== undefined) this.kept.set(id, { ...kept, turn: kept.turn });
  }

  /** HQ holds everything up to `seq` of `epoch`: what is covered may go. */
  async cover(epoch: string, seq: bigint): Promise<readonly string[]> {
    const gone = [...this.kept.values()].filter((kept) => kept.epoch === epoch && kept.seq <= seq);
    if (gone.length === 0) return [];
    await this.database.kept.bulkDelete(gone.map((kept) => kept.turn));
    for (const { id } of gone) this.kept.delete(id);
    return gone.map(({ id }) => id);
  }

  /** The stored text of a request that waits. */
  async text(id: string): Promise<string | null> {
    return (await this.database.waiting.where("id").equals(id).first())?.text ?? null;
  }

  /** The stored record of an answer, to give to a hub that does not have it. */
  async record(id: string): Promise<unknown> {
    const row = await this.database.kept.where("id").equals(id).first();
    return row === undefined ? null : JSON.parse(row.record);
  }

  isWaiting(id: string): boolean {
    return this.waiting.has(id);
  }

  /** Unanswered requests, oldest first. */
  waitingRows(): readonly { readonly id: string; readonly action: string; readonly at: string; readonly order: string | null }[] {
    return [...this.waiting].map(([id, { action, at, order }]) => ({ id, action, at, order }));
  }

  /** Answers of other epochs than the hub's, in the order in which they were given. */
  offers(hub: string): readonly string[] {
    const foreign = [...this.kept.values()].filter((kept) => kept.epoch !== hub);
    return foreign.sort((a, b) => a.turn - b.turn).map(({ id }) => id);
  }

  get keptCount(): number {
    return this.kept.size;
  }

  get waitingCount(): number {
    return this.waiting.size;
  }
}
