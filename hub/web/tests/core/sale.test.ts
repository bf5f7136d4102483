import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outcome } from "../../src/core/contract";
import { newDevice, openTill, type NodeTill } from "./node_till";
import { RealStore, programsAreThere, until } from "./real_hub";

export function yes<T>(outcome: Outcome<T>): T {
  if (outcome.kind !== "accepted") throw new Error(JSON.stringify(outcome));
  return outcome.value;
}

describe.skipIf(!programsAreThere())("a day at the till", () => {
  let store: RealStore;
  let open: NodeTill;
  const euro = (amount: string) => ({ amount, currency: "EUR" });

  beforeAll(async () => {
    store = await RealStore.open();
    open = openTill(newDevice(), store.https, store.authority);
  }, 60_000);

  afterAll(async () => {
    await open?.close();
    await store?.close();
  });

  it("pairs, connects, and knows what the store sells", async () => {
    const { view, actions, lookup } = open.till;
    await until("the till asks to be paired", () => view.stage.value.kind === "not_paired");
    expect(await actions.door.pair(await store.pairingCode("Till 1"))).toEqual({ kind: "answered", value: { till: 1 } });
    await until("the hub is there", () => view.hub.value.kind === "online");
    await until("the catalog is there", () => view.catalog.value.products === 5);
    expect(view.store.value).toMatchObject({ name: "Corner", currency: "EUR", till: 1, pricesIncludeTax: true });
    expect(lookup.search("milk", 5).map(({ sku }) => sku)).toEqual(["MILK"]);
  });

  it("signs on, with a wrong PIN refused", async () => {
    const { actions, view } = open.till;
    const wrong = await actions.people.signOn(101, "0000");
    expect(wrong).toMatchObject({ kind: "refused", problem: { code: "HF-CMD-102" } });
    expect(yes(await actions.people.signOn(101, "8642"))).toMatchObject({ number: 101, role: "cashier", offline: false });
    expect(view.signOn.value).toMatchObject({ kind: "operator" });
  });

  it("opens a shift", async () => {
    const { actions, view } = open.till;
    yes(await actions.drawer.openShift(euro("100.00"), "live"));
    expect(view.shift.value).toMatchObject({ mode: "live", float: euro("100.00") });
  });

  it("sells for cash and shows the change until the next scan", async () => {
    const { actions, view } = open.till;
    actions.basket.scan("4006381333931", "keyboard");
    actions.basket.scan("4006381333931", "keyboard");
    expect(view.basket.value).toMatchObject({ lines: [{ sku: "MILK", quantity: "2" }], totals: { gross: euro("2.38") }, pricedBy: "till" });
    await until("the hub's price", () => view.basket.value?.pricedBy === "hub");
    expect(view.basket.value?.totals.gross).toEqual(euro("2.38"));
    const row = yes(await actions.payment.payCash(euro("5.00")));
    expect(row).toMatchObject({ kind: "sale", receipt: "1-000001", total: euro("2.38"), change: euro("2.62"), standing: "at_hub", unconfirmed: false });
    expect(view.basket.value).toBeNull();
    expect(view.payment.value).toBeNull();
    expect(view.last.value).toMatchObject({ change: euro("2.62") });
    await until("HQ has it", () => view.last.value?.standing === "at_hq");
    const receipt = await actions.after.receipt(row);
    expect(receipt).toMatchObject({ kind: "answered", value: { number: "1-000001", lines: [{ sku: "MILK", quantity: "2" }], taxes: [{ percent: "10" }] } });
    actions.basket.scan("5000112637922", "keyboard");
    expect(view.last.value).toBeNull();
  });

  it("gives a basket up with its reason", async () => {
    const { actions, view } = open.till;
    yes(await actions.basket.abandon("customer left"));
    expect(view.basket.value).toBeNull();
  });

  it("splits what is to be paid between cash and a card that was keyed", async () => {
    const { actions, view } = open.till;
    actions.basket.add("SOAP", "4");
    yes(await actions.payment.begin());
    expect(view.payment.value).toMatchObject({ due: euro("9.96"), state: "collecting", open: euro("9.96") });
    yes(await actions.payment.addTender({ kind: "typed", code: "card", amount: euro("5.00"), reference: "slip 0815" }));
    expect(view.payment.value?.open).toEqual(euro("4.96"));
    yes(await actions.payment.addTender({ kind: "cash", amount: euro("5.00") }));
    await until("the payment completes by itself", () => view.payment.value === null);
    expect(view.last.value).toMatchObject({ receipt: "1-000003", change: euro("0.04"), tenders: [{ code: "card" }, { code: "cash" }] });
  });

  it("parks an order and takes it up again, changed", async () => {
    const { actions, view } = open.till;
    actions.basket.add("SOAP", "1");
    yes(await actions.orders.park("red hat"));
    expect(view.basket.value).toBeNull();
    const order = await until("the order is listed", () => view.orders.value.find(({ label }) => label === "red hat"));
    yes(await actions.orders.retrieve(order.order));
    expect(view.basket.value).toMatchObject({ state: "order", lines: [{ sku: "SOAP" }] });
    actions.basket.scan("4006381333931", "keyboard");
    const paid = yes(await actions.payment.payCash(null));
    expect(paid.total).toEqual(euro("3.68"));
  });

  it("asks a second person for what a cashier may not", async () => {
    const { actions } = open.till;
    const alone = await actions.drawer.moveCash("paid_out", euro("10.00"), "window cleaner");
    expect(alone).toMatchObject({ kind: "refused", approvable: "move_cash" });
    const row = yes(await actions.drawer.moveCash("paid_out", euro("10.00"), "window cleaner", { number: 201, pin: "8642" }));
    expect(row).toMatchObject({ kind: "paid_out" });
    const kept = JSON.stringify(open.sent.filter((text) => text.includes("approved")));
    expect(kept).toContain("8642");
  });

  it("closes the shift blind, with a numbered Z", async () => {
    const { actions, view } = open.till;
    const closed = yes(await actions.drawer.closeShift({ cash: euro("105.00"), pieces: [], tenders: [{ code: "voucher", amount: euro("0.00"), pieces: [] }] }));
    expect(closed).toMatchObject({ zNumber: 1, declared: euro("105.00") });
    expect(view.shift.value).toBeNull();
  });
}, 60_000);
