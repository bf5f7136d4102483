/** Questions that the till answers from memory, at once. */
import type { TillLookup } from "../contract";
import type { Desk } from "../desk";
import { shown } from "./catalog";
import type { Shelf } from "./shelf";

export function lookupOf(desk: Desk, shelf: Shelf): TillLookup {
  return {
    search: (text, most) => desk.catalog.search(text, most).map(shown),
    inCategory: (category) => desk.catalog.inCategory(category).map(shown),
    product: (sku) => {
      const found = desk.catalog.get(sku);
      return found === null ? null : shown(found);
    },
    favourites: (most) => shelf.favourites.flatMap((sku) => {
      const found = desk.catalog.get(sku);
      return found === null ? [] : [shown(found)];
    }).slice(0, most),
  };
}
