/** The store's numbered streams: what is new, what is old, and what was missed. Pure. */

/** Messages that are held until the snapshot says where the streams stand. */
const HELD_MESSAGES_MAX = 512;

export interface Numbered {
  readonly seq: bigint;
  readonly previous: bigint;
}

/** One of the streams, and a message of it. */
export interface Message<T extends Numbered> {
  readonly stream: "stock" | "orders";
  readonly message: T;
}

export type Outcome<M> =
  | { readonly kind: "fresh"; readonly message: M }
  | { readonly kind: "nothing" }
  /** A message is missing: read a snapshot. What comes meanwhile is held. */
  | { readonly kind: "missing" };

export class Streams<M extends Message<Numbered>> {
  private cursors: { stock: bigint; orders: bigint } | null = null;
  private held: M[] = [];

  take(one: M): Outcome<M> {
    const { seq, previous } = one.message;
    if (this.cursors === null) {
      // The oldest goes: should the snapshot not have it, the gap shows itself.
      if (this.held.length === HELD_MESSAGES_MAX) this.held.shift();
      this.held.push(one);
      return { kind: "nothing" };
    }
    if (seq <= this.cursors[one.stream]) return { kind: "nothing" };
    if (previous <= this.cursors[one.stream]) {
      this.cursors[one.stream] = seq;
      return { kind: "fresh", message: one };
    }
    this.cursors = null;
    this.held.push(one);
    return { kind: "missing" };
  }

  /** Forgets where the streams stand: the connection was lost. */
  lose(): void {
    this.cursors = null;
    this.held = [];
  }

  /** A snapshot is true at `seq`: what was held is taken again. */
  align(seq: bigint): Outcome<M>[] {
    this.cursors = { stock: seq, orders: seq };
    const held = this.held;
    this.held = [];
    return held.map((one) => this.take(one));
  }
}
