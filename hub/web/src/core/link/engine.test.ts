import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import type { Snapshot } from "../../protocol/hub";
import { topicsOf } from "../../protocol/topics";
import { TillDatabase } from "../kept/database";
import { Outbox } from "../kept/outbox";
import { TestClock, noChance } from "../testing/test_clock";
import { Engine, type Told } from "./engine";

const topics = topicsOf("store", "till");
const status = (epoch: string, head = "10", hq = "0") => ({
  epoch, head_seq: head, headquarters_seq: hq, waiting: "0", hub: "current", tills: [],
});

function snapshotOf(epoch: string, head: bigint): Snapshot {
  const money = { amount: "0.00", currency: "EUR" };
  return {
    epoch, status: { epoch, head_seq: head, headquarters_seq: 0n, waiting: 0n, hub: "current", tills: [] },
    profile: {
      store: "s", name: "", legal_name: "", address: "", tax_id: "", currency: money.currency, basis: "inclusive", tax_rounding: "per_line",
      cash_step: "0", time_zone: "UTC", cut_over_minutes: 0, taxes: [],
    },
    tenders: [], catalog_version: "1", taxes_version: "0",
    till: { terminal: "till", number: 1, numbers: { hub: 0, island: 0, training: 0 }, operator: null, locked: false, shift: null },
  };
}

const accepted = (id: string, epoch: string, seq: string) => JSON.stringify({
  id, answer: { accepted: { position: { epoch, seq, hash: "00" }, summary: { signed_off: {} }, warnings: [], record: { position: seq } } },
});

describe("the engine", () => {
  let clock: TestClock;
  let outbox: Outbox;
  let database: TillDatabase;
  let idb: IDBFactory;
  let published: string[];
  let told: Told[];
  let answers: string[];
  let engine: Engine;
  let epoch: string;
  let head: bigint;

  async function start() {
    database?.close();
    database = new TillDatabase("till", { indexedDB: idb, IDBKeyRange });
    outbox = new Outbox(database);
    await outbox.open();
    published = [];
    [told, answers] = [[], []];
    engine = new Engine({
      clock, chance: noChance, topics, outbox, publish: (_topic, text) => published.push(text),
      readSnapshot: async () => snapshotOf(epoch, head), tell: (one) => void told.push(one),
      answered: async (reply) => void answers.push(reply.id),
    });
  }

  /** Everything that was received or came due has been carried out, and whoever waits for it has heard. */
  async function rest() {
    for (let round = 0; round < 5; round += 1) {
      await Promise.resolve();
      await engine.settled();
    }
  }

  async function connect() {
    engine.up();
    clock.pass(1_000);
    await rest();
  }

  const ask = async (id: string) => {
    await outbox.ask([{ id, text: `"${id}"`, action: "pay", at: "", order: null }]);
    const heard: string[] = [];
    void engine.submit(id, `"${id}"`).then(({ answer }) => heard.push(answer.kind));
    await rest();
    return heard;
  };

  beforeEach(async () => {
    [clock, idb, epoch, head] = [new TestClock(), new IDBFactory(), "e1", 10n];
    await start();
  });

  it("sends one request at a time, in the order in which they were asked", async () => {
    await connect();
    await ask("one");
    await ask("two");
    expect(published).toEqual(['"one"']);
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    expect(published).toEqual(['"one"', '"two"']);
  });

  it("sends the same text again after two seconds, and then with longer and longer pauses", async () => {
    await connect();
    await ask("one");
    clock.pass(1_400);
    expect(published).toHaveLength(1);
    clock.pass(700);
    expect(published).toEqual(['"one"', '"one"']);
    clock.pass(2_000);
    expect(published).toHaveLength(2);
    clock.pass(60_000);
    expect(published.length).toBeLessThan(10);
    expect(new Set(published).size).toBe(1);
  });

  it("goes on after a reload with what was not answered", async () => {
    await ask("one");
    await start();
    await connect();
    expect(published).toEqual(['"one"']);
  });

  it("keeps the turn of a request when the connection is lost", async () => {
    await connect();
    await ask("one");
    await ask("two");
    engine.down("lost");
    await connect();
    expect(published).toEqual(['"one"', '"one"']);
  });

  it("asks again later when the hub is too busy, and hears one answer", async () => {
    await connect();
    const heard = await ask("one");
    engine.received(topics.reply, JSON.stringify({ id: "one", answer: { retry: { code: "HF-CMD-004", text: "busy", after_ms: 900 } } }));
    await rest();
    expect(heard).toEqual([]);
    clock.pass(899);
    expect(published).toHaveLength(1);
    clock.pass(1);
    expect(published).toHaveLength(2);
    engine.received(topics.reply, accepted("one", "e1", "11"));
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    expect(heard).toEqual(["accepted"]);
    expect(answers).toEqual(["one"]);
  });

  it("gives a newer hub what an earlier one acknowledged, before anything else", async () => {
    await connect();
    await ask("one");
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    engine.down("lost");
    epoch = "e2";
    await outbox.ask([{ id: "two", text: '"two"', action: "pay", at: "", order: null }]);
    void engine.submit("two", '"two"');
    published.length = 0;
    await connect();
    expect(published).toEqual([JSON.stringify({ offer: { id: "one", record: { position: "11" } } })]);
    expect(told.at(-1)?.kind).not.toBe("ready");
    engine.received(topics.reply, accepted("one", "e2", "3"));
    await rest();
    expect(published[1]).toBe('"two"');
    expect(outbox.offers("e2")).toEqual([]);
  });

  it("forgets what HQ has", async () => {
    await connect();
    await ask("one");
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    expect(outbox.keptCount).toBe(1);
    engine.received(topics.status, JSON.stringify(status("e1", "12", "11")));
    await rest();
    expect(outbox.keptCount).toBe(0);
  });

  it("reads a snapshot when a message of a stream is missing, and nothing in between", async () => {
    await connect();
    const stock = (seq: string, previous: string) => JSON.stringify({ seq, previous, levels: [] });
    engine.received(topics.stock, stock("11", "10"));
    engine.received(topics.stock, stock("14", "13"));
    expect(told.filter(({ kind }) => kind === "stock")).toHaveLength(1);
    head = 14n;
    clock.pass(600);
    await rest();
    expect(told.filter(({ kind }) => kind === "snapshot")).toHaveLength(2);
    engine.received(topics.stock, stock("15", "14"));
    expect(told.filter(({ kind }) => kind === "stock")).toHaveLength(2);
  });

  it("takes nothing back that the hub has answered since a snapshot was read", async () => {
    await connect();
    const snapshots = () => told.filter(({ kind }) => kind === "snapshot").length;
    expect(snapshots()).toBe(1);
    await ask("shift");
    engine.received(topics.reply, accepted("shift", "e1", "12"));
    await rest();
    // It was read at the tenth record, before the twelfth said that the shift is open.
    engine.refresh();
    clock.pass(0);
    await rest();
    expect(snapshots()).toBe(1);
    head = 12n;
    clock.pass(5_000);
    await rest();
    expect(snapshots()).toBe(2);
  });

  it("does not send again what it was told to forget", async () => {
    await connect();
    void engine.submit("pin", '{"sign_on":1}');
    await rest();
    engine.forget("pin");
    clock.pass(60_000);
    await rest();
    expect(published).toEqual(['{"sign_on":1}']);
  });

  it("hears an answer again that came before the till could note it", async () => {
    await ask("one");
    await connect();
    // The page is gone between the answer and its writing: nothing says that it was answered.
    await start();
    await connect();
    expect(published).toEqual(['"one"']);
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    expect(outbox.waitingCount).toBe(0);
  });

  it("names what it does not understand, and goes on", async () => {
    await connect();
    await ask("one");
    engine.received(topics.reply, "{");
    engine.received(topics.reply, accepted("one", "e1", "11"));
    await rest();
    expect(told.filter(({ kind }) => kind === "malformed")).toHaveLength(1);
    expect(outbox.waitingCount).toBe(0);
  });
});
