/**
 * The copy of what the hub sells by: loaded from this device at the start, brought up to date by what changed since its
 * version where the hub can say that, else read whole. The till sells by the old copy until the new one is complete.
 *
 * Products are kept by pages, as text: fifty reads of a thousand products are ten times as fast as fifty thousand of one.
 */
import { batch } from "@preact/signals";
import { decode, list } from "../../protocol/decode";
import { PATHS, bookPage, catalogPage } from "../../protocol/hub";
import { product, type WireProduct } from "../../protocol/goods";
import { LocalPricing } from "../basket/local_price";
import type { Desk } from "../desk";
import { HubRefusal } from "../link/hub_api";

const PAGE_PRODUCTS = 1_000;
const VERSION = "version";
const BOOK = "book";
const RECENT = "recent";
const RECENT_MAX = 60;
const products = list(product);

interface Stored {
  readonly version: string;
  readonly book: string | null;
}

export class Shelf {
  private stored: Stored = { version: "", book: null };
  private syncing: Promise<void> | null = null;
  private wanted: string | null = null;
  private recent: readonly string[] = [];

  constructor(private readonly desk: Desk, private readonly changed: () => void) {}

  /** What this device has. */
  async open(): Promise<void> {
    const { goods, catalog, state } = this.desk;
    const [version, book, recent, pages] = await Promise.all([
      goods.facts.get(VERSION), goods.facts.get(BOOK), goods.facts.get(RECENT), goods.products.toArray(),
    ]);
    if (typeof version?.value === "string") {
      try {
        for (const page of pages) for (const one of decode(products, page.products)) catalog.put(one);
        this.stored = { version: version.value, book: typeof book?.value === "string" ? book.value : null };
        if (this.stored.book !== null) this.desk.book = decode(bookPage, this.stored.book);
      } catch {
        // An older till kept it in another form: it is read anew.
        catalog.clear();
        this.stored = { version: "", book: null };
      }
    }
    if (Array.isArray(recent?.value)) this.recent = recent.value.filter((sku) => typeof sku === "string");
    state.catalog.value = { version: this.stored.version === "" ? null : this.stored.version, products: catalog.size, loading: null };
    this.usePrices();
  }

  get favourites(): readonly string[] {
    return this.recent;
  }

  /** What was sold moves to the front. */
  sold(skus: readonly string[]): void {
    const next = [...new Set([...skus, ...this.recent])].slice(0, RECENT_MAX);
    this.recent = next;
    void this.desk.goods.facts.put({ name: RECENT, value: next });
  }

  /** The hub sells by this version now. */
  sync(version: string): void {
    this.wanted = version;
    this.syncing ??= this.run().finally(() => {
      this.syncing = null;
    });
  }

  /** Waits until nothing is read any more. */
  async settled(): Promise<void> {
    await this.syncing;
  }

  /** Taxes or promotions may have changed without a new version. */
  async readBook(): Promise<void> {
    const { api, goods } = this.desk;
    if (api === null) return;
    const raw = await api.get((value) => value, PATHS.book).catch(() => null);
    if (raw === null) return;
    const text = JSON.stringify(raw);
    if (text === this.stored.book) return;
    this.desk.book = bookPage(raw, "");
    this.stored = { ...this.stored, book: text };
    await goods.facts.put({ name: BOOK, value: text });
    this.usePrices();
    this.changed();
  }

  /** The engine reads prices, promotions and taxes anew. */
  usePrices(): void {
    const { desk } = this;
    if (desk.book !== null) desk.catalog.useBook(desk.book.book);
    desk.pricing = desk.facts === null ? null : new LocalPricing(desk.facts.profile, desk.book, desk.catalog, desk.facts.time);
    desk.state.categories.value = desk.catalog.categories();
  }

  private async run(): Promise<void> {
    for (let failures = 0; failures < 5 && this.wanted !== null && this.wanted !== this.stored.version; ) {
      const wanted: string = this.wanted;
      try {
        const read = (await this.readChanges()) ?? (await this.readWhole());
        await this.keep(read);
        if (this.stored.version === wanted || this.wanted === wanted) this.wanted = this.stored.version;
      } catch {
        failures += 1;
      }
    }
    await this.readBook();
  }

  /** What changed since the version that is here; none where the hub cannot say. */
  private async readChanges(): Promise<string | null> {
    const { api, catalog } = this.desk;
    if (api === null || this.stored.version === "") return null;
    const changed: WireProduct[] = [];
    const removed: string[] = [];
    let version = "";
    try {
      await api.pages(catalogPage, PATHS.catalog, { since: this.stored.version }, async (page) => {
        if (version !== "" && page.version !== version) {
          [changed.length, removed.length, version] = [0, 0, ""];
          return "begin_again";
        }
        version = page.version;
        changed.push(...page.products);
        removed.push(...page.removed);
        return "go_on";
      });
    } catch (error) {
      // A hub that does not know the question, or the version no more.
      if (error instanceof HubRefusal) return null;
      throw error;
    }
    for (const sku of removed) catalog.remove(sku);
    for (const one of changed) catalog.put(one);
    return version;
  }

  private async readWhole(): Promise<string> {
    const { api, catalog, state } = this.desk;
    if (api === null) throw new Error("nothing is read before the till is paired");
    let read: WireProduct[] = [];
    let version = "";
    await api.pages(catalogPage, PATHS.catalog, {}, async (page) => {
      if (version !== "" && page.version !== version) {
        [read, version] = [[], ""];
        return "begin_again";
      }
      version = page.version;
      read.push(...page.products);
      state.catalog.value = { ...state.catalog.value, loading: { have: read.length, of: null } };
      return "go_on";
    });
    catalog.clear();
    for (const one of read) catalog.put(one);
    return version;
  }

  /** Writes the copy and shows it. */
  private async keep(version: string): Promise<void> {
    const { goods, catalog, state } = this.desk;
    const all = [...catalog.all()];
    await goods.transaction("rw", goods.products, goods.facts, async () => {
      await goods.products.clear();
      // Page by page, so that scans are served in between.
      for (let at = 0; at < all.length; at += PAGE_PRODUCTS) {
        const page = JSON.stringify(all.slice(at, at + PAGE_PRODUCTS).map(asTold));
        await goods.products.put({ from: String(at).padStart(9, "0"), products: page });
      }
      await goods.facts.put({ name: VERSION, value: version });
    });
    this.stored = { ...this.stored, version };
    batch(() => {
      state.catalog.value = { version, products: catalog.size, loading: null };
      this.usePrices();
    });
    this.changed();
  }
}

/** A product in the form in which the hub tells it. */
function asTold(of: WireProduct): unknown {
  const { stock } = of;
  return { ...of, stock: stock.value === null ? stock.kind : { [stock.kind]: stock.value } };
}

