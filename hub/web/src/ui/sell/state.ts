import { signal } from "@preact/signals";

/** What is open on the page of the sale. */
export type Sheet =
  | { readonly kind: "quantity"; readonly line: number }
  | { readonly kind: "price"; readonly line: number }
  | { readonly kind: "discount"; readonly line: number }
  | { readonly kind: "note"; readonly line: number }
  | { readonly kind: "void"; readonly line: number }
  | { readonly kind: "basket-discount" }
  | { readonly kind: "basket-note" }
  | { readonly kind: "terms" }
  | { readonly kind: "customer" }
  | { readonly kind: "park" }
  | { readonly kind: "abandon" }
  | { readonly kind: "price-check" }
  | { readonly kind: "promotions" }
  | { readonly kind: "family"; readonly family: string };

export const sheet = signal<Sheet | null>(null);

export function open(next: Sheet): void {
  sheet.value = next;
}

export function closeSheet(): void {
  sheet.value = null;
}

/** What stands in the search field; with `3*` before it, how many of what is found. */
export const searched = signal("");

/** The category whose goods the grid shows; null is what was sold most lately. */
export const category = signal<string | null>(null);

/** On a phone the basket covers the goods when it is up. */
export const basketUp = signal(false);

export interface Search {
  readonly times: string | null;
  readonly words: string;
}

/** Reads `3*apple`: three, and what to look for. */
export function readSearch(text: string): Search {
  const match = /^\s*(\d{1,4}(?:[.,]\d{1,3})?)\s*[*×xX]\s*(.*)$/u.exec(text);
  if (match === null) {
    return { times: null, words: text.trim() };
  }
  const [, count = "1", words = ""] = match;
  return { times: count.replace(",", "."), words: words.trim() };
}
