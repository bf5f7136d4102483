import { signal } from "@preact/signals";
import { dismissAll } from "./notices";

/** Where in the till the cashier is. It is in the address, so that the device's back button works. */
export const PLACES = ["sell", "orders", "receipts", "stock", "drawer", "reports", "status", "settings"] as const;
export type Place = (typeof PLACES)[number];

export const place = signal<Place>(placeOf(typeof location === "undefined" ? "" : location.hash));

function placeOf(hash: string): Place {
  return PLACES.find((known) => hash === `#/${known}`) ?? "sell";
}

export function go(to: Place): void {
  if (place.peek() !== to) {
    dismissAll();
    location.hash = `#/${to}`;
    place.value = to;
  }
}

export function followAddress(target: Window): () => void {
  const changed = (): void => {
    place.value = placeOf(target.location.hash);
  };
  target.addEventListener("hashchange", changed);
  return () => target.removeEventListener("hashchange", changed);
}
