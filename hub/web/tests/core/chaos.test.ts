/** Lost messages, lost answers, killed hubs and reloaded pages in any order: each sale is at the hub once, and nowhere twice. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RealStore, programsAreThere, until } from "./real_hub";
import { PIN, atHub, readyTill, reload, yes, type PairedTill } from "./steps";

const STEPS = 36;
const SEEDS = [7, 1_848, 20_261];

/** The same chance for the same seed (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

describe.skipIf(!programsAreThere())("whatever happens between till and hub", () => {
  let store: RealStore;
  let till: PairedTill;
  let isServing = true;
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

  /** One customer, served to the end or as far as it goes now. */
  async function serve(): Promise<void> {
    if (view().signOn.value.kind !== "operator") await actions().people.signOn(101, PIN);
    if (view().basket.value === null) actions().basket.add("SOAP", "1");
    const outcome = await actions().payment.payCash(null);
    if (outcome.kind === "refused" && view().payment.value === null && view().basket.value !== null) await actions().payment.begin();
  }

  async function heal(): Promise<void> {
    till.open.cut.in = till.open.cut.out = false;
    if (!isServing) await store.serve();
    isServing = true;
    await until("everything is merged", () => view().hub.value.kind === "online" && view().outbox.value.waitingForHub === 0 && view().payment.value?.state !== "unconfirmed");
  }

  it.each(SEEDS)("each sale is there once (seed %d)", async (seed) => {
    const chance = dice(seed);
    for (let step = 0; step < STEPS; step += 1) {
      switch (chance(8)) {
        case 0:
          till.open.cut.out = !till.open.cut.out;
          break;
        case 1:
          till.open.cut.in = !till.open.cut.in;
          break;
        case 2:
          if (isServing) await store.kill();
          else await store.serve();
          isServing = !isServing;
          break;
        case 3:
          await reload(till, store);
          break;
        default:
          await serve();
      }
    }
    await heal();
    if (view().basket.value !== null) yes(await actions().payment.payCash(null));
    await heal();
    const here = view().transactions.value.filter(({ kind }) => kind === "sale");
    const there = (await atHub(store)).filter(({ kind }) => kind === "sale");
    const hubNumbers = here.map(({ receipt, alias }) => alias ?? receipt);
    expect(new Set(here.map(({ receipt }) => receipt)).size).toBe(here.length);
    expect(here.every(({ unconfirmed }) => !unconfirmed)).toBe(true);
    expect([...there.map(({ receipt }) => receipt)].sort()).toEqual([...hubNumbers].sort());
    expect(new Set(there.map(({ order }) => order)).size).toBe(there.length);
    expect(view().differences.value.filter(({ kind }) => kind === "refused")).toEqual([]);
    console.log(`seed ${seed}: ${here.length} sales so far, ${here.filter(({ alias }) => alias !== null).length} of them with both numbers`);
  }, 90_000);
});
