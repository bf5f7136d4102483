import { useEffect, useState } from "preact/hooks";
import type { Answer, LossRow, Problem, SalesReport, TurnoverRow } from "../../core/contract";
import { businessDate, money, plain, quantity, timeOfDay } from "../../i18n/format";
import { t, worded } from "../../i18n/locale";
import { Amount, Name } from "../parts/amount";
import { Empty } from "../parts/empty";
import { Choice } from "../parts/field";
import { storeToday } from "../today";
import { useTill } from "../till";
import { HourChart } from "./chart";

type Range = "today" | "yesterday" | "week";
type Tab = "sales" | "losses";

/** How the shop does, by its business dates. */
export function Reports() {
  const { view, actions } = useTill();
  const [range, setRange] = useState<Range>("today");
  const [tab, setTab] = useState<Tab>("sales");
  const [sales, setSales] = useState<SalesReport | null>(null);
  const [losses, setLosses] = useState<readonly LossRow[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const store = view.store.value;
  useEffect(() => {
    let current = true;
    const to = storeToday(store, range === "yesterday" ? 1 : 0);
    const from = range === "week" ? storeToday(store, 6) : to;
    setSales(null);
    setLosses(null);
    setProblem(null);
    const take = <T,>(answer: Answer<T>, show: (value: T) => void): void => {
      if (!current) {
        return;
      }
      if (answer.kind === "answered") {
        show(answer.value);
      } else {
        setProblem(answer.problem);
      }
    };
    if (tab === "sales") {
      void actions.store.salesReport(from, to).then((answer) => take(answer, setSales));
    } else {
      void actions.store.losses(from, to).then((answer) => take(answer, setLosses));
    }
    return () => {
      current = false;
    };
  }, [range, tab, store, actions]);
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("place.reports")}</h1>
        <Choice label={t("report.what")} plain value={tab} options={[{ value: "sales", text: t("report.sales") }, { value: "losses", text: t("report.losses") }]} onChoose={setTab} />
        <Choice label={t("report.range")} plain value={range} options={[{ value: "today", text: t("report.today") }, { value: "yesterday", text: t("report.yesterday") }, { value: "week", text: t("report.week") }]} onChoose={setRange} />
      </header>
      <div class="page-scroll" tabIndex={0}>
        {problem !== null && (
          <Empty icon="stop" title={worded(problem).text}>
            <p>{worded(problem).advice}</p>
            <p class="toast-code">{problem.code}</p>
          </Empty>
        )}
        {problem === null && tab === "sales" && (sales === null ? <Empty icon="reports" title={t("report.none")} /> : <Sales report={sales} />)}
        {problem === null && tab === "losses" && (losses === null || losses.length === 0 ? <Empty icon="eye" title={t("report.noLosses")} /> : <Losses rows={losses} />)}
      </div>
    </div>
  );
}

function Sales({ report }: { readonly report: SalesReport }) {
  const { view } = useTill();
  const { all } = report;
  const tenderName = (code: string): string => view.tenderTypes.value.find((type) => type.code === code)?.name ?? code;
  return (
    <div class="report">
      <ul class="figures">
        <li class="figure figure-large"><span>{t("report.gross")}</span><strong><Amount of={all.gross} /></strong></li>
        <li class="figure"><span>{t("report.count")}</span><strong>{quantity(String(all.sales))}</strong></li>
        <li class="figure"><span>{t("totals.net")}</span><strong><Amount of={all.net} /></strong></li>
        <li class="figure"><span>{t("totals.discount")}</span><strong><Amount of={all.discount} /></strong></li>
        <li class="figure"><span>{t("x.returned")}</span><strong><Amount of={all.returned} /></strong></li>
      </ul>
      {report.byHour.length > 0 && <section class="panel"><h2>{t("report.byHour")}</h2><HourChart rows={report.byHour} /></section>}
      <div class="report-tables">
        <section class="panel">
          <h2>{t("report.byProduct")}</h2>
          <table class="table">
            <thead><tr><th scope="col">{t("stock.item")}</th><th scope="col" class="number">{t("report.sold")}</th><th scope="col" class="number">{t("report.gross")}</th></tr></thead>
            <tbody>{report.byProduct.slice(0, 15).map((row) => <tr key={row.sku}><th scope="row"><Name of={row.description} /></th><td class="number">{quantity(row.sold)}</td><td class="number"><Amount of={row.gross} /></td></tr>)}</tbody>
          </table>
        </section>
        <section class="panel">
          <h2>{t("report.byTender")}</h2>
          <table class="table">
            <thead><tr><th scope="col">{t("pay.how")}</th><th scope="col" class="number">{t("report.taken")}</th><th scope="col" class="number">{t("report.givenBack")}</th></tr></thead>
            <tbody>{report.byTender.map((row) => <tr key={row.kind}><th scope="row"><Name of={tenderName(row.kind)} /></th><td class="number"><Amount of={row.taken} /></td><td class="number"><Amount of={row.givenBack} /></td></tr>)}</tbody>
          </table>
        </section>
        <Rows title={t("report.byStaff")} rows={report.byStaff} />
        <Rows title={t("report.byTill")} rows={report.byTill} />
        {report.byDay.length > 1 && <Rows title={t("report.byDay")} rows={report.byDay.map((row) => ({ ...row, label: businessDate(row.label) }))} />}
        <section class="panel">
          <h2>{t("report.byTax")}</h2>
          <table class="table">
            <thead><tr><th scope="col">{t("receipt.tax")}</th><th scope="col" class="number">{t("totals.net")}</th><th scope="col" class="number">{t("totals.tax")}</th></tr></thead>
            <tbody>{report.byTax.map((row) => <tr key={row.code}><th scope="row">{row.code} {quantity(row.percent)} %</th><td class="number"><Amount of={row.net} /></td><td class="number"><Amount of={row.tax} /></td></tr>)}</tbody>
          </table>
        </section>
      </div>
    </div>
  );
}

function Rows({ title, rows }: { readonly title: string; readonly rows: readonly TurnoverRow[] }) {
  return (
    <section class="panel">
      <h2>{title}</h2>
      <table class="table">
        <thead><tr><th scope="col">{title}</th><th scope="col" class="number">{t("report.count")}</th><th scope="col" class="number">{t("report.gross")}</th></tr></thead>
        <tbody>{rows.map((row) => <tr key={row.label}><th scope="row"><Name of={row.label} /></th><td class="number">{quantity(String(row.sales))}</td><td class="number"><Amount of={row.gross} /></td></tr>)}</tbody>
      </table>
    </section>
  );
}

const LOSSES = ["line_void", "discount", "price_override", "return", "post_void", "cancelled_order", "abandoned_basket", "no_sale", "drawer_opened", "paid_out", "correction", "approved", "refused"] as const;

function isLoss(kind: string): kind is (typeof LOSSES)[number] {
  return LOSSES.some((known) => known === kind);
}

function Losses({ rows }: { readonly rows: readonly LossRow[] }) {
  return (
    <div class="table-scroll">
      <table class="table">
        <thead><tr><th scope="col">{t("loss.when")}</th><th scope="col">{t("loss.what")}</th><th scope="col">{t("reason.label")}</th><th scope="col">{t("loss.who")}</th><th scope="col" class="number">{t("pay.amount")}</th></tr></thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              <td>{timeOfDay(new Date(row.at))}<span class="soft small block">{plain(row.till)}</span></td>
              <th scope="row">{isLoss(row.kind) ? t(`loss.${row.kind}`) : <Name of={row.kind} />}<span class="soft small block"><Name of={row.what} /></span></th>
              <td><Name of={row.reason} /></td>
              <td>{row.staff === null ? "–" : <Name of={row.staff} />}{row.approvedBy !== null && <span class="soft small block">{t("loss.approvedBy", { who: plain(row.approvedBy) })}</span>}</td>
              <td class="number">{row.amount === null ? "–" : money(row.amount.amount, row.amount.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
