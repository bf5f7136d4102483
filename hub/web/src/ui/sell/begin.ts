import type { Till } from "../../core/contract";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { keptLines } from "./lines";
import { basketUp } from "./state";

/** From the basket to its payment. */
export async function beginPayment(till: Till): Promise<void> {
  if (keptLines(till.view.basket.peek()).length === 0) {
    return;
  }
  if (till.view.shift.peek() === null) {
    notify("warn", t("sell.noShift"));
    return;
  }
  basketUp.value = false;
  await perform((approval) => till.actions.payment.begin(approval));
}
