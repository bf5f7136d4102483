import { describe, expect, it } from "vitest";
import { readSearch } from "./state";

describe("what is searched for", () => {
  it.each([
    ["apple", null, "apple"],
    ["3*apple", "3", "apple"],
    ["3 × ", "3", ""],
    ["12x4012345678901", "12", "4012345678901"],
    ["0,482*pears", "0.482", "pears"],
    ["4012345678901", null, "4012345678901"],
    ["xylophone", null, "xylophone"],
    ["12345*apple", null, "12345*apple"],
  ])("in %s is %s times %s", (text, times, words) => {
    expect(readSearch(text)).toEqual({ times, words });
  });
});
