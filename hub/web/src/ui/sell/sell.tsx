import { useEffect } from "preact/hooks";
import { t } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { performLocal } from "../perform";
import { useTill } from "../till";
import { BasketPanel, BasketPeek } from "./basket";
import { Grid } from "./grid";
import { beginPayment } from "./begin";
import { keptLines } from "./lines";
import { focusSearch, SearchField } from "./search";
import { Sheets } from "./sheets";
import { basketUp, closeSheet, open, sheet } from "./state";
import { plus, compare } from "../sums";

/** The page that a cashier looks at all day. */
export function Sell() {
  useSellKeys();
  // Whoever comes back to the page, or to the till, comes to the sale and not to a question from before.
  useEffect(() => closeSheet, []);
  return (
    <div class={basketUp.value ? "sell sell-basket-up" : "sell"}>
      <h1 class="unseen">{t("place.sell")}</h1>
      <section class="goods" aria-label={t("sell.goods")}>
        <SearchField />
        <Grid />
        <BasketPeek />
      </section>
      <BasketPanel />
      <Sheets />
    </div>
  );
}

function useSellKeys(): void {
  const till = useTill();
  const { view, actions } = till;
  useKeys(({ key, inField }) => {
    const basket = view.basket.value;
    const lines = keptLines(basket);
    const current = lines.find((line) => line.number === basket?.current) ?? lines.at(-1) ?? null;
    switch (key) {
      case "F2":
        open({ kind: "price-check" });
        return true;
      case "F3":
        open({ kind: "customer" });
        return true;
      case "F4":
        if (lines.length > 0) {
          open({ kind: "park" });
        }
        return true;
      case "F9":
        void beginPayment(till);
        return true;
      case "Insert":
        performLocal(actions.basket.repeat());
        return true;
      case "ArrowUp":
      case "ArrowDown": {
        const at = lines.findIndex((line) => line.number === current?.number);
        const next = lines[at + (key === "ArrowUp" ? -1 : 1)];
        if (next === undefined) {
          return inField || lines.length > 0;
        }
        actions.basket.select(next.number);
        return true;
      }
    }
    if (inField) {
      return false;
    }
    if (current !== null) {
      switch (key) {
        case "+":
          performLocal(actions.basket.setQuantity(current.number, plus(current.quantity, "1")));
          return true;
        case "-":
          if (compare(current.quantity, "1") > 0) {
            performLocal(actions.basket.setQuantity(current.number, plus(current.quantity, "-1"), t("reason.lessWanted")));
          } else {
            open({ kind: "void", line: current.number });
          }
          return true;
        case "Delete":
          open({ kind: "void", line: current.number });
          return true;
        case "F6":
          open({ kind: "discount", line: current.number });
          return true;
        case "F7":
          open({ kind: "price", line: current.number });
          return true;
        case "F8":
          open({ kind: "note", line: current.number });
          return true;
      }
    }
    if (key === "/") {
      return focusSearch("");
    }
    return sheet.value === null && /^[\p{L}\p{N}*]$/u.test(key) && focusSearch(key);
  });
}
