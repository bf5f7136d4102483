/** Which items a promotion is about. */

import type { Items, Product } from "./store";

export type Selector = (product: Product) => boolean;

export function selector(items: Items): Selector {
  if (items === "all") {
    return () => true;
  }
  if ("skus" in items) {
    const skus = new Set(items.skus);
    return (product) => skus.has(product.sku);
  }
  const categories = new Set(items.categories);
  return (product) => product.category !== null && categories.has(product.category);
}
