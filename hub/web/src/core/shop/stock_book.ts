/** Stock as the hub tells it: read by pages when it is first looked at, kept up to date by its stream. */
import type { StockEntry, StockMessage } from "../../protocol/messages";
import { PATHS, stockPage } from "../../protocol/hub";
import type { StockRow } from "../contract/goods";
import type { Desk } from "../desk";

export class StockBook {
  private levels: Map<string, StockEntry> | null = null;
  private asOf = 0n;
  private reading: Promise<void> | null = null;
  /** What the stream said while the pages were read. */
  private meanwhile: StockMessage[] = [];

  constructor(private readonly desk: Desk) {}

  /** The connection was lost or a message was missed: what is known may be old. */
  forget(): void {
    this.levels = null;
  }

  take(message: StockMessage): void {
    if (this.reading !== null) this.meanwhile.push(message);
    else this.apply(message);
  }

  private apply({ seq, levels }: StockMessage): void {
    if (this.levels === null || seq <= this.asOf) return;
    for (const level of levels) this.levels.set(level.sku, level);
  }

  async level(sku: string): Promise<StockRow | null> {
    try {
      await this.read();
    } catch {
      return null;
    }
    const level = this.levels?.get(sku);
    return level === undefined ? null : this.row(level);
  }

  /** Products by words, number or code, with their stock; all that are below zero when nothing is asked for. */
  async rows(text: string, most: number): Promise<readonly StockRow[]> {
    await this.read();
    const levels = this.levels ?? new Map<string, StockEntry>();
    if (text.trim() !== "") {
      return this.desk.catalog.search(text, most).flatMap(({ sku }) => {
        const level = levels.get(sku);
        return level === undefined ? [] : [this.row(level)];
      });
    }
    return [...levels.values()].slice(0, most).map((level) => this.row(level));
  }

  private row({ sku, on_hand, reserved, available }: StockEntry): StockRow {
    return { sku, description: this.desk.catalog.get(sku)?.description ?? null, onHand: on_hand, reserved, available };
  }

  private read(): Promise<void> {
    if (this.levels !== null) return Promise.resolve();
    this.reading ??= this.readAll().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async readAll(): Promise<void> {
    const { api } = this.desk;
    if (api === null) return;
    const levels = new Map<string, StockEntry>();
    let asOf = 0n;
    await api.pages(stockPage, PATHS.stock, {}, async (page) => {
      for (const level of page.levels) levels.set(level.sku, level);
      asOf = BigInt(page.as_of_seq);
      return "go_on";
    });
    [this.levels, this.asOf] = [levels, asOf];
    for (const message of this.meanwhile) this.apply(message);
    this.meanwhile = [];
  }
}
