/**
 * Tells a scanner that types from a person who types. A scanner's keys follow each other within a few milliseconds and end
 * with Enter or Tab; nobody's fingers do. Keys are held until that is decided, so that a code never lands where a person
 * meant to type a quantity, an amount or an answer.
 *
 * Times are those of the events, not of their handling: a page that was busy for a moment hands over its keys late, but with
 * the instants at which they were struck.
 */
export interface Typed {
  readonly key: string;
  readonly at: number;
}

export type Decision =
  /** Nothing is known yet; these keys, struck earlier, were a person's. */
  | { readonly kind: "held"; readonly typed: readonly Typed[] }
  /** A person's keys, this one last. */
  | { readonly kind: "typed"; readonly typed: readonly Typed[] }
  | { readonly kind: "scanned"; readonly typed: readonly Typed[]; readonly code: string };

/** The longest pause inside a scan. Slow radio scanners stay below it, quick fingers above. */
export const PAUSE_MS_MAX = 50;
/** The shortest code: no barcode in a shop has fewer characters. */
export const CODE_CHARACTERS_MIN = 4;
/** The longest: GS1 element strings and Digital Links end well below it. */
export const CODE_CHARACTERS_MAX = 512;

export class Burst {
  private held: Typed[] = [];

  /** When the held keys are to be let go, if no other comes before. */
  get until(): number | null {
    const last = this.held.at(-1);
    return last === undefined ? null : last.at + PAUSE_MS_MAX;
  }

  press(key: string, at: number): Decision {
    const last = this.held.at(-1);
    const typed = last !== undefined && at - last.at > PAUSE_MS_MAX ? this.release() : [];
    if (key === "Enter" || key === "Tab") {
      return this.end(key, at, typed);
    }
    if ([...key].length !== 1) {
      // Shift and its kin come between a scanner's capital letters and change nothing of what was typed.
      return isModifier(key) ? { kind: "held", typed } : { kind: "typed", typed: [...typed, ...this.release(), { key, at }] };
    }
    this.held.push({ key, at });
    if (this.held.length > CODE_CHARACTERS_MAX) {
      return { kind: "typed", typed: [...typed, ...this.release()] };
    }
    return { kind: "held", typed };
  }

  /** What is held, since nothing followed in time. */
  release(): readonly Typed[] {
    const held = this.held;
    this.held = [];
    return held;
  }

  private end(key: string, at: number, typed: readonly Typed[]): Decision {
    const held = this.release();
    if (held.length >= CODE_CHARACTERS_MIN) {
      return { kind: "scanned", typed, code: held.map((each) => each.key).join("") };
    }
    return { kind: "typed", typed: [...typed, ...held, { key, at }] };
  }
}

export function isModifier(key: string): boolean {
  return key === "Shift" || key === "CapsLock" || key === "AltGraph";
}
