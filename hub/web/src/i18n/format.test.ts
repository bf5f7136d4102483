import { afterEach, describe, expect, it } from "vitest";
import { decimalSign, exponentOf, measured, money, percent, plain, quantity } from "./format";
import { direction, speak, t } from "./locale";

afterEach(() => speak("en"));

describe("amounts", () => {
  it("are written as the language writes them", async () => {
    await speak("de");
    expect(money("1234.5", "EUR")).toBe("1.234,50\u00a0€");
    expect(measured("0.482", "kilogram")).toMatch(/^0,482\skg$/);
    expect(percent("0.125")).toMatch(/^12,5\s%$/);
    expect(decimalSign.value).toBe(",");
  });

  it("keep digits that a binary fraction would lose", () => {
    expect(money("90071992547409931.55", "EUR")).toContain("90,071,992,547,409,931.55");
    expect(quantity("0.1")).toBe("0.1");
  });

  it("know currencies without cents and with mils", () => {
    expect(money("1200", "JPY")).toBe("¥1,200");
    expect(exponentOf("JPY")).toBe(0);
    expect(exponentOf("KWD")).toBe(3);
  });

  it("show what is no number as it is", () => {
    expect(money("much", "EUR")).toBe("much");
    expect(quantity("1e3")).toBe("1e3");
  });

  it("have the keypad's digits in Arabic too", async () => {
    await speak("ar");
    expect(direction.value).toBe("rtl");
    expect(money("12.5", "EUR")).toContain("12.50");
    expect(t("basket.items", { count: 2 })).toBe("سطران");
  });
});

describe("names", () => {
  it("lose what turns text around and what no screen shows", () => {
    expect(plain("\u202eevil\u202c \u2066x\u2069\u0000\u0007\ufeff")).toBe("evil x");
  });

  it("keep letters of every script", () => {
    expect(plain("قهوة Crème 🥐 <b>")).toBe("قهوة Crème 🥐 <b>");
  });
});
