import { useState } from "preact/hooks";
import type { TransactionRow } from "../../core/contract";
import { t } from "../../i18n/locale";
import { perform } from "../perform";
import { notify } from "../notices";
import { Amount } from "../parts/amount";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { StandingMark } from "../parts/standing";
import { EmailDialog } from "../receipts/email";
import { ReceiptDialog } from "../receipts/paper";
import { isZero } from "../sums";
import { useTill } from "../till";

/** The sale that was just done. Its change stays, large, until the next scan. */
export function LastSale({ row }: { readonly row: TransactionRow }) {
  const { actions } = useTill();
  const [shown, setShown] = useState<"receipt" | "email" | null>(null);
  const change = row.change !== null && !isZero(row.change.amount) ? row.change : null;
  const transaction = row.transaction;
  const copy = (form: "copy" | "gift"): void => {
    if (transaction !== null) {
      void perform(() => actions.after.printCopy(transaction, form)).then((done) => {
        if (done !== null) {
          notify("good", t("receipt.printing"));
        }
      });
    }
  };
  return (
    <div class="last">
      <p class="last-kind">
        <Icon name={row.unconfirmed ? "wait" : "check"} />
        {t(`transaction.${row.kind}`)}
      </p>
      {change === null
        ? row.total !== null && <p class="last-sum"><span>{t("last.total")}</span><strong><Amount of={row.total} /></strong></p>
        : (
          <>
            <p class="last-sum last-change" role="status"><span>{t("last.change")}</span><strong><Amount of={change} /></strong></p>
            {row.total !== null && <p class="soft">{t("last.total")} <Amount of={row.total} /></p>}
          </>
        )}
      <p class="last-facts">
        {row.receipt !== null && <span>{t("receipt.number", { number: row.receipt })}</span>}
        <StandingMark standing={row.standing} unconfirmed={row.unconfirmed} />
      </p>
      <div class="last-actions">
        <Button icon="eye" onPress={() => setShown("receipt")}>{t("receipt.show")}</Button>
        <Button icon="printer" disabled={transaction === null} onPress={() => copy("copy")}>{t("receipt.reprint")}</Button>
        <Button icon="gift" disabled={transaction === null} onPress={() => copy("gift")}>{t("receipt.gift")}</Button>
        <Button icon="mail" disabled={transaction === null} onPress={() => setShown("email")}>{t("receipt.email")}</Button>
      </div>
      <p class="soft small">{t("last.next")}</p>
      {shown === "receipt" && <ReceiptDialog row={row} onClose={() => setShown(null)} />}
      {shown === "email" && transaction !== null && <EmailDialog transaction={transaction} onClose={() => setShown(null)} />}
    </div>
  );
}
