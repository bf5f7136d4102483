import { describe, expect, it } from "vitest";
import { checkedMoment, isInForce, isWithinHours, weekday } from "./calendar";
import { byBytes } from "./order";
import { Malformed } from "./refusal";

it.each([
  ["2026-11-28", "sat"],
  ["2024-02-29", "thu"],
  ["2000-01-01", "sat"],
  ["1970-01-01", "thu"],
  ["2100-03-01", "mon"],
])("%s is a %s", (date, day) => {
  expect(weekday(date)).toBe(day);
});

it.each(["2023-02-29", "1900-02-29", "2026-13-01", "2026-1-1", "2026-04-31", "yesterday", "2026-04-30-1"])("%s is no date", (date) => {
  expect(() => weekday(date)).toThrow(Malformed);
});

it.each([-1, 1440, 0.5, Number.NaN])("%s is no minute of a day", (minute) => {
  expect(() => checkedMoment({ date: "2026-11-28", minute })).toThrow(Malformed);
});

describe("a period", () => {
  const from = { date: "2026-11-28", minute: 60 };
  const until = { date: "2026-11-29", minute: 0 };
  it.each([
    ["2026-11-28", 59, false],
    ["2026-11-28", 60, true],
    ["2026-11-28", 1439, true],
    ["2026-11-29", 0, false],
  ])("holds on %s in minute %i: %s", (date, minute, holds) => {
    expect(isInForce({ from, until }, { date, minute })).toBe(holds);
  });
});

describe("hours", () => {
  it.each([
    [600, 660, 599, false],
    [600, 660, 600, true],
    [600, 660, 660, false],
    [1380, 60, 1439, true],
    [1380, 60, 59, true],
    [1380, 60, 60, false],
    [600, 600, 600, false],
  ])("from %i until %i at %i: %s", (from_minute, until_minute, minute, holds) => {
    expect(isWithinHours({ from_minute, until_minute }, minute)).toBe(holds);
  });
});

it("codes are ordered by their bytes, also where UTF-16 is not", () => {
  const codes = ["\u{1F600}", "\u{E000}", "b", "B", "ab", "a", "", "\u{FFFD}"];
  const bytes = (code: string): string => Buffer.from(code).toString("hex");
  expect([...codes].sort(byBytes)).toEqual([...codes].sort((a, b) => (bytes(a) < bytes(b) ? -1 : 1)));
  for (const [a, b] of codes.flatMap((a) => codes.map((b) => [a, b] as const))) {
    expect(Math.sign(byBytes(a, b)), `${a} ${b}`).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
  }
});
