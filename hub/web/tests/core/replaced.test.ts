import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject } from "../../src/protocol/decode";
import { CATALOG, RealStore, programsAreThere, until } from "./real_hub";
import { atHub, readyTill, reload, yes, type PairedTill } from "./steps";

describe.skipIf(!programsAreThere())("a hub that is replaced", () => {
  let store: RealStore;
  let till: PairedTill;
  const view = () => till.open.till.view;
  const actions = () => till.open.till.actions;
  const sell = async (sku: string) => {
    actions().basket.add(sku, "1");
    return yes(await actions().payment.payCash(null));
  };

  beforeAll(async () => {
    store = await RealStore.open();
    till = await readyTill(store);
  }, 60_000);

  afterAll(async () => {
    await till?.open.close();
    await store?.close();
  });

  it("is given what HQ had not yet, by the till that kept it, over a reload and a lost machine", async () => {
    const first = await sell("MILK");
    await until("HQ has it", () => view().transactions.value[0]?.standing === "at_hq");
    await until("HQ keeps what the next hub needs", async () => {
      const status = await store.read("/api/v1/status");
      return isObject(status) && isObject(status.recovery) && isObject(status.recovery.vault) && status.recovery.vault.state === "at_hq";
    });
    await store.stopCloud();
    const second = await sell("SOAP");
    expect(second.standing).toBe("at_hub");
    expect(view().outbox.value.keptForHq).toBeGreaterThan(0);
    await store.destroyHub();
    await until("the till knows", () => view().hub.value.kind === "gone");
    await reload(till, store);
    await store.startCloud();
    await store.replaceHub();
    await until("everything is there", () => view().hub.value.kind === "online" && view().outbox.value.waitingForHub === 0);
    await until("HQ has all of it", () => view().transactions.value.length === 2 && view().transactions.value.every(({ standing }) => standing === "at_hq"));
    await until("nothing is kept for HQ", () => view().outbox.value.keptForHq === 0);
    const sales = (await atHub(store)).filter(({ kind }) => kind === "sale").map(({ receipt }) => receipt);
    expect(sales.sort()).toEqual([first.receipt, second.receipt].sort());
    // HQ may have been given its certificates and people before its goods: then they are imported once more.
    await store.import("catalog", CATALOG);
    actions().basket.add("SOAP", "1");
    const next = await until("the hub sells", async () => {
      const outcome = await actions().payment.payCash(null);
      return outcome.kind === "accepted" ? outcome.value : null;
    });
    expect(next.receipt).toBe("1-000003");
  });
}, 120_000);
