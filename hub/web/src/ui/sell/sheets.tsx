import { useEffect } from "preact/hooks";
import type { Basket } from "../../core/contract";
import { useTill } from "../till";
import { Abandon, BasketDiscount, BasketNote, Park, Promotions, Terms } from "./basket-sheets";
import { CustomerSheet } from "./customer";
import { FamilySheet } from "./family";
import { LineDiscount, LineNote, LinePrice, LineQuantity, LineVoid } from "./line-sheets";
import { PriceCheckSheet } from "./price-check";
import { closeSheet, sheet, type Sheet } from "./state";

/** Whether what the sheet is about is still there: a line may be taken off and a basket be parked meanwhile. */
function hasGround(shown: Sheet, basket: Basket | null): boolean {
  if (shown.kind === "customer" || shown.kind === "price-check" || shown.kind === "family") {
    return true;
  }
  return basket !== null && (!("line" in shown) || basket.lines.some((line) => line.number === shown.line && line.fate.kind === "kept"));
}

/** Whatever is open above the page of the sale. */
export function Sheets() {
  const { view } = useTill();
  const shown = sheet.value;
  const gone = shown !== null && !hasGround(shown, view.basket.value);
  useEffect(() => {
    if (gone) {
      closeSheet();
    }
  }, [gone]);
  if (shown === null) {
    return null;
  }
  const basket = view.basket.value;
  switch (shown.kind) {
    case "customer":
      return <CustomerSheet onClose={closeSheet} />;
    case "price-check":
      return <PriceCheckSheet onClose={closeSheet} />;
    case "family":
      return <FamilySheet family={shown.family} onClose={closeSheet} />;
  }
  if (basket === null) {
    return null;
  }
  switch (shown.kind) {
    case "basket-discount":
      return <BasketDiscount basket={basket} onClose={closeSheet} />;
    case "basket-note":
      return <BasketNote basket={basket} onClose={closeSheet} />;
    case "terms":
      return <Terms basket={basket} onClose={closeSheet} />;
    case "park":
      return <Park onClose={closeSheet} />;
    case "abandon":
      return <Abandon onClose={closeSheet} />;
    case "promotions":
      return <Promotions basket={basket} onClose={closeSheet} />;
  }
  const line = basket.lines.find((each) => each.number === shown.line && each.fate.kind === "kept");
  if (line === undefined) {
    return null;
  }
  switch (shown.kind) {
    case "quantity":
      return <LineQuantity line={line} onClose={closeSheet} />;
    case "price":
      return <LinePrice line={line} onClose={closeSheet} />;
    case "discount":
      return <LineDiscount line={line} onClose={closeSheet} />;
    case "note":
      return <LineNote line={line} onClose={closeSheet} />;
    case "void":
      return <LineVoid line={line} onClose={closeSheet} />;
  }
}
