import { signal } from "@preact/signals";

/**
 * A short word to the cashier. What went well leaves by itself, and so does what is only to be known, later; what did not go
 * stays until somebody has read it or goes to another page.
 */
export interface Notice {
  readonly id: number;
  readonly tone: "good" | "warn" | "bad";
  readonly text: string;
  readonly advice: string | null;
  readonly code: string | null;
}

const STAY_MS = { good: 3500, warn: 9000 } as const;
const NOTICES_MAX = 3;

let last = 0;

export const notices = signal<readonly Notice[]>([]);

/** What screen readers say; the same words twice are said twice. */
export const spoken = signal<{ readonly text: string; readonly turn: number }>({ text: "", turn: 0 });

export function say(text: string): void {
  spoken.value = { text, turn: spoken.peek().turn + 1 };
}

export function notify(tone: Notice["tone"], text: string, more: { readonly advice?: string | null; readonly code?: string | null } = {}): void {
  last += 1;
  const notice: Notice = { id: last, tone, text, advice: more.advice ?? null, code: more.code ?? null };
  const others = notices.peek().filter((each) => each.text !== text);
  notices.value = [...others, notice].slice(-NOTICES_MAX);
  say(text);
  if (tone !== "bad") {
    setTimeout(() => dismiss(notice.id), STAY_MS[tone]);
  }
}

/** What was only to be known is over when the cashier goes on. */
export function dismissPassing(): void {
  if (notices.peek().some((notice) => notice.tone !== "bad")) {
    notices.value = notices.peek().filter((notice) => notice.tone === "bad");
  }
}

export function dismissAll(): void {
  notices.value = [];
}

export function dismiss(id: number): void {
  notices.value = notices.peek().filter((notice) => notice.id !== id);
}
