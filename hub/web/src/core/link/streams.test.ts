import { describe, expect, it } from "vitest";
import { Streams, type Message, type Numbered } from "./streams";

const stock = (seq: number, previous: number): Message<Numbered> => ({ stream: "stock", message: { seq: BigInt(seq), previous: BigInt(previous) } });
const kinds = (outcomes: readonly { kind: string }[]) => outcomes.map(({ kind }) => kind);

describe("a numbered stream", () => {
  it.each([
    [10, 9, 8, "nothing"], [10, 10, 8, "nothing"], [10, 11, 10, "fresh"],
    // The stream's last message may be older than the snapshot.
    [10, 14, 7, "fresh"], [10, 15, 12, "missing"],
  ])("at %d takes %d after %d as %s", (at, seq, previous, kind) => {
    const streams = new Streams();
    streams.align(BigInt(at));
    expect(streams.take(stock(seq, previous)).kind).toBe(kind);
  });

  it("holds what comes before the snapshot, and takes it once", () => {
    const streams = new Streams();
    expect(streams.take(stock(5, 4)).kind).toBe("nothing");
    expect(streams.take(stock(8, 5)).kind).toBe("nothing");
    expect(kinds(streams.align(5n))).toEqual(["nothing", "fresh"]);
    expect(streams.take(stock(9, 8)).kind).toBe("fresh");
  });

  it("applies nothing after a gap until the next snapshot", () => {
    const streams = new Streams();
    streams.align(5n);
    expect(streams.take(stock(9, 8)).kind).toBe("missing");
    expect(streams.take(stock(10, 9)).kind).toBe("nothing");
    expect(kinds(streams.align(9n))).toEqual(["nothing", "fresh"]);
    streams.lose();
    expect(streams.take(stock(11, 10)).kind).toBe("nothing");
  });

  it("bounds what is held, and the loss shows as a gap", () => {
    const streams = new Streams();
    for (let seq = 1; seq <= 520; seq += 1) streams.take(stock(seq, seq - 1));
    expect(kinds(streams.align(0n))).toContain("missing");
  });
});
