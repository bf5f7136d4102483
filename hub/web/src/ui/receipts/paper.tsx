import { useEffect, useState } from "preact/hooks";
import type { Receipt, ReceiptLine, TransactionRow } from "../../core/contract";
import { moment, money, plain, quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { ask } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { StandingMark } from "../parts/standing";
import { isZero } from "../sums";
import { useTill } from "../till";
import { printPaper } from "./print";
import { cardText } from "../pay/pay";

/** The receipt of a transaction, as its paper says it; the browser's printer prints exactly this. */
export function ReceiptDialog({ row, onClose }: { readonly row: TransactionRow; readonly onClose: () => void }) {
  const { actions } = useTill();
  const [receipt, setReceipt] = useState<Receipt | null>(null);
  useEffect(() => {
    void ask(actions.after.receipt(row)).then((answer) => {
      if (answer === null) {
        onClose();
      } else {
        setReceipt(answer.value);
      }
    });
    // The row is the question; who closes the dialog does not change it.
  }, [row]);
  return (
    <Dialog
      title={t("receipt.title")}
      size="small"
      reading
      onClose={onClose}
      actions={<Button size="large" wide icon="printer" disabled={receipt === null} onPress={printPaper}>{t("receipt.browserPrint")}</Button>}
    >
      {receipt === null ? <p class="soft" role="status">{t("app.loading")}</p> : <Paper receipt={receipt} />}
    </Dialog>
  );
}

export function Paper({ receipt }: { readonly receipt: Receipt }) {
  const { store } = receipt;
  return (
    <article class="paper" aria-label={t("receipt.number", { number: receipt.number })}>
      <header class="paper-head">
        <strong><Name of={store.name} /></strong>
        <span><Name of={store.legalName} /></span>
        {store.address.map((line) => <span key={line}><Name of={line} /></span>)}
        <span>{t("receipt.taxId", { id: store.taxId })}</span>
      </header>
      {receipt.training && <p class="paper-mark">{t("training.badge")}</p>}
      {receipt.island && <p class="paper-mark paper-island">{t("receipt.island")}</p>}
      {receipt.copy && <p class="paper-mark">{t("receipt.copy")}</p>}
      <p class="paper-kind">{t(`transaction.${receipt.kind}`)}</p>
      <dl class="paper-facts">
        <div><dt>{t("receipt.receipt")}</dt><dd dir="ltr">{receipt.number}</dd></div>
        {receipt.alias !== null && <div><dt>{t("receipt.alias")}</dt><dd dir="ltr">{receipt.alias}</dd></div>}
        <div><dt>{t("receipt.when")}</dt><dd>{moment(new Date(receipt.at))}</dd></div>
        <div><dt>{t("receipt.till")}</dt><dd>{receipt.operator === null ? String(receipt.till) : t("receipt.tillAndCashier", { till: String(receipt.till), cashier: String(receipt.operator) })}</dd></div>
      </dl>
      <ul class="paper-lines">
        {receipt.lines.map((line) => <PaperLine key={line.number} line={line} />)}
      </ul>
      {receipt.totals !== null && <p class="paper-total"><span>{t("basket.total")}</span><Amount of={receipt.totals.gross} /></p>}
      <dl class="paper-facts">
        {receipt.tenders.map((tender, at) => (
          <div key={at}><dt><Name of={tender.name} />{tender.card === null ? "" : plain(cardText(tender.card))}</dt><dd><Amount of={tender.amount} /></dd></div>
        ))}
        {receipt.rounding !== null && !isZero(receipt.rounding.amount) && <div><dt>{t("receipt.rounding")}</dt><dd><Amount of={receipt.rounding} /></dd></div>}
        {receipt.change !== null && !isZero(receipt.change.amount) && <div><dt>{t("last.change")}</dt><dd><Amount of={receipt.change} /></dd></div>}
      </dl>
      {receipt.taxes.length > 0 && (
        <table class="paper-taxes">
          <thead><tr><th scope="col">{t("receipt.tax")}</th><th scope="col">{t("totals.net")}</th><th scope="col">{t("totals.tax")}</th></tr></thead>
          <tbody>
            {receipt.taxes.map((tax) => (
              <tr key={tax.code}><th scope="row">{tax.code} {quantity(tax.percent)} %</th><td><Amount of={tax.net} /></td><td><Amount of={tax.tax} /></td></tr>
            ))}
          </tbody>
        </table>
      )}
      <footer class="paper-foot"><StandingMark standing={receipt.standing} /></footer>
    </article>
  );
}

function PaperLine({ line }: { readonly line: ReceiptLine }) {
  const currency = line.gross.currency;
  return (
    <li>
      <span class="paper-words">
        <Name of={line.description} />
        <span class="small">{quantity(line.quantity)} × {money(line.unitPrice, currency)}</span>
        {line.discount !== null && <span class="small">{line.discountNames.map(plain).join(", ")} <Amount of={line.discount} negative /></span>}
      </span>
      <Amount of={line.gross} />
    </li>
  );
}
