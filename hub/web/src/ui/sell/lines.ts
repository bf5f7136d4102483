import type { Basket, BasketLine } from "../../core/contract";

/** Lines that count, in the order in which they came. */
export function keptLines(basket: Basket | null): readonly BasketLine[] {
  return basket?.lines.filter((line) => line.fate.kind === "kept") ?? [];
}
