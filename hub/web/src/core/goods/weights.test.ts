import { expect, it } from "vitest";
import { kilogramsOf } from "./weights";

it.each([
  ["0.750", "kg", "0.75"], ["1.500", "kg", "1.5"], ["0.7500", "kg", "0.75"], ["0.7505", "kg", null], ["750.00", "g", "0.75"],
  ["750.05", "g", null], ["2000000", "mg", "2"], ["0.001", "t", "1"], ["1.00", "lb", null],
] as const)("%s %s is sold as %s kilograms or not at all", (amount, unit, expected) => {
  expect(kilogramsOf({ amount, unit })).toBe(expected);
});
