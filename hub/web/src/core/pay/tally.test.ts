import { describe, expect, it } from "vitest";
import { Amounts } from "../amounts";
import type { TenderType } from "../contract/payment";
import { tally } from "./tally";

const amounts = new Amounts("EUR");
const type = (code: string, more: Partial<TenderType> = {}): TenderType => ({
  code, name: code, class: "other", opensDrawer: false, countedAtClose: false, change: { kind: "never" }, needsReference: false,
  allowedOffline: true, cashRounded: false, ...more,
});
const cash = type("cash", { class: "cash", change: { kind: "any" }, cashRounded: true });
const card = type("card");
const voucher = type("voucher", { change: { kind: "up_to", max: amounts.money(100n) } });

describe("what tenders come to", () => {
  it.each([
    // due, step, given, open, in cash, covered, rounding, change
    ["nothing given", 998n, "0.05", [], 998n, 1_000n, false, 2n, 0n],
    ["cash to the coin", 998n, "0.05", [[cash, 1_000n]], 0n, 0n, true, 2n, 0n],
    ["change from the rounded amount", 997n, "0.05", [[cash, 2_000n]], 0n, 0n, true, -2n, 1_005n],
    ["a card pays to the cent", 998n, "0.05", [[card, 998n]], 0n, 0n, true, 0n, 0n],
    ["the rest in cash is rounded", 998n, "0.05", [[card, 500n]], 498n, 500n, false, 0n, 0n],
    ["and covered by it", 998n, "0.05", [[card, 500n], [cash, 500n]], 0n, 0n, true, 2n, 0n],
    ["no coin smaller than a cent", 998n, "0", [[cash, 1_000n]], 0n, 0n, true, 0n, 2n],
    ["nothing to pay is covered", 0n, "0.05", [], 0n, 0n, true, 0n, 0n],
  ] as const)("%s", (_name, due, step, given, open, openInCash, isCovered, rounding, change) => {
    const sum = tally(amounts, step, due, given.map(([of, minor]) => ({ type: of, minor })));
    expect(sum).toMatchObject({ open, openInCash, isCovered, change, fault: null });
    if (isCovered) expect(sum.rounding).toBe(rounding);
  });

  it("gives change only for what gives it", () => {
    expect(tally(amounts, "0", 500n, [{ type: card, minor: 600n }]).fault?.code).toBe("HF-WEB-035");
    expect(tally(amounts, "0", 500n, [{ type: voucher, minor: 600n }]).fault).toBeNull();
    expect(tally(amounts, "0", 500n, [{ type: voucher, minor: 601n }]).fault?.code).toBe("HF-WEB-035");
    expect(tally(amounts, "0", 500n, [{ type: voucher, minor: 600n }, { type: cash, minor: 50n }]).fault).toBeNull();
  });
});
