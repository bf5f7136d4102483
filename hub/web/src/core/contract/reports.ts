import type { BusinessDate, Decimal, Money, Timestamp } from "./values";

export interface Turnover {
  readonly sales: number;
  readonly returns: number;
  readonly postVoids: number;
  readonly gross: Money;
  readonly net: Money;
  readonly tax: Money;
  readonly discount: Money;
  readonly returned: Money;
}

export interface TurnoverRow extends Turnover {
  readonly label: string;
}

export interface SalesReport {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly all: Turnover;
  readonly byDay: readonly TurnoverRow[];
  readonly byHour: readonly TurnoverRow[];
  readonly byStaff: readonly TurnoverRow[];
  readonly byTill: readonly TurnoverRow[];
  readonly byProduct: readonly {
    readonly sku: string;
    readonly description: string;
    readonly sold: Decimal;
    readonly returned: Decimal;
    readonly gross: Money;
    readonly discount: Money;
  }[];
  readonly byTender: readonly {
    readonly kind: string;
    readonly transactions: number;
    readonly taken: Money;
    readonly givenBack: Money;
  }[];
  readonly byTax: readonly { readonly code: string; readonly percent: Decimal; readonly net: Money; readonly tax: Money }[];
}

/** Something that a manager looks at twice: voids, discounts, overrides, returns, no-sales, refusals. */
export interface LossRow {
  readonly at: Timestamp;
  readonly businessDate: BusinessDate;
  readonly kind: string;
  readonly what: string;
  readonly reason: string;
  readonly amount: Money | null;
  readonly staff: string | null;
  readonly approvedBy: string | null;
  readonly till: string;
  readonly receipt: string | null;
}
