/**
 * What the till keeps in the browser. Two databases, because they promise different things: what must not be lost is
 * synced to the disk before the till goes on ("strict"); the copy of the hub's catalog can be read again at any time and
 * is written without waiting for the disk.
 */
import { Dexie, type EntityTable, type Table } from "dexie";

/** A request that the hub has not answered, with the exact text that is sent. */
export interface WaitingRow {
  /** The order in which requests are sent. */
  place?: number;
  id: string;
  text: string;
  action: string;
  at: string;
  order: string | null;
}

/** The hub's answer, kept until HQ holds it. */
export interface KeptRow {
  /** The order in which answers were first given: what came later builds on it. */
  turn?: number;
  id: string;
  /** The epoch of the hub that gave it, and the place in that hub's history. */
  epoch: string;
  seq: string;
  /** The stored record as it came, as JSON. */
  record: string;
}

/** Small facts, each under a name of its own; who reads one checks what it is. */
export interface FactRow {
  name: string;
  value: unknown;
}

/** One transaction of this till, as it is shown. */
export interface SaleRow {
  /** The id of the command that made it. */
  command: string;
  at: string;
  shift: string | null;
  row: unknown;
  /** The receipt's parts, to show it and to print it by the browser. */
  receipt: unknown;
  /** The sale as the till would tell it had the hub never heard of it; none once the hub answered. */
  fallback: unknown;
  /** Where it is at the hub, once that is known. */
  epoch: string | null;
  seq: string | null;
}

/** What somebody's PIN is checked against while the hub is gone. */
export interface VerifierRow {
  number: number;
  staff: string;
  salt: Uint8Array;
  mac: Uint8Array;
  /** When they signed on at this till last, with the hub's own yes. */
  seen: number;
  role: unknown;
  name: string | null;
  authority: unknown;
  /** Attempts since the last right PIN, the one under way included. */
  attempts: number;
  lockedUntil: number;
}

export interface KeyRow {
  name: string;
  key: CryptoKey;
}

/** A basket that was parked while the hub was gone: no other till sees it yet. */
export interface ParkedRow {
  order: string;
  at: string;
  label: string;
  draft: unknown;
}

export interface NoteRow {
  id?: number;
  at: string;
  note: unknown;
}

/** What must not be lost. */
export class TillDatabase extends Dexie {
  declare waiting: EntityTable<WaitingRow, "place">;
  declare kept: EntityTable<KeptRow, "turn">;
  declare facts: EntityTable<FactRow, "name">;
  declare sales: EntityTable<SaleRow, "command">;
  declare verifiers: EntityTable<VerifierRow, "number">;
  declare keys: EntityTable<KeyRow, "name">;
  declare parked: EntityTable<ParkedRow, "order">;
  declare differences: EntityTable<NoteRow, "id">;

  constructor(name: string, options: DatabaseOptions) {
    super(name, { ...options, chromeTransactionDurability: "strict" });
    this.version(1).stores({
      waiting: "++place,&id",
      kept: "++turn,&id",
      facts: "name",
      sales: "command,at,shift",
      verifiers: "number",
      keys: "name",
      parked: "order",
      differences: "++id",
    });
  }
}

/** A page of products as the hub tells them; what is searched has its index in memory. */
export interface ProductsRow {
  from: string;
  /** JSON. */
  products: string;
}

/** The copy of what the hub sells by. */
export class GoodsDatabase extends Dexie {
  declare products: Table<ProductsRow, string>;
  declare facts: EntityTable<FactRow, "name">;

  constructor(name: string, options: DatabaseOptions) {
    super(name, { ...options, chromeTransactionDurability: "relaxed" });
    this.version(1).stores({ products: "from", facts: "name" });
  }
}

/** A test brings a database of its own. */
export interface DatabaseOptions {
  readonly indexedDB?: IDBFactory;
  readonly IDBKeyRange?: typeof IDBKeyRange;
}
