import type { Money, TillView } from "../../core/contract";
import { language, isLanguage } from "../../i18n/locale";
import { keptLines } from "../sell/lines";
import { stepText } from "../pay/device";

/** What the customer sees: plain data, sent from the till's page to the display's on the same device. */
export interface Shown {
  readonly kind: "holdfast-display";
  readonly language: string;
  readonly store: string;
  readonly training: boolean;
  readonly lines: readonly { readonly number: number; readonly quantity: string; readonly unit: string; readonly name: string; readonly amount: Money; readonly off: readonly { readonly name: string; readonly amount: Money }[] }[];
  readonly total: Money | null;
  readonly saved: Money | null;
  readonly open: Money | null;
  readonly change: Money | null;
  readonly done: boolean;
  readonly device: string | null;
  readonly qr: string | null;
}

export const CHANNEL = "holdfast-till-display";
/** What a display says when it opens, so that the till shows it where things stand. */
export const HELLO = "hello";

const LINES_MAX = 60;

export function shownOf(view: TillView): Shown {
  const basket = view.basket.value;
  const payment = view.payment.value;
  const last = view.last.value;
  const lines = keptLines(basket);
  const idle = basket === null || lines.length === 0;
  const device = payment?.tenders.findLast((tender) => tender.device !== null && !tender.counts)?.device ?? null;
  const live = device !== null && (device.standing.kind === "under_way" || device.standing.kind === "started");
  const done = idle && last !== null && (last.kind === "sale" || last.kind === "exchange");
  return {
    kind: "holdfast-display",
    language: language.value,
    store: view.store.value?.name ?? "",
    training: view.shift.value?.mode === "training",
    lines: lines.slice(-LINES_MAX).map((line) => ({
      number: line.number,
      quantity: line.quantity,
      unit: line.unit,
      name: line.description,
      amount: line.gross,
      off: line.discounts.map((part) => ({ name: part.kind === "promotion" ? part.name : part.reason, amount: part.amount })),
    })),
    total: idle ? (done ? last.total : null) : basket.totals.gross,
    saved: idle ? null : basket.totals.discount,
    open: payment?.open ?? null,
    change: payment === null ? (done ? last.change : null) : payment.change,
    done,
    device: live && device.step?.kind !== "show_qr" ? stepText(device.step) : null,
    qr: live && device.step?.kind === "show_qr" ? device.step.text : null,
  };
}

/** What comes over the channel is from our own origin, and still is looked at before it is shown. */
export function isShown(data: unknown): data is Shown {
  return typeof data === "object" && data !== null && "kind" in data && data.kind === "holdfast-display" && "language" in data && typeof data.language === "string" && isLanguage(data.language) && "lines" in data && Array.isArray(data.lines);
}
