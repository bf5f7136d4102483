import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { beforeEach, describe, expect, it } from "vitest";
import { TillDatabase } from "./database";
import { Outbox } from "./outbox";

let idb: IDBFactory;
let database: TillDatabase;

async function opened(): Promise<Outbox> {
  database?.close();
  database = new TillDatabase("till", { indexedDB: idb, IDBKeyRange });
  const outbox = new Outbox(database);
  await outbox.open();
  return outbox;
}

const row = (id: string, text = `{"${id}":1}`) => ({ id, text, action: "pay", at: "2026-11-28T10:00:00.000Z", order: null });

describe("the outbox", () => {
  beforeEach(() => {
    idb = new IDBFactory();
  });

  it("gives back the same text after a reload, in the order in which it was asked", async () => {
    const text = '{"b": "ä € \\u0000 😀",  "a":1}';
    const first = await opened();
    await first.ask([row("one", text), row("two")]);
    const second = await opened();
    expect(second.waitingRows().map(({ id }) => id)).toEqual(["one", "two"]);
    expect(await second.text("one")).toBe(text);
  });

  it("puts what is told besides right behind what it is about", async () => {
    const outbox = await opened();
    await outbox.ask([row("one"), row("two")]);
    await outbox.ask([row("three")]);
    await outbox.ask([row("besides"), row("and more")], undefined, "one");
    await outbox.answer({ id: "one", place: null, record: null });
    expect((await opened()).waitingRows().map(({ id }) => id)).toEqual(["besides", "and more", "two", "three"]);
  });

  it("stores all of it or nothing", async () => {
    const outbox = await opened();
    await outbox.ask([row("one")]);
    await expect(outbox.ask([row("two"), row("one")], async () => {
      await database.facts.put({ name: "beside", value: 1 });
    })).rejects.toThrow();
    const again = await opened();
    expect(again.waitingRows().map(({ id }) => id)).toEqual(["one"]);
    expect(await database.facts.get("beside")).toBeUndefined();
  });

  it("keeps an answer until HQ has its place, and offers it to no hub of its own epoch", async () => {
    const outbox = await opened();
    await outbox.ask([row("one"), row("two")]);
    await outbox.answer({ id: "one", place: { epoch: "e1", seq: 10n }, record: { position: 10 } });
    await outbox.answer({ id: "two", place: { epoch: "e1", seq: 12n }, record: { position: 12 } });
    expect(outbox.waitingCount).toBe(0);
    expect(outbox.offers("e1")).toEqual([]);
    expect((await opened()).offers("e2")).toEqual(["one", "two"]);
    const again = await opened();
    expect(await again.cover("e2", 99n)).toEqual([]);
    expect(await again.cover("e1", 11n)).toEqual(["one"]);
    const last = await opened();
    expect(last.offers("e2")).toEqual(["two"]);
    expect(await last.record("two")).toEqual({ position: 12 });
  });

  it("leaves the turn of an answer that another hub gave again", async () => {
    const outbox = await opened();
    await outbox.ask([row("one"), row("two")]);
    await outbox.answer({ id: "one", place: { epoch: "e1", seq: 1n }, record: 1 });
    await outbox.answer({ id: "two", place: { epoch: "e1", seq: 2n }, record: 2 });
    await outbox.answer({ id: "one", place: { epoch: "e2", seq: 7n }, record: 3 });
    expect(outbox.offers("e3")).toEqual(["one", "two"]);
    expect((await opened()).offers("e2")).toEqual(["two"]);
  });

  it("compares places as numbers of 64 bits", async () => {
    const outbox = await opened();
    await outbox.ask([row("one")]);
    await outbox.answer({ id: "one", place: { epoch: "e1", seq: 9_007_199_254_740_993n }, record: 1 });
    expect(await outbox.cover("e1", 9_007_199_254_740_992n)).toEqual([]);
    expect(await outbox.cover("e1", 9_007_199_254_740_993n)).toEqual(["one"]);
  });
});
