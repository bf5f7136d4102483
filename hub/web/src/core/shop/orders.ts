/** Orders that are set aside: at the hub for every till, or at this till alone while the hub is gone. */
import { isObject } from "../../protocol/decode";
import { PATHS, orderPage, ordersPage } from "../../protocol/hub";
import type { OrdersMessage } from "../../protocol/messages";
import type { WireOrderEntry } from "../../protocol/sales";
import { keptLines, placeOrder, type Draft } from "../basket/draft";
import type { BasketDesk } from "../basket/basket_desk";
import { cardNumberIn } from "../card_numbers";
import type { OrderActions } from "../contract/actions";
import type { OpenOrder } from "../contract/basket";
import type { Approval, Outcome } from "../contract/outcome";
import type { Desk } from "../desk";
import { accepted, failed, no } from "../outcomes";

interface ParkedHere {
  readonly order: string;
  readonly at: string;
  readonly label: string;
  readonly draft: Draft;
  readonly gross: OpenOrder["gross"];
}

function isDraft(value: unknown): value is Draft {
  return isObject(value) && typeof value.order === "string" && Array.isArray(value.lines) && isObject(value.terms);
}

export class Orders {
  private entries = new Map<string, WireOrderEntry>();
  private parkedHere: readonly ParkedHere[] = [];
  private reading = false;
  private again = false;
  private handing = false;

  constructor(private readonly desk: Desk, private readonly basket: BasketDesk) {}

  async open(): Promise<void> {
    const rows = await this.desk.kept.parked.toArray();
    this.parkedHere = rows.flatMap(({ order, at, label, draft }) => {
      const kept = isObject(draft) ? draft : {};
      return isDraft(kept.draft) && isObject(kept.gross)
        ? [{ order, at, label, draft: kept.draft, gross: { amount: String(kept.gross.amount), currency: String(kept.gross.currency) } }]
        : [];
    });
    this.publish();
  }

  /** What the stream says: a message names one order, and how it is now is read. */
  take({ transaction, order }: OrdersMessage): void {
    const id = order?.order ?? transaction?.order ?? null;
    if (id === null) return;
    if (transaction !== null && transaction.kind !== "deposit") {
      if (this.entries.delete(id)) this.publish();
      return;
    }
    this.desk.inBackground(this.readOne(id));
  }

  private async readOne(id: string): Promise<void> {
    const { api } = this.desk;
    const page = await api?.get(orderPage, `${PATHS.orders}/${id}`).catch(() => null);
    if (page === null || page === undefined) return;
    if (page.entry.state === "fulfilled" || page.entry.state === "cancelled") this.entries.delete(id);
    else this.entries.set(id, page.entry);
    this.publish();
  }

  /** Every open order, after a connection or a gap. */
  async refresh(): Promise<void> {
    const { api } = this.desk;
    if (api === null) return;
    if (this.reading) {
      this.again = true;
      return;
    }
    this.reading = true;
    try {
      const entries = new Map<string, WireOrderEntry>();
      await api.pages(ordersPage, PATHS.orders, {}, async (page) => {
        for (const entry of page.orders) entries.set(entry.order, entry);
        return "go_on";
      });
      this.entries = entries;
      this.publish();
    } catch {
      // The next connection reads them again.
    } finally {
      this.reading = false;
      if (this.again) {
        this.again = false;
        this.desk.inBackground(this.refresh());
      }
    }
  }

  /** The hub is there again: what was parked here is every till's. */
  async handOver(): Promise<void> {
    const { desk } = this;
    if (this.handing || desk.obstacle("shift") !== null) return;
    this.handing = true;
    try {
      await this.handAll();
    } finally {
      this.handing = false;
    }
  }

  private async handAll(): Promise<void> {
    const { desk } = this;
    for (const { order, label, draft } of this.parkedHere) {
      const action = draft.state === "order"
        ? { park_order: { label, basket: { placed: { order, revision: draft.revision } } } }
        : { park_order: { label, basket: { draft: placeOrder(draft, null) } } };
      const outcome = await desk.send<null>({
        action, name: "park_order", order,
        accepted: async () => {
          await this.dropHere(order);
          desk.inBackground(this.readOne(order));
          return null;
        },
      });
      // What is not confirmed is sent again by itself; what is refused stays here to be looked at.
      if (outcome.kind === "unconfirmed") return;
    }
  }

  actions(): OrderActions {
    return {
      park: (label, approval) => this.park(label, approval),
      retrieve: (order, takeOver, approval) => this.retrieve(order, takeOver ?? false, approval),
      cancel: (order, reason, approval) => this.cancel(order, reason, approval),
    };
  }

  private async park(label: string, approval?: Approval): Promise<Outcome<null>> {
    const { desk, basket } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    const draft = basket.current;
    if (draft === null || basket.isEmpty) return no("HF-WEB-029");
    if (desk.state.payment.value !== null) return no("HF-WEB-032");
    if (basket.isLeaving) return no("HF-WEB-051");
    const name = label.trim() === "" ? nameOf(draft) : label.trim();
    if (cardNumberIn(name)) return no("HF-WEB-017");
    if (!desk.isOnline) return this.parkHere(name, draft);
    // A hub that goes before it answers is told again by itself; until then the order is found here.
    const alone = async (): Promise<void> => {
      if (basket.current?.order === draft.order) await this.parkHere(name, basket.current);
    };
    return basket.leave(() => this.parkAtHub(name, draft, approval), alone);
  }

  private async parkAtHub(name: string, draft: Draft, approval?: Approval): Promise<Outcome<null>> {
    const { desk, basket } = this;
    if (draft.state === "order" && draft.edits.length > 0) {
      const edited = await this.edit(draft, approval);
      if (edited.kind !== "accepted") return edited;
    }
    const now = basket.current ?? draft;
    const action = now.state === "order"
      ? { placed: { order: now.order, revision: now.revision } }
      : { draft: placeOrder(now, basket.priced?.totals.gross ?? null) };
    return desk.send<null>({
      action: { park_order: { label: name, basket: action } }, name: "park_order", order: now.order, approval,
      accepted: async () => {
        basket.clearOf(now.order);
        await this.dropHere(now.order);
        desk.inBackground(this.readOne(now.order));
        return null;
      },
      refused: async ({ problem }) => {
        if (problem.code === "HF-CMD-131") await basket.quote();
      },
    });
  }

  private edit(draft: Draft, approval?: Approval): Promise<Outcome<null>> {
    const { order, revision, edits } = draft;
    return this.desk.send<null>({
      action: { edit_order: { order, revision, edits, expected_total: null } }, name: "edit_order", order, approval,
      accepted: ({ summary }) => {
        if (summary.kind === "order_edited") this.basket.placed(order, summary.value.revision);
        return null;
      },
    });
  }

  private async parkHere(label: string, draft: Draft): Promise<Outcome<null>> {
    const { desk, basket } = this;
    const gross = basket.priced?.totals.gross ?? desk.amounts.zero;
    const parked: ParkedHere = { order: draft.order, at: desk.now(), label, draft, gross };
    await desk.outbox.ask([], async () => {
      await desk.kept.parked.put({ order: draft.order, at: parked.at, label, draft: { draft, gross } });
      await desk.kept.facts.delete("draft");
    });
    this.parkedHere = [...this.parkedHere, parked];
    basket.clear();
    this.publish();
    return accepted(null, "here");
  }

  private async dropHere(order: string): Promise<void> {
    await this.desk.kept.parked.delete(order);
    this.parkedHere = this.parkedHere.filter((parked) => parked.order !== order);
    this.publish();
  }

  private async retrieve(order: string, takeOver: boolean, approval?: Approval): Promise<Outcome<null>> {
    const { desk, basket } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (!basket.isEmpty) return no("HF-WEB-031");
    const here = this.parkedHere.find((parked) => parked.order === order);
    if (here !== undefined) {
      basket.set(here.draft);
      await basket.settled();
      await this.dropHere(order);
      return accepted(null, "here");
    }
    return desk.send<null>({
      action: { retrieve_order: { order, claim: takeOver ? "take_over" : "parked" } }, name: "retrieve_order", order, approval,
      accepted: async () => {
        const { api } = desk;
        if (api === null) return null;
        try {
          const page = await api.get(orderPage, `${PATHS.orders}/${order}`);
          basket.take(page.order, null);
          this.entries.set(order, page.entry);
          this.publish();
        } catch (error) {
          // The order is in this till's hands; it is taken up again from the list.
          failed(error);
        }
        return null;
      },
    });
  }

  private async cancel(order: string, reason: string, approval?: Approval): Promise<Outcome<null>> {
    const { desk, basket } = this;
    const obstacle = desk.obstacle("shift");
    if (obstacle !== null) return obstacle;
    if (reason.trim() === "") return no("HF-WEB-025");
    if (this.parkedHere.some((parked) => parked.order === order)) {
      await this.dropHere(order);
      return accepted(null, "here");
    }
    return desk.send<null>({
      action: { cancel_order: { order, reason: reason.trim() } }, name: "cancel_order", order, approval,
      accepted: () => {
        this.entries.delete(order);
        if (basket.current?.order === order) basket.clear();
        this.publish();
        return null;
      },
    });
  }

  private publish(): void {
    const { desk } = this;
    const here = this.parkedHere.map(({ order, at, label, draft, gross }): OpenOrder => ({
      order, state: "placed", channel: "counter", mode: draft.mode, placedAt: at, label, lines: keptLines(draft).length, gross,
      paid: draft.paid, customer: draft.customer?.subject ?? null, custody: { kind: "parked" }, onlyHere: true,
    }));
    const atHub = [...this.entries.values()].flatMap((entry) => this.shown(entry));
    desk.state.orders.value = [...here, ...atHub].sort((a, b) => (a.placedAt < b.placedAt ? 1 : -1));
  }

  private shown(entry: WireOrderEntry): OpenOrder[] {
    const { state } = entry;
    if (state === "fulfilled" || state === "cancelled" || this.parkedHere.some(({ order }) => order === entry.order)) return [];
    const { holder } = entry;
    const custody: OpenOrder["custody"] = entry.label !== null
      ? { kind: "parked" }
      : holder === null
        ? { kind: "free" }
        : holder.terminal === this.desk.terminal
          ? { kind: "this_till" }
          : { kind: "other_till", till: holder.till, staff: holder.staff, since: holder.since };
    return [{
      order: entry.order, state, channel: entry.channel, mode: entry.mode, placedAt: entry.placed_at, label: entry.label,
      lines: entry.lines, gross: entry.gross, paid: entry.paid, customer: entry.customer, custody, onlyHere: false,
    }];
  }
}

const NAME_MAX = 60;

/** An order that nobody named is known by what is in it. */
function nameOf(draft: Draft): string {
  const lines = keptLines(draft);
  const [first] = lines;
  const name = first === undefined ? draft.order : [...first.description].slice(0, NAME_MAX).join("");
  return lines.length > 1 ? `${name} +${lines.length - 1}` : name;
}
