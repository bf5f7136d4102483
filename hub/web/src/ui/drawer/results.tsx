import type { DayClosed, ShiftClosed } from "../../core/contract";
import { businessDate, money } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { Amount } from "../parts/amount";
import { compare, isZero } from "../sums";

/** What came of a shift: its Z, and how far the count was from what should be there. */
export function ShiftResult({ closed }: { readonly closed: ShiftClosed }) {
  const off = closed.overShort;
  return (
    <section class="panel panel-good" role="status">
      <h2>{closed.zNumber === null ? t("z.later") : t("z.number", { number: String(closed.zNumber) })}</h2>
      {closed.zNumber === null && <p>{t("z.later.text")}</p>}
      <dl class="facts">
        <div><dt>{t("z.declared")}</dt><dd><Amount of={closed.declared} /></dd></div>
        {closed.expected !== null && <div><dt>{t("z.expected")}</dt><dd><Amount of={closed.expected} /></dd></div>}
        {off !== null && (
          <div class="facts-sum">
            <dt>{isZero(off.amount) ? t("z.exact") : compare(off.amount, "0") > 0 ? t("z.over") : t("z.short")}</dt>
            <dd><Amount of={off} /></dd>
          </div>
        )}
      </dl>
    </section>
  );
}

export function DayResult({ day }: { readonly day: DayClosed }) {
  return (
    <section class="panel panel-good" role="status">
      <h2>{t("day.number", { number: String(day.number), part: String(day.part) })}</h2>
      <p>{businessDate(day.day)} · {money(day.gross.amount, day.gross.currency)}</p>
      {(day.openShifts > 0 || day.openOrders > 0) && (
        <p class="soft">{t("day.carried.shifts", { count: day.openShifts })} {t("day.carried.orders", { count: day.openOrders })}</p>
      )}
    </section>
  );
}
