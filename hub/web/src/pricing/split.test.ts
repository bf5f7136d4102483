import { expect, it } from "vitest";
import { split, takeOff } from "./split";

it.each([
  [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
  [5n, [3n, 3n, 4n], [2n, 1n, 2n]],
  [1n, [1n, 2n, 2n], [0n, 1n, 0n]],
  [7n, [0n, 0n], [7n, 0n]],
  [0n, [2n, 3n], [0n, 0n]],
  [5n, [], []],
])("%s by %s is %s", (amount, weights, parts) => {
  expect(split(amount, weights)).toEqual(parts);
});

it("what a line cannot take goes to the first that can", () => {
  const charged = [9n, 1n, 9n];
  const weights = [0, 1, 2].map((line) => ({ line, weight: 1n }));
  expect(takeOff(9n, weights, charged).map(({ amount }) => amount)).toEqual([5n, 1n, 3n]);
  expect(charged).toEqual([4n, 0n, 6n]);
});
