import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TransactionRow } from "../../src/core/contract";
import { RealStore, programsAreThere, until } from "./real_hub";
import { PIN, atHub, euro, readyTill, reload, yes, type PairedTill } from "./steps";

const MANAGER = { number: 201, pin: PIN };

describe.skipIf(!programsAreThere())("after a sale, and beside it", () => {
  let store: RealStore;
  let first: PairedTill;
  let second: PairedTill;
  const view = () => first.open.till.view;
  const actions = () => first.open.till.actions;
  const sell = async (sku: string, quantity: string): Promise<TransactionRow> => {
    actions().basket.add(sku, quantity);
    return yes(await actions().payment.payCash(null));
  };

  beforeAll(async () => {
    store = await RealStore.open();
    first = await readyTill(store, "Till 1", 101);
    second = await readyTill(store, "Till 2", 102);
  }, 60_000);

  afterAll(async () => {
    await first?.open.close();
    await second?.open.close();
    await store?.close();
  });

  it("finds a receipt by its number at another till, with what can still come back", async () => {
    const row = await sell("SOAP", "3");
    const found = await second.open.till.actions.after.find(row.receipt ?? "");
    expect(found).toMatchObject({ kind: "answered", value: { number: row.receipt, lines: [{ sku: "SOAP", quantity: "3", returnable: "3" }] } });
    expect(await second.open.till.actions.after.find("1-999999")).toMatchObject({ kind: "refused" });
  });

  it("takes goods back by receipt, and never more than were sold", async () => {
    const row = await sell("SOAP", "3");
    const original = row.transaction ?? "";
    const back = yes(await actions().after.returnByReceipt(original, [{ line: 1, quantity: "2" }], "does not fit"));
    expect(back).toMatchObject({ kind: "return", total: euro("4.98") });
    expect(await actions().after.find(row.receipt ?? "")).toMatchObject({ value: { lines: [{ returnable: "1" }] } });
    expect(await actions().after.returnByReceipt(original, [{ line: 1, quantity: "2" }], "does not fit")).toMatchObject({
      kind: "refused", problem: { code: "HF-CMD-165" },
    });
  });

  it("reverses a sale only with a second person's word", async () => {
    const row = await sell("MILK", "1");
    const original = row.transaction ?? "";
    expect(await actions().after.postVoid(original, "rung up twice")).toMatchObject({ kind: "refused", approvable: "post_void" });
    yes(await actions().after.postVoid(original, "rung up twice", MANAGER));
    expect(await actions().after.find(row.receipt ?? "")).toMatchObject({ value: { lines: [{ returnable: "0" }] } });
  });

  it("takes goods back without a receipt, by permission", async () => {
    const lines = [{ sku: "MILK", quantity: "1" }];
    expect(await actions().after.returnWithoutReceipt(lines, "gift")).toMatchObject({ kind: "refused", approvable: "any" });
    expect(yes(await actions().after.returnWithoutReceipt(lines, "gift", MANAGER))).toMatchObject({ kind: "return", total: euro("1.19") });
  });

  it("exchanges, and only the difference changes hands", async () => {
    const row = await sell("MILK", "1");
    actions().basket.add("SOAP", "1");
    const done = yes(await actions().after.exchange(row.transaction ?? "", [{ line: 1, quantity: "1" }], "wrong one", [
      { kind: "cash", amount: euro("2.00") },
    ]));
    expect(done).toMatchObject({ kind: "exchange", total: euro("2.49"), change: euro("0.70") });
    expect(view().basket.value).toBeNull();
  });

  it("prints copies and gift receipts, counted", async () => {
    const row = await sell("MILK", "1");
    expect(yes(await actions().after.printCopy(row.transaction ?? "", "copy"))).toEqual({ copy: 1 });
    expect(yes(await actions().after.printCopy(row.transaction ?? "", "gift"))).toEqual({ copy: 2 });
  });

  it("parks here and takes up there; what another has in hand needs a permission", async () => {
    actions().basket.add("SOAP", "2");
    actions().basket.noteBasket("wrap it");
    yes(await actions().orders.park("green bag"));
    const there = second.open.till;
    const order = await until("the other till sees it", () => there.view.orders.value.find(({ label }) => label === "green bag"));
    yes(await there.actions.orders.retrieve(order.order));
    expect(there.view.basket.value).toMatchObject({ note: "wrap it", totals: { gross: euro("4.98") } });
    await until("it is shown as in hand", () => view().orders.value.find(({ order: id }) => id === order.order)?.custody.kind === "other_till");
    expect(await actions().orders.retrieve(order.order, true)).toMatchObject({ kind: "refused", approvable: "take_over" });
    yes(await actions().orders.retrieve(order.order, true, MANAGER));
    await until("the loser is told", () => there.view.alerts.value.some(({ text }) => text.includes("till 1 took the order over")));
    expect(there.view.basket.value).toBeNull();
    expect(yes(await actions().payment.payCash(null))).toMatchObject({ total: euro("4.98") });
  });

  it("shows a payment without its answer as not confirmed, and makes it once", async () => {
    const before = (await atHub(store)).length;
    actions().basket.add("SOAP", "1");
    yes(await actions().payment.begin());
    first.open.cut.out = true;
    const outcome = await actions().payment.payCash(euro("3.00"));
    expect(outcome.kind).toBe("unconfirmed");
    expect(view().payment.value?.state).toBe("unconfirmed");
    await until("it is listed", () => view().unconfirmed.value.some(({ action }) => action === "pay"));
    expect(await actions().payment.payCash(euro("3.00"))).toMatchObject({ kind: "refused" });
    first.open.cut.out = false;
    if (outcome.kind === "unconfirmed") expect(await outcome.settled).toMatchObject({ kind: "accepted", value: { change: euro("0.51") } });
    expect(view().payment.value).toBeNull();
    expect(view().unconfirmed.value).toEqual([]);
    expect((await atHub(store)).length).toBe(before + 1);
    const pays = first.open.sent.filter((text) => text.includes('"pay"')).slice(-2);
    expect(pays[0]).toBe(pays[1]);
  });

  it("goes on with an order whose placing was not answered when the page was loaded again", async () => {
    actions().basket.add("SOAP", "2");
    first.open.cut.in = true;
    const begun = await actions().payment.begin();
    expect(begun.kind).toBe("unconfirmed");
    await reload(first, store);
    await until("the hub is there", () => view().hub.value.kind === "online" && view().outbox.value.waitingForHub === 0);
    expect(view().basket.value).toMatchObject({ state: "order", revision: 1, lines: [{ sku: "SOAP", quantity: "2" }] });
    expect(yes(await actions().payment.payCash(null))).toMatchObject({ total: euro("4.98") });
  });

  it("holds a cashier's discount to the limit, and a manager's word goes further", async () => {
    actions().basket.add("SOAP", "10");
    expect(actions().basket.discountLine(1, { kind: "percent", rate: "0.5", reason: "damaged" })).toMatchObject({ kind: "accepted" });
    await until("the hub has said what it thinks of it", () => view().basket.value?.refusal?.code === "HF-CMD-241");
    expect(await actions().payment.payCash(null)).toMatchObject({ kind: "refused", problem: { code: "HF-CMD-241" }, approvable: "any" });
    expect(yes(await actions().payment.payCash(null, MANAGER))).toMatchObject({ total: euro("12.45") });
  });

  it("receives goods and counts them, by permission", async () => {
    const lines = [{ sku: "SOAP", quantity: "50" }];
    expect(await actions().store.receive(lines, { kind: "delivered", reference: "LS 4711" })).toMatchObject({ kind: "refused" });
    yes(await actions().store.receive(lines, { kind: "delivered", reference: "LS 4711" }, MANAGER));
    const rows = await actions().store.stock("soap", 5);
    expect(rows).toMatchObject({ kind: "answered", value: [{ sku: "SOAP", description: "Olive soap" }] });
  });

  it("knows its shift again after a browser that forgot, as the hub tells it", async () => {
    const before = view().transactions.value.filter(({ receipt }) => receipt !== null);
    expect(before.length).toBeGreaterThan(5);
    await first.open.kept.sales.clear();
    await reload(first, store);
    await until("the hub told it", () => before.every((row) => view().transactions.value.some((now) => now.receipt === row.receipt)));
    const sale = (rows: readonly TransactionRow[]) => rows.filter(({ kind }) => kind === "sale").map(({ receipt, total, change }) => ({ receipt, total, change }));
    expect(sale(view().transactions.value)).toEqual(expect.arrayContaining(sale(before)));
    await until("they are at HQ", () => view().transactions.value.every(({ standing }) => standing === "at_hq"));
  });

  it("keeps a customer's details at the hub alone", async () => {
    const saved = await actions().customers.save(null, { name: "Canary Q. Customer", email: "canary@example.com", phone: null, card: null, note: null });
    expect(saved.kind).toBe("answered");
    const found = await actions().customers.find({ email: "CANARY@example.com" });
    expect(found).toMatchObject({ kind: "answered", value: [{ name: "Canary Q. Customer" }] });
    const kept = JSON.stringify(await first.open.dump());
    expect(kept).toContain("SOAP");
    expect(kept).not.toContain("canary@");
    expect(kept).not.toContain("8642");
  });

  it("reads what the shift has taken so far, by permission", async () => {
    expect(await actions().drawer.xReport()).toMatchObject({ kind: "refused" });
    const manager = second.open.till.actions;
    yes(await manager.people.signOn(201, PIN));
    expect(await manager.drawer.xReport()).toMatchObject({ kind: "answered", value: { float: euro("100.00"), byTill: false } });
  });

  it("practises without a trace in turnover", async () => {
    const there = second.open.till;
    yes(await there.actions.drawer.closeShift({ cash: euro("100.00"), pieces: [], tenders: [{ code: "voucher", amount: euro("0.00"), pieces: [] }] }));
    yes(await there.actions.drawer.openShift(euro("50.00"), "training"));
    there.actions.basket.add("SOAP", "1");
    expect(yes(await there.actions.payment.payCash(null))).toMatchObject({ receipt: "2-T000001", training: true });
  });
}, 120_000);
