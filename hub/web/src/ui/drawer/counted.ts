import { signal, type Signal } from "@preact/signals";
import type { Money, Pieces } from "../../core/contract";
import { plus, times } from "../sums";

/** How many of each coin and note were counted. */
export type Counts = Signal<ReadonlyMap<string, number>>;

export function noCounts(): Counts {
  return signal<ReadonlyMap<string, number>>(new Map());
}

export function piecesOf(faces: readonly Money[], counts: ReadonlyMap<string, number>): readonly Pieces[] {
  return faces.map((face) => ({ face, count: counts.get(face.amount) ?? 0 })).filter((piece) => piece.count > 0);
}

export function worthOf(pieces: readonly Pieces[], currency: string, exponent: number): Money {
  const amount = pieces.reduce((all, piece) => plus(all, times(piece.face.amount, piece.count)), exponent === 0 ? "0" : `0.${"0".repeat(exponent)}`);
  return { amount, currency };
}
