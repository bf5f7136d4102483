/** What a browser gives the till: its clock, its chance, its network, its storage, its tabs. */
import { GoodsDatabase, TillDatabase } from "./kept/database";
import { LockTabs } from "./tabs";
import { mqttSocket } from "./link/mqtt/socket";
import { Unreachable, type Clock, type Http } from "./ports";
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

export function browserSurroundings(page: Window & typeof globalThis): Surroundings {
  const { location, navigator, crypto } = page;
  const url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/mqtt`;
  return {
    ports: {
      clock,
      chance: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      http,
      openSocket: mqttSocket(clock, () => new WebSocket(url, ["mqtt"])),
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
