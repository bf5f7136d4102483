import type { Totals } from "./basket";
import type { TenderTaken, TransactionKind } from "./payment";
import type { Standing } from "./outcome";
import type { Decimal, Id, Money, Timestamp } from "./values";

export interface ReceiptLine {
  readonly number: number;
  readonly sku: string;
  readonly description: string;
  readonly quantity: Decimal;
  readonly unit: string;
  readonly unitPrice: Decimal;
  readonly gross: Money;
  readonly discount: Money | null;
  readonly discountNames: readonly string[];
  /** What of it could still come back, where that is known. */
  readonly returnable: Decimal | null;
}

/** Everything that a receipt says, for showing and for the browser's printer. */
export interface Receipt {
  readonly transaction: Id | null;
  readonly kind: TransactionKind;
  readonly number: string;
  readonly alias: string | null;
  readonly training: boolean;
  /** Made by the till alone. */
  readonly island: boolean;
  readonly copy: boolean;
  readonly store: {
    readonly name: string;
    readonly legalName: string;
    readonly address: readonly string[];
    readonly taxId: string;
  };
  readonly till: number;
  readonly operator: number | null;
  readonly at: Timestamp;
  readonly timeZone: string;
  readonly lines: readonly ReceiptLine[];
  readonly totals: Totals | null;
  readonly taxes: readonly { readonly code: string; readonly percent: Decimal; readonly net: Money; readonly tax: Money }[];
  readonly tenders: readonly TenderTaken[];
  readonly rounding: Money | null;
  readonly change: Money | null;
  readonly standing: Standing;
}

/** A receipt that was made while the hub was gone and has not been on the hub's printer. */
export interface WaitingReceipt {
  readonly number: string;
  readonly at: Timestamp;
  readonly total: Money;
  readonly shownOrPrintedHere: boolean;
}
