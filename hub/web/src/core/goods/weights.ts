import type { Weight } from "../../protocol/messages";
import { read, write } from "../../pricing/exact";

/** Kilograms per unit, as a power of ten. */
const METRIC: Readonly<Partial<Record<Weight["unit"], number>>> = { mg: -6, g: -3, kg: 0, t: 3 };
const PLACES = 3;
/** The most places that a scale states. */
const STATED_PLACES = 12;

/**
 * How much that is of goods sold by the kilogram. None where it is no whole number of grams, or in a unit that is not
 * metric: a weight is never rounded on its way into a sale.
 */
export function kilogramsOf({ amount, unit }: Weight): string | null {
  const power = METRIC[unit];
  if (power === undefined) return null;
  // In steps of 10⁻¹² of its unit, which are 10^(power − 12) kilograms.
  const steps = read(amount, STATED_PLACES);
  const perGram = STATED_PLACES - PLACES - power;
  const divisor = 10n ** BigInt(perGram);
  return steps % divisor === 0n ? write(steps / divisor, PLACES, 0) : null;
}
