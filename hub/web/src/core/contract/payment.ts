import type { Standing } from "./outcome";
import type { Id, Money, Problem, Timestamp } from "./values";

export type TenderClass = "cash" | "voucher" | "other" | "stored_value" | "on_account" | "electronic";

export interface TenderType {
  readonly code: string;
  readonly name: string;
  readonly class: TenderClass;
  readonly opensDrawer: boolean;
  readonly countedAtClose: boolean;
  readonly change: { readonly kind: "never" } | { readonly kind: "any" } | { readonly kind: "up_to"; readonly max: Money };
  readonly needsReference: boolean;
  readonly allowedOffline: boolean;
  readonly cashRounded: boolean;
}

/** A tender as it can be chosen at this moment. */
export interface TenderChoice {
  readonly type: TenderType;
  /** Can take money now. */
  readonly available: boolean;
  /** Why not, or what to know, in plain words; what to take instead is in it. */
  readonly text: string | null;
  /** Devices that take it, this till's own first. */
  readonly devices: readonly TenderDevice[];
}

export interface TenderDevice {
  readonly name: string;
  readonly of: "this_till" | "all_tills" | "other_tills";
  readonly available: boolean;
  readonly text: string;
  readonly instead: string | null;
}

/** What is happening at a device, for show only. */
export type DeviceStep =
  | { readonly kind: "connecting" }
  | { readonly kind: "present_card" }
  | { readonly kind: "enter_pin" }
  | { readonly kind: "customer_chooses" }
  | { readonly kind: "authorising" }
  | { readonly kind: "remove_card" }
  | { readonly kind: "show_qr"; readonly text: string }
  | { readonly kind: "says"; readonly text: string };

export interface CardFacts {
  readonly scheme: string | null;
  readonly lastFour: string | null;
  readonly wallet: string | null;
  readonly authCode: string | null;
}

/** Where a payment at a device is. Only what the hub said is durable is here; steps are beside it. */
export type DeviceStanding =
  /** Asked for, and the hub has not answered yet. */
  | { readonly kind: "asking" }
  | { readonly kind: "started" }
  | { readonly kind: "under_way" }
  | { readonly kind: "in_doubt"; readonly text: string }
  | { readonly kind: "disowned" }
  | { readonly kind: "approved"; readonly amount: Money; readonly tip: Money; readonly card: CardFacts; readonly signature: boolean }
  | { readonly kind: "declined"; readonly reason: string; readonly text: string }
  | { readonly kind: "goes_back" }
  | { readonly kind: "unclaimed"; readonly text: string }
  | { readonly kind: "taken" }
  | { readonly kind: "given_back" };

export interface DevicePayment {
  readonly attempt: Id;
  readonly device: string;
  readonly step: DeviceStep | null;
  readonly standing: DeviceStanding;
  /** What a person may do now. */
  readonly can: readonly ("abort" | "resolve" | "give_back")[];
}

/** Money that goes back to a card or wallet, before the goods that it paid for are taken back. */
export interface RefundAtDevice {
  readonly sale: Id;
  readonly amount: Money;
  readonly payment: DevicePayment;
}

/** One tender of a payment that is being put together. */
export interface TenderLine {
  readonly id: Id;
  readonly code: string;
  readonly name: string;
  readonly class: TenderClass;
  readonly amount: Money;
  readonly reference: string | null;
  /** Of a device's tender. Only an approved one counts towards what is open. */
  readonly device: DevicePayment | null;
  readonly counts: boolean;
}

export interface PaymentInProgress {
  readonly order: Id;
  /** What is to be paid by this payment. */
  readonly due: Money;
  /** `due` as cash is rounded, when all that is open were paid in cash. */
  readonly cashDue: Money;
  /** Less what the tenders so far cover; never below zero. */
  readonly open: Money;
  readonly openInCash: Money;
  /** What would be given back if it were completed now. */
  readonly change: Money;
  readonly tenders: readonly TenderLine[];
  readonly tip: Money | null;
  /** Amounts for buttons: exactly what is open, then what people would hand over. */
  readonly fastCash: readonly Money[];
  /** The tenders as they can be chosen now. */
  readonly choices: readonly TenderChoice[];
  readonly state:
    /** The order is being placed; tenders can be added already. */
    | "placing"
    | "collecting"
    /** Everything is covered; the hub is asked. */
    | "completing"
    /** The hub has not answered in time. The command stands, and no second one is made. */
    | "unconfirmed";
  /** The till completes it by itself and gives it an island receipt. */
  readonly island: boolean;
  readonly problem: Problem | null;
}

/** What can be added to a payment. */
export type TenderInput =
  /** What the customer hands over; none is exactly what is open. */
  | { readonly kind: "cash"; readonly amount: Money | null }
  /** Keyed by hand, such as a slip of a standalone terminal, or a voucher. */
  | { readonly kind: "typed"; readonly code: string; readonly amount: Money | null; readonly reference: string | null }
  /** A gift card, store credit or customer's account. */
  | { readonly kind: "account"; readonly code: string; readonly amount: Money | null; readonly account: string }
  /** A device or gateway is asked now. */
  | { readonly kind: "device"; readonly code: string; readonly amount: Money | null; readonly tip: Money | null; readonly device: string | null };

export interface TenderTaken {
  readonly code: string;
  readonly name: string;
  readonly amount: Money;
  readonly reference: string | null;
  readonly card: CardFacts | null;
}

export type TransactionKind =
  | "sale" | "deposit" | "return" | "exchange" | "post_void" | "cancelled" | "abandoned" | "paid_in" | "paid_out"
  | "cash_drop" | "cash_loan" | "value_issued" | "value_issue_voided";

/** A transaction of this till as its cashier sees it: what was done, and where it is safe by now. */
export interface TransactionRow {
  /** None while the hub has not said it. */
  readonly transaction: Id | null;
  readonly order: Id | null;
  readonly kind: TransactionKind;
  /** As it is printed; none while the hub has not given it. An island receipt has its letter in it. */
  readonly receipt: string | null;
  /** The hub's number of a sale that was made alone, or the till's of one whose reply was lost. */
  readonly alias: string | null;
  readonly at: Timestamp;
  readonly total: Money | null;
  readonly change: Money | null;
  readonly tenders: readonly TenderTaken[];
  readonly standing: Standing;
  /** The reply is missing: it may be at the hub, and the command that says so is being sent again. */
  readonly unconfirmed: boolean;
  readonly training: boolean;
}

export interface Value {
  readonly account: string;
  readonly kind: "gift_card" | "store_credit" | "customer_account";
  readonly balance: Money;
  readonly blocked: boolean;
}

