/** The search against the plainest reading of the rule book: every deal there is, compared number by number. */

import { expect, it } from "vitest";
import { components, type Found } from "./component";
import { dealsOf } from "./deal";
import { Currency } from "./exact";
import { Source } from "../../tests/pricing/source";
import { searched } from "./search";
import { stepByStep } from "./step-by-step";
import type { Items, Promotion, PromotionKind } from "./store";
import { counts, type UnitLine } from "./units";

const CENT = 10n ** 11n;

function linesOf(source: Source): readonly UnitLine[] {
  return Array.from({ length: 1 + source.below(3) }, (_, line) => ({
    line,
    product: { sku: `S${line}`, category: source.pick("a", "b"), unit: "piece", tax_class: "none", unit_price: "1.00" },
    count: 1 + source.below(3),
    // Few values, so that many deals save the same.
    value: BigInt(1 + source.below(3)) * 50n * CENT,
    measure: 1_000n,
    isPieces: true,
  }));
}

function kindOf(source: Source): PromotionKind {
  const items = (): Items => source.pick<Items>("all", { categories: ["a"] }, { categories: ["b"] });
  const rate = source.pick("0.5", "1", "0.333333");
  switch (source.below(4)) {
    case 0:
      return { item_off: { items: items(), off: source.pick({ percent: { rate } }, { amount: { amount: "0.30" } }) } };
    case 1:
      return { group_price: { items: items(), count: 2, price: source.pick("1.00", "1.50") } };
    case 2:
      return { group_off: { items: items(), count: 2 + source.below(2), reduced: 1 + source.below(2), rate } };
    default:
      return { buy_get: { buy: items(), buy_count: 1, get: items(), get_count: 1, rate } };
  }
}

function promotionsOf(source: Source): readonly Promotion[] {
  return Array.from({ length: 1 + source.below(3) }, (_, at) => ({
    code: `P${at}`,
    name: `Promotion ${at}`,
    priority: 1,
    from: null,
    until: null,
    weekdays: [],
    hours: null,
    group: null,
    coupon: null,
    limit: source.pick(null, null, 1, 2),
    combination: "with_others",
    family: null,
    kind: kindOf(source),
  }));
}

type Component = ReturnType<typeof components>[number];

/** Savings of all, by promotion, then weights by promotion and line: the order of section 4, from the left. */
function vector(found: readonly Found[]): readonly bigint[] {
  const savings = found.map(({ saving }) => saving);
  return [savings.reduce((sum, saving) => sum + saving, 0n), ...savings, ...found.flatMap(({ weights }) => weights)];
}

function isBetter(a: readonly bigint[], b: readonly bigint[]): boolean {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at >= 0 && (a[at] ?? 0n) > (b[at] ?? 0n);
}

function best({ lines, members }: Component): readonly bigint[] {
  const all = members.map(({ terms }) => [...terms.applications(lines)]);
  const found = members.map(() => ({ saving: 0n, weights: lines.map(() => 0n) }));
  const used = members.map(() => 0);
  let best = vector(found);
  const go = (left: readonly number[]): void => {
    if (isBetter(vector(found), best)) {
      best = vector(found);
    }
    for (const [member, applications] of all.entries()) {
      for (const { saving, takes } of applications) {
        const own = found[member];
        const isFree = takes.every(({ at, count }) => (left[at] ?? 0) >= count);
        if (own === undefined || !isFree || (used[member] ?? 0) >= (members[member]?.limit ?? 0)) {
          continue;
        }
        const before = { saving: own.saving, weights: own.weights };
        used[member] = (used[member] ?? 0) + 1;
        own.saving += saving;
        own.weights = lines.map((_, line) => (own.weights[line] ?? 0n) + (takes.find(({ at }) => at === line)?.weight ?? 0n));
        go(left.map((count, line) => count - (takes.find(({ at }) => at === line)?.count ?? 0)));
        Object.assign(own, before);
        used[member] = (used[member] ?? 0) - 1;
      }
    }
  };
  go(counts(lines));
  return best;
}

it("finds what going through all deals finds, the ties told apart as the rule book says", () => {
  let compared = 0;
  let betterThanSteps = 0;
  for (let seed = 0; seed < 400; seed += 1) {
    const source = new Source(seed);
    const lines = linesOf(source);
    const units = counts(lines).reduce((sum, count) => sum + count, 0);
    if (units > 6) {
      continue;
    }
    const deals = dealsOf(promotionsOf(source), new Currency(2));
    for (const component of components(deals, [...deals.keys()], lines)) {
      const found = searched(component);
      expect(found === null ? null : vector(found), `seed ${seed}`).toEqual(best(component));
      compared += 1;
      betterThanSteps += found !== null && isBetter(vector(found), vector(stepByStep(component))) ? 1 : 0;
    }
  }
  expect(compared).toBeGreaterThan(200);
  // Where step by step does as well, the comparison says little.
  expect(betterThanSteps).toBeGreaterThan(10);
});

it("gives up one step above 20,000", () => {
  const [promotion] = promotionsOf(new Source(1));
  const kind: PromotionKind = { item_off: { items: "all", off: { percent: { rate: "0.1" } } } };
  const deals = dealsOf(promotion === undefined ? [] : [{ ...promotion, kind }], new Currency(2));
  const [line] = linesOf(new Source(1));
  // One way to apply it, and as many places as there are units and one.
  const found = (count: number): unknown => {
    const [component] = line === undefined ? [] : components(deals, [0], [{ ...line, count }]);
    return component === undefined ? undefined : searched(component);
  };
  expect(found(19_999)).toHaveLength(1);
  expect(found(20_000)).toBeNull();
});

it("a group is in no component with a good that it takes no unit of", () => {
  const [tea, cheese] = linesOf(new Source(3));
  const [first, second] = [...promotionsOf(new Source(2)), ...promotionsOf(new Source(2))];
  if (tea === undefined || cheese === undefined || first === undefined || second === undefined) {
    throw new Error("the source gives too little");
  }
  const divisible: UnitLine = { ...cheese, count: 1, isPieces: false };
  const group: PromotionKind = { group_price: { items: "all", count: 2, price: "0.10" } };
  const off: PromotionKind = { item_off: { items: { skus: [cheese.product.sku] }, off: { percent: { rate: "0.1" } } } };
  const deals = dealsOf([{ ...first, code: "G", kind: group }, { ...second, code: "I", kind: off }], new Currency(2));
  const found = components(deals, [0, 1], [tea, divisible]);
  expect(found.map(({ lines, members }) => [lines.length, members.map(({ place }) => place)])).toEqual([
    [1, [0]],
    [1, [1]],
  ]);
});
