import { computed, signal } from "@preact/signals";
import { fill, type Arguments, type Message } from "./message";
import { en, type Catalogue, type Key } from "./en";

/** Languages of the till, each under its own name, as somebody looks for it who can read no other. */
export const LANGUAGES = [
  { code: "en", name: "English", direction: "ltr" },
  { code: "de", name: "Deutsch", direction: "ltr" },
  { code: "ar", name: "العربية", direction: "rtl" },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

const shown = signal<{ readonly language: Language; readonly catalogue: Catalogue }>({ language: "en", catalogue: en });

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

/** Loads a language and shows everything in it. */
export async function speak(chosen: Language): Promise<void> {
  shown.value = { language: chosen, catalogue: await catalogueOf(chosen) };
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

async function catalogueOf(chosen: Language): Promise<Catalogue> {
  switch (chosen) {
    case "en":
      return en;
    case "de":
      return (await import("./de")).de;
    case "ar":
      return (await import("./ar")).ar;
  }
}
