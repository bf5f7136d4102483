import type { Id, Problem } from "./values";
import type { Permission } from "./people";

/** Where something that was acknowledged is safe by now. It only ever moves to the right. */
export type Standing = "here" | "at_hub" | "at_hq";

/** What the hub wants to be known beside a yes. */
export type Warning =
  | { readonly kind: "stock_below_zero"; readonly sku: string; readonly onHand: string }
  | { readonly kind: "reservation_expired"; readonly order: Id };

/** Done, and durable where `standing` says. */
export interface Accepted<T> {
  readonly kind: "accepted";
  readonly value: T;
  readonly warnings: readonly Warning[];
  readonly standing: Standing;
}

/** Not done, and it will not be: by the rules of the shop, or because the till itself cannot. */
export interface Refused {
  readonly kind: "refused";
  readonly problem: Problem;
  /** A second person with this permission can approve it: ask for their number and PIN and call again with `approval`. */
  readonly approvable: Permission | "any" | null;
}

/**
 * The hub has not answered yet. The command is kept and sent again until it does; `settled` says what became of it, and
 * `TillView.unconfirmed` lists it until then. It must never be done again under another id.
 */
export interface Unconfirmed<T> {
  readonly kind: "unconfirmed";
  readonly command: Id;
  readonly settled: Promise<Accepted<T> | Refused>;
}

export type Outcome<T> = Accepted<T> | Refused | Unconfirmed<T>;

/** Answers to questions, which leave no trace at the hub: there is nothing to confirm. */
export type Answer<T> = { readonly kind: "answered"; readonly value: T } | Refused;

/** A second person's word. The PIN goes to the hub and is kept nowhere. */
export interface Approval {
  readonly number: number;
  readonly pin: string;
}

/** A command without an answer, as it is shown. */
export interface UnconfirmedCommand {
  readonly command: Id;
  /** The action's name, such as `pay`. */
  readonly action: string;
  readonly since: string;
  readonly attempts: number;
  /** What it concerns, where it is a sale. */
  readonly order: Id | null;
}
