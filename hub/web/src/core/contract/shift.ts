import type { BusinessDate, Decimal, Id, Mode, Money, Timestamp } from "./values";

/** The open shift as its cashier knows it: nothing says what the drawer should hold, because it is counted blind. */
export interface OpenShift {
  readonly shift: Id;
  readonly openedAt: Timestamp;
  readonly businessDate: BusinessDate;
  readonly mode: Mode;
  readonly float: Money;
}

/** So many of one coin or note. */
export interface Pieces {
  readonly face: Money;
  readonly count: number;
}

export interface Declaration {
  /** The cash that was counted, the sum of the pieces where there are any. */
  readonly cash: Money;
  readonly pieces: readonly Pieces[];
  /** What was counted of other tenders. */
  readonly tenders: readonly { readonly code: string; readonly amount: Money; readonly pieces: readonly Pieces[] }[];
}

/** A shift that was closed. Without a number the hub was gone and numbers it when it is back. */
export interface ShiftClosed {
  readonly shift: Id;
  readonly zNumber: number | null;
  readonly expected: Money | null;
  readonly declared: Money;
  readonly overShort: Money | null;
}

/** The X report: what the open shift adds up to so far. */
export interface XReport {
  readonly shift: Id;
  readonly openedAt: Timestamp;
  readonly businessDate: BusinessDate;
  readonly mode: Mode;
  readonly sales: number;
  readonly returns: number;
  readonly postVoids: number;
  readonly cancelled: number;
  readonly gross: Money;
  readonly net: Money;
  readonly discount: Money;
  readonly returned: Money;
  readonly rounding: Money;
  readonly float: Money;
  /** Only where the reader may know it. */
  readonly cashExpected: Money | null;
  readonly taxes: readonly { readonly code: string; readonly percent: Decimal; readonly net: Money; readonly tax: Money }[];
  readonly tenders: readonly { readonly code: string; readonly name: string; readonly taken: Money; readonly givenBack: Money }[];
  /** Added up by the till alone, from what it sold since the hub was gone and before. */
  readonly byTill: boolean;
}

export interface DayClosed {
  readonly day: BusinessDate;
  readonly number: number;
  readonly part: number;
  readonly gross: Money;
  readonly openShifts: number;
  readonly openOrders: number;
}

export type CashMovement = "paid_in" | "paid_out" | "drop" | "loan";

/** The coins and notes of the store's currency, the largest first. */
export type Faces = readonly Money[];
