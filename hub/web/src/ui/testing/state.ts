import { signal } from "@preact/signals";
import type {
  Basket, CatalogState, Category, CountInProgress, DeviceHealth, Difference, Faces, HeadquartersMark, HubConnection, Island, Neighbour,
  OpenOrder, OpenShift, Operator, Outbox, PaymentInProgress, Product, RefundAtDevice, ScaleReading, ScanAlert, ScanQuestion, SignOn, Stage, Storage, Store,
  TenderType, TransactionRow, UnconfirmedCommand, WaitingReceipt,
} from "../../core/contract";
import { categoriesOf, goods } from "./goods";
import { euro } from "./prices";

export const BEGUN = "2026-11-28T09:30:00.000Z";

const STORE: Store = { name: "Corner Shop", legalName: "Corner Shop Ltd", currency: "EUR", exponent: 2, timeZone: "Europe/Vienna", pricesIncludeTax: true, till: 3, tillName: "Front counter" };

export const CASHIER: Operator = {
  staff: "018f0000-0000-7000-8000-000000000101",
  number: 101,
  name: "Cashier 101",
  role: "cashier",
  authority: { permissions: ["discount"], lineDiscount: "0.15", basketDiscount: "0.1", cashRefund: euro("50") },
  since: BEGUN,
  offline: false,
};

export const SHIFT: OpenShift = { shift: "018f0000-0000-7000-8000-000000000201", openedAt: BEGUN, businessDate: "2026-11-28", mode: "live", float: euro("150") };

function tender(code: string, name: string, of: TenderType["class"], more: Partial<TenderType> = {}): TenderType {
  return { code, name, class: of, opensDrawer: of === "cash", countedAtClose: of !== "electronic", change: { kind: of === "cash" ? "any" : "never" }, needsReference: false, allowedOffline: of === "cash", cashRounded: false, ...more };
}

const TENDERS: readonly TenderType[] = [
  tender("cash", "Cash", "cash"),
  tender("card", "Card", "electronic"),
  tender("wallet_qr", "QR wallet", "electronic"),
  tender("gift", "Gift card", "stored_value", { countedAtClose: false }),
  tender("voucher", "Meal voucher", "voucher"),
  tender("card_slip", "Card by slip", "other", { needsReference: true, allowedOffline: true }),
  tender("account", "On account", "on_account", { countedAtClose: false }),
];

const FACES: Faces = ["500", "200", "100", "50", "20", "10", "5", "2", "1", "0.50", "0.20", "0.10", "0.05", "0.02", "0.01"].map(euro);

const DEVICES: readonly DeviceHealth[] = [
  { name: "Terminal front", kind: "payment", state: "ready", text: "Ready for cards.", simulated: false },
  { name: "Wallet gateway", kind: "payment", state: "attention", text: "Answers slowly since 14:02.", simulated: false },
  { name: "Receipt printer", kind: "printer", state: "ready", text: "Paper is there.", simulated: false },
  { name: "Drawer", kind: "drawer", state: "ready", text: "Closed.", simulated: false },
  { name: "Counter scanner", kind: "scanner", state: "ready", text: "Reads.", simulated: false },
  { name: "Counter scale", kind: "scale", state: "gone", text: "The cable is out since 13:40. Weights can be typed.", simulated: false },
];

/** Everything that the pages see, to be set at will. */
export class FakeState {
  readonly products: Product[] = [...goods()];
  readonly stage = signal<Stage>({ kind: "running" });
  readonly store = signal<Store | null>(STORE);
  readonly storage = signal<Storage>("persistent");
  readonly hub = signal<HubConnection>({ kind: "online", since: BEGUN });
  readonly headquarters = signal<HeadquartersMark>({ state: "current", waiting: 0, asOf: BEGUN });
  readonly outbox = signal<Outbox>({ waitingForHub: 0, keptForHq: 0, islandSales: 0 });
  readonly unconfirmed = signal<readonly UnconfirmedCommand[]>([]);
  readonly island = signal<Island | null>(null);
  readonly differences = signal<readonly Difference[]>([]);
  readonly waitingReceipts = signal<readonly WaitingReceipt[]>([]);
  readonly signOn = signal<SignOn>({ kind: "operator", operator: CASHIER });
  readonly shift = signal<OpenShift | null>(SHIFT);
  readonly catalog = signal<CatalogState>({ version: "12", products: this.products.length, loading: null });
  readonly categories = signal<readonly Category[]>(categoriesOf(this.products));
  readonly tenderTypes = signal<readonly TenderType[]>(TENDERS);
  readonly faces = signal<Faces>(FACES);
  readonly basket = signal<Basket | null>(null);
  readonly payment = signal<PaymentInProgress | null>(null);
  readonly refund = signal<RefundAtDevice | null>(null);
  readonly last = signal<TransactionRow | null>(null);
  readonly transactions = signal<readonly TransactionRow[]>([]);
  readonly orders = signal<readonly OpenOrder[]>([]);
  readonly scansQueued = signal(0);
  readonly alerts = signal<readonly ScanAlert[]>([]);
  readonly question = signal<ScanQuestion | null>(null);
  readonly devices = signal<readonly DeviceHealth[]>(DEVICES);
  readonly scales = signal<readonly ScaleReading[]>([]);
  readonly tills = signal<readonly Neighbour[]>([
    { terminal: "t1", number: 1, name: "Till 1, door", connected: true },
    { terminal: "t2", number: 2, name: "Till 2, bakery", connected: false },
  ]);
  readonly count = signal<CountInProgress | null>(null);
}
