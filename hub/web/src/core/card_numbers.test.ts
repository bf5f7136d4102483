import { describe, expect, it } from "vitest";
import { cardNumberIn, holdsCardNumber, masked } from "./card_numbers";

describe("a payment card's number", () => {
  it.each(["4111111111111111", "paid with 4111 1111 1111 1111, thanks", "5555-5555-5555-4444", "378282246310005", "x4242.4242.4242.4242y"])(
    "is found in %s", (text) => expect(holdsCardNumber(text)).toBe(true),
  );
  it.each([
    "4111111111111112", "auth 0815 card 4242", "4006381333931", "9780201379624", "018f3c2a-7b10-7000-8000-000000001001", "+43 1 4111 1111",
    "12345678901234567890", "",
  ])("is not seen in %s", (text) => expect(holdsCardNumber(text)).toBe(false));

  it("is masked to its last four digits", () => {
    expect(masked("card 4111 1111 1111 1111 and 378282246310005.")).toBe("card **** **** **** 1111 and ***********0005.");
    expect(masked("nothing here")).toBe("nothing here");
  });

  it("is looked for in every text of a command but the numbers of articles", () => {
    expect(cardNumberIn({ cancel_order: { reason: "paid by 4111111111111111" } })).toBe(true);
    expect(cardNumberIn({ lines: [{ item: { barcode: "4111111111111111" } }] })).toBe(false);
    expect(cardNumberIn({ amount: "12.50", count: 3, note: null })).toBe(false);
  });
});
