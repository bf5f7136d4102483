/** The till's core in Node: WebSocket and HTTPS as a browser would use them, trusting the store's authority alone. */
import { IDBFactory, IDBKeyRange } from "fake-indexeddb";
import { request } from "node:https";
import { webcrypto } from "node:crypto";
import { GoodsDatabase, TillDatabase } from "../../src/core/kept/database";
import WebSocket from "ws";
import { mqttSocket } from "../../src/core/link/mqtt/socket";
import { Unreachable, type Clock, type Credential, type Http, type OpenSocket, type Ports } from "../../src/core/ports";
import { makeTill, type RunningTill } from "../../src/core/till";
import type { Tabs } from "../../src/core/tabs";

export const clock: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export function nodeHttp(origin: string, ca: string): Http {
  return {
    send: ({ method, path, headers, body, withinMs }) => new Promise((resolve, reject) => {
      const sent = request(new URL(path, origin), { method, headers: { ...headers }, ca, timeout: withinMs, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") }));
        answer.on("error", (error) => reject(new Unreachable(error)));
      });
      sent.on("timeout", () => sent.destroy(new Error("timed out")));
      sent.on("error", (error) => reject(new Unreachable(error)));
      sent.end(body ?? undefined);
    }),
  };
}

export interface Device {
  readonly idb: IDBFactory;
}

export const newDevice = (): Device => ({ idb: new IDBFactory() });

/** Has the till at once, like the only tab there is. */
const onlyTab: Tabs = { own: ({ owned }) => owned(), takeOver: () => undefined };

export interface NodeTill {
  readonly till: RunningTill;
  /** What was sent, as the hub gets it. */
  readonly sent: string[];
  /** While true, nothing that is published reaches the hub. */
  cut: { out: boolean; in: boolean };
  /** The till's disk, where a test damages it. */
  readonly kept: TillDatabase;
  /** Everything that is on the till's disk. */
  dump(): Promise<unknown>;
  /** With what the till connected last. */
  credential(): Credential;
  close(): Promise<void>;
}

/** Opens the till of a device at a hub; opened again, it is a page that was reloaded. */
export function openTill(device: Device, https: string, ca: string, more: Partial<Ports> = {}): NodeTill {
  const sent: string[] = [];
  const cut = { out: false, in: false };
  let used: Credential | null = null;
  const real = mqttSocket(clock, () => new WebSocket(`wss://${https}/mqtt`, ["mqtt"], { ca }) as unknown as globalThis.WebSocket);
  const openSocket: OpenSocket = (asked, events, heard) => {
    used = asked.credential;
    const socket = real(asked, {
      ...events,
      message: (topic, text) => {
        if (!cut.in) events.message(topic, text);
      },
    }, () => {
      if (!cut.in) heard();
    });
    return {
      ...socket,
      publish(topic, text) {
        sent.push(text);
        if (!cut.out) socket.publish(topic, text);
      },
    };
  };
  const ports: Ports = {
    clock,
    chance: { bytes: (count) => webcrypto.getRandomValues(new Uint8Array(count)) },
    http: nodeHttp(`https://${https}`, ca),
    openSocket,
    subtle: webcrypto.subtle as SubtleCrypto,
    ...more,
  };
  const options = { indexedDB: device.idb, IDBKeyRange };
  const kept = new TillDatabase("till", options);
  const goods = new GoodsDatabase("goods", options);
  const till = makeTill({ ports, kept, goods, tabs: onlyTab, storage: null, onWake: () => undefined, restart: () => undefined });
  return {
    till, sent, cut, kept,
    dump: () => Promise.all([...kept.tables, ...goods.tables].map((table) => table.toArray())),
    credential() {
      if (used === null) throw new Error("the till has not connected yet");
      return used;
    },
    async close() {
      till.close();
      await till.settled();
      kept.close();
      goods.close();
    },
  };
}
