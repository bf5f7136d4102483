import { describe, expect, it } from "vitest";
import { currencyOf } from "./currency";
import { read, readQuantity, readRate, readUnitPrice, round, write } from "./exact";
import { Malformed } from "./refusal";

describe("decimals", () => {
  it.each([
    ["12.5", 2, 1250n],
    ["0", 4, 0n],
    ["-0.05", 2, -5n],
    ["1.5000", 2, 150n],
    ["0.000001", 6, 1n],
    ["99999999999999999999.99", 2, 9999999999999999999999n],
  ])("%s with %i places is %s steps", (text, places, steps) => {
    expect(read(text, places)).toBe(steps);
  });

  it.each(["", ".5", "5.", "1e3", "1,5", "--1", "+1", " 1", "1 ", "0x10", "NaN", "١٢"])("%j is no decimal", (text) => {
    expect(() => read(text, 4)).toThrow(Malformed);
  });

  it("nothing smaller than a step is read", () => {
    expect(() => read("0.001", 2)).toThrow("more than 2 decimal places");
  });

  it.each([
    [1250n, 2, 2, "12.50"],
    [5n, 2, 2, "0.05"],
    [-5n, 2, 2, "-0.05"],
    [35000n, 4, 2, "3.50"],
    [375n, 4, 2, "0.0375"],
    [2000n, 3, 0, "2"],
    [1235n, 3, 0, "1.235"],
    [501n, 0, 0, "501"],
  ])("%s steps of %i places and at least %i are written %s", (steps, places, least, text) => {
    expect(write(steps, places, least)).toBe(text);
  });

  it("prices, quantities and rates are those that the hub takes", () => {
    expect(readUnitPrice("1000000000.0000")).toBe(10n ** 13n);
    expect(() => readUnitPrice("1000000000.0001")).toThrow(Malformed);
    expect(() => readUnitPrice("-0.01")).toThrow(Malformed);
    expect(readQuantity("-1.375")).toBe(-1375n);
    expect(() => readQuantity("100000000.001")).toThrow(Malformed);
    expect(() => readRate("10.000001")).toThrow(Malformed);
  });
});

it.each([
  [5n, 2n, 3n],
  [49999n, 20000n, 2n],
  [1n, 2n, 1n],
  [3n, 1n, 3n],
  [-5n, 2n, -3n],
])("%s / %s rounds to %s", (numerator, denominator, rounded) => {
  expect(round(numerator, denominator)).toBe(rounded);
});

describe("currencies", () => {
  it.each([
    ["EUR", 2],
    ["JPY", 0],
    ["KWD", 3],
    ["CLF", 4],
    // The CLDR, and so `Intl`, gives these none: what is stored has them all the same.
    ["LBP", 2],
    ["IQD", 3],
  ])("%s has %i places", (code, places) => {
    expect(currencyOf(code).places).toBe(places);
  });

  it("has no currency but by its three letters", () => {
    expect(() => currencyOf("Euro")).toThrow(Malformed);
  });
});
