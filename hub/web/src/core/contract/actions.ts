import type { BasketTerms, DiscountInput } from "./basket";
import type {
  PriceCheck, ReceiveReason, ScanAnswer, ScanSource, StockRow,
} from "./goods";
import type { Accepted, Answer, Approval, Outcome, Refused } from "./outcome";
import type { Receipt } from "./papers";
import type { TenderInput, TransactionRow, Value } from "./payment";
import type { Customer, CustomerDetails, CustomerSearch, Operator } from "./people";
import type { LossRow, SalesReport } from "./reports";
import type { CashMovement, DayClosed, Declaration, OpenShift, ShiftClosed, XReport } from "./shift";
import type { BusinessDate, Decimal, Id, Mode, Money } from "./values";

/** Done at the till itself, at once, or refused at once. */
export type Local<T = null> = Accepted<T> | Refused;

/** Being a till at all. */
export interface TillDoor {
  /** With a code from `holdfast-hub pair`; letter case and dashes do not matter. */
  pair(code: string): Promise<Answer<{ readonly till: number }>>;
  /** Takes the till over from another tab or window, which is told. */
  takeOverTab(): Promise<void>;
  /** Asks the browser to keep what the till holds. */
  askPersistence(): Promise<void>;
}

export interface PeopleActions {
  signOn(number: number, pin: string): Promise<Outcome<Operator>>;
  signOff(): Promise<Outcome<null>>;
  lock(): Promise<Outcome<null>>;
}

export interface BasketActions {
  /** A scan anywhere on the page. It joins the queue; alerts and questions say what became of it. */
  scan(code: string, source: ScanSource): void;
  /**
   * Codes that the hub's scanner at this till read are shown to `take` first; what it takes does not come into the basket.
   * What it gives back ends that.
   */
  routeScans(take: (code: string) => boolean): () => void;
  clearAlert(id: string): void;
  answer(id: string, answer: ScanAnswer): Promise<Local>;

  add(sku: string, quantity?: Decimal): void;
  /** The quantity that the next item comes with. */
  repeat(): Local;
  setQuantity(line: number, quantity: Decimal, reason?: string): Local;
  voidLine(line: number, reason: string): Local;
  overridePrice(line: number, unitPrice: Decimal, reason: string): Local;
  discountLine(line: number, discount: DiscountInput): Local;
  select(line: number): void;
  noteLine(line: number, note: string | null): Local;
  noteBasket(note: string | null): Local;
  setTerms(terms: Partial<BasketTerms>): Local;
  setCustomer(customer: Customer | null): Local;
  /** The whole basket is given up; it leaves its trace with the reason. */
  abandon(reason: string): Promise<Outcome<null>>;
  priceCheck(code: string): Promise<Answer<PriceCheck>>;
}

export interface OrderActions {
  park(label: string, approval?: Approval): Promise<Outcome<null>>;
  /** `takeOver` where another till has it. */
  retrieve(order: Id, takeOver?: boolean, approval?: Approval): Promise<Outcome<null>>;
  /** An order that was placed and is not paid. */
  cancel(order: Id, reason: string, approval?: Approval): Promise<Outcome<null>>;
}

export interface PaymentActions {
  /** From the basket to its payment: the order is placed. */
  begin(approval?: Approval): Promise<Outcome<null>>;
  /** Back to the basket; refused while money of a device is under way or held. */
  back(): Local;
  addTender(tender: TenderInput): Promise<Outcome<null>>;
  removeTender(id: Id): Local;
  setTip(tip: Money | null): Local;
  /** When nothing is open any more. A payment that is covered by its last tender completes by itself. */
  complete(approval?: Approval): Promise<Outcome<TransactionRow>>;
  /** Places and pays in one: the fast cash button. */
  payCash(amount: Money | null, approval?: Approval): Promise<Outcome<TransactionRow>>;
  /** Part of it now, the rest later. */
  deposit(): Promise<Outcome<TransactionRow>>;
  abortDevice(attempt: Id): Promise<Outcome<null>>;
  resolveDevice(attempt: Id, verdict: "charged" | "not_charged" | "given_back", reason: string, approval?: Approval): Promise<Outcome<null>>;
  giveBack(attempt: Id, reason: string): Promise<Outcome<null>>;
  value(account: string): Promise<Answer<Value>>;
}

export interface AfterSaleActions {
  find(receipt: string): Promise<Answer<Receipt>>;
  receipt(row: TransactionRow): Promise<Answer<Receipt>>;
  returnByReceipt(
    original: Id, lines: readonly { readonly line: number; readonly quantity: Decimal }[], reason: string, approval?: Approval,
  ): Promise<Outcome<TransactionRow>>;
  returnWithoutReceipt(
    lines: readonly { readonly sku: string; readonly quantity: Decimal }[], reason: string, approval?: Approval,
  ): Promise<Outcome<TransactionRow>>;
  /** What is in the basket goes for what comes back; only the difference changes hands. */
  exchange(
    original: Id, lines: readonly { readonly line: number; readonly quantity: Decimal }[], reason: string,
    tenders: readonly TenderInput[], approval?: Approval,
  ): Promise<Outcome<TransactionRow>>;
  postVoid(original: Id, reason: string, approval?: Approval): Promise<Outcome<TransactionRow>>;
  printCopy(original: Id, form: "copy" | "gift"): Promise<Outcome<{ readonly copy: number }>>;
  /** Kept with the sale until a sender is configured; `waiting` says so. */
  emailReceipt(original: Id, address: string): Promise<Answer<{ readonly state: "waiting" | "sent" }>>;
  /** A receipt of island mode: on the hub's printer, or not at all. */
  settleWaitingReceipt(number: string, choice: "print" | "skip"): Promise<Outcome<null>>;
  /** A difference was read. */
  dismissDifference(index: number): void;
}

export interface DrawerActions {
  openDrawer(reason: string, approval?: Approval): Promise<Outcome<null>>;
  moveCash(movement: CashMovement, amount: Money, reason: string, approval?: Approval): Promise<Outcome<TransactionRow>>;
  openShift(float: Money, mode: Mode, day?: BusinessDate, approval?: Approval): Promise<Outcome<OpenShift>>;
  closeShift(declaration: Declaration): Promise<Outcome<ShiftClosed>>;
  xReport(): Promise<Answer<XReport>>;
  closeDay(day: BusinessDate, approval?: Approval): Promise<Outcome<DayClosed>>;
}

export interface StoreActions {
  stock(text: string, most: number): Promise<Answer<readonly StockRow[]>>;
  receive(
    lines: readonly { readonly sku: string; readonly quantity: Decimal }[], reason: ReceiveReason, approval?: Approval,
  ): Promise<Outcome<null>>;
  startCount(scope: "full" | readonly string[], approval?: Approval): Promise<Outcome<null>>;
  countProduct(sku: string, quantity: Decimal): Promise<Outcome<{ readonly book: Decimal }>>;
  finishCount(): Promise<Outcome<{ readonly counted: number; readonly uncounted: number; readonly adjusted: number }>>;
  cancelCount(reason: string): Promise<Outcome<null>>;
  salesReport(from: BusinessDate, to: BusinessDate): Promise<Answer<SalesReport>>;
  losses(from: BusinessDate, to: BusinessDate): Promise<Answer<readonly LossRow[]>>;
  askScale(scale: string | null, ask: "weigh" | "zero" | "tare" | "clear_tare"): Promise<Answer<{ readonly kilograms: Decimal | null }>>;
}

export interface CustomerActions {
  find(search: CustomerSearch): Promise<Answer<readonly Customer[]>>;
  read(subject: Id): Promise<Answer<Customer>>;
  save(subject: Id | null, details: CustomerDetails): Promise<Answer<Customer>>;
}

export interface TillActions {
  readonly door: TillDoor;
  readonly people: PeopleActions;
  readonly basket: BasketActions;
  readonly orders: OrderActions;
  readonly payment: PaymentActions;
  readonly after: AfterSaleActions;
  readonly drawer: DrawerActions;
  readonly store: StoreActions;
  readonly customers: CustomerActions;
}
