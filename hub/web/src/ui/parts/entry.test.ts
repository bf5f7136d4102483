import { describe, expect, it } from "vitest";
import { Entry, padKey, type EntryKind, type PadKey } from "./entry";

function typed(form: EntryKind, keys: string): Entry {
  const entry = new Entry(form);
  for (const key of keys) {
    const pad = padKey(key);
    if (pad !== null) {
      entry.press(pad);
    }
  }
  return entry;
}

const MONEY: EntryKind = { kind: "money", exponent: 2 };
const WEIGHT: EntryKind = { kind: "quantity", places: 3 };
const PIECES: EntryKind = { kind: "quantity", places: 0 };

describe("an amount", () => {
  it.each([["1", "0.01"], ["125", "1.25"], ["1250", "12.50"], ["0005", "0.05"]])("of %s is %s", (keys, value) => {
    expect(typed(MONEY, keys).value.value).toBe(value);
  });

  it("of a currency without cents has none, of one with mils has three", () => {
    expect(typed({ kind: "money", exponent: 0 }, "1250").value.value).toBe("1250");
    expect(typed({ kind: "money", exponent: 3 }, "1250").value.value).toBe("1.250");
  });

  it("is nothing before something is typed, and after it is cleared", () => {
    const entry = typed(MONEY, "12");
    entry.press("clear");
    expect(entry.value.value).toBeNull();
  });

  it("loses its last digit, and takes two zeros at once", () => {
    const entry = typed(MONEY, "125");
    entry.press("back");
    entry.press("00");
    expect(entry.value.value).toBe("12.00");
  });

  it("that is as long as a barcode is refused as a whole", () => {
    const entry = typed(MONEY, "40123456");
    expect(entry.value.value).toBeNull();
    expect(entry.looksLikeBarcode.value).toBe(true);
    entry.press("5");
    expect(entry.looksLikeBarcode.value).toBe(false);
    expect(entry.value.value).toBe("0.05");
  });

  it("can be set", () => {
    const entry = new Entry(MONEY);
    entry.set("12.5");
    expect(entry.value.value).toBe("12.50");
  });
});

describe("a quantity", () => {
  it("has as many places as its goods have", () => {
    expect(typed(WEIGHT, "0.4826").value.value).toBe("0.482");
    expect(typed(WEIGHT, ",5").value.value).toBe("0.5");
    expect(typed(PIECES, "1.5").value.value).toBe("15");
  });

  it("may end with its point while it is typed", () => {
    expect(typed(WEIGHT, "12.").value.value).toBe("12");
  });

  it("that is as long as a barcode is refused", () => {
    const entry = typed(PIECES, "40123");
    expect(entry.value.value).toBeNull();
    expect(entry.looksLikeBarcode.value).toBe(true);
  });
});

describe("a number of staff", () => {
  it("keeps its zeros and takes no point", () => {
    expect(typed({ kind: "digits", most: 6 }, "00.42").value.value).toBe("0042");
  });
});

describe("keys of a keyboard", () => {
  it.each<readonly [string, PadKey | null]>([["7", "7"], [",", "."], ["Backspace", "back"], ["Delete", "clear"], ["٧", "7"], ["a", null], ["Enter", null]])("%s is %s", (key, pad) => {
    expect(padKey(key)).toBe(pad);
  });
});
