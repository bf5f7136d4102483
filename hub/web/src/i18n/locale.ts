import { computed, signal } from "@preact/signals";
import { fill, type Arguments, type Message } from "./message";
import { en, type Catalogue, type Key } from "./en";
import type { Problems } from "./problems";

/** Languages of the till, each under its own name, as somebody looks for it who can read no other. */
export const LANGUAGES = [
  { code: "en", name: "English", direction: "ltr" },
  { code: "de", name: "Deutsch", direction: "ltr" },
  { code: "ar", name: "العربية", direction: "rtl" },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

interface Spoken {
  readonly language: Language;
  readonly catalogue: Catalogue;
  readonly problems: Problems;
}

const shown = signal<Spoken>({ language: "en", catalogue: en, problems: {} });

export const language = computed(() => shown.value.language);
export const direction = computed(() => LANGUAGES.find((known) => known.code === shown.value.language)?.direction ?? "ltr");

/**
 * The region that numbers, money and dates are written for: the device's own, when it speaks the chosen language. Digits are
 * always the ones on keypads, scales and receipts.
 */
export const locale = computed(() => {
  const chosen = shown.value.language;
  const regional = deviceLanguages().find((tag) => tag.toLowerCase().split("-")[0] === chosen) ?? chosen;
  return `${regional.split("-u-")[0]}-u-nu-latn`;
});

const rules = computed(() => new Intl.PluralRules(locale.value));
const numbers = computed(() => new Intl.NumberFormat(locale.value));

/** The text of a message in the chosen language. Read inside a component it follows the language. */
export function t<K extends Key>(key: K, ...values: Arguments<(typeof en)[K]>): string {
  const message: Message = shown.value.catalogue[key];
  return fill(message, values[0] ?? {}, rules.value, numbers.value);
}

/**
 * A refusal as a person reads it: in their language where its code is known in it, else in the words it came with; with a
 * capital at its beginning, since it stands alone.
 */
export function worded(problem: { readonly code: string; readonly text: string; readonly advice: string | null }): { readonly text: string; readonly advice: string | null } {
  const [text, advice] = shown.value.problems[problem.code] ?? [problem.text, problem.advice];
  return { text: sentence(text), advice: advice === null ? null : sentence(advice) };
}

/** A sentence begins with a capital and ends with a stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  const begun = trimmed.charAt(0).toLocaleUpperCase(shown.value.language) + trimmed.slice(1);
  return begun === "" || /[.!?…؟]$/.test(begun) ? begun : `${begun}.`;
}

/** Loads a language and shows everything in it. */
export async function speak(chosen: Language): Promise<void> {
  shown.value = await spokenOf(chosen);
}

/** What to speak on a device that was not told: the first of its own languages that the till has. */
export function deviceLanguage(): Language {
  for (const tag of deviceLanguages()) {
    const known = LANGUAGES.find((each) => each.code === tag.toLowerCase().split("-")[0]);
    if (known !== undefined) {
      return known.code;
    }
  }
  return "en";
}

export function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some((known) => known.code === text);
}

function deviceLanguages(): readonly string[] {
  return typeof navigator === "undefined" ? ["en"] : navigator.languages;
}

async function spokenOf(chosen: Language): Promise<Spoken> {
  switch (chosen) {
    case "en":
      return { language: chosen, catalogue: en, problems: {} };
    case "de": {
      const { de, problems } = await import("./de");
      return { language: chosen, catalogue: de, problems };
    }
    case "ar": {
      const { ar, problems } = await import("./ar");
      return { language: chosen, catalogue: ar, problems };
    }
  }
}
