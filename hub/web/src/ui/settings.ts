import { effect, signal } from "@preact/signals";
import { deviceLanguage, direction, isLanguage, language, speak, type Language } from "../i18n/locale";
import { setQuiet } from "./sound";

/** How this device shows the till. Kept on the device; nothing of it concerns a sale. */
export type Theme = "device" | "light" | "dark";

const KEY = "holdfast-till-appearance";

export const theme = signal<Theme>("device");
export const largeTouch = signal(false);
export const quiet = signal(false);
/** Minutes without a touch or key until the till locks itself; 0 is never. */
export const lockMinutes = signal(5);
export const LOCK_MINUTES = [1, 5, 15, 0] as const;

interface Kept {
  readonly theme?: unknown;
  readonly largeTouch?: unknown;
  readonly quiet?: unknown;
  readonly lockMinutes?: unknown;
  readonly language?: unknown;
}

function read(): Kept {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof kept === "object" && kept !== null ? kept : {};
  } catch {
    // A browser may refuse its storage, and somebody may have written into it: the till then looks as it does at first.
    return {};
  }
}

function isTheme(value: unknown): value is Theme {
  return value === "device" || value === "light" || value === "dark";
}

/** Takes up what was chosen at this device before, and keeps what is chosen from now on. */
export async function beginAppearance(root: HTMLElement): Promise<void> {
  const kept = read();
  theme.value = isTheme(kept.theme) ? kept.theme : "device";
  largeTouch.value = kept.largeTouch === true;
  quiet.value = kept.quiet === true;
  lockMinutes.value = LOCK_MINUTES.find((minutes) => minutes === kept.lockMinutes) ?? 5;
  await speak(typeof kept.language === "string" && isLanguage(kept.language) ? kept.language : deviceLanguage()).catch(() => speak("en"));

  effect(() => {
    root.dataset["theme"] = theme.value;
    root.dataset["touch"] = largeTouch.value ? "large" : "normal";
    root.lang = language.value;
    root.dir = direction.value;
    setQuiet(quiet.value);
    const chosen = { theme: theme.value, largeTouch: largeTouch.value, quiet: quiet.value, lockMinutes: lockMinutes.value, language: language.value };
    try {
      localStorage.setItem(KEY, JSON.stringify(chosen));
    } catch {
      // What is chosen then holds until the page is closed.
    }
  });
}

export function chooseLanguage(chosen: Language): void {
  // A catalogue that cannot be loaded leaves the language as it is.
  void speak(chosen).catch(() => undefined);
}
