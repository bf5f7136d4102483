import { describe, expect, it } from "vitest";
import { Burst, CODE_CHARACTERS_MAX, PAUSE_MS_MAX } from "./burst";

/** Strikes the keys with so many milliseconds between them and says what came out, in order. */
function strike(keys: readonly string[], every: number, burst = new Burst(), from = 1000): readonly string[] {
  const heard: string[] = [];
  keys.forEach((key, at) => {
    const decision = burst.press(key, from + at * every);
    for (const typed of decision.typed) {
      heard.push(typed.key);
    }
    if (decision.kind === "scanned") {
      heard.push(`scan ${decision.code}`);
    }
  });
  return heard;
}

const CODE = [..."4012345678901", "Enter"];

describe("a burst of keys", () => {
  it.each([1, 10, 30, PAUSE_MS_MAX])("with %i ms between them is a scan, and nobody typed anything", (every) => {
    expect(strike(CODE, every)).toEqual(["scan 4012345678901"]);
  });

  it("is a person's when it is slower", () => {
    expect(strike(CODE, PAUSE_MS_MAX + 1)).toEqual(CODE);
  });

  it("may end with Tab and have shifted letters", () => {
    expect(strike(["Shift", "A", "b", "Shift", "C", "1", "Tab"], 5)).toEqual(["scan AbC1"]);
  });

  it("of fewer characters than any code is typed", () => {
    expect(strike(["1", "2", "3", "Enter"], 5)).toEqual(["1", "2", "3", "Enter"]);
  });

  it("is not lengthened by what a person typed before it", () => {
    const burst = new Burst();
    expect(strike(["3"], 1, burst, 0)).toEqual([]);
    expect(strike(CODE, 5, burst, 200)).toEqual(["3", "scan 4012345678901"]);
  });

  it("follows another without mixing with it", () => {
    expect(strike([..."11112222", "Enter", ..."33334444", "Enter"], 2)).toEqual(["scan 11112222", "scan 33334444"]);
  });

  it("that is broken by another key is typed, in order", () => {
    expect(strike(["1", "2", "3", "4", "Backspace", "Enter"], 5)).toEqual(["1", "2", "3", "4", "Backspace", "Enter"]);
  });

  it("without an end is a person's, and nothing is held longer than a code can be", () => {
    const keys = Array.from({ length: CODE_CHARACTERS_MAX + 1 }, () => "7");
    expect(strike(keys, 1)).toHaveLength(CODE_CHARACTERS_MAX + 1);
  });

  it("is let go when nothing follows", () => {
    const burst = new Burst();
    burst.press("5", 100);
    expect(burst.until).toBe(100 + PAUSE_MS_MAX);
    expect(burst.release().map((typed) => typed.key)).toEqual(["5"]);
    expect(burst.until).toBeNull();
  });
});
