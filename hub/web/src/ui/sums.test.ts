import { describe, expect, it } from "vitest";
import { compare, isZero, minus, plus, share, shareOfOne, sum, times } from "./sums";

describe("sums", () => {
  it("keep every digit", () => {
    expect(plus("0.1", "0.2")).toBe("0.3");
    expect(plus("9007199254740993.01", "0.99")).toBe("9007199254740994.00");
    expect(minus("1", "1.05")).toBe("-0.05");
    expect(times("0.05", 3)).toBe("0.15");
    expect(sum([{ amount: "1.10", currency: "EUR" }, { amount: "2.2", currency: "EUR" }], "EUR").amount).toBe("3.30");
  });

  it("compare by value and not by how it is written", () => {
    expect(compare("1.50", "1.5")).toBe(0);
    expect(compare("-1", "0.00")).toBe(-1);
    expect(compare("10", "9")).toBe(1);
    expect(isZero("-0.00")).toBe(true);
  });

  it("know the worth of a part, rounded half up", () => {
    expect(share("1.00", "1", "3")).toBe("0.33");
    expect(share("1.00", "1", "8")).toBe("0.13");
    expect(share("2.58", "2", "2")).toBe("2.58");
  });

  it.each([["10", "0.1"], ["12.5", "0.125"], ["100", "1"], ["0.5", "0.005"]])("make %s percent the share %s", (typed, of) => {
    expect(shareOfOne(typed)).toBe(of);
  });

  it("take nothing that is no decimal", () => {
    expect(() => plus("1e3", "1")).toThrow(RangeError);
  });
});
