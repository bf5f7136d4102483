import { computed, signal, type ReadonlySignal } from "@preact/signals";

/**
 * A number that is typed on the till's keypad. Amounts grow from the right, as on every cash register: 1 2 5 0 is 12.50. What is
 * too long for what is asked is a barcode that went the wrong way: it is refused as a whole and taken for nothing.
 */
export type EntryKind =
  | { readonly kind: "money"; readonly exponent: number }
  | { readonly kind: "quantity"; readonly places: number }
  | { readonly kind: "digits"; readonly most: number };

export type PadKey = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "00" | "." | "back" | "clear";

/** Seven digits: up to 99,999.99 where a currency has cents. A barcode has at least eight. */
const MONEY_DIGITS_MAX = 7;
const WHOLE_DIGITS_MAX = 4;

export class Entry {
  private readonly typed = signal("");
  private readonly wrong = signal(false);

  constructor(readonly form: EntryKind) {}

  /** What was typed, as it is written so far. */
  readonly text: ReadonlySignal<string> = computed(() => this.typed.value);
  readonly empty: ReadonlySignal<boolean> = computed(() => this.typed.value === "");
  /** The last thing typed was too long to be what is asked. */
  readonly looksLikeBarcode: ReadonlySignal<boolean> = computed(() => this.wrong.value);

  /** The decimal, or null while there is none. */
  readonly value: ReadonlySignal<string | null> = computed(() => {
    const typed = this.typed.value;
    if (typed === "" || typed === ".") {
      return null;
    }
    switch (this.form.kind) {
      case "money":
        return fromMinor(typed, this.form.exponent);
      case "quantity":
        return typed.startsWith(".") ? `0${typed}` : typed.replace(/\.$/, "");
      case "digits":
        return typed;
    }
  });

  /** Whether the key was one of a number. */
  press(key: PadKey): void {
    this.wrong.value = false;
    const typed = this.typed.peek();
    if (key === "clear") {
      this.typed.value = "";
    } else if (key === "back") {
      this.typed.value = typed.slice(0, -1);
    } else {
      this.grow(typed, key);
    }
  }

  set(decimal: string): void {
    this.wrong.value = false;
    this.typed.value = this.form.kind === "money" ? toMinor(decimal, this.form.exponent) : decimal;
  }

  private grow(typed: string, key: PadKey): void {
    const next = `${typed}${key}`;
    switch (this.form.kind) {
      case "money": {
        const digits = key === "." ? typed : next.replace(/^0+/, "");
        this.keep(digits, digits.length <= MONEY_DIGITS_MAX);
        return;
      }
      case "quantity": {
        if (key === "." && (this.form.places === 0 || typed.includes("."))) {
          return;
        }
        const [whole = "", part = ""] = next.replace(/^0+(?=\d)/, "").split(".");
        if (part.length <= this.form.places) {
          this.keep(next.replace(/^0+(?=\d)/, ""), whole.length <= WHOLE_DIGITS_MAX);
        }
        return;
      }
      case "digits":
        if (key !== ".") {
          this.keep(next, next.length <= this.form.most);
        }
    }
  }

  private keep(text: string, fits: boolean): void {
    this.typed.value = fits ? text : "";
    this.wrong.value = !fits;
  }
}

function fromMinor(digits: string, exponent: number): string {
  if (exponent === 0) {
    return digits;
  }
  const padded = digits.padStart(exponent + 1, "0");
  return `${padded.slice(0, -exponent)}.${padded.slice(-exponent)}`;
}

function toMinor(decimal: string, exponent: number): string {
  const [whole = "0", part = ""] = decimal.split(".");
  return `${whole}${part.padEnd(exponent, "0").slice(0, exponent)}`.replace(/^0+/, "");
}

/** The keypad's key for one of the keyboard, or null. */
export function padKey(key: string): PadKey | null {
  switch (key) {
    case "0": case "1": case "2": case "3": case "4": case "5": case "6": case "7": case "8": case "9":
      return key;
    case ".": case ",":
      return ".";
    case "Backspace":
      return "back";
    case "Delete":
      return "clear";
    default:
      return arabicDigit(key);
  }
}

function arabicDigit(key: string): PadKey | null {
  const at = "٠١٢٣٤٥٦٧٨٩".indexOf(key);
  return key.length === 1 && at >= 0 ? padKey(String(at)) : null;
}
