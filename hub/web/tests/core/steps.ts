/** What is done at a till in many tests, in the words of a cashier. */
import { expect } from "vitest";
import type { Money, Outcome } from "../../src/core/contract";
import { isObject } from "../../src/protocol/decode";
import { newDevice, openTill, type Device, type NodeTill } from "./node_till";
import { until, type RealStore } from "./real_hub";

export const euro = (amount: string): Money => ({ amount, currency: "EUR" });
export const PIN = "8642";

export function yes<T>(outcome: Outcome<T>): T {
  if (outcome.kind !== "accepted") throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome.value;
}

export interface PairedTill {
  readonly device: Device;
  open: NodeTill;
}

/** A till that is paired, signed on and has a shift open. */
export async function readyTill(store: RealStore, name = "Till", staff = 101): Promise<PairedTill> {
  const device = newDevice();
  const open = openTill(device, store.https, store.authority);
  const { view, actions } = open.till;
  await until("the till asks to be paired", () => view.stage.value.kind === "not_paired");
  const paired = await actions.door.pair(await store.pairingCode(name));
  expect(paired.kind).toBe("answered");
  await until("the hub is there", () => view.hub.value.kind === "online");
  await until("the catalog is there", () => view.catalog.value.products > 0 && view.catalog.value.version !== null);
  yes(await actions.people.signOn(staff, PIN));
  yes(await actions.drawer.openShift(euro("100.00"), "live"));
  return { device, open };
}

/** The page is loaded again. */
export async function reload(till: PairedTill, store: RealStore): Promise<void> {
  await till.open.close();
  till.open = openTill(till.device, store.https, store.authority);
  await until("the till runs", () => till.open.till.view.stage.value.kind === "running");
}

export interface HubTransaction {
  readonly receipt: string;
  readonly kind: string;
  readonly order: string | null;
  readonly gross: string | null;
}

/** Every transaction that the hub has, the oldest first. */
export async function atHub(store: RealStore): Promise<readonly HubTransaction[]> {
  // The hub's pages follow its journal within moments.
  await until("the hub's pages have what is in its journal", async () => {
    const told = await store.read("/api/v1/reconciliation");
    return isObject(told) && told.as_of_seq === told.head_seq;
  });
  const page = await store.read("/api/v1/transactions?limit=200");
  if (!isObject(page) || !Array.isArray(page.transactions)) throw new Error("no transactions");
  return page.transactions.flatMap((row: unknown): HubTransaction[] => {
    const of = isObject(row) ? row.view : null;
    if (!isObject(of)) return [];
    const totals = isObject(of.totals) && isObject(of.totals.gross) ? String(of.totals.gross.amount) : null;
    return [{ receipt: String(of.receipt), kind: String(of.kind), order: typeof of.order === "string" ? of.order : null, gross: totals }];
  }).reverse();
}
