import { describe, expect, it } from "vitest";
import { changeIn, facesOf, fastCash } from "./cash";

describe("fast cash", () => {
  it.each([
    ["13.37", "EUR", "0.01", ["13.37", "13.50", "14.00", "15.00", "20.00", "50.00"]],
    ["13.37", "EUR", "0.05", ["13.35", "13.50", "14.00", "15.00", "20.00", "50.00"]],
    ["187.20", "EUR", "0.01", ["187.20", "190.00", "200.00", "500.00"]],
    ["20.00", "USD", "0.01", ["20.00", "50.00", "100.00"]],
    ["99.90", "SEK", "1", ["100.00", "200.00", "500.00", "1000.00"]],
    ["1234", "JPY", "1", ["1234", "1250", "1300", "1500", "2000", "5000"]],
    ["13.37", "XCD", "0.05", ["13.35", "13.50", "14.00", "15.00", "20.00", "50.00"]],
    ["0.00", "EUR", "0.01", []],
    ["0.02", "EUR", "0.05", []],
  ])("%s %s with coins of %s: %j", (due, currency, step, amounts) => {
    expect(fastCash(due, currency, step)).toEqual(amounts);
  });
});

describe("change", () => {
  it("is given in the fewest pieces, the largest first", () => {
    expect(changeIn("36.65", "EUR", "0.05")).toEqual([
      { face: "20.00", count: 1 },
      { face: "10.00", count: 1 },
      { face: "5.00", count: 1 },
      { face: "1.00", count: 1 },
      { face: "0.50", count: 1 },
      { face: "0.10", count: 1 },
      { face: "0.05", count: 1 },
    ]);
    expect(changeIn("0.00", "EUR", "0.01")).toEqual([]);
  });

  it("is not given in coins that the store has none of", () => {
    expect(changeIn("0.03", "EUR", "0.05")).toBeNull();
    expect(facesOf("EUR", "0.05")).not.toContain(2n);
  });

  it("is never in more pieces than need be", () => {
    // Shown by counting: the fewest pieces of every amount below two of the largest small piece.
    for (const [currency, step] of [["EUR", "0.01"], ["USD", "0.01"], ["GBP", "0.01"], ["CHF", "0.05"], ["JPY", "1"]] as const) {
      const faces = facesOf(currency, step).map(Number).filter((face) => face <= 500);
      const fewest = [0];
      for (let amount = 1; amount <= 1000; amount += 1) {
        fewest.push(Math.min(...faces.map((face) => (fewest[amount - face] ?? Infinity) + 1)));
      }
      const places = currency === "JPY" ? 0 : 2;
      for (let amount = 1; amount < 500; amount += 1) {
        const given = changeIn((amount / 10 ** places).toFixed(places), currency, step);
        const count = given?.reduce((sum, pieces) => sum + pieces.count, 0) ?? Infinity;
        expect(count, `${amount} ${currency}`).toBe(fewest[amount]);
      }
    }
  });
});
