import { describe, expect, it } from "vitest";
import { checkDigit, checkedLayout, isGtin, labelValue, readLayout, scan, spelling, type Layout } from "./barcode";
import { Malformed } from "./refusal";

const WEIGHT: Layout = {
  prefix: "21",
  item_digits: 5,
  value_check: "absent",
  value_digits: 5,
  measure: { kind: "quantity", value: { places: 3 } },
};
const PRICE: Layout = {
  prefix: "22",
  item_digits: 4,
  value_check: "present",
  value_digits: 5,
  measure: { kind: "price", value: null },
};
const label = (body: string): string => body + checkDigit(body);

describe("GTINs", () => {
  it.each(["4006381333931", "96385074", "036000291452", "10614141000415"])("%s has its check digit", (code) => {
    expect(isGtin(code)).toBe(true);
    const wrong = code.slice(0, -1) + ((Number(code.slice(-1)) + 1) % 10);
    expect(isGtin(wrong)).toBe(false);
  });

  it.each(["400638133393x", "12345", "", "٤٠٠٦٣٨١٣٣٣٩٣١"])("%j is none", (code) => {
    expect(isGtin(code)).toBe(false);
  });

  it("every single wrong digit is seen", () => {
    const code = "4006381333931";
    for (let at = 0; at < code.length; at += 1) {
      for (const digit of "0123456789") {
        const other = code.slice(0, at) + digit + code.slice(at + 1);
        expect(isGtin(other)).toBe(other === code);
      }
    }
  });

  it("twelve digits and thirteen are one code, and the shop's own codes stay as they are", () => {
    expect(spelling("036000291452")).toBe(spelling("0036000291452"));
    expect(spelling("85123A")).toBe("85123A");
  });
});

describe("labels", () => {
  it("carry a weight or a price", () => {
    expect(readLayout(WEIGHT, label("211234501235"))).toEqual({
      item: "2112345",
      embedded: { kind: "quantity", quantity: "1.235" },
    });
    expect(readLayout(PRICE, label("221234700399"))).toEqual({
      item: "221234",
      embedded: { kind: "price", minor: 399n },
    });
  });

  it("are of their own prefix and have a right check digit", () => {
    expect(readLayout(WEIGHT, label("221234700399"))).toBeNull();
    expect(readLayout(WEIGHT, "2112345012350")).toBeNull();
    expect(readLayout(WEIGHT, "21123450")).toBeNull();
  });

  it("say what a line of a basket says", () => {
    expect(labelValue({ kind: "price", minor: 399n }, "EUR")).toEqual({ price: "3.99" });
    expect(labelValue({ kind: "price", minor: 399n }, "JPY")).toEqual({ price: "399" });
    expect(labelValue({ kind: "quantity", quantity: "1.235" }, "EUR")).toEqual({ quantity: "1.235" });
  });

  it("are thirteen digits in all", () => {
    for (const layout of [WEIGHT, PRICE, { ...WEIGHT, prefix: "021", item_digits: 4 }]) {
      expect(checkedLayout(layout)).toBe(layout);
    }
    for (const unsound of [
      { ...WEIGHT, item_digits: 6 },
      { ...WEIGHT, prefix: "31" },
      { ...WEIGHT, prefix: "2", item_digits: 6 },
      { ...WEIGHT, item_digits: 0, value_digits: 10 },
      { ...WEIGHT, measure: { kind: "quantity", value: { places: 4 } } } as const,
    ]) {
      expect(() => checkedLayout(unsound)).toThrow(Malformed);
    }
  });
});

describe("a scan", () => {
  const products = new Map([
    [spelling("4006381333931"), "pen"],
    [spelling("2112345"), "cheese"],
    // An item's code of eight digits can be a GTIN by chance, and is one code with it all the same.
    [spelling("23456785"), "ham"],
  ]);
  const find = (code: string): string | undefined => products.get(code);

  it("finds a product by any spelling of its barcode, or by a label", () => {
    expect(scan("04006381333931", [WEIGHT], find)).toEqual({ product: "pen", embedded: null });
    expect(scan(label("211234501235"), [PRICE, WEIGHT], find)).toEqual({
      product: "cheese",
      embedded: { kind: "quantity", quantity: "1.235" },
    });
    expect(scan(label("219999901235"), [PRICE, WEIGHT], find)).toBeNull();
  });

  it("finds an item whose code is a GTIN by chance", () => {
    expect(isGtin("23456785")).toBe(true);
    const layout: Layout = { ...WEIGHT, prefix: "23", item_digits: 6, value_digits: 4 };
    expect(scan(label("234567851235"), [layout], find)).toEqual({
      product: "ham",
      embedded: { kind: "quantity", quantity: "1.235" },
    });
  });
});
