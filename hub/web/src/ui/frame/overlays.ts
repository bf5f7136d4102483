import { signal } from "@preact/signals";

/** Panels that belong to no page. */
export const helpShown = signal(false);
export const operatorShown = signal(false);
export const moreShown = signal(false);
