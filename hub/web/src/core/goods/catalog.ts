/** The products in memory: found by number, barcode or words within a frame of the screen, 50,000 of them. */
import { scan, spelling, type Embedded, type Layout } from "../../pricing";
import type { WirePriceBook, WireProduct } from "../../protocol/goods";
import type { Category, Product } from "../contract/goods";

interface Entry {
  readonly wire: WireProduct;
  /** What is searched: the description, lower case and without accents. */
  readonly words: string;
}

export interface Found {
  readonly product: WireProduct;
  /** What a label of the store's own says beside the product. */
  readonly embedded: Embedded | null;
}

export const NO_CATEGORY = "";

export function plainWords(text: string): string {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLocaleLowerCase("en");
}

export class Catalog {
  private readonly bySku = new Map<string, Entry>();
  private readonly byBarcode = new Map<string, string>();
  private layouts: readonly Layout[] = [];

  get size(): number {
    return this.bySku.size;
  }

  useBook(book: WirePriceBook): void {
    this.layouts = book.layouts;
  }

  put(product: WireProduct): void {
    this.remove(product.sku);
    this.bySku.set(product.sku, { wire: product, words: plainWords(product.description) });
    for (const barcode of product.barcodes) this.byBarcode.set(spelling(barcode), product.sku);
  }

  remove(sku: string): void {
    const known = this.bySku.get(sku);
    if (known === undefined) return;
    this.bySku.delete(sku);
    for (const barcode of known.wire.barcodes) {
      if (this.byBarcode.get(spelling(barcode)) === sku) this.byBarcode.delete(spelling(barcode));
    }
  }

  clear(): void {
    this.bySku.clear();
    this.byBarcode.clear();
  }

  get(sku: string): WireProduct | null {
    return this.bySku.get(sku)?.wire ?? null;
  }

  /** By a barcode, by one of the store's own codes with a value in it, or by number. */
  scan(code: string): Found | null {
    const found = scan(code, this.layouts, (barcode) => {
      const sku = this.byBarcode.get(barcode);
      return sku === undefined ? undefined : this.bySku.get(sku)?.wire;
    });
    if (found !== null) return found;
    const named = this.get(code);
    return named === null ? null : { product: named, embedded: null };
  }

  /** Exact numbers and codes first, then descriptions that begin with the words, then those that hold all of them. */
  search(text: string, most: number): readonly WireProduct[] {
    const wanted = plainWords(text.trim());
    if (wanted === "" || most <= 0) return [];
    const exact = this.scan(text.trim())?.product ?? null;
    const parts = wanted.split(/\s+/);
    const begins: WireProduct[] = [];
    const holds: WireProduct[] = [];
    for (const { wire, words } of this.bySku.values()) {
      if (wire === exact) continue;
      if (words.startsWith(wanted) || wire.sku.toLocaleLowerCase("en").startsWith(wanted)) begins.push(wire);
      else if (holds.length < most && parts.every((part) => words.includes(part))) holds.push(wire);
      if (begins.length >= most) break;
    }
    return [...(exact === null ? [] : [exact]), ...begins, ...holds].slice(0, most);
  }

  inCategory(category: string): readonly WireProduct[] {
    const found: WireProduct[] = [];
    for (const { wire } of this.bySku.values()) if ((wire.details.category ?? NO_CATEGORY) === category) found.push(wire);
    return found.sort((a, b) => a.description.localeCompare(b.description));
  }

  categories(): readonly Category[] {
    const counts = new Map<string, number>();
    for (const { wire } of this.bySku.values()) {
      const name = wire.details.category ?? NO_CATEGORY;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return [...counts].map(([name, products]) => ({ name, products })).sort((a, b) => a.name.localeCompare(b.name));
  }

  all(): Iterable<WireProduct> {
    return Array.from(this.bySku.values(), ({ wire }) => wire);
  }
}

/** A product as the pages show it. */
export function shown(wire: WireProduct): Product {
  const { details } = wire;
  return {
    sku: wire.sku,
    description: wire.description,
    barcodes: wire.barcodes,
    unit: wire.unit,
    unitPrice: wire.unit_price,
    category: details.category,
    variant: details.variant,
    openPrice: details.price_rule === "open",
    deposit: details.deposit,
    minimumAge: details.minimum_age,
    stock: wire.stock.kind,
  };
}
