/** The till's own receipt numbers, for what it sells while the hub is gone: without a gap, with a letter that is seen. */
import { integer } from "../../protocol/decode";
import type { Desk } from "../desk";
import { recall, remember } from "../kept/facts";

const NAME = "island_number";

export class IslandSeries {
  private last = 0;

  constructor(private readonly desk: Desk) {}

  async open(): Promise<void> {
    this.last = (await recall(this.desk.kept.facts, NAME, integer)) ?? 0;
  }

  /** The highest that the hub has seen: a till whose browser forgot everything goes on above it. */
  seen(number: number): void {
    if (number > this.last) this.last = number;
  }

  /** The next number as it is printed. It is used up once `write` is on disk, with what bears it. */
  next(): { readonly number: number; readonly printed: string; readonly write: () => Promise<void>; readonly use: () => void } {
    const number = this.last + 1;
    return {
      number,
      printed: this.printed(number),
      write: () => remember(this.desk.kept.facts, NAME, number),
      use: () => this.seen(number),
    };
  }

  printed(number: number): string {
    return `${this.desk.facts?.till ?? 0}-I${String(number).padStart(6, "0")}`;
  }
}

/** The number within the till's own series, of a receipt that bears one. */
export function islandNumber(receipt: string): number | null {
  const parts = /^\d+-I(\d+)$/.exec(receipt);
  return parts?.[1] === undefined ? null : Number(parts[1]);
}
