/** Everything that is shown, as the core writes it. The pages get the same signals to read. */
import { signal } from "@preact/signals";
import type { Basket, OpenOrder } from "./contract/basket";
import type { Category, CountInProgress, ScanAlert, ScanQuestion } from "./contract/goods";
import type {
  CatalogState, DeviceHealth, Difference, HeadquartersMark, HubConnection, Island, Neighbour, Outbox, ScaleReading, Stage,
  Storage, Store,
} from "./contract/hub";
import type { UnconfirmedCommand } from "./contract/outcome";
import type { WaitingReceipt } from "./contract/papers";
import type { PaymentInProgress, RefundAtDevice, TenderType, TransactionRow } from "./contract/payment";
import type { SignOn } from "./contract/people";
import type { OpenShift } from "./contract/shift";
import type { Money } from "./contract/values";

export function newState() {
  return {
    stage: signal<Stage>({ kind: "starting" }),
    store: signal<Store | null>(null),
    storage: signal<Storage>("unknown"),
    hub: signal<HubConnection>({ kind: "connecting" }),
    headquarters: signal<HeadquartersMark>({ state: "unknown", waiting: 0, asOf: null }),
    outbox: signal<Outbox>({ waitingForHub: 0, keptForHq: 0, islandSales: 0 }),
    unconfirmed: signal<readonly UnconfirmedCommand[]>([]),
    island: signal<Island | null>(null),
    differences: signal<readonly Difference[]>([]),
    waitingReceipts: signal<readonly WaitingReceipt[]>([]),
    signOn: signal<SignOn>({ kind: "nobody" }),
    shift: signal<OpenShift | null>(null),
    catalog: signal<CatalogState>({ version: null, products: 0, loading: null }),
    categories: signal<readonly Category[]>([]),
    tenderTypes: signal<readonly TenderType[]>([]),
    faces: signal<readonly Money[]>([]),
    basket: signal<Basket | null>(null),
    payment: signal<PaymentInProgress | null>(null),
    refund: signal<RefundAtDevice | null>(null),
    last: signal<TransactionRow | null>(null),
    transactions: signal<readonly TransactionRow[]>([]),
    orders: signal<readonly OpenOrder[]>([]),
    scansQueued: signal(0),
    alerts: signal<readonly ScanAlert[]>([]),
    question: signal<ScanQuestion | null>(null),
    devices: signal<readonly DeviceHealth[]>([]),
    scales: signal<readonly ScaleReading[]>([]),
    tills: signal<readonly Neighbour[]>([]),
    count: signal<CountInProgress | null>(null),
  };
}

export type State = ReturnType<typeof newState>;
