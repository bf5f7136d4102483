/**
 * Deals in the order of section 4 as single numbers.
 *
 * Of two deals the better one saves more; among equals it saves more by the first promotion, then by the second, …; then it
 * has more weight for the first promotion on the first line, and so on. Written one after the other with room enough for
 * each, these amounts are the digits of one large number: the better deal has the larger number, and the number of
 * several applications is the sum of theirs. So one addition and one comparison stand for all of the rule, and the
 * digits of the best number say what it was.
 */

import type { Found } from "./component";
import { sum, type Exact } from "./exact";
import type { Application, UnitLine } from "./units";

export class Ranking {
  /** Bits of one digit: no saving and no weight is more than all units are worth. */
  private readonly bits: bigint;

  constructor(
    private readonly promotions: number,
    private readonly lines: readonly UnitLine[],
  ) {
    const everything = sum(lines.map((line) => line.value * BigInt(line.count)));
    this.bits = BigInt(everything.toString(2).length);
  }

  /** The number of one application of the promotion at a place among them. */
  of(promotion: number, { saving, takes }: Application): bigint {
    const rank = (saving << this.shift(0)) + (saving << this.shift(1 + promotion));
    return takes.reduce((sum, { at, weight }) => sum + (weight << this.shift(this.weightOf(promotion, at))), rank);
  }

  /** What every promotion takes in the deal of a number. */
  read(rank: bigint): readonly Found[] {
    const digit = (at: number): Exact => BigInt.asUintN(Number(this.bits), rank >> this.shift(at));
    return Array.from({ length: this.promotions }, (_, promotion) => {
      const weights = this.lines.map((_, line) => digit(this.weightOf(promotion, line)));
      return { saving: digit(1 + promotion), weights };
    });
  }

  /** The digit of a promotion's weight on a line. */
  private weightOf(promotion: number, line: number): number {
    return 1 + this.promotions + promotion * this.lines.length + line;
  }

  /** Where a digit begins; the first one is the most significant. */
  private shift(digit: number): bigint {
    const digits = 1 + this.promotions + this.promotions * this.lines.length;
    return this.bits * BigInt(digits - 1 - digit);
  }
}
