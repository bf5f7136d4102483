import type { XReport } from "../../core/contract";
import { businessDate, quantity, timeOfDay } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { printPaper } from "../receipts/print";

/** What the shift adds up to so far. */
export function XReportDialog({ report, onClose }: { readonly report: XReport; readonly onClose: () => void }) {
  return (
    <Dialog title={t("drawer.x")} size="small" reading onClose={onClose} actions={<Button size="large" wide icon="printer" onPress={printPaper}>{t("receipt.browserPrint")}</Button>}>
      <article class="paper">
        <p class="paper-kind">{t("x.until", { day: businessDate(report.businessDate), since: timeOfDay(new Date(report.openedAt)) })}</p>
        {report.mode === "training" && <p class="paper-mark">{t("training.badge")}</p>}
        {report.byTill && <p class="paper-mark paper-island">{t("x.byTill")}</p>}
        <dl class="paper-facts">
          <div><dt>{t("x.sales")}</dt><dd>{report.sales}</dd></div>
          <div><dt>{t("x.returns")}</dt><dd>{report.returns}</dd></div>
          <div><dt>{t("x.postVoids")}</dt><dd>{report.postVoids}</dd></div>
          <div><dt>{t("x.cancelled")}</dt><dd>{report.cancelled}</dd></div>
        </dl>
        <p class="paper-total"><span>{t("x.gross")}</span><Amount of={report.gross} /></p>
        <dl class="paper-facts">
          <div><dt>{t("totals.net")}</dt><dd><Amount of={report.net} /></dd></div>
          <div><dt>{t("totals.discount")}</dt><dd><Amount of={report.discount} /></dd></div>
          <div><dt>{t("x.returned")}</dt><dd><Amount of={report.returned} /></dd></div>
          <div><dt>{t("receipt.rounding")}</dt><dd><Amount of={report.rounding} /></dd></div>
          <div><dt>{t("drawer.float")}</dt><dd><Amount of={report.float} /></dd></div>
          {report.cashExpected !== null && <div><dt>{t("z.expected")}</dt><dd><Amount of={report.cashExpected} /></dd></div>}
        </dl>
        <table class="paper-taxes">
          <thead><tr><th scope="col">{t("pay.how")}</th><th scope="col">{t("report.taken")}</th><th scope="col">{t("report.givenBack")}</th></tr></thead>
          <tbody>{report.tenders.map((tender) => <tr key={tender.code}><th scope="row"><Name of={tender.name} /></th><td><Amount of={tender.taken} /></td><td><Amount of={tender.givenBack} /></td></tr>)}</tbody>
        </table>
        <table class="paper-taxes">
          <thead><tr><th scope="col">{t("receipt.tax")}</th><th scope="col">{t("totals.net")}</th><th scope="col">{t("totals.tax")}</th></tr></thead>
          <tbody>{report.taxes.map((tax) => <tr key={tax.code}><th scope="row">{tax.code} {quantity(tax.percent)} %</th><td><Amount of={tax.net} /></td><td><Amount of={tax.tax} /></td></tr>)}</tbody>
        </table>
      </article>
    </Dialog>
  );
}
