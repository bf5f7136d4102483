import type { BusinessDate, Store } from "../core/contract";

/** The date of now in the store's time zone, as business dates are written. */
export function storeToday(store: Store | null, daysBefore = 0): BusinessDate {
  const at = new Date(Date.now() - daysBefore * 86_400_000);
  // Swedish writes dates the way ISO 8601 does.
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeZone: store?.timeZone ?? "UTC" }).format(at);
}
