import type { Chance, Clock } from "../ports";

/** Time that passes when it is told to, and only then. */
export class TestClock implements Clock {
  private time = 1_000_000;
  private timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.time + ms, work };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  }

  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = Math.max(this.time, next.at);
      next.work();
    }
    this.time = end;
  }

  /** The page was held back: time went by, and what was due comes at once afterwards. */
  stall(ms: number): void {
    this.time += ms;
  }
}

export const noChance: Chance = { bytes: (count) => new Uint8Array(count) };
