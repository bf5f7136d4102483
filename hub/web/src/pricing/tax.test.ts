import { describe, expect, it } from "vitest";
import { Malformed } from "./refusal";
import { taxed, TaxTable } from "./tax";
import type { TaxRate } from "./store";

const rate = (code: string, of: string, base: TaxRate["base"] = "net"): TaxRate => ({ code, rate: of, base });

function ratesOf(...rates: readonly TaxRate[]) {
  const found = new TaxTable([{ class: "of", tag: null, rates }]).find("of", null);
  if (found === null) {
    throw new Error("the rule is not found");
  }
  return found;
}

describe("taxes on taxes", () => {
  it("are exact however many there are", () => {
    // The smallest rate there is, on itself and on itself again.
    const { effective, parts } = ratesOf(
      rate("A", "0.000001"),
      rate("B", "0.000001", "net_and_taxes"),
      rate("C", "0.000001", "net_and_taxes"),
    );
    expect(parts).toBe(10n ** 18n);
    expect(effective).toEqual([10n ** 12n, 1_000_001n * 10n ** 6n, 1_000_002_000_001n]);
  });

  it("are worked out before anything is rounded", () => {
    // 10 % of 105 % of five cents is a little more than half a cent; 10 % of five cents would be the half itself.
    const stacked = ratesOf(rate("A", "0.05"), rate("B", "0.1", "net_and_taxes"));
    const exclusive = { basis: "exclusive", tax_rounding: "per_line" } as const;
    expect(taxed(exclusive, [{ charged: 10_000n, rates: stacked, voided: false }], false)).toEqual([
      { taxes: [500n, 1_050n], net: 10_000n, gross: 11_550n },
    ]);
    expect(taxed(exclusive, [{ charged: 5n, rates: stacked, voided: false }], false)[0]?.taxes).toEqual([0n, 1n]);
  });
});

it("taxes of different rules are one sum where code and rate are the same", () => {
  // Half a cent each, of different denominators: together they are one cent.
  const settings = { basis: "exclusive", tax_rounding: "per_total" } as const;
  const lines = [ratesOf(rate("A", "0.1")), ratesOf(rate("A", "0.1"), rate("B", "0.2"))].map((rates) => ({
    charged: 5n,
    rates,
    voided: false,
  }));
  expect(taxed(settings, lines, false).map(({ taxes }) => taxes)).toEqual([[1n], [0n, 1n]]);
});

it("two codes of one rate are rounded apart", () => {
  const settings = { basis: "exclusive", tax_rounding: "per_total" } as const;
  const lines = [ratesOf(rate("A", "0.1")), ratesOf(rate("B", "0.1"))].map((rates) => ({ charged: 6n, rates, voided: false }));
  // Six tenths of a cent each; as one sum they would be one cent and not two.
  expect(taxed(settings, lines, false).map(({ taxes }) => taxes)).toEqual([[1n], [1n]]);
});

it("the first rule of a class and tag holds, and a tag without a rule has the one without", () => {
  const table = new TaxTable([
    { class: "food", tag: null, rates: [rate("A", "0.1")] },
    { class: "food", tag: null, rates: [rate("B", "0.2")] },
    { class: "food", tag: "take-away", rates: [] },
  ]);
  expect(table.find("food", null)?.codes).toEqual(["A"]);
  expect(table.find("food", "take-away")?.codes).toEqual([]);
  expect(table.find("food", "eat-in")?.codes).toEqual(["A"]);
  expect(table.find("drinks", null)).toBeNull();
});

it("a rate is a fraction of at most ten", () => {
  expect(() => ratesOf(rate("A", "19"))).toThrow(Malformed);
});
