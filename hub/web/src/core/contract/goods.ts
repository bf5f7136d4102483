import type { Decimal, Money } from "./values";

export type Unit = "piece" | "kilogram" | "litre" | "metre";

/** A product as the grid and the search show it. */
export interface Product {
  readonly sku: string;
  readonly description: string;
  readonly barcodes: readonly string[];
  readonly unit: Unit;
  /** Per unit, at most four places; of an open-price item it says nothing. */
  readonly unitPrice: Decimal;
  readonly category: string | null;
  readonly variant: { readonly family: string; readonly name: string } | null;
  /** Whoever sells it says what it costs. */
  readonly openPrice: boolean;
  /** The deposit item that is sold with each one. */
  readonly deposit: string | null;
  readonly minimumAge: number | null;
  readonly stock: "counter" | "strict" | "untracked" | "bundle";
}

export interface Category {
  readonly name: string;
  readonly products: number;
}

export interface StockRow {
  readonly sku: string;
  readonly description: string | null;
  readonly onHand: Decimal;
  readonly reserved: Decimal;
  readonly available: Decimal;
}

/** What a price check shows: nothing is sold by it. */
export interface PriceCheck {
  readonly product: Product;
  /** What one unit would cost now, after price lists, alone in a basket. */
  readonly price: Money;
  /** Promotions that it takes part in, by name. */
  readonly promotions: readonly string[];
  readonly stock: StockRow | null;
}

export type ReceiveReason =
  | { readonly kind: "received" }
  | { readonly kind: "delivered"; readonly reference: string }
  | { readonly kind: "waste" }
  | { readonly kind: "other"; readonly reason: string };

/** A scan or a typed number on its way into the basket. */
export type ScanSource = "keyboard" | "scanner" | "typed";

/** Something about a scan that stays until the cashier has seen it. */
export interface ScanAlert {
  readonly id: string;
  readonly kind: "unknown" | "blocked" | "malformed" | "looks_like_card" | "ambiguous_price";
  /** What was scanned, a card's number masked. */
  readonly code: string;
  readonly text: string;
  readonly at: string;
}

/** What the till must know before the next scan of the queue is looked at. */
export type ScanQuestion =
  | { readonly id: string; readonly kind: "weight"; readonly product: Product; readonly scale: string | null }
  | { readonly id: string; readonly kind: "price"; readonly product: Product }
  | { readonly id: string; readonly kind: "age"; readonly product: Product; readonly years: number; readonly bornBefore: string };

export type ScanAnswer =
  | { readonly kind: "quantity"; readonly quantity: Decimal }
  | { readonly kind: "weigh" }
  | { readonly kind: "price"; readonly unitPrice: Decimal }
  /** Obviously, or by an identity document. No date of birth is kept. */
  | { readonly kind: "old_enough"; readonly how: "by_look" | "by_document" }
  /** The item does not come into the basket. */
  | { readonly kind: "dismiss" };

export interface CountInProgress {
  readonly count: string;
  readonly scope: "full" | readonly string[];
  readonly counted: readonly { readonly sku: string; readonly description: string; readonly found: Decimal }[];
}
