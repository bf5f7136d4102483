import { describe, expect, it } from "vitest";
import type { OpenSocket, SocketEvents } from "../ports";
import { TestClock, noChance } from "../testing/test_clock";
import { Link, SILENCE_MS } from "./link";

function rig() {
  const clock = new TestClock();
  const sockets: { events: SocketEvents; heard: () => void; pings: number; answers: boolean; closed: boolean }[] = [];
  const open: OpenSocket = (_request, events, heard) => {
    const socket = { events, heard, pings: 0, answers: true, closed: false };
    sockets.push(socket);
    return {
      publish: () => undefined,
      ping() {
        socket.pings += 1;
        if (socket.answers) clock.after(5, heard);
      },
      close() {
        socket.closed = true;
      },
    };
  };
  const told: string[] = [];
  const link = new Link(clock, noChance, open, { credential: { store: "s", terminal: "t", secret: "x" }, filters: [] }, {
    up: () => told.push("up"), down: (why) => told.push(why), message: (topic) => told.push(topic),
  });
  link.start();
  return { clock, sockets, told, link };
}

describe("a connection to the hub", () => {
  it("is held as long as the hub answers, however quiet it is", () => {
    const { clock, sockets, told } = rig();
    sockets[0]!.events.up();
    clock.pass(60_000);
    expect(told).toEqual(["up"]);
    expect(sockets[0]!.pings).toBeGreaterThan(50);
  });

  it("is lost within two seconds of the last sign of life", () => {
    const { clock, sockets, told } = rig();
    sockets[0]!.events.up();
    clock.pass(10_000);
    sockets[0]!.answers = false;
    clock.pass(1_999);
    expect(told).toEqual(["up", "the hub does not answer"]);
    expect(sockets[0]!.closed).toBe(true);
  });

  it("is not thought lost because the browser held the page back", () => {
    const { clock, sockets, told } = rig();
    sockets[0]!.events.up();
    clock.pass(5_000);
    clock.stall(60_000);
    clock.pass(SILENCE_MS);
    expect(told).toEqual(["up"]);
    sockets[0]!.answers = false;
    clock.pass(2_000);
    expect(told).toEqual(["up", "the hub does not answer"]);
  });

  it("is asked anew when the page was held back between the question and its answer", () => {
    const { clock, sockets, told } = rig();
    sockets[0]!.events.up();
    clock.pass(5_000);
    sockets[0]!.answers = false;
    clock.pass(700);
    const pings = sockets[0]!.pings;
    clock.stall(10_000);
    sockets[0]!.answers = true;
    clock.pass(1_000);
    expect(sockets[0]!.pings).toBeGreaterThan(pings);
    expect(told).toEqual(["up"]);
  });

  it("is tried again with longer and longer pauses, and at once when the network comes back", () => {
    const { clock, sockets, told, link } = rig();
    for (let failures = 0; failures < 6; failures += 1) {
      sockets.at(-1)!.events.down("the hub cannot be reached");
      clock.pass(10_000);
    }
    const tries = sockets.length;
    expect(told).toHaveLength(6);
    sockets.at(-1)!.events.down("the hub cannot be reached");
    clock.pass(500);
    expect(sockets).toHaveLength(tries);
    link.wake();
    expect(sockets).toHaveLength(tries + 1);
  });

  it("hears nothing of a connection that was given up", () => {
    const { clock, sockets, told } = rig();
    sockets[0]!.events.up();
    sockets[0]!.events.down("gone");
    clock.pass(1_000);
    sockets[0]!.events.message("late", "");
    sockets[0]!.events.down("again");
    expect(told).toEqual(["up", "gone"]);
  });
});
