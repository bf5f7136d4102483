import { describe, expect, it } from "vitest";
import { ar } from "./ar";
import { de } from "./de";
import { en, type Catalogue, type Key } from "./en";
import type { Message } from "./message";

const TRANSLATIONS: readonly (readonly [string, Catalogue])[] = [["de", de], ["ar", ar]];
const KEYS = Object.keys(en).filter((key): key is Key => key in en);

function texts(message: Message): readonly string[] {
  return typeof message === "string" ? [message] : Object.values(message);
}

function places(text: string): readonly string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

describe.each(TRANSLATIONS)("the catalogue %s", (language, catalogue) => {
  it("has a place for everything that English fills in", () => {
    for (const key of KEYS) {
      const english = places(texts(en[key]).at(-1) ?? "");
      for (const text of texts(catalogue[key])) {
        // A form for exactly one or two says the number in words.
        const own = places(text).filter((place) => place !== "count");
        expect(own, `${language} ${key}`).toEqual(english.filter((place) => place !== "count"));
      }
      const other = texts(catalogue[key]).at(-1) ?? "";
      expect(places(other).includes("count"), `${language} ${key} says the number`).toBe(english.includes("count"));
    }
  });

  it("has a form for every kind of number of its language, or the general one", () => {
    const kinds = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of KEYS) {
      const message = catalogue[key];
      if (typeof message !== "string") {
        expect(Object.keys(message).every((form) => kinds.some((kind) => kind === form)), `${language} ${key}`).toBe(true);
        expect(message.other.length, `${language} ${key}`).toBeGreaterThan(0);
      }
    }
  });

  it("says nothing in English by mistake", () => {
    const same = KEYS.filter((key) => JSON.stringify(catalogue[key]) === JSON.stringify(en[key]) && /[a-z]{4}/i.test(texts(en[key])[0]?.replace(/\{\w+\}/g, "") ?? ""));
    const loanwords = new Set(["place.status", "customer.name", "terms.coupon", "device.path.enter_pin", "device.path.authorising", "pair.code"]);
    expect(same.filter((key) => !loanwords.has(key))).toEqual([]);
  });
});
