import type { TurnoverRow } from "../../core/contract";
import { money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";

const HEIGHT = 120;
const STEP = 40;
const BAR = 26;

/** Turnover by the hour as bars. The same figures stand in a table for whoever cannot see it. */
export function HourChart({ rows }: { readonly rows: readonly TurnoverRow[] }) {
  // Heights of a picture, not money: whole pixels are all that comes of them.
  const values = rows.map((row) => Math.max(0, Number.parseInt(row.gross.amount, 10)));
  const most = Math.max(1, ...values);
  return (
    <>
      <svg class="chart" viewBox={`0 0 ${rows.length * STEP} ${HEIGHT + 24}`} aria-hidden="true" preserveAspectRatio="xMidYMid meet">
        {rows.map((row, at) => {
          const height = Math.round(((values[at] ?? 0) * HEIGHT) / most);
          return (
            <g key={row.label}>
              <rect class="chart-bar" x={at * STEP + (STEP - BAR) / 2} y={HEIGHT - height} width={BAR} height={Math.max(1, height)} rx="4" />
              <text class="chart-label" x={at * STEP + STEP / 2} y={HEIGHT + 17} text-anchor="middle">{plain(row.label)}</text>
            </g>
          );
        })}
      </svg>
      <table class="unseen">
        <caption>{t("report.byHour")}</caption>
        <tbody>{rows.map((row) => <tr key={row.label}><th scope="row">{plain(row.label)}</th><td>{money(row.gross.amount, row.gross.currency)}</td></tr>)}</tbody>
      </table>
    </>
  );
}
