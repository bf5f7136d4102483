/** Section 8: several rates, rates on rates, by line or by total, with prices that include tax or not. */

import { power, readRate, round, sum, RATE_PLACES, WHOLE_RATE, type Minor } from "./exact";
import { Malformed } from "./refusal";
import { split } from "./split";
import type { Store, TaxRule } from "./store";

/** The rates of one rule. */
export interface Rates {
  readonly codes: readonly string[];
  /** As written. */
  readonly rates: readonly bigint[];
  /** What each is of a price without taxes, those that are charged on taxes included: of so many parts. */
  readonly effective: readonly bigint[];
  readonly parts: bigint;
}

/** Finds the rates of a class of goods for an order's tag. */
export class TaxTable {
  private readonly rules = new Map<string, Rates>();

  constructor(rules: readonly TaxRule[]) {
    for (const rule of rules) {
      const key = keyOf(rule.class, rule.tag);
      // The first rule of a class and tag is the one that holds, as at the hub.
      if (!this.rules.has(key)) {
        this.rules.set(key, ratesOf(rule));
      }
    }
  }

  /** Those of the order's tag where there is a rule for it, else those without a tag. */
  find(taxClass: string, tag: string | null): Rates | null {
    return this.rules.get(keyOf(taxClass, tag)) ?? this.rules.get(keyOf(taxClass, null)) ?? null;
  }
}

function keyOf(taxClass: string, tag: string | null): string {
  return JSON.stringify([taxClass, tag]);
}

function ratesOf({ rates: written, class: taxClass }: TaxRule): Rates {
  // A rate on taxes multiplies with those before it, so each rate adds its places to what is exact.
  const parts = power(RATE_PLACES * Math.max(1, written.length));
  const rates: bigint[] = [];
  const effective: bigint[] = [];
  for (const { rate, base } of written) {
    const own = readRate(rate);
    if (base !== "net" && base !== "net_and_taxes") {
      throw new Malformed(`a tax of class ${taxClass} is charged on something unknown to this till`);
    }
    const on = base === "net" ? parts : parts + sum(effective);
    rates.push(own);
    effective.push((on * own) / WHOLE_RATE);
  }
  return { codes: written.map(({ code }) => code), rates, effective, parts };
}

/** A line as its taxes see it. */
export interface Taxable {
  readonly charged: Minor;
  readonly rates: Rates;
  readonly voided: boolean;
}

export interface Taxed {
  /** In the order of the line's rates; none where the basket is exempt. */
  readonly taxes: readonly Minor[];
  readonly net: Minor;
  readonly gross: Minor;
}

type Settings = Pick<Store, "basis" | "tax_rounding">;

export function taxed(settings: Settings, lines: readonly Taxable[], isExempt: boolean): readonly Taxed[] {
  if (isExempt) {
    return lines.map(({ charged, rates }) => {
      const net = round(charged * rates.parts, divisor(settings, rates));
      return { taxes: [], net, gross: net };
    });
  }
  const taxes = settings.tax_rounding === "per_line" ? lines.map((line) => perLine(settings, line)) : perTotal(settings, lines);
  return lines.map(({ charged }, at) => {
    const own = taxes[at] ?? [];
    const tax = sum(own);
    return settings.basis === "inclusive"
      ? { taxes: own, net: charged - tax, gross: charged }
      : { taxes: own, net: charged, gross: charged + tax };
  });
}

/** So many parts is what is charged, where each effective rate is its own. */
function divisor(settings: Settings, rates: Rates): bigint {
  return settings.basis === "inclusive" ? rates.parts + sum(rates.effective) : rates.parts;
}

function perLine(settings: Settings, { charged, rates }: Taxable): Minor[] {
  return rates.effective.map((effective) => round(charged * effective, divisor(settings, rates)));
}

/** A rate's exact tax on one line. */
interface Part {
  readonly line: number;
  readonly slot: number;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Each code and rate is rounded once over all kept lines and split over them; a voided line rounds for itself. */
function perTotal(settings: Settings, lines: readonly Taxable[]): Minor[][] {
  const taxes = lines.map((line) => (line.voided ? perLine(settings, line) : line.rates.codes.map(() => 0n)));
  for (const parts of byCodeAndRate(settings, lines)) {
    // Brought to one denominator, parts add up and are weights as they are.
    const common = [...new Set(parts.map((part) => part.denominator))].reduce((product, one) => product * one, 1n);
    const weights = parts.map((part) => part.numerator * (common / part.denominator));
    const shares = split(round(sum(weights), common), weights);
    for (const [at, { line, slot }] of parts.entries()) {
      const own = taxes[line];
      if (own !== undefined) {
        own[slot] = shares[at] ?? 0n;
      }
    }
  }
  return taxes;
}

function byCodeAndRate(settings: Settings, lines: readonly Taxable[]): Iterable<readonly Part[]> {
  const groups = new Map<string, Part[]>();
  for (const [line, { charged, rates, voided }] of lines.entries()) {
    if (voided) {
      continue;
    }
    const denominator = divisor(settings, rates);
    for (const [slot, effective] of rates.effective.entries()) {
      const key = JSON.stringify([rates.codes[slot], String(rates.rates[slot])]);
      const parts = groups.get(key) ?? [];
      parts.push({ line, slot, numerator: charged * effective, denominator });
      groups.set(key, parts);
    }
  }
  return groups.values();
}
