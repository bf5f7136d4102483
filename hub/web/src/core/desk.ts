/** What every action of the till looks at, and the one way in which a command leaves it. */
import type { AcceptedAnswer, Reply } from "../protocol/messages";
import type { WireBookPage } from "../protocol/goods";
import type { StoreProfile } from "../protocol/hub";
import { Amounts } from "./amounts";
import type { LocalPricing } from "./basket/local_price";
import { cardNumberIn } from "./card_numbers";
import type { Accepted, Approval, Outcome, Refused } from "./contract/outcome";
import type { Operator } from "./contract/people";
import { Catalog } from "./goods/catalog";
import { instant, mint } from "./ids";
import type { GoodsDatabase, TillDatabase } from "./kept/database";
import type { Outbox } from "./kept/outbox";
import type { Engine } from "./link/engine";
import type { HubApi } from "./link/hub_api";
import { accepted, no, refusedBy, warningsOf } from "./outcomes";
import type { Ports } from "./ports";
import type { StoreTime } from "./shop/store_time";
import type { State } from "./state";

/** Without an answer for so long, a command is shown as not confirmed. */
export const CONFIRM_WITHIN_MS = 2_000;

/** What the till knows of its store, from the hub's last snapshot. */
export interface ShopFacts {
  readonly profile: StoreProfile;
  readonly amounts: Amounts;
  readonly time: StoreTime;
  readonly till: number;
}

export interface Command<T> {
  /** The action in its wire form. */
  readonly action: unknown;
  /** Its name. */
  readonly name: string;
  readonly id?: string;
  readonly order?: string | null;
  readonly approval?: Approval | undefined;
  /** What else has to be on disk with the command, in the same transaction. */
  readonly alongside?: () => Promise<void>;
  /** What an answer changes here, before anybody hears of it. It runs whenever the answer comes. */
  readonly accepted: (answer: AcceptedAnswer, id: string) => T | Promise<T>;
  readonly refused?: (refusal: Refused) => void | Promise<void>;
}

export class Desk {
  readonly catalog = new Catalog();
  facts: ShopFacts | null = null;
  book: WireBookPage | null = null;
  pricing: LocalPricing | null = null;
  engine: Engine | null = null;
  api: HubApi | null = null;
  epoch: string | null = null;
  terminal: string | null = null;
  /** What went wrong last of what nobody waits for. */
  lastFault: string | null = null;
  private readonly background = new Set<Promise<void>>();
  /** How often each command left since the page was loaded. */
  readonly sent = new Map<string, number>();

  constructor(
    readonly ports: Ports,
    readonly state: State,
    readonly kept: TillDatabase,
    readonly goods: GoodsDatabase,
    readonly outbox: Outbox,
  ) {}

  mint(): string {
    return mint(this.ports.clock, this.ports.chance);
  }

  now(): string {
    return instant(this.ports.clock);
  }

  get isOnline(): boolean {
    return this.state.hub.value.kind === "online" && this.engine !== null;
  }

  get amounts(): Amounts {
    if (this.facts === null) throw new Error("nothing is counted before the store is known");
    return this.facts.amounts;
  }

  get operator(): Operator | null {
    const { value } = this.state.signOn;
    return value.kind === "operator" ? value.operator : null;
  }

  get isTraining(): boolean {
    return this.state.shift.value?.mode === "training";
  }

  /**
   * Something that nobody waits for. What goes wrong with it is noted and stops nothing: whatever it was is done again with the
   * next connection, or read again from the disk.
   */
  inBackground(work: Promise<unknown>): void {
    const tracked = work.then(
      () => undefined,
      (error: unknown) => {
        this.lastFault = error instanceof Error ? error.message : String(error);
      },
    );
    this.background.add(tracked);
    void tracked.then(() => this.background.delete(tracked));
  }

  async settled(): Promise<void> {
    while (this.background.size > 0) await Promise.all(this.background);
  }

  /** Why nothing can be done at this till now, if so. */
  obstacle(needs: "operator" | "shift"): Refused | null {
    const { kind } = this.state.signOn.value;
    if (kind === "locked") return no("HF-WEB-016");
    if (kind === "nobody") return no("HF-WEB-011");
    return needs === "shift" && this.state.shift.value === null ? no("HF-WEB-012") : null;
  }

  /**
   * Sends a command: its id and its exact text are on disk before. Without an answer within two seconds it is not confirmed,
   * and goes on by itself.
   */
  async send<T>(command: Command<T>): Promise<Outcome<T>> {
    const { engine } = this;
    if (engine === null || !this.isOnline) return no("HF-WEB-010");
    if (cardNumberIn(command.action)) return no("HF-WEB-017");
    const id = command.id ?? this.mint();
    const at = this.now();
    const body = { id, occurred_at: at, action: command.action };
    const { approval } = command;
    // The PIN of a second person is sent and kept nowhere.
    const kept = JSON.stringify(
      approval === undefined ? { command: body } : { approved: { ...body, approver: approval.number } },
    );
    const text = approval === undefined
      ? kept
      : JSON.stringify({ approved: { ...body, approver: approval.number, pin: approval.pin } });
    const row = { id, text: kept, action: command.name, at, order: command.order ?? null };
    await this.outbox.ask([row], command.alongside);
    const settled = engine.submit(id, text).then((reply) => this.settle(command, reply));
    return this.within(settled, id);
  }

  /** The outcome when it comes in time; else the command is not confirmed. */
  within<T>(settled: Promise<Accepted<T> | Refused>, id: string): Promise<Outcome<T>> {
    return new Promise((resolve, reject) => {
      const cancel = this.ports.clock.after(CONFIRM_WITHIN_MS, () => resolve({ kind: "unconfirmed", command: id, settled }));
      settled.then(
        (outcome) => {
          cancel();
          resolve(outcome);
        },
        (error: unknown) => {
          cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  async settle<T>(command: Pick<Command<T>, "name" | "accepted" | "refused">, { id, answer }: Reply): Promise<Accepted<T> | Refused> {
    if (answer.kind !== "accepted") {
      const refusal = refusedBy(answer, command.name);
      await command.refused?.(refusal);
      return refusal;
    }
    const value = await command.accepted(answer.value, id);
    return accepted(value, "at_hub", warningsOf(answer.value.warnings));
  }
}
