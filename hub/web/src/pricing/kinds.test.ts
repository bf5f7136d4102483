/** What each kind of promotion takes: every way of it, and the one that is looked at step by step. */

import { describe, expect, it } from "vitest";
import { BuyGet } from "./buy-get";
import { Currency } from "./exact";
import { Group } from "./group";
import { ItemOff } from "./item-off";
import { counts, type Application, type Terms, type UnitLine } from "./units";

const EURO = new Currency(2);
const CENT = EURO.exact(1n);

/** Lines of pieces: how many, and what one is worth in cents. */
function lines(...of: readonly (readonly [count: number, cents: bigint, category?: string])[]): readonly UnitLine[] {
  return of.map(([count, cents, category = "tea"], line) => ({
    line,
    product: { sku: `S${line}`, category, unit: "piece", tax_class: "none", unit_price: "1.00" },
    count,
    value: cents * CENT,
    measure: 1_000n,
    isPieces: true,
  }));
}

/** What is taken of which line, and what it saves in cents. */
function shown(of: readonly UnitLine[], application: Application | null): readonly [readonly number[], bigint] | null {
  if (application === null) {
    return null;
  }
  const { takes, saving } = application;
  return [of.map((_, line) => takes.find(({ at }) => at === line)?.count ?? 0), saving / CENT];
}

const ways = (terms: Terms, of: readonly UnitLine[]): readonly unknown[] =>
  [...terms.applications(of)].map((application) => shown(of, application));
const next = (terms: Terms, of: readonly UnitLine[], left = counts(of)): unknown => shown(of, terms.planner(of)(left));

describe("off every item", () => {
  const percent = new ItemOff("all", { percent: { rate: "0.1" } });

  it("takes one unit of each line, and step by step the one that saves the most, the earlier among equals", () => {
    const of = lines([2, 100n], [1, 300n], [1, 300n]);
    expect(ways(percent, of)).toEqual([
      [[1, 0, 0], 10n],
      [[0, 1, 0], 30n],
      [[0, 0, 1], 30n],
    ]);
    expect(next(percent, of)).toEqual([[0, 1, 0], 30n]);
    expect(next(percent, of, [2, 0, 1])).toEqual([[0, 0, 1], 30n]);
    expect(next(percent, of, [0, 0, 0])).toBeNull();
  });

  it("takes no more than a unit costs off, and makes nothing dearer", () => {
    const of = lines([1, 100n], [1, 300n]);
    expect(ways(new ItemOff("all", { amount: { amount: "2.00" } }), of)).toEqual([
      [[1, 0], 100n],
      [[0, 1], 200n],
    ]);
    expect(ways(new ItemOff("all", { price: { price: "1.00" } }), of)).toEqual([[[0, 1], 200n]]);
    expect(next(new ItemOff("all", { price: { price: "3.00" } }), of)).toBeNull();
  });

  it("is per measure of a divisible good", () => {
    const [cheese] = lines([1, 500n]);
    const of = cheese === undefined ? [] : [{ ...cheese, measure: 500n, isPieces: false }];
    expect(ways(new ItemOff("all", { amount: { amount: "2.00" } }), of)).toEqual([[[1], 100n]]);
    expect(ways(new ItemOff("all", { price: { price: "2.00" } }), of)).toEqual([[[1], 400n]]);
  });
});

describe("a group", () => {
  it("for a price is each choice that is worth more", () => {
    const pair = Group.forPrice("all", 2, "4.00", EURO);
    const of = lines([2, 100n], [2, 300n]);
    expect(ways(pair, of)).toEqual([[[0, 2], 200n]]);
    expect(next(pair, of)).toEqual([[0, 2], 200n]);
    expect(next(pair, of, [2, 1])).toBeNull();
  });

  it("with the cheapest off looks at the most valuable step by step", () => {
    const three = Group.cheapestOff("all", 3, 1, "1");
    const of = lines([1, 100n], [2, 300n], [1, 200n]);
    expect(ways(three, of)).toEqual([
      [[1, 2, 0], 100n],
      [[1, 1, 1], 100n],
      [[0, 2, 1], 200n],
    ]);
    expect(next(three, of)).toEqual([[0, 2, 1], 200n]);
    expect(next(three, of, [1, 1, 0])).toBeNull();
  });

  it("takes pieces only", () => {
    const [tea, cheese] = lines([1, 100n], [1, 100n]);
    const of = tea === undefined || cheese === undefined ? [] : [tea, { ...cheese, isPieces: false }];
    const pair = Group.forPrice("all", 2, "0.50", EURO);
    expect(of.map((line) => pair.takes(line))).toEqual([true, false]);
    expect(ways(pair, of)).toEqual([]);
    expect(next(pair, of)).toBeNull();
    expect(pair.tooFew(of)).toEqual({ have: 1n, need: 2n });
  });
});

describe("buy and get", () => {
  const both = new BuyGet("all", 1, "all", 1, "0.5");

  it("takes other units to get than those that are bought, and tells the roles apart", () => {
    expect(ways(both, lines([2, 100n]))).toEqual([[[2], 50n]]);
    expect(ways(both, lines([1, 100n]))).toEqual([]);
    expect(ways(both, lines([1, 100n], [1, 300n]))).toEqual([
      [[1, 1], 50n],
      [[1, 1], 150n],
    ]);
  });

  it("makes no way that saves nothing", () => {
    expect(ways(new BuyGet("all", 1, "all", 1, "0"), lines([2, 100n]))).toEqual([]);
    expect(next(new BuyGet("all", 1, "all", 1, "0"), lines([2, 100n]))).toBeNull();
  });

  it("buys the least valuable and gets the most valuable of the others step by step", () => {
    const of = lines([1, 300n], [1, 100n], [1, 200n]);
    expect(next(both, of)).toEqual([[1, 1, 0], 150n]);
    expect(next(both, of, [0, 1, 1])).toEqual([[0, 1, 1], 100n]);
    expect(next(both, of, [1, 0, 0])).toBeNull();
  });

  it("says of what there are too few: to buy, to get, or together", () => {
    const of = lines([2, 100n, "tea"], [1, 100n, "cake"]);
    const tea = { categories: ["tea"] };
    const cake = { categories: ["cake"] };
    expect(new BuyGet(tea, 3, cake, 1, "1").tooFew(of)).toEqual({ have: 2n, need: 3n });
    expect(new BuyGet(tea, 2, cake, 2, "1").tooFew(of)).toEqual({ have: 1n, need: 2n });
    expect(new BuyGet(tea, 2, tea, 1, "1").tooFew(of)).toEqual({ have: 2n, need: 3n });
    expect(new BuyGet(tea, 2, cake, 1, "1").tooFew(of)).toBeNull();
  });
});
