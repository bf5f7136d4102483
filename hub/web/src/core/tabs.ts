/**
 * One tab or window owns the till: two would send commands past each other. The browser's own locks say who, also when a tab
 * dies. Whoever takes the till over steals the lock, and the other is told so.
 */
export interface Ownership {
  /** This tab has the till. */
  readonly owned: () => void;
  /** Another has it: at the beginning, or since now. */
  readonly elsewhere: () => void;
}

export interface Tabs {
  /** Begins to own the till as soon as nobody else does. */
  own(ownership: Ownership): void;
  /** Takes it from whoever has it. */
  takeOver(): void;
}

const NAME = "holdfast-till";

export class LockTabs implements Tabs {
  private ownership: Ownership | null = null;

  constructor(private readonly locks: LockManager) {}

  own(ownership: Ownership): void {
    this.ownership = ownership;
    void this.locks.request(NAME, { ifAvailable: true }, async (lock) => {
      if (lock !== null) return this.hold();
      ownership.elsewhere();
      // When the other tab is closed, this one may go on by itself.
      this.wait();
      return undefined;
    }).catch(() => this.ownership?.elsewhere());
  }

  takeOver(): void {
    void this.locks.request(NAME, { steal: true }, () => this.hold()).catch(() => this.ownership?.elsewhere());
  }

  private wait(): void {
    void this.locks.request(NAME, () => this.hold()).catch(() => this.ownership?.elsewhere());
  }

  /** Holds the lock for as long as the page lives, or until another steals it: then the request fails. */
  private hold(): Promise<never> {
    this.ownership?.owned();
    return new Promise<never>(() => undefined);
  }
}
