/**
 * The copy of what the hub sells by: loaded from this device at the start, brought up to date by what changed since its
 * version where the hub can say that, else read whole. The till sells by the old copy until the new one is complete.
 *
 * Products are kept by pages, as text: fifty reads of a thousand products are ten times as fast as fifty thousand of one.
 */
import { batch } from "@preact/signals";
import { decode, list } from "../../protocol/decode";
import { PATHS, bookPage, catalogChanges, catalogPage } from "../../protocol/hub";
import { product, type WireProduct } from "../../protocol/goods";
import { LocalPricing } from "../basket/local_price";
import type { Desk } from "../desk";
import { HubRefusal } from "../link/hub_api";

const PAGE_PRODUCTS = 1_000;
const VERSION = "version";
const BOOK = "book";
const RECENT = "recent";
const RECENT_MAX = 60;
/** How often a copy is begun anew; the next connection asks again. */
const FAILURES_MAX = 5;
const HASH = "hash";
const products = list(product);

interface Stored {
  readonly version: string;
  /** The catalog's file at the hub, in hex: what the next difference is asked from. */
  readonly hash: string | null;
  readonly book: string | null;
}

interface Version {
  readonly version: string;
  readonly hash: string | null;
}

const NOTHING: Stored = { version: "", hash: null, book: null };

export class Shelf {
  private stored: Stored = NOTHING;
  private syncing: Promise<void> | null = null;
  private wanted: string | null = null;
  private recent: readonly string[] = [];

  constructor(private readonly desk: Desk, private readonly changed: () => void) {}

  /** What this device has. */
  async open(): Promise<void> {
    const { goods, catalog, state } = this.desk;
    const [version, hash, book, recent, pages] = await Promise.all([
      goods.facts.get(VERSION), goods.facts.get(HASH), goods.facts.get(BOOK), goods.facts.get(RECENT), goods.products.toArray(),
    ]);
    if (typeof version?.value === "string") {
      try {
        for (const page of pages) for (const one of decode(products, page.products)) catalog.put(one);
        const textOf = (value: unknown) => (typeof value === "string" ? value : null);
        this.stored = { version: version.value, hash: textOf(hash?.value), book: textOf(book?.value) };
        if (this.stored.book !== null) this.desk.book = decode(bookPage, this.stored.book);
      } catch {
        // An older till kept it in another form: it is read anew.
        catalog.clear();
        this.stored = NOTHING;
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
    this.desk.inBackground(this.desk.goods.facts.put({ name: RECENT, value: next }));
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
    let text: string;
    try {
      const raw = await api.get((value) => value, PATHS.book);
      this.desk.book = bookPage(raw, "");
      text = JSON.stringify(raw);
    } catch {
      // It is asked again with the next catalog, and after the next connection.
      return;
    }
    const { version, content_hash: hash } = this.desk.book;
    if (hash !== null && version === this.stored.version && hash !== this.stored.hash) {
      this.stored = { ...this.stored, hash };
      await goods.facts.put({ name: HASH, value: hash });
    }
    if (text === this.stored.book) return;
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

  /** Until what the hub said last is here, also where it said it meanwhile. */
  private async run(): Promise<void> {
    let failures = 0;
    do {
      const { wanted } = this;
      if (wanted !== null && wanted !== this.stored.version) {
        try {
          await this.keep((await this.readChanges()) ?? (await this.readWhole()));
          // A hub that came back from an older copy has another version than it said.
          if (this.wanted === wanted) this.wanted = this.stored.version;
        } catch {
          failures += 1;
        }
      }
      await this.readBook();
    } while (this.wanted !== null && this.wanted !== this.stored.version && failures < FAILURES_MAX);
  }

  /** What changed since the catalog that is here; none where the hub cannot say. */
  private async readChanges(): Promise<Version | null> {
    const { api, catalog } = this.desk;
    if (api === null || this.stored.hash === null) return null;
    const changed: WireProduct[] = [];
    const removed: string[] = [];
    let read: Version | null = null;
    try {
      await api.pages(catalogChanges, PATHS.catalogChanges, { since: this.stored.hash }, async (page) => {
        if (read !== null && page.content_hash !== read.hash) {
          [changed.length, removed.length, read] = [0, 0, null];
          return "begin_again";
        }
        read = { version: page.version, hash: page.content_hash };
        changed.push(...page.products);
        removed.push(...page.removed);
        return "go_on";
      });
    } catch (error) {
      // The hub has that catalog no more, or does not know the question.
      if (error instanceof HubRefusal) return null;
      throw error;
    }
    for (const sku of removed) catalog.remove(sku);
    for (const one of changed) catalog.put(one);
    return read;
  }

  private async readWhole(): Promise<Version> {
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
    return { version, hash: null };
  }

  /** Writes the copy and shows it. */
  private async keep({ version, hash }: Version): Promise<void> {
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
      await goods.facts.put({ name: HASH, value: hash });
    });
    this.stored = { ...this.stored, version, hash };
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

