import { useState } from "preact/hooks";
import type { CashMovement, DayClosed, OpenShift, ShiftClosed, XReport } from "../../core/contract";
import { businessDate, timeOfDay } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { ask, perform } from "../perform";
import { Amount } from "../parts/amount";
import { Dialog } from "../parts/dialog";
import { Icon, type IconName } from "../parts/icon";
import { ReasonButtons } from "../sell/reason";
import { drawerReasons } from "../sell/reasons";
import { useTill } from "../till";
import { CloseShift } from "./close-shift";
import { CloseDay } from "./day";
import { MoveCash } from "./move-cash";
import { OpenShiftForm } from "./open-shift";
import { DayResult, ShiftResult } from "./results";
import { XReportDialog } from "./x-report";

type Doing =
  | { readonly kind: "move"; readonly movement: CashMovement }
  | { readonly kind: "no-sale" }
  | { readonly kind: "x"; readonly report: XReport }
  | { readonly kind: "close" }
  | { readonly kind: "day" };

/** The drawer's shift, from its float to its count, and the store's day. */
export function Drawer() {
  const { view, actions } = useTill();
  const shift = view.shift.value;
  const [doing, setDoing] = useState<Doing | null>(null);
  const [closed, setClosed] = useState<ShiftClosed | null>(null);
  const [day, setDay] = useState<DayClosed | null>(null);
  const stop = (): void => setDoing(null);
  if (shift !== null && doing?.kind === "close") {
    return <CloseShift onCancel={stop} onClosed={(result) => { setClosed(result); stop(); }} />;
  }
  const showX = (): void => {
    void ask(actions.drawer.xReport()).then((answer) => {
      if (answer !== null) {
        setDoing({ kind: "x", report: answer.value });
      }
    });
  };
  return (
    <div class="page">
      <header class="page-head"><h1>{t("place.drawer")}</h1></header>
      <div class="page-scroll">
        {closed !== null && <ShiftResult closed={closed} />}
        {day !== null && <DayResult day={day} />}
        {shift === null
          ? <OpenShiftForm onOpened={() => { setClosed(null); setDay(null); }} />
          : <ShiftFacts shift={shift} />}
        <ul class="deeds">
          {shift !== null && (
            <>
              <Deed icon="plus" title={t("cash.paid_in")} text={t("cash.paid_in.text")} onPress={() => setDoing({ kind: "move", movement: "paid_in" })} />
              <Deed icon="minus" title={t("cash.paid_out")} text={t("cash.paid_out.text")} onPress={() => setDoing({ kind: "move", movement: "paid_out" })} />
              <Deed icon="lock" title={t("cash.drop")} text={t("cash.drop.text")} onPress={() => setDoing({ kind: "move", movement: "drop" })} />
              <Deed icon="cash" title={t("cash.loan")} text={t("cash.loan.text")} onPress={() => setDoing({ kind: "move", movement: "loan" })} />
              <Deed icon="drawer" title={t("drawer.noSale")} text={t("drawer.noSale.text")} onPress={() => setDoing({ kind: "no-sale" })} />
              <Deed icon="reports" title={t("drawer.x")} text={t("drawer.x.text")} onPress={showX} />
              <Deed icon="check" title={t("drawer.close")} text={t("drawer.close.text")} onPress={() => setDoing({ kind: "close" })} />
            </>
          )}
          <Deed icon="calendar" title={t("day.close")} text={t("day.close.text")} onPress={() => setDoing({ kind: "day" })} />
        </ul>
      </div>
      {doing?.kind === "move" && <MoveCash movement={doing.movement} onClose={stop} />}
      {doing?.kind === "x" && <XReportDialog report={doing.report} onClose={stop} />}
      {doing?.kind === "day" && <CloseDay onClose={stop} onClosed={(result) => { setDay(result); stop(); }} />}
      {doing?.kind === "no-sale" && (
        <Dialog title={t("drawer.noSale")} size="small" onClose={stop}>
          <ReasonButtons
            reasons={drawerReasons()}
            onReason={(reason) => {
              stop();
              void perform((approval) => actions.drawer.openDrawer(reason, approval)).then((done) => {
                if (done !== null) {
                  notify("good", t("drawer.noSale.done"));
                }
              });
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function ShiftFacts({ shift }: { readonly shift: OpenShift }) {
  return (
    <section class="panel">
      <h2>{shift.mode === "training" ? t("drawer.openTraining") : t("drawer.isOpen")}</h2>
      <dl class="facts">
        <div><dt>{t("drawer.day")}</dt><dd>{businessDate(shift.businessDate)}</dd></div>
        <div><dt>{t("drawer.since")}</dt><dd>{timeOfDay(new Date(shift.openedAt))}</dd></div>
        <div><dt>{t("drawer.float")}</dt><dd><Amount of={shift.float} /></dd></div>
      </dl>
    </section>
  );
}

function Deed({ icon, title, text, onPress }: { readonly icon: IconName; readonly title: string; readonly text: string; readonly onPress: () => void }) {
  return (
    <li>
      <button type="button" class="deed" onClick={onPress}>
        <Icon name={icon} />
        <span><strong>{title}</strong><span class="soft small">{text}</span></span>
      </button>
    </li>
  );
}
