/** Values that every part of the surface uses. Decimals are strings, as on the wire: no floating point comes near them. */

/** A UUID. */
export type Id = string;

/** A decimal number such as `12.50`, `0.333`, `-3`. */
export type Decimal = string;

/** An instant in RFC 3339, such as `2026-11-20T09:30:00.000Z`. */
export type Timestamp = string;

/** A day such as `2026-11-20`. */
export type BusinessDate = string;

export interface Money {
  readonly amount: Decimal;
  /** ISO 4217. */
  readonly currency: string;
}

/** Whether something counts. What is practised has numbers of its own and is never turnover. */
export type Mode = "live" | "training";

/** Why something was not done, in words for whoever stands at the till. */
export interface Problem {
  /** Such as `HF-CMD-140`; the till's own begin with `HF-WEB`. */
  readonly code: string;
  readonly text: string;
  /** What to do now, where the code has an answer of its own. The UI may translate by the code. */
  readonly advice: string | null;
}
