import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { problems as arabic } from "./ar/problems";
import { problems as german } from "./de/problems";
import { sentence, speak, worded } from "./locale";

const OWN = [...readFileSync("src/core/problems.ts", "utf8").matchAll(/"(HF-WEB-\d{3})": \[/g)].map((match) => match[1] ?? "");

afterEach(() => speak("en"));

describe("a refusal", () => {
  it("of the till itself is known in every language", () => {
    expect(OWN.length).toBeGreaterThan(30);
    expect(OWN.filter((code) => !(code in german))).toEqual([]);
    expect(OWN.filter((code) => !(code in arabic))).toEqual([]);
  });

  it("is worded in the language of the till, and as it came where its code is not known", async () => {
    await speak("de");
    expect(worded({ code: "HF-CMD-103", text: "too many wrong PINs", advice: null })).toEqual({ text: "Zu viele falsche PINs.", advice: "Einige Minuten warten." });
    expect(worded({ code: "HF-CMD-999", text: "something new", advice: "ask" })).toEqual({ text: "Something new.", advice: "Ask." });
  });

  it("is a sentence", () => {
    expect(sentence("the hub does not answer")).toBe("The hub does not answer.");
    expect(sentence("was a barcode typed as a number?")).toBe("Was a barcode typed as a number?");
    expect(sentence("")).toBe("");
  });
});
