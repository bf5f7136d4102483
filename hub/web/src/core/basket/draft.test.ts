import { describe, expect, it } from "vitest";
import type { Money } from "../contract/values";
import {
  addLine, asPlaced, discountLine, emptyDraft, keptLines, noteLine, overridePrice, placeOrder, setQuantity, setTerms, voidLine,
  type Changed, type Draft, type NewLine,
} from "./draft";

const zero: Money = { amount: "0.00", currency: "EUR" };
const begun = () => emptyDraft("order", "2026-11-28T10:00:00.000Z", "live", zero);
const item = (sku: string, more: Partial<NewLine> = {}): NewLine => ({
  sku, description: sku, unit: "piece", scanned: null, label: null, quantity: "1", price: { kind: "list" }, minimumAge: null, ...more,
});

function done(changed: Changed): Draft {
  if (changed.kind === "no") throw new Error(changed.problem.code);
  return changed.draft;
}

function codeOf(changed: Changed): string | null {
  return changed.kind === "no" ? changed.problem.code : null;
}

describe("a draft", () => {
  it("counts the same item up on its last line, and nothing else", () => {
    let draft = done(addLine(begun(), item("MILK")));
    draft = done(addLine(draft, item("MILK")));
    expect(draft.lines).toMatchObject([{ number: 1, quantity: "2" }]);
    draft = done(addLine(draft, item("SOAP")));
    draft = done(addLine(draft, item("MILK")));
    expect(draft.lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([["MILK", "2"], ["SOAP", "1"], ["MILK", "1"]]);
    draft = done(discountLine(draft, 3, { kind: "percent", rate: "0.1", reason: "bruised" }));
    expect(done(addLine(draft, item("MILK"))).lines).toHaveLength(4);
    const priced = done(overridePrice(begunWith("MILK"), 1, "0.50", "bruised"));
    expect(done(addLine(priced, item("MILK"))).lines.map(({ price }) => price.kind)).toEqual(["override", "list"]);
    expect(done(addLine(done(addLine(begun(), item("PEARS", { unit: "kilogram", quantity: "0.5" }))), item("PEARS", { unit: "kilogram", quantity: "0.5" }))).lines).toHaveLength(2);
  });

  it("keeps what was taken off in its history, with the reason", () => {
    let draft = done(addLine(done(addLine(begun(), item("MILK"))), item("SOAP")));
    expect(codeOf(voidLine(draft, 1, " "))).toBe("HF-WEB-025");
    draft = done(voidLine(draft, 1, "changed mind"));
    expect(keptLines(draft).map(({ sku }) => sku)).toEqual(["SOAP"]);
    expect(placeOrder(draft, null).lines).toEqual([
      { number: 1, item: { sku: "MILK" }, quantity: "1", fate: { voided: { reason: "changed mind" } } },
      { number: 2, item: { sku: "SOAP" }, quantity: "1" },
    ]);
    expect(codeOf(setQuantity(draft, 1, "2", null))).toBe("HF-WEB-028");
    expect(done(addLine(draft, item("MILK"))).lines.at(-1)?.number).toBe(3);
  });

  it.each([
    ["4006381333931", "HF-WEB-023"], ["0", "HF-WEB-021"], ["-1", "HF-WEB-021"], ["1.2345", "HF-WEB-021"], ["1,5", "HF-WEB-021"], ["1.5", "HF-WEB-022"],
    ["9999", null], ["2.000", null],
  ])("takes %s pieces with %s", (quantity, code) => {
    expect(codeOf(setQuantity(done(addLine(begun(), item("MILK"))), 1, quantity, null))).toBe(code);
  });

  it("leaves alone what a label says", () => {
    const draft = done(addLine(begun(), item("HAM", { unit: "kilogram", scanned: "2112345003856", label: { price: "3.85" } })));
    expect(codeOf(setQuantity(draft, 1, "2", null))).toBe("HF-WEB-024");
    expect(placeOrder(draft, null).lines).toEqual([{ number: 1, item: { barcode: "2112345003856" }, quantity: "1" }]);
  });

  it.each([["0", null], ["2.49", null], ["2.49999", "HF-WEB-026"], ["4006381333931", "HF-WEB-026"], ["", "HF-WEB-026"]])(
    "takes %j as a price with %s", (price, code) => {
      expect(codeOf(overridePrice(done(addLine(begun(), item("MILK"))), 1, price, "bruised"))).toBe(code);
    },
  );

  it("notes as an edit whatever changes an order that the hub has", () => {
    const placed = asPlaced(done(addLine(begun(), item("MILK", { quantity: "3" }))), 4);
    expect(codeOf(setQuantity(placed, 1, "2", null))).toBe("HF-WEB-025");
    let draft = done(setQuantity(placed, 1, "2", "customer has two"));
    draft = done(addLine(draft, item("SOAP")));
    draft = done(noteLine(draft, 2, "gift"));
    draft = done(setTerms(draft, { coupons: ["SAVE5"] }));
    expect(draft.edits).toEqual([
      { change_quantity: { line: 1, quantity: "2", reason: "customer has two" } },
      { add_line: { number: 2, item: { sku: "SOAP" }, quantity: "1" } },
      { set_notes: { notes: [{ line: 2, text: "gift" }] } },
      { set_coupons: { coupons: ["SAVE5"] } },
    ]);
    expect(asPlaced(draft, 5)).toMatchObject({ revision: 5, edits: [] });
    expect(done(setQuantity(begunWith("MILK"), 1, "2", null)).edits).toEqual([]);
  });
});

function begunWith(sku: string): Draft {
  return done(addLine(begun(), item(sku)));
}
