/**
 * The connection to the hub: opened again after a while when it is lost, and known to be lost within two seconds. Knows
 * nothing of requests.
 *
 * A browser's own word about being online is no proof either way: the shop's network can be there without its hub. So the
 * till asks for a sign of life, and takes silence for an answer.
 */
import { BackOff } from "./back_off";
import type { Chance, Clock, OpenSocket, Socket, SocketRequest } from "../ports";

/** How often the till looks, and how long the hub may take to answer. Together below two seconds. */
export const LOOK_EVERY_MS = 300;
export const PING_EVERY_MS = 600;
export const SILENCE_MS = 1_200;
const RECONNECT_BASE_MS = 200;
const RECONNECT_CAP_MS = 3_000;

export interface LinkEvents {
  up(): void;
  down(why: string): void;
  message(topic: string, text: string): void;
}

export class Link {
  private socket: Socket | null = null;
  private isUp = false;
  private isClosed = false;
  private lastHeard = 0;
  private pinged: number | null = null;
  private lastLook = 0;
  private cancel: () => void = () => undefined;
  private readonly backOff: BackOff;
  private connection = 0;

  constructor(
    private readonly clock: Clock,
    chance: Chance,
    private readonly open: OpenSocket,
    private readonly request: SocketRequest,
    private readonly events: LinkEvents,
  ) {
    this.backOff = new BackOff(RECONNECT_BASE_MS, RECONNECT_CAP_MS, chance);
  }

  start(): void {
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
    this.connection += 1;
    this.socket?.close();
    this.socket = null;
  }

  publish(topic: string, text: string): void {
    if (this.isUp) this.socket?.publish(topic, text);
  }

  /** The page became visible or the network came back: find out now. */
  wake(): void {
    if (this.isClosed) return;
    if (this.socket === null) {
      this.cancel();
      this.connect();
    } else if (this.isUp) {
      this.ping();
    }
  }

  private connect(): void {
    this.connection += 1;
    const connection = this.connection;
    const isOurs = () => connection === this.connection && !this.isClosed;
    this.socket = this.open(
      this.request,
      {
        up: () => {
          if (!isOurs()) return;
          this.isUp = true;
          this.backOff.succeed();
          this.lastHeard = this.clock.now();
          this.lastLook = this.lastHeard;
          this.pinged = null;
          this.look();
          this.events.up();
        },
        down: (why) => {
          if (isOurs()) this.lost(why);
        },
        message: (topic, text) => {
          if (isOurs()) this.events.message(topic, text);
        },
      },
      () => {
        if (!isOurs()) return;
        this.lastHeard = this.clock.now();
        this.pinged = null;
      },
    );
  }

  private lost(why: string): void {
    this.cancel();
    this.connection += 1;
    this.socket?.close();
    this.socket = null;
    this.isUp = false;
    this.cancel = this.clock.after(this.backOff.fail(), () => this.connect());
    this.events.down(why);
  }

  private ping(): void {
    this.pinged ??= this.clock.now();
    this.socket?.ping();
  }

  private look(): void {
    this.cancel = this.clock.after(LOOK_EVERY_MS, () => {
      const now = this.clock.now();
      // A browser that holds timers back, or a page that was busy, has not listened either: the question is asked anew.
      const wasAway = now - this.lastLook > 2 * LOOK_EVERY_MS + 100;
      this.lastLook = now;
      if (wasAway) this.pinged = null;
      if (this.pinged !== null && now - this.pinged >= SILENCE_MS) {
        this.lost("the hub does not answer");
        return;
      }
      if (this.pinged === null && (wasAway || now - this.lastHeard >= PING_EVERY_MS - LOOK_EVERY_MS)) this.ping();
      this.look();
    });
  }
}
