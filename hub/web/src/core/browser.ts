/** What a browser gives the till: its clock, its chance, its network, its storage, its tabs. */
import { GoodsDatabase, TillDatabase } from "./kept/database";
import { LockTabs } from "./tabs";
import { Unreachable, type Clock, type Http, type OpenSocket } from "./ports";
import type { Surroundings } from "./till";

const clock: Clock = {
  now: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

const http: Http = {
  async send({ method, path, headers, body, withinMs }) {
    try {
      const answer = await fetch(path, {
        method, headers: { ...headers }, body, signal: AbortSignal.timeout(withinMs), cache: "no-store", credentials: "omit", redirect: "error",
      });
      return { status: answer.status, body: await answer.text() };
    } catch (error) {
      throw new Unreachable(error);
    }
  },
};

/**
 * mqtt.js is loaded when a connection is first wanted: a till that is not paired does without it, and the pages are shown
 * before it is there.
 */
function socketOf(url: string): OpenSocket {
  let open: OpenSocket | null = null;
  return (request, events, heard) => {
    if (open !== null) return open(request, events, heard);
    let socket: ReturnType<OpenSocket> | null = null;
    let isClosed = false;
    import("./link/mqtt_socket").then(
      ({ mqttSocket }) => {
        open = mqttSocket(url);
        if (!isClosed) socket = open(request, events, heard);
      },
      () => {
        if (!isClosed) events.down("a part of the page could not be loaded");
      },
    );
    return {
      publish: (topic, text) => socket?.publish(topic, text),
      ping: () => socket?.ping(),
      close() {
        isClosed = true;
        socket?.close();
      },
    };
  };
}

export function browserSurroundings(page: Window & typeof globalThis): Surroundings {
  const { location, navigator, crypto } = page;
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
  return {
    ports: {
      clock,
      chance: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      http,
      openSocket: socketOf(url),
      subtle: crypto.subtle,
    },
    kept: new TillDatabase("holdfast-till", {}),
    goods: new GoodsDatabase("holdfast-goods", {}),
    tabs: new LockTabs(navigator.locks),
    storage: "storage" in navigator ? navigator.storage : null,
    onWake(wake) {
      page.addEventListener("online", wake);
      page.addEventListener("pageshow", wake);
      page.document.addEventListener("visibilitychange", () => {
        if (page.document.visibilityState === "visible") wake();
      });
    },
    restart: () => location.reload(),
  };
}

/** A pairing code that the address brings along. It stands behind the #, which is sent to no server, and is taken away. */
export function pairingCodeOf(page: Window): string | null {
  const code = new URLSearchParams(page.location.hash.slice(1)).get("pair");
  if (code === null || code === "") return null;
  page.history.replaceState(null, "", page.location.pathname + page.location.search);
  return code;
}
