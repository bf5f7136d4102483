/** A sequence of numbers that is the same on every machine: what random cases are made of. */
export class Source {
  constructor(private state: number) {}

  /** From 0, below `max`. */
  below(max: number): number {
    this.state = (Math.imul(this.state, 1_103_515_245) + 12_345) >>> 0;
    return (this.state >>> 8) % max;
  }

  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(...of: readonly T[]): T {
    const picked = of[this.below(of.length)];
    if (picked === undefined) {
      throw new Error("nothing to pick from");
    }
    return picked;
  }

  /** Each of them or not. */
  some<T>(...of: readonly T[]): readonly T[] {
    return of.filter(() => this.oneIn(2));
  }

  /** A decimal from `min` to `max` steps of so many places. */
  decimal(min: number, max: number, places: number): string {
    const digits = String(min + this.below(max - min + 1)).padStart(places + 1, "0");
    return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  }
}
