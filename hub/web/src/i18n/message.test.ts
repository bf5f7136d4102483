import { describe, expect, it } from "vitest";
import { fill } from "./message";

const ENGLISH = new Intl.PluralRules("en");
const ARABIC = new Intl.PluralRules("ar");
const NUMBERS = new Intl.NumberFormat("en");
/** The marks around filled-in values, for reading. */
const bare = (text: string): string => text.replace(/[\u2068\u2069]/g, "");

describe("a message", () => {
  it("has its places filled in", () => {
    expect(bare(fill("{done} of {of}", { done: 3, of: 12_000 }, ENGLISH, NUMBERS))).toBe("3 of 12,000");
  });

  it("keeps the direction of what is filled in to itself", () => {
    expect(fill("Remove {name}", { name: "قهوة" }, ENGLISH, NUMBERS)).toBe("Remove \u2068قهوة\u2069");
  });

  it("takes a filled-in value as letters and never as a place", () => {
    expect(bare(fill("{name}: {amount}", { name: "{amount}", amount: "5" }, ENGLISH, NUMBERS))).toBe("{amount}: 5");
  });

  it("shows a place that nobody filled in", () => {
    expect(fill("since {time}", {}, ENGLISH, NUMBERS)).toBe("since {time}");
  });

  it.each([[1, "one line"], [2, "2 lines"], [0, "0 lines"]])("of %i chooses %s", (count, text) => {
    expect(bare(fill({ one: "one line", other: "{count} lines" }, { count }, ENGLISH, NUMBERS))).toBe(text);
  });

  it.each([[0, "z"], [1, "o"], [2, "t"], [3, "f"], [11, "m"], [100, "x"]])("of %i has its own Arabic form %s", (count, form) => {
    expect(fill({ zero: "z", one: "o", two: "t", few: "f", many: "m", other: "x" }, { count }, ARABIC, NUMBERS)).toBe(form);
  });
});
