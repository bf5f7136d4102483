import type { ReadonlySignal } from "@preact/signals";
import type { Basket, OpenOrder } from "./basket";
import type { Category, CountInProgress, Product, ScanAlert, ScanQuestion } from "./goods";
import type {
  CatalogState, DeviceHealth, Difference, HeadquartersMark, HubConnection, Island, Neighbour, Outbox, ScaleReading, Stage,
  Storage, Store,
} from "./hub";
import type { UnconfirmedCommand } from "./outcome";
import type { WaitingReceipt } from "./papers";
import type { PaymentInProgress, RefundAtDevice, TenderType, TransactionRow } from "./payment";
import type { SignOn } from "./people";
import type { Faces, OpenShift } from "./shift";

/** Everything that is shown. Whatever changes, changes here; nothing has to be asked for again. */
export interface TillView {
  readonly stage: ReadonlySignal<Stage>;
  readonly store: ReadonlySignal<Store | null>;
  readonly storage: ReadonlySignal<Storage>;

  readonly hub: ReadonlySignal<HubConnection>;
  readonly headquarters: ReadonlySignal<HeadquartersMark>;
  readonly outbox: ReadonlySignal<Outbox>;
  readonly unconfirmed: ReadonlySignal<readonly UnconfirmedCommand[]>;
  /** The till sells alone; none while the hub answers and everything is merged. */
  readonly island: ReadonlySignal<Island | null>;
  readonly differences: ReadonlySignal<readonly Difference[]>;
  readonly waitingReceipts: ReadonlySignal<readonly WaitingReceipt[]>;

  readonly signOn: ReadonlySignal<SignOn>;
  readonly shift: ReadonlySignal<OpenShift | null>;

  readonly catalog: ReadonlySignal<CatalogState>;
  readonly categories: ReadonlySignal<readonly Category[]>;
  readonly tenderTypes: ReadonlySignal<readonly TenderType[]>;
  readonly faces: ReadonlySignal<Faces>;

  /** None before the first line. */
  readonly basket: ReadonlySignal<Basket | null>;
  readonly payment: ReadonlySignal<PaymentInProgress | null>;
  /** While goods come back that a card paid for: what happens at its terminal. */
  readonly refund?: ReadonlySignal<RefundAtDevice | null>;
  /** The last transaction of this till: its change stays until the next scan. */
  readonly last: ReadonlySignal<TransactionRow | null>;
  /** This shift's transactions of this till, the newest first. */
  readonly transactions: ReadonlySignal<readonly TransactionRow[]>;
  readonly orders: ReadonlySignal<readonly OpenOrder[]>;

  /** Scans that wait for their turn. */
  readonly scansQueued: ReadonlySignal<number>;
  readonly alerts: ReadonlySignal<readonly ScanAlert[]>;
  readonly question: ReadonlySignal<ScanQuestion | null>;

  readonly devices: ReadonlySignal<readonly DeviceHealth[]>;
  readonly scales: ReadonlySignal<readonly ScaleReading[]>;
  readonly tills: ReadonlySignal<readonly Neighbour[]>;
  readonly count: ReadonlySignal<CountInProgress | null>;
}

/** Questions that the till answers from memory, at once. */
export interface TillLookup {
  /** By words of the description, number or barcode; the best first. */
  search(text: string, most: number): readonly Product[];
  inCategory(category: string): readonly Product[];
  product(sku: string): Product | null;
  /** What was sold most lately at this till, for the first page of the grid. */
  favourites(most: number): readonly Product[];
}
