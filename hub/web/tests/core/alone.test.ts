import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealStore, programsAreThere, until } from "./real_hub";
import { PIN, atHub, euro, readyTill, reload, yes, type PairedTill } from "./steps";

describe.skipIf(!programsAreThere())("a till whose hub is gone", () => {
  let store: RealStore;
  let till: PairedTill;
  const view = () => till.open.till.view;
  const actions = () => till.open.till.actions;
  const merged = () => until("everything is merged", () => view().hub.value.kind === "online" && view().outbox.value.waitingForHub === 0);

  beforeAll(async () => {
    store = await RealStore.open();
    till = await readyTill(store);
  }, 60_000);

  afterAll(async () => {
    await till?.open.close();
    await store?.close();
  });

  it("knows within two seconds, and says what it can do without it", async () => {
    await store.kill();
    const killed = Date.now();
    await until("the till knows", () => view().hub.value.kind === "gone");
    expect(Date.now() - killed).toBeLessThan(2_000);
    expect(view().headquarters.value.state).toBe("unknown");
    expect(view().island.value).toMatchObject({ sales: 0, nextReceipt: "1-I000001" });
    expect(await actions().drawer.closeDay("2026-11-28")).toMatchObject({ kind: "refused", problem: { code: "HF-WEB-010" } });
  });

  it("sells for cash with a receipt of its own series, at the prices of the hub", async () => {
    actions().basket.scan("4006381333931", "keyboard");
    expect(view().basket.value).toMatchObject({ totals: { gross: euro("1.19") }, pricedBy: "till" });
    const row = yes(await actions().payment.payCash(euro("2.00")));
    expect(row).toMatchObject({ receipt: "1-I000001", change: euro("0.81"), standing: "here", unconfirmed: false });
    expect(view().basket.value).toBeNull();
    expect(view().island.value).toMatchObject({ sales: 1, gross: euro("1.19") });
    expect(view().waitingReceipts.value).toHaveLength(1);
    const receipt = await actions().after.receipt(row);
    expect(receipt).toMatchObject({ kind: "answered", value: { number: "1-I000001", island: true, taxes: [{ percent: "10", tax: euro("0.11") }] } });
  });

  it("takes a card that was keyed at a standalone terminal, and no gift card", async () => {
    actions().basket.add("SOAP", "1");
    yes(await actions().payment.begin());
    expect(view().payment.value?.choices.filter(({ available }) => available).map(({ type }) => type.code)).toEqual(["cash", "card", "voucher"]);
    expect(await actions().payment.addTender({ kind: "account", code: "gift_card", amount: null, account: "1234" })).toMatchObject({
      kind: "refused",
    });
    yes(await actions().payment.addTender({ kind: "typed", code: "card", amount: null, reference: "slip 4711" }));
    await until("the payment completes", () => view().payment.value === null);
    expect(view().last.value).toMatchObject({ receipt: "1-I000002", tenders: [{ code: "card", reference: "slip 4711" }] });
  });

  it("parks at this till alone", async () => {
    actions().basket.add("SOAP", "2");
    yes(await actions().orders.park("blue coat"));
    expect(view().orders.value).toMatchObject([{ label: "blue coat", onlyHere: true, gross: euro("4.98") }]);
  });

  it("starts cold, and goes on with all of it", async () => {
    await reload(till, store);
    expect(view().catalog.value.products).toBe(5);
    expect(view().signOn.value).toMatchObject({ kind: "operator", operator: { number: 101 } });
    expect(view().shift.value).toMatchObject({ float: euro("100.00") });
    await until("the till knows that it is alone", () => view().hub.value.kind === "gone");
    expect(view().transactions.value.map(({ receipt }) => receipt)).toEqual(["1-I000002", "1-I000001"]);
    expect(view().orders.value).toMatchObject([{ label: "blue coat" }]);
    actions().basket.scan("5000112637922", "keyboard");
    expect(yes(await actions().payment.payCash(null))).toMatchObject({ receipt: "1-I000003" });
  });

  it("lets in whoever was here lately, with their PIN and no other", async () => {
    yes(await actions().people.lock());
    expect(await actions().people.signOn(101, "1111")).toMatchObject({ kind: "refused", problem: { code: "HF-WEB-013" } });
    expect(await actions().people.signOn(102, PIN)).toMatchObject({ kind: "refused", problem: { code: "HF-WEB-013" } });
    expect(yes(await actions().people.signOn(101, PIN))).toMatchObject({ number: 101 });
  });

  it("locks a number out after five wrong PINs, also over a reload", async () => {
    yes(await actions().people.lock());
    for (let attempt = 0; attempt < 5; attempt += 1) await actions().people.signOn(101, "1111");
    await reload(till, store);
    expect(await actions().people.signOn(101, PIN)).toMatchObject({ kind: "refused", problem: { code: "HF-WEB-014" } });
  });

  it("merges once when the hub is back: nothing is renumbered, nothing doubled", async () => {
    await store.serve();
    await merged();
    yes(await actions().people.signOn(101, PIN));
    const sales = (await atHub(store)).filter(({ kind }) => kind === "sale");
    expect(sales.map(({ receipt, gross }) => [receipt, gross])).toEqual([
      ["1-I000001", "1.19"], ["1-I000002", "2.49"], ["1-I000003", "2.49"],
    ]);
    expect(view().transactions.value.filter(({ kind }) => kind === "sale").map(({ receipt }) => receipt)).toEqual(["1-I000003", "1-I000002", "1-I000001"]);
    await until("HQ has them", () => view().transactions.value.every(({ standing }) => standing === "at_hq"));
    expect(view().island.value).toBeNull();
    expect(view().differences.value.filter(({ kind }) => kind !== "oversold")).toEqual([]);
  });

  it("hands over what was parked", async () => {
    await until("every till sees it", () => view().orders.value.some(({ label, onlyHere }) => label === "blue coat" && !onlyHere));
  });

  it("gives a payment whose answer is lost a number of its own, and the hub's beside it", async () => {
    actions().basket.scan("4006381333931", "keyboard");
    yes(await actions().payment.begin());
    till.open.cut.in = true;
    const paying = actions().payment.payCash(euro("2.00"));
    await until("the hub has the sale", async () => (await atHub(store)).some(({ receipt }) => receipt === "1-000001"));
    await store.kill();
    const outcome = await paying;
    expect(outcome.kind).toBe("unconfirmed");
    await until("the customer has a receipt", () => view().payment.value === null);
    expect(view().last.value).toMatchObject({ receipt: "1-I000004", unconfirmed: true, standing: "here" });
    expect(view().unconfirmed.value).toMatchObject([{ action: "pay" }]);
    till.open.cut.in = false;
    await store.serve();
    await merged();
    expect(view().transactions.value[0]).toMatchObject({ receipt: "1-I000004", alias: "1-000001", unconfirmed: false });
    expect(view().differences.value).toContainEqual({ kind: "alias", receipt: "1-I000004", hubNumber: "1-000001" });
    expect((await atHub(store)).filter(({ kind }) => kind === "sale")).toHaveLength(4);
    if (outcome.kind === "unconfirmed") expect(await outcome.settled).toMatchObject({ kind: "accepted" });
  });

  it("does so too when the payment never reached the hub, over a reload in the middle", async () => {
    actions().basket.scan("5000112637922", "keyboard");
    yes(await actions().payment.begin());
    till.open.cut.out = true;
    const paying = actions().payment.payCash(euro("3.00"));
    await until("it has left the till", () => till.open.sent.some((text) => text.includes('"pay"') && text.includes("3.00")));
    await store.kill();
    await paying;
    await until("the customer has a receipt", () => view().payment.value === null);
    expect(view().last.value).toMatchObject({ receipt: "1-I000005", unconfirmed: true });
    const bytes = till.open.sent.filter((text) => text.includes('"pay"') && text.includes("3.00"));
    await reload(till, store);
    await store.serve();
    await merged();
    expect(till.open.sent.filter((text) => text.includes('"pay"') && text.includes("3.00"))[0]).toBe(bytes[0]);
    expect(view().transactions.value[0]).toMatchObject({ receipt: "1-I000005", alias: "1-000002", unconfirmed: false });
    expect((await atHub(store)).filter(({ kind }) => kind === "sale")).toHaveLength(5);
  });

  it("knows within two seconds too when the hub falls silent without a word, and goes on when it speaks again", async () => {
    store.freeze();
    const frozen = Date.now();
    await until("the till knows", () => view().hub.value.kind === "gone");
    expect(Date.now() - frozen).toBeLessThan(2_000);
    store.thaw();
    await until("it is there again", () => view().hub.value.kind === "online");
  });

  it("counts and closes a shift whose Z the hub numbers later", async () => {
    yes(await actions().people.signOn(101, PIN));
    await store.kill();
    await until("the till knows", () => view().hub.value.kind === "gone");
    const closed = yes(await actions().drawer.closeShift({ cash: euro("109.00"), pieces: [], tenders: [{ code: "voucher", amount: euro("0.00"), pieces: [] }] }));
    expect(closed).toMatchObject({ zNumber: null, overShort: null });
    expect(view().shift.value).toBeNull();
    await store.serve();
    await merged();
    expect(view().shift.value).toBeNull();
  });
}, 120_000);
