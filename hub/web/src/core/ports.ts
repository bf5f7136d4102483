/**
 * What the till needs of the world: time, chance, the network, storage, other tabs. They are arguments, so that the same
 * core runs in a browser and in tests against a real hub.
 */

export interface Clock {
  /** Milliseconds since 1970, by this device. */
  now(): number;
  /** Runs `work` once after so long; what it gives back cancels it. */
  after(ms: number, work: () => void): () => void;
}

export interface Chance {
  bytes(count: number): Uint8Array;
}

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly withinMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

/** Asks the hub at the page's own origin. It fails with `Unreachable` when there is no answer. */
export interface Http {
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** The hub did not answer. */
export class Unreachable extends Error {
  readonly code = "HF-WEB-002";

  constructor(cause: unknown) {
    super("the hub does not answer", { cause });
    this.name = "Unreachable";
  }
}

/** What a till is known by at its hub. */
export interface Credential {
  readonly store: string;
  readonly terminal: string;
  readonly secret: string;
}

export interface SocketEvents {
  up(): void;
  down(why: string): void;
  message(topic: string, text: string): void;
}

/** One connection. After `down` nothing comes of it any more. */
export interface Socket {
  publish(topic: string, text: string): void;
  /** Asks for a sign of life; anything that is received is one. */
  ping(): void;
  close(): void;
}

export interface SocketRequest {
  readonly credential: Credential;
  readonly filters: readonly string[];
}

/** Opens a connection. `heard` is called for everything that is received. */
export type OpenSocket = (request: SocketRequest, events: SocketEvents, heard: () => void) => Socket;

export interface Ports {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly http: Http;
  readonly openSocket: OpenSocket;
  readonly subtle: SubtleCrypto;
}
