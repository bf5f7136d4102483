import type { Chance } from "../ports";

/** A whole number below `most`, by chance. */
export function below(chance: Chance, most: number): number {
  if (most <= 1) return 0;
  const [a = 0, b = 0, c = 0, d = 0] = chance.bytes(4);
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % most;
}

/** Waits that double up to a cap and are spread by chance, so that a shop's tills do not come back at one moment. */
export class BackOff {
  private failed = 0;

  constructor(
    private readonly baseMs: number,
    private readonly capMs: number,
    private readonly chance: Chance,
  ) {}

  /** The wait after one more failure: between three quarters and five quarters of the doubled wait. */
  fail(): number {
    const whole = Math.min(this.baseMs * 2 ** Math.min(this.failed, 20), this.capMs);
    this.failed += 1;
    return whole - Math.trunc(whole / 4) + below(this.chance, Math.trunc(whole / 2) + 1);
  }

  succeed(): void {
    this.failed = 0;
  }

  get failures(): number {
    return this.failed;
  }
}
