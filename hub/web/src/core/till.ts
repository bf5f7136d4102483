/** The till: its parts put together, started, and told what the hub tells. */
import { effect } from "@preact/signals";
import { decode } from "../protocol/decode";
import { PATHS, pairResponse, snapshot as snapshotDecoder, tenderPage, transactionsPage, type Paired, type Snapshot } from "../protocol/hub";
import type { OrdersMessage, Reply } from "../protocol/messages";
import { topicsOf } from "../protocol/topics";
import { basketActions } from "./actions/basket";
import { Alone, type Step } from "./alone/alone";
import { IslandSeries } from "./alone/series";
import { Amounts } from "./amounts";
import { BasketDesk } from "./basket/basket_desk";
import type { Till, TillActions, TillLookup } from "./contract";
import type { Answer } from "./contract/outcome";
import { Desk } from "./desk";
import { lookupOf } from "./goods/lookup";
import { Scans } from "./goods/scans";
import { Shelf } from "./goods/shelf";
import type { GoodsDatabase, TillDatabase } from "./kept/database";
import { recall, remember } from "./kept/facts";
import { Outbox } from "./kept/outbox";
import { Engine, type Told } from "./link/engine";
import { HubApi, refusalOf } from "./link/hub_api";
import { Link } from "./link/link";
import { asking } from "./outcomes";
import { tenderType } from "./pay/choices";
import { deviceActions } from "./pay/device_actions";
import { Leaving } from "./pay/leaving";
import { Refunds } from "./pay/refunds";
import { Selling } from "./pay/selling";
import type { Ports } from "./ports";
import { AfterSale } from "./shop/after_sale";
import { customerActions } from "./shop/customers";
import { Devices } from "./shop/devices";
import { Drawer } from "./shop/drawer";
import { facesOf } from "./shop/faces";
import { Orders } from "./shop/orders";
import { People } from "./shop/people";
import { StockBook } from "./shop/stock_book";
import { openCount, storeActions } from "./shop/store_desk";
import { StoreTime } from "./shop/store_time";
import { Transactions } from "./shop/transactions";
import { newState } from "./state";
import type { Tabs } from "./tabs";
import { problem } from "./problems";

/** Before the first connection the hub is given so long; then the till sells alone. */
const FIRST_CONTACT_MS = 2_000;
const PAIRED = "paired";
const SNAPSHOT = "snapshot";

export interface Surroundings {
  readonly ports: Ports;
  readonly kept: TillDatabase;
  readonly goods: GoodsDatabase;
  readonly tabs: Tabs;
  readonly storage: { persisted(): Promise<boolean>; persist(): Promise<boolean> } | null;
  /** Calls back when the page may have missed something: it became visible, or the network changed. */
  readonly onWake: (wake: () => void) => void;
  /** Begins anew, with what the other tab left. */
  readonly restart: () => void;
}

export interface RunningTill extends Till {
  /** Ends connections and timers. */
  close(): void;
  /** Nothing is being read or written any more. */
  settled(): Promise<void>;
}

/** Makes the till and starts it. It shows what it knows as soon as it knows it. */
export function makeTill(surroundings: Surroundings): RunningTill {
  const core = new Core(surroundings);
  core.start();
  return core;
}

class Core implements RunningTill {
  readonly view = newState();
  readonly lookup: TillLookup;
  readonly actions: TillActions;
  private readonly desk: Desk;
  private readonly transactions: Transactions;
  private readonly series: IslandSeries;
  private readonly alone: Alone;
  private readonly basket: BasketDesk;
  private readonly selling: Selling;
  private readonly refunds: Refunds;
  private readonly scans: Scans;
  private readonly shelf: Shelf;
  private readonly stock: StockBook;
  private readonly people: People;
  private readonly drawer: Drawer;
  private readonly orders: Orders;
  private readonly devices: Devices;
  private link: Link | null = null;
  private hasRun = false;
  private work: Promise<void> = Promise.resolve();
  private cancelFirst: () => void = () => undefined;

  constructor(private readonly surroundings: Surroundings) {
    const { ports, kept, goods } = surroundings;
    const desk = new Desk(ports, this.view, kept, goods, new Outbox(kept));
    this.desk = desk;
    this.transactions = new Transactions(desk);
    this.series = new IslandSeries(desk);
    this.alone = new Alone(desk, this.transactions, this.series);
    this.basket = new BasketDesk(desk);
    this.selling = new Selling(desk, this.basket, new Leaving(desk, this.transactions, this.alone, () => this.basket.priced?.listed ?? new Map()), (skus) => this.shelf.sold(skus));
    this.shelf = new Shelf(desk, () => this.basket.reprice());
    this.stock = new StockBook(desk);
    const store = storeActions(desk, this.stock);
    this.scans = new Scans(desk, this.basket, async (scale) => {
      const answer = await store.askScale(scale, "weigh");
      return answer.kind === "answered" ? answer.value : answer;
    });
    this.refunds = new Refunds(desk);
    this.people = new People(desk);
    this.drawer = new Drawer(desk, this.transactions, this.alone);
    this.orders = new Orders(desk, this.basket);
    this.devices = new Devices(desk, (page) => this.selling.useTenders(page));
    this.lookup = lookupOf(desk, this.shelf);
    const { selling } = this;
    this.actions = {
      door: {
        pair: (code) => this.pair(code),
        takeOverTab: async () => surroundings.tabs.takeOver(),
        askPersistence: () => this.askPersistence(),
      },
      people: this.people.actions(),
      basket: basketActions(desk, this.basket, this.scans, this.stock, selling),
      orders: this.orders.actions(),
      payment: {
        begin: async (approval) => {
          desk.inBackground(this.devices.refresh());
          return selling.begin(approval);
        },
        back: () => selling.back(),
        addTender: (tender) => selling.addTender(tender),
        removeTender: (id) => selling.removeTender(id),
        setTip: (tip) => selling.setTip(tip),
        complete: (approval) => selling.complete(approval),
        payCash: (amount, approval) => selling.payCash(amount, approval),
        deposit: () => selling.deposit(),
        ...deviceActions(desk),
      },
      after: new AfterSale(desk, this.transactions, this.basket, this.alone, this.refunds).actions(),
      drawer: this.drawer.actions(),
      store,
      customers: customerActions(desk),
    };
  }

  start(): void {
    this.surroundings.tabs.own({
      owned: () => {
        if (this.hasRun) this.surroundings.restart();
        else this.then(() => this.run());
      },
      elsewhere: () => {
        this.close();
        this.view.stage.value = { kind: "owned_elsewhere" };
      },
    });
  }

  close(): void {
    this.cancelFirst();
    this.link?.close();
    this.link = null;
    this.desk.engine?.down("the till was closed here");
    this.desk.engine = null;
  }

  async settled(): Promise<void> {
    await this.work;
    await this.desk.engine?.settled();
    await this.shelf.settled();
    await this.basket.settled();
    await this.desk.settled();
  }

  private then(work: () => Promise<void>): void {
    this.work = this.work.then(work).catch((error: unknown) => {
      this.view.stage.value = { kind: "stopped", problem: { ...problem("HF-WEB-050"), text: `the till stopped: ${String(error)}` } };
    });
  }

  private async run(): Promise<void> {
    this.hasRun = true;
    const { kept } = this.desk;
    try {
      await kept.open();
      await this.desk.goods.open();
    } catch {
      this.view.stage.value = { kind: "stopped", problem: problem("HF-WEB-050") };
      return;
    }
    await this.desk.outbox.open();
    await this.tellPersistence();
    const paired = await recall(kept.facts, PAIRED, pairResponse);
    if (paired === null) {
      this.view.stage.value = { kind: "not_paired" };
      return;
    }
    await this.begin(paired);
  }

  /** What this device knows is shown before the hub is asked anything. */
  private async begin(paired: Paired): Promise<void> {
    const { desk } = this;
    desk.terminal = paired.terminal;
    const credential = { store: paired.store, terminal: paired.terminal, secret: paired.secret };
    const api = new HubApi(desk.ports.http, credential);
    desk.api = api;
    const known = (await desk.kept.facts.get(SNAPSHOT))?.value;
    if (typeof known === "string") this.useFacts(decode(snapshotDecoder, known), paired);
    await this.people.open();
    await this.drawer.open();
    await this.series.open();
    await this.transactions.open();
    await this.shelf.open();
    await this.alone.open();
    await this.basket.open();
    await this.orders.open();
    await openCount(desk);
    this.basket.reprice();
    this.resume();
    const topics = topicsOf(paired.store, paired.terminal);
    const link = new Link(desk.ports.clock, desk.ports.chance, desk.ports.openSocket, { credential, filters: topics.filters }, {
      up: () => desk.engine?.up(),
      down: (why) => desk.engine?.down(why),
      message: (topic, text) => desk.engine?.received(topic, text),
    });
    desk.engine = new Engine({
      clock: desk.ports.clock, chance: desk.ports.chance, topics, outbox: desk.outbox,
      publish: (topic, text) => link.publish(topic, text),
      readSnapshot: async () => {
        const raw = await api.get((value) => value, PATHS.snapshot);
        const read = snapshotDecoder(raw, "");
        await remember(desk.kept.facts, SNAPSHOT, JSON.stringify(raw));
        return read;
      },
      tell: (told) => this.told(told, paired),
      answered: (reply, epoch) => this.answered(reply, epoch),
    });
    this.link = link;
    this.view.stage.value = { kind: "running" };
    this.cancelFirst = desk.ports.clock.after(FIRST_CONTACT_MS, () => {
      if (this.view.hub.value.kind === "connecting") this.gone("the hub does not answer");
    });
    this.surroundings.onWake(() => link.wake());
    // What was parked here alone goes to the hub as soon as somebody may do so.
    effect(() => {
      const { hub, signOn, shift } = this.view;
      const may = hub.value.kind === "online" && signOn.value.kind === "operator" && shift.value !== null;
      if (may) queueMicrotask(() => desk.inBackground(this.orders.handOver()));
    });
    link.start();
  }

  private useFacts(snapshot: Snapshot, paired: Paired): void {
    const { desk, view } = this;
    const { profile, till } = snapshot;
    const isNew = desk.facts === null || JSON.stringify(desk.facts.profile) !== JSON.stringify(profile);
    const time = new StoreTime(desk.ports.clock, profile.time_zone, profile.cut_over_minutes);
    desk.facts = { profile, amounts: new Amounts(profile.currency), time, till: till.number };
    view.store.value = {
      name: profile.name, legalName: profile.legal_name, currency: profile.currency, exponent: desk.amounts.places,
      timeZone: profile.time_zone, pricesIncludeTax: profile.basis === "inclusive", till: till.number, tillName: paired.name,
    };
    view.tenderTypes.value = snapshot.tenders.map(tenderType);
    view.faces.value = facesOf(desk);
    this.series.seen(till.numbers.island);
    if (isNew) this.shelf.usePrices();
  }

  /** A payment that was sent before the page was loaded is taken up again. */
  private resume(): void {
    const order = this.basket.current?.order;
    const sent = this.desk.outbox.waitingRows().find((row) => row.action === "pay" && row.order === order);
    if (order !== undefined && sent !== undefined) this.selling.resume(sent.id);
  }

  private told(told: Told, paired: Paired): void {
    const { desk, view } = this;
    switch (told.kind) {
      case "state":
        if (told.state.kind === "ready") this.there(told.state.epoch);
        if (told.state.kind === "offline" && desk.engine !== null) this.gone(told.state.why ?? "the hub cannot be reached");
        return;
      case "snapshot":
        this.useFacts(told.snapshot, paired);
        this.people.snapshot(told.snapshot);
        this.drawer.snapshot(told.snapshot);
        this.stock.forget();
        this.shelf.sync(told.snapshot.catalog_version);
        desk.inBackground(this.people.refresh());
        desk.inBackground(this.orders.refresh());
        desk.inBackground(this.devices.refresh());
        desk.inBackground(this.askAttempts());
        desk.inBackground(this.readHistory(told.snapshot.epoch));
        return;
      case "catalog":
        this.shelf.sync(told.version);
        return;
      case "stock":
        this.stock.take(told.message);
        return;
      case "orders":
        this.orders.take(told.message);
        this.lostOrder(told.message);
        return;
      case "status": {
        const { status } = told;
        view.headquarters.value = { state: status.hub, waiting: Number(status.waiting), asOf: desk.now() };
        view.tills.value = status.tills;
        this.transactions.covered(status.epoch, status.headquarters_seq);
        this.alone.publish();
        return;
      }
      case "event":
        if (told.event.counter !== null) this.counter(told.event.counter);
        else {
          this.selling.event(told.event);
          this.refunds.event(told.event);
        }
        return;
      case "sent":
        desk.sent.set(told.id, told.times);
        this.showUnconfirmed();
        desk.ports.clock.after(FIRST_CONTACT_MS + 50, () => this.showUnconfirmed());
        return;
      case "forgotten":
        this.showUnconfirmed();
        if (desk.outbox.waitingCount === 0 && desk.isOnline) this.alone.hubThere();
        this.alone.publish();
        return;
      case "covered":
        this.alone.publish();
        return;
      case "offer_waits":
      case "malformed":
        return;
    }
  }

  /** Another till took over what this one has in hand: whatever was changed here is not merged, and somebody is told. */
  private lostOrder({ order }: OrdersMessage): void {
    const { desk } = this;
    if (order === null || order.change.kind !== "retrieved" || order.terminal === desk.terminal) return;
    if (this.basket.current?.order !== order.order) return;
    this.selling.forgetOrder(order.order);
    const till = this.view.tills.value.find(({ terminal }) => terminal === order.terminal);
    this.scans.tell("blocked", "", `till ${till?.number ?? "?"} took the order over; what was changed here since is not part of it`);
  }

  private counter(news: NonNullable<Extract<Told, { kind: "event" }>["event"]["counter"]>): void {
    if (news.kind === "scanned") this.scans.fromHub(news.value);
    else if (news.kind === "scanner") this.devices.scanner(news.value);
    else this.devices.scale(news.value);
  }

  private there(epoch: string): void {
    const { desk, view } = this;
    desk.epoch = epoch;
    if (view.hub.value.kind === "online") return;
    this.cancelFirst();
    view.hub.value = { kind: "online", since: desk.now() };
    this.alone.hubThere();
    this.basket.reprice();
    this.selling.publish();
    this.showUnconfirmed();
  }

  private gone(why: string): void {
    const { desk, view } = this;
    const before = view.hub.value;
    const at = desk.now();
    view.hub.value = { kind: "gone", since: before.kind === "gone" ? before.since : at, why };
    view.headquarters.value = { ...view.headquarters.value, state: "unknown" };
    this.alone.hubGone(at);
    this.stock.forget();
    this.showUnconfirmed();
    if (before.kind !== "gone") {
      this.then(() => this.selling.hubGone());
      this.then(() => this.basket.hubGone());
    }
    this.selling.publish();
  }

  private async answered(reply: Reply, epoch: string | null): Promise<void> {
    const { desk } = this;
    desk.sent.delete(reply.id);
    const row = await this.transactions.answered(reply, epoch);
    this.selling.answeredBefore(reply.id, row);
    const steps = await this.alone.answered(reply);
    if (steps.length > 0) await this.follow(reply.id, steps);
    const summary = reply.answer.kind === "accepted" ? reply.answer.value.summary : null;
    // Placed by a command that left before the page was loaded: whoever asked is not here any more.
    if (summary?.kind === "order_placed" && this.basket.current?.state === "draft") this.basket.placed(summary.value.order, 1);
    const kind = summary?.kind ?? null;
    if (kind === "shift_opened" || kind === "shift_closed") desk.engine?.refresh();
  }

  /** What has to be told besides, after something that was done alone was answered. The last step is the sale itself. */
  private async follow(from: string, steps: readonly Step[]): Promise<void> {
    const { desk } = this;
    const at = desk.now();
    const rows = steps.map(({ name, action }) => {
      const id = desk.mint();
      return { id, action: name, at, order: null, text: JSON.stringify({ command: { id, occurred_at: at, action } }) };
    });
    const [sale, step] = [rows.at(-1), steps.at(-1)];
    if (sale === undefined || step === undefined) return;
    const resold = this.alone.following(from, sale.id, step);
    const rekeyed = step.name === "alias_receipt" ? null : this.transactions.rekeying(from, sale.id);
    await desk.outbox.ask(rows, async () => {
      await rekeyed?.write();
      await resold.write();
    }, from);
    rekeyed?.use();
    resold.use();
    desk.engine?.submitNext(rows);
  }

  private async readHistory(epoch: string): Promise<void> {
    const page = await this.desk.api?.get(transactionsPage, PATHS.transactions, { limit: "100" });
    if (page !== undefined) await this.transactions.fill(page.transactions, epoch);
  }

  /** Standings of payments at devices that this till may have missed. */
  private async askAttempts(): Promise<void> {
    const { api } = this.desk;
    await this.refunds.ask();
    for (const attempt of this.selling.attemptsToAsk) {
      const page = await api?.get(tenderPage, PATHS.tender, { attempt }).catch(() => null);
      if (page === null || page === undefined) continue;
      this.selling.event({
        number: null, attempt, counter: null,
        news: { kind: "standing", value: { seq: BigInt(page.as_of_seq), tender: page.tender } },
      });
    }
  }

  private showUnconfirmed(): void {
    const { desk, view } = this;
    const isGone = view.hub.value.kind !== "online";
    const old = desk.ports.clock.now() - FIRST_CONTACT_MS;
    const rows = desk.outbox.waitingRows().filter(({ id, at }) => {
      const times = desk.sent.get(id) ?? 0;
      return times > 0 ? isGone || Date.parse(at) <= old : !this.alone.isIsland(id) && Date.parse(at) <= old && !desk.isOnline && this.wasSent(id);
    });
    view.unconfirmed.value = rows.map(({ id, action, at, order }) => ({
      command: id, action, since: at, attempts: desk.sent.get(id) ?? 1, order,
    }));
  }

  /** A transaction whose row says that its reply is missing had left before the page was loaded. */
  private wasSent(id: string): boolean {
    return this.transactions.row(id)?.unconfirmed ?? false;
  }

  private async pair(code: string): Promise<Answer<{ readonly till: number }>> {
    const { desk } = this;
    return asking(async () => {
      // A till that was paired before keeps its number and what it holds.
      const before = await recall(desk.kept.facts, PAIRED, pairResponse);
      const known_as = before === null ? null : { terminal: before.terminal, number: before.number };
      const answer = await desk.ports.http.send({
        method: "POST", path: PATHS.pair, headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify({ code: code.trim(), known_as }), withinMs: 15_000,
      });
      if (answer.status !== 200) throw refusalOf(answer.status, answer.body);
      const paired = decode(pairResponse, answer.body);
      await remember(desk.kept.facts, PAIRED, paired);
      await this.askPersistence();
      if (before === null) await this.begin(paired);
      else this.surroundings.restart();
      return { till: paired.number };
    });
  }

  private async tellPersistence(): Promise<void> {
    const { storage } = this.surroundings;
    if (storage === null) return;
    const kept = await storage.persisted().catch(() => null);
    this.view.storage.value = kept === null ? "unknown" : kept ? "persistent" : "may_be_cleared";
  }

  private async askPersistence(): Promise<void> {
    const { storage } = this.surroundings;
    if (storage === null) return;
    await storage.persist().catch(() => false);
    await this.tellPersistence();
  }
}
