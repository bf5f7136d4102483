import { effect } from "@preact/signals";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealStore, programsAreThere, until } from "./real_hub";
import { atHub, euro, readyTill, yes, type PairedTill } from "./steps";

describe.skipIf(!programsAreThere())("devices at the counter", () => {
  let store: RealStore;
  let till: PairedTill;
  const view = () => till.open.till.view;
  const actions = () => till.open.till.actions;

  beforeAll(async () => {
    store = await RealStore.open();
    till = await readyTill(store);
  }, 60_000);

  afterAll(async () => {
    await till?.open.close();
    await store?.close();
  });

  it("are known by name, with what they do in plain words", async () => {
    await until("they are listed", () => view().devices.value.length > 0);
    expect(view().devices.value).toContainEqual(expect.objectContaining({ name: "terminal-1", kind: "payment", state: "ready" }));
    expect(view().devices.value.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["payment", "scanner", "scale"]));
  });

  it("take a card, and every step of it is shown while it happens", async () => {
    actions().basket.add("SOAP", "10");
    yes(await actions().payment.begin());
    const terminal = view().payment.value?.choices.find(({ type }) => type.code === "terminal");
    expect(terminal).toMatchObject({ available: true, devices: [{ name: "terminal-1" }] });
    const seen: string[] = [];
    const stop = effect(() => {
      const device = view().payment.value?.tenders[0]?.device;
      if (device != null) seen.push(device.step?.kind ?? device.standing.kind);
    });
    yes(await actions().payment.addTender({ kind: "device", code: "terminal", amount: euro("20.00"), tip: null, device: null }));
    await until("it is approved", () => view().payment.value?.tenders[0]?.device?.standing.kind === "approved");
    stop();
    const order = ["asking", "connecting", "present_card", "authorising", "approved"].map((step) => seen.indexOf(step));
    expect(order.every((at) => at >= 0) && order.every((at, index) => index === 0 || at > (order[index - 1] ?? -1)), seen.join()).toBe(true);
    expect(view().payment.value).toMatchObject({ open: euro("4.90"), tenders: [{ counts: true }] });
    expect(actions().payment.back()).toMatchObject({ kind: "refused", problem: { code: "HF-WEB-039" } });
    yes(await actions().payment.addTender({ kind: "cash", amount: euro("5.00") }));
    await until("the payment completes by itself", () => view().payment.value === null);
    expect(view().last.value).toMatchObject({ change: euro("0.10"), total: euro("24.90"), tenders: [{ code: "cash" }, { code: "terminal" }] });
    const card = view().last.value?.tenders[1]?.card;
    expect(card?.lastFour).toMatch(/^\d{4}$/);
  });

  it("give back to the card before the goods are taken, and a second person's word is not asked twice", async () => {
    const sale = view().last.value;
    const steps: string[] = [];
    const stop = effect(() => {
      const refund = view().refund?.value ?? null;
      if (refund !== null) steps.push(`${refund.amount.amount} ${refund.payment.step?.kind ?? refund.payment.standing.kind}`);
    });
    const first = yes(await actions().after.returnByReceipt(sale?.transaction ?? "", [{ line: 1, quantity: "8" }], "wrong scent"));
    expect(first).toMatchObject({ kind: "return", total: euro("19.92"), tenders: [{ code: "terminal" }] });
    expect(steps[0]).toBe("19.92 asking");
    expect(steps.at(-1)).toBe("19.92 approved");
    expect(view().refund?.value ?? null).toBeNull();
    steps.length = 0;
    // Of the card eight cents are left; the rest was cash.
    const second = yes(await actions().after.returnByReceipt(sale?.transaction ?? "", [{ line: 1, quantity: "2" }], "wrong scent"));
    stop();
    expect(steps.at(-1)).toBe("0.08 approved");
    expect(second).toMatchObject({ total: euro("4.98") });
  });

  it("keep their money for a sale whose hub went in the middle, and the sale is there once", async () => {
    actions().basket.add("SOAP", "2");
    yes(await actions().payment.begin());
    yes(await actions().payment.addTender({ kind: "device", code: "terminal", amount: euro("4.00"), tip: null, device: null }));
    await until("it is approved", () => view().payment.value?.tenders[0]?.device?.standing.kind === "approved");
    await store.kill();
    await until("the till knows", () => view().hub.value.kind === "gone");
    yes(await actions().payment.addTender({ kind: "cash", amount: euro("1.00") }));
    await until("the customer has a receipt", () => view().payment.value === null);
    expect(view().last.value).toMatchObject({ receipt: "1-I000001", tenders: [{ code: "terminal", amount: euro("4.00") }, { code: "cash" }] });
    await store.serve();
    await until("everything is merged", () => view().hub.value.kind === "online" && view().outbox.value.waitingForHub === 0);
    expect((await atHub(store)).filter(({ kind }) => kind === "sale").map(({ gross }) => gross)).toEqual(["24.90", "4.98"]);
    expect(view().transactions.value[0]).toMatchObject({ receipt: "1-I000001", alias: "1-000004", unconfirmed: false });
  });

  it("weigh what is sold by weight", async () => {
    actions().basket.scan("4012345678901", "keyboard");
    const question = view().question.value;
    expect(question).toMatchObject({ kind: "weight", product: { sku: "PEARS" } });
    actions().basket.scan("4006381333931", "keyboard");
    expect(view().scansQueued.value).toBe(1);
    expect(await actions().basket.answer(question?.id ?? "", { kind: "quantity", quantity: "0.333" })).toMatchObject({ kind: "accepted" });
    expect(view().basket.value?.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([["PEARS", "0.333"], ["MILK", "1"]]);
    yes(await actions().basket.abandon("practice"));
  });
}, 120_000);
