/** Stock, counts, reports and the scale: what is asked and done in the store beside selling. */
import { PATHS, scaleAnswer } from "../../protocol/hub";
import { lossList, salesReport } from "../../protocol/reports";
import { isPositive } from "../amounts";
import type { StoreActions } from "../contract/actions";
import type { CountInProgress, ReceiveReason } from "../contract/goods";
import type { LossRow, SalesReport, Turnover, TurnoverRow } from "../contract/reports";
import { isObject } from "../../protocol/decode";
import type { Desk } from "../desk";
import { remember } from "../kept/facts";
import { kilogramsOf } from "../goods/weights";
import { asking, no } from "../outcomes";
import { write } from "../../pricing/exact";
import type { StockBook } from "./stock_book";

const COUNT = "count";
const LOSS_PAGES_MAX = 20;

function isCount(value: unknown): value is CountInProgress {
  return isObject(value) && typeof value.count === "string" && Array.isArray(value.counted);
}

export async function openCount(desk: Desk): Promise<void> {
  const kept = (await desk.kept.facts.get(COUNT))?.value;
  if (isCount(kept)) desk.state.count.value = kept;
}

function adjustment(reason: ReceiveReason): unknown {
  switch (reason.kind) {
    case "received":
      return "received";
    case "delivered":
      return { delivered: { reference: reason.reference } };
    case "waste":
      return "waste";
    case "other":
      return { other: reason.reason };
  }
}

export function storeActions(desk: Desk, stock: StockBook): StoreActions {
  const setCount = async (count: CountInProgress | null) => {
    desk.state.count.value = count;
    if (count === null) await desk.kept.facts.delete(COUNT);
    else await remember(desk.kept.facts, COUNT, count);
  };
  const counted = () => desk.state.count.value;
  return {
    stock: (text, most) => asking(async () => (desk.api === null ? [] : stock.rows(text, most))),
    async receive(lines, reason, approval) {
      if (lines.length === 0 || lines.some(({ quantity }) => !isPositive(quantity, 3))) return no("HF-WEB-021");
      const sign = reason.kind === "waste" ? "-" : "";
      const changes = lines.map(({ sku, quantity }) => ({ item: { sku }, quantity: `${sign}${quantity}` }));
      return desk.send<null>({ action: { adjust_stock: { changes, reason: adjustment(reason) } }, name: "adjust_stock", approval, accepted: () => null });
    },
    async startCount(scope, approval) {
      const count = desk.mint();
      return desk.send<null>({
        action: { start_count: { count, scope: scope === "full" ? "full" : { products: scope } } }, name: "start_count", approval,
        accepted: async () => {
          await setCount({ count, scope, counted: [] });
          return null;
        },
      });
    },
    async countProduct(sku, quantity) {
      const count = counted();
      if (count === null) return no("HF-WEB-047");
      if (!/^\d{1,8}(\.\d{1,3})?$/.test(quantity)) return no("HF-WEB-021");
      return desk.send({
        action: { count_product: { count: count.count, item: { sku }, quantity } }, name: "count_product",
        accepted: async ({ summary }) => {
          const of = summary.kind === "product_counted" ? summary.value : null;
          const row = { sku, description: desk.catalog.get(sku)?.description ?? sku, found: quantity };
          await setCount({ ...count, counted: [row, ...(counted()?.counted ?? []).filter((known) => known.sku !== sku)] });
          return { book: of?.book ?? "0" };
        },
      });
    },
    async finishCount() {
      const count = counted();
      if (count === null) return no("HF-WEB-047");
      return desk.send({
        action: { finish_count: { count: count.count } }, name: "finish_count",
        accepted: async ({ summary }) => {
          await setCount(null);
          const of = summary.kind === "count_finished" ? summary.value : null;
          return { counted: of?.counted ?? 0, uncounted: of?.uncounted ?? 0, adjusted: of?.adjusted ?? 0 };
        },
      });
    },
    async cancelCount(reason) {
      const count = counted();
      if (count === null) return no("HF-WEB-047");
      if (reason.trim() === "") return no("HF-WEB-025");
      return desk.send<null>({
        action: { cancel_count: { count: count.count, reason: reason.trim() } }, name: "cancel_count",
        accepted: async () => {
          await setCount(null);
          return null;
        },
      });
    },
    salesReport: (from, to) => asking(() => readSales(desk, from, to)),
    losses: (from, to) => asking(() => readLosses(desk, from, to)),
    askScale: (scale, ask) => asking(async () => {
      const answer = await needApi(desk).post(scaleAnswer, PATHS.scale, { scale, ask });
      return { kilograms: answer.weight === null ? null : kilogramsOf(answer.weight) };
    }),
  };
}

function needApi(desk: Desk) {
  if (desk.api === null) throw new Error("nothing is asked before the till is paired");
  return desk.api;
}

async function readSales(desk: Desk, from: string, to: string): Promise<SalesReport> {
  const report = await needApi(desk).get(salesReport, PATHS.salesReport, { from, to });
  const money = (minor: number) => desk.amounts.money(BigInt(minor));
  const turnover = (of: (typeof report)["all"]): Turnover => ({
    sales: of.sales, returns: of.returns, postVoids: of.post_voids, gross: money(of.gross_minor), net: money(of.net_minor),
    tax: money(of.tax_minor), discount: money(of.discount_minor), returned: money(of.returned_minor),
  });
  const rows = (of: (typeof report)["by_day"]): readonly TurnoverRow[] =>
    of.map((row) => ({ label: row.name === "" ? row.key : row.name, ...turnover(row) }));
  return {
    from: report.from, to: report.to, all: turnover(report.all), byDay: rows(report.by_day), byHour: rows(report.by_hour),
    byStaff: rows(report.by_staff), byTill: rows(report.by_till),
    byProduct: report.by_product.map((of) => ({
      sku: of.sku, description: of.description, sold: write(BigInt(of.sold_thousandths), 3, 0),
      returned: write(BigInt(of.returned_thousandths), 3, 0), gross: money(of.gross_minor), discount: money(of.discount_minor),
    })),
    byTender: report.by_tender.map((of) => ({
      kind: of.kind, transactions: of.transactions, taken: money(of.taken_minor), givenBack: money(of.given_back_minor),
    })),
    byTax: report.by_tax.map((of) => ({ code: of.code, percent: of.rate_percent, net: money(of.net_minor), tax: money(of.tax_minor) })),
  };
}

async function readLosses(desk: Desk, from: string, to: string): Promise<readonly LossRow[]> {
  const rows: LossRow[] = [];
  let after: string | null = null;
  for (let page = 0; page < LOSS_PAGES_MAX; page += 1) {
    const query: Record<string, string | null> = { from, to, after_seq: after };
    const read: ReturnType<typeof lossList> = await needApi(desk).get(lossList, PATHS.lossesReport, query);
    for (const of of read.losses) {
      rows.push({
        at: new Date(of.recorded_at_ms).toISOString(), businessDate: of.business_date, kind: of.kind, what: of.what, reason: of.reason,
        amount: of.amount_minor === null ? null : desk.amounts.money(BigInt(of.amount_minor)), staff: of.staff_name ?? of.staff_number,
        approvedBy: of.approved_by, till: of.till ?? "", receipt: of.receipt,
      });
    }
    if (read.next_after_seq === null) break;
    after = String(read.next_after_seq);
  }
  return rows;
}
