/**
 * Which request is on its way, when it is sent again, what a reply ends.
 *
 * Order: what an earlier hub acknowledged is offered to a newer one first, then what was not answered before, then what is
 * asked now. One request is on its way at a time: a hub that was too busy for the placing of an order must not see its
 * payment first, because a refusal is for ever. A reply is on disk before its asker hears of it.
 */
import { Malformed, decode, type Decoder } from "../../protocol/decode";
import type { Snapshot } from "../../protocol/hub";
import {
  catalogMessage, ordersMessage, reply as replyDecoder, status as statusDecoder, stockMessage, tillEvent,
  type OrdersMessage, type Reply, type Status, type StockMessage, type TillEvent,
} from "../../protocol/messages";
import type { Topics } from "../../protocol/topics";
import type { Outbox } from "../kept/outbox";
import type { Chance, Clock } from "../ports";
import { BackOff, below } from "./back_off";
import { Streams, type Message } from "./streams";

export const RESEND_AFTER_MS = 2_000;
const RESEND_CAP_MS = 15_000;
const SNAPSHOT_SPREAD_MS = 500;
const SNAPSHOT_AGAIN_BASE_MS = 200;
const SNAPSHOT_AGAIN_CAP_MS = 10_000;
const OFFER_ATTEMPTS_MAX = 40;
const OFFER_BASE_MS = 200;
const OFFER_CAP_MS = 5_000;
const OFFER_PAUSE_MS = 60_000;

export type HubState =
  | { readonly kind: "offline"; readonly why: string | null }
  /** Connected; the till learns which hub this is and gives it what it lacks. */
  | { readonly kind: "connected" }
  | { readonly kind: "ready"; readonly epoch: string };

export type Told =
  | { readonly kind: "state"; readonly state: HubState }
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot }
  | { readonly kind: "stock"; readonly message: StockMessage }
  | { readonly kind: "orders"; readonly message: OrdersMessage }
  | { readonly kind: "catalog"; readonly version: string }
  | { readonly kind: "status"; readonly status: Status }
  | { readonly kind: "event"; readonly event: TillEvent }
  /** A request waits no more. */
  | { readonly kind: "forgotten"; readonly id: string }
  | { readonly kind: "sent"; readonly id: string; readonly times: number }
  | { readonly kind: "covered"; readonly epoch: string; readonly seq: bigint }
  | { readonly kind: "offer_waits"; readonly id: string; readonly code: string; readonly text: string }
  | { readonly kind: "malformed"; readonly topic: string; readonly why: string };

export interface EngineNeeds {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly topics: Topics;
  readonly outbox: Outbox;
  readonly publish: (topic: string, text: string) => void;
  readonly readSnapshot: () => Promise<Snapshot>;
  readonly tell: (told: Told) => void;
  /**
   * An answer came, to what was asked since the page was loaded or before; `epoch` is the hub that gave it. What follows from
   * it is carried out before whoever asked hears of it. After a crash the same may come again.
   */
  readonly answered: (reply: Reply, epoch: string | null) => Promise<void>;
}

type StoreMessage = Message<StockMessage> & { stream: "stock" } | Message<OrdersMessage> & { stream: "orders" };

interface Queued {
  readonly id: string;
  /** None is read from the disk. */
  readonly text: string | null;
  readonly sent: number;
}

interface InFlight {
  readonly id: string;
  readonly text: string;
  readonly kind: "request" | "offer";
  sent: number;
  retries: number;
  readonly resend: BackOff;
  readonly retry: BackOff;
  cancel: () => void;
}

export class Engine {
  private queue: Queued[];
  private inFlight: InFlight | null = null;
  private isConnected = false;
  private hub: string | null = null;
  private readonly streams = new Streams<StoreMessage>();
  /** Counts connections, so that a snapshot of an earlier one is not taken for this one's. */
  private connection = 0;
  private cancelSnapshot: (() => void) | null = null;
  private readonly snapshotBackOff: BackOff;
  /** The newest place at which the hub has answered. */
  private answeredAt: { readonly epoch: string; readonly seq: bigint } | null = null;
  private readonly setAside = new Set<string>();
  private offersPaused = false;
  private readonly waiters = new Map<string, ((reply: Reply) => void)[]>();
  /** One thing after the other, as they came. */
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly needs: EngineNeeds) {
    this.queue = needs.outbox.waitingRows().map(({ id }) => ({ id, text: null, sent: 0 }));
    this.snapshotBackOff = new BackOff(SNAPSHOT_AGAIN_BASE_MS, SNAPSHOT_AGAIN_CAP_MS, needs.chance);
  }

  /** A request that is on disk already, or that may not be kept. It is answered in its turn, however long that takes. */
  submit(id: string, text: string): Promise<Reply> {
    return new Promise((resolve) => {
      this.listen(id, resolve);
      if (this.inFlight?.id !== id && !this.queue.some((queued) => queued.id === id)) this.queue.push({ id, text, sent: 0 });
      this.then(() => this.advance());
    });
  }

  /**
   * Requests that are on disk already and come before everything else that waits: what has to be told besides must not be
   * overtaken by what happened later.
   */
  submitNext(requests: readonly { readonly id: string; readonly text: string }[]): void {
    this.queue.unshift(...requests.map(({ id, text }) => ({ id, text, sent: 0 })));
    this.then(() => this.advance());
  }

  /** Hears the answer of a request that waits from before the page was loaded. */
  listen(id: string, heard: (reply: Reply) => void): void {
    this.waiters.set(id, [...(this.waiters.get(id) ?? []), heard]);
  }

  /**
   * A request that was never kept because it carries a PIN is not sent again: by the time that a hub is there, somebody else
   * may stand at the till. What became of it the next snapshot says.
   */
  forget(id: string): void {
    if (this.inFlight?.id === id) this.end(this.inFlight);
    this.queue = this.queue.filter((queued) => queued.id !== id);
    this.waiters.delete(id);
    this.then(() => this.advance());
  }

  up(): void {
    this.connection += 1;
    this.isConnected = true;
    this.tellState({ kind: "connected" });
    // After the first connection all tills of a shop may come back together.
    this.snapshotAfter(this.connection > 1 ? below(this.needs.chance, SNAPSHOT_SPREAD_MS) : 0);
  }

  down(why: string): void {
    this.connection += 1;
    this.isConnected = false;
    this.hub = null;
    this.streams.lose();
    this.cancelSnapshot?.();
    this.cancelSnapshot = null;
    const flight = this.inFlight;
    this.inFlight = null;
    flight?.cancel();
    // What was offered is found again; a request keeps its turn behind the offers to whatever hub comes next.
    if (flight?.kind === "request") this.queue.unshift({ id: flight.id, text: flight.text, sent: flight.sent });
    this.tellState({ kind: "offline", why });
  }

  /** Reads what is true now. */
  refresh(): void {
    if (this.isConnected) this.snapshotAfter(0);
  }

  received(topic: string, text: string): void {
    const { topics } = this.needs;
    if (topic === topics.reply) {
      const reply = this.understood(replyDecoder, topic, text);
      if (reply !== null) this.then(() => this.reply(reply));
    } else if (topic === topics.event) {
      const event = this.understood(tillEvent, topic, text);
      if (event !== null) this.needs.tell({ kind: "event", event });
    } else if (topic === topics.stock) {
      const message = this.understood(stockMessage, topic, text);
      if (message !== null) this.numbered({ stream: "stock", message });
    } else if (topic === topics.orders) {
      const message = this.understood(ordersMessage, topic, text);
      if (message !== null) this.numbered({ stream: "orders", message });
    } else if (topic === topics.catalog) {
      const message = this.understood(catalogMessage, topic, text);
      if (message !== null) this.needs.tell({ kind: "catalog", version: message.version });
    } else if (topic === topics.status) {
      const status = this.understood(statusDecoder, topic, text);
      if (status !== null) this.then(() => this.status(status));
    }
  }

  /** Everything that came so far has been carried out. */
  async settled(): Promise<void> {
    for (let turn: Promise<void> | null = null; turn !== this.turn; ) {
      turn = this.turn;
      await turn;
    }
  }

  private then(work: () => Promise<void>): void {
    this.turn = this.turn.then(work).catch((error: unknown) => {
      // A disk that fails must not stop what was begun; the next turn finds everything as it was.
      this.needs.tell({ kind: "malformed", topic: "", why: String(error) });
    });
  }

  private understood<T>(decoder: Decoder<T>, topic: string, text: string): T | null {
    try {
      return decode(decoder, text);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.needs.tell({ kind: "malformed", topic, why: error.message });
      return null;
    }
  }

  private tellState(state: HubState): void {
    this.needs.tell({ kind: "state", state });
  }

  private snapshotAfter(ms: number): void {
    this.cancelSnapshot?.();
    const { connection } = this;
    this.cancelSnapshot = this.needs.clock.after(ms, () => {
      this.cancelSnapshot = null;
      this.needs.readSnapshot().then(
        (snapshot) => this.then(() => this.snapshot(connection, snapshot)),
        () => {
          if (connection === this.connection) this.snapshotAfter(this.snapshotBackOff.fail());
        },
      );
    });
  }

  private async snapshot(connection: number, snapshot: Snapshot): Promise<void> {
    if (connection !== this.connection) return;
    const { answeredAt } = this;
    if (answeredAt?.epoch === snapshot.epoch && snapshot.status.head_seq < answeredAt.seq) {
      // It was read before what the hub has answered since, and would take that back.
      this.snapshotAfter(this.snapshotBackOff.fail());
      return;
    }
    this.snapshotBackOff.succeed();
    this.learn(snapshot.epoch);
    this.needs.tell({ kind: "snapshot", snapshot });
    for (const outcome of this.streams.align(snapshot.status.head_seq)) this.outcome(outcome);
    await this.status(snapshot.status);
  }

  private numbered(message: StoreMessage): void {
    this.outcome(this.streams.take(message));
  }

  private outcome(outcome: ReturnType<Streams<StoreMessage>["take"]>): void {
    if (outcome.kind === "missing") this.snapshotAfter(below(this.needs.chance, SNAPSHOT_SPREAD_MS));
    if (outcome.kind !== "fresh") return;
    const one = outcome.message;
    this.needs.tell(one.stream === "stock" ? { kind: "stock", message: one.message } : { kind: "orders", message: one.message });
  }

  private learn(epoch: string): void {
    if (this.hub === epoch) return;
    this.hub = epoch;
    this.setAside.clear();
    this.offersPaused = false;
  }

  private async status(status: Status): Promise<void> {
    if (!this.isConnected) return;
    this.learn(status.epoch);
    this.needs.tell({ kind: "status", status });
    const gone = await this.needs.outbox.cover(status.epoch, status.headquarters_seq);
    if (gone.length > 0) this.needs.tell({ kind: "covered", epoch: status.epoch, seq: status.headquarters_seq });
    await this.advance();
  }

  /** Puts the next request on its way when none is. */
  private async advance(): Promise<void> {
    const { hub } = this;
    if (!this.isConnected || hub === null || this.inFlight !== null) return;
    for (const id of this.offersPaused ? [] : this.needs.outbox.offers(hub)) {
      if (this.setAside.has(id)) continue;
      const record = await this.needs.outbox.record(id);
      if (!this.isConnected || this.hub !== hub) return;
      if (record === null) this.setAside.add(id);
      else return this.putOnItsWay(id, JSON.stringify({ offer: { id, record } }), "offer", 0);
    }
    this.tellState({ kind: "ready", epoch: hub });
    const next = this.queue.shift();
    if (next === undefined) return;
    const text = next.text ?? (await this.needs.outbox.text(next.id));
    if (!this.isConnected) this.queue.unshift(next);
    else if (text !== null) this.putOnItsWay(next.id, text, "request", next.sent);
    else await this.advance();
  }

  private putOnItsWay(id: string, text: string, kind: InFlight["kind"], sent: number): void {
    const { chance } = this.needs;
    this.inFlight = {
      id, text, kind, sent, retries: 0,
      resend: new BackOff(RESEND_AFTER_MS, RESEND_CAP_MS, chance),
      retry: new BackOff(OFFER_BASE_MS, OFFER_CAP_MS, chance),
      cancel: () => undefined,
    };
    this.transmit(this.inFlight);
  }

  /** Sends what is on its way, the same text as ever, and sets the time to send it again. */
  private transmit(flight: InFlight): void {
    flight.sent += 1;
    this.again(flight, flight.resend.fail());
    this.needs.publish(this.needs.topics.command, flight.text);
    this.needs.tell({ kind: "sent", id: flight.id, times: flight.sent });
  }

  private again(flight: InFlight, ms: number): void {
    flight.cancel();
    flight.cancel = this.needs.clock.after(ms, () => {
      if (this.inFlight === flight && this.isConnected) this.transmit(flight);
    });
  }

  private async reply(reply: Reply): Promise<void> {
    const { id, answer } = reply;
    const flight = this.inFlight?.id === id ? this.inFlight : null;
    if (answer.kind === "retry") {
      if (flight !== null) this.tryLater(flight, answer.value.code, answer.value.text, answer.value.after_ms);
      return this.advance();
    }
    if (answer.kind === "rejected" && flight?.kind === "offer") {
      this.end(flight);
      this.setAside.add(id);
      this.needs.tell({ kind: "offer_waits", id, ...answer.value });
      return this.advance();
    }
    const isKnown = flight !== null || this.queue.some((queued) => queued.id === id) || this.needs.outbox.isWaiting(id);
    if (!isKnown) return;
    const position = answer.kind === "rejected" ? null : answer.value.position;
    // A hub that was restored gives first answers with the places of earlier epochs: they are part of its own history.
    const epoch = position === null ? null : (this.hub ?? position.epoch);
    const place = position === null || epoch === null ? null : { epoch, seq: position.seq };
    if (place !== null && (this.answeredAt?.epoch !== place.epoch || this.answeredAt.seq < place.seq)) this.answeredAt = place;
    // What follows from it is on disk before the request is forgotten: after a crash in between it is asked and answered again.
    await this.needs.answered(reply, epoch);
    await this.needs.outbox.answer({ id, place, record: answer.kind === "rejected" ? null : answer.value.record });
    if (flight !== null) this.end(flight);
    // An offer's answer is the answer to whoever asks for the same id again.
    this.queue = this.queue.filter((queued) => queued.id !== id);
    const heard = this.waiters.get(id) ?? [];
    this.waiters.delete(id);
    this.needs.tell({ kind: "forgotten", id });
    for (const waiter of heard) waiter(reply);
    await this.advance();
  }

  private end(flight: InFlight): void {
    flight.cancel();
    if (this.inFlight === flight) this.inFlight = null;
  }

  private tryLater(flight: InFlight, code: string, text: string, afterMs: number): void {
    flight.retries += 1;
    if (flight.kind === "offer" && flight.retries >= OFFER_ATTEMPTS_MAX) {
      this.end(flight);
      this.offersPaused = true;
      this.needs.clock.after(OFFER_PAUSE_MS, () => {
        this.offersPaused = false;
        this.then(() => this.advance());
      });
      this.needs.tell({ kind: "offer_waits", id: flight.id, code, text });
      return;
    }
    this.again(flight, Math.max(flight.retry.fail(), afterMs));
  }
}
