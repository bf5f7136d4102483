import { useState } from "preact/hooks";
import type { OpenOrder } from "../../core/contract";
import { money, plain, timeOfDay } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { perform } from "../perform";
import { go } from "../place";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Icon } from "../parts/icon";
import { ReasonButtons } from "../sell/reason";
import { cancelReasons } from "../sell/reasons";
import { isZero, minus } from "../sums";
import { useTill } from "../till";

/** Orders that are not closed, at whatever till: parked ones first, then those that somebody has in hand. */
export function Orders() {
  const { view, actions } = useTill();
  const [cancelling, setCancelling] = useState<OpenOrder | null>(null);
  const orders = view.orders.value;
  const waiting = orders.filter((order) => order.custody.kind === "parked" || order.custody.kind === "free");
  const held = orders.filter((order) => order.custody.kind === "other_till" || order.custody.kind === "this_till");
  const retrieve = (order: OpenOrder): void => {
    const takeOver = order.custody.kind === "other_till";
    void perform((approval) => actions.orders.retrieve(order.order, takeOver, approval)).then((done) => {
      if (done !== null) {
        go("sell");
      }
    });
  };
  return (
    <div class="page">
      <header class="page-head"><h1>{t("place.orders")}</h1></header>
      <div class="page-scroll">
        {orders.length === 0 && <Empty icon="parked" title={t("orders.none")}>{t("orders.none.hint")}</Empty>}
        {waiting.length > 0 && (
          <section>
            <h2>{t("orders.waiting")}</h2>
            <ul class="cards">{waiting.map((order) => <OrderCard key={order.order} order={order} onRetrieve={() => retrieve(order)} onCancel={() => setCancelling(order)} />)}</ul>
          </section>
        )}
        {held.length > 0 && (
          <section>
            <h2>{t("orders.held")}</h2>
            <ul class="cards">{held.map((order) => <OrderCard key={order.order} order={order} onRetrieve={() => retrieve(order)} onCancel={null} />)}</ul>
          </section>
        )}
      </div>
      {cancelling !== null && (
        <Dialog title={t("orders.cancel")} tone="danger" size="small" onClose={() => setCancelling(null)} lead={<p>{t("orders.cancel.text")}</p>}>
          <ReasonButtons
            reasons={cancelReasons()}
            onReason={(reason) => {
              setCancelling(null);
              void perform((approval) => actions.orders.cancel(cancelling.order, reason, approval));
            }}
          />
        </Dialog>
      )}
    </div>
  );
}

function OrderCard({ order, onRetrieve, onCancel }: { readonly order: OpenOrder; readonly onRetrieve: () => void; readonly onCancel: (() => void) | null }) {
  const { custody } = order;
  const paid = isZero(order.paid.amount) ? null : order.paid;
  return (
    <li class="card">
      <div class="card-head">
        <strong class="card-title">{order.label === null || order.label === "" ? t("orders.noLabel") : <Name of={order.label} />}</strong>
        <span class="card-sum"><Amount of={order.gross} /></span>
      </div>
      <p class="soft small">
        {timeOfDay(new Date(order.placedAt))} · {t("basket.items", { count: order.lines })}
        {order.channel === "not_in_hand" && <> · {t("orders.notInHand")}</>}
      </p>
      {paid !== null && <p class="small">{t("orders.paid", { paid: money(paid.amount, paid.currency), open: money(minus(order.gross.amount, paid.amount), paid.currency) })}</p>}
      {order.onlyHere && <p class="callout callout-calm small"><Icon name="here" /> {t("orders.onlyHere")}</p>}
      {order.mode === "training" && <span class="badge badge-training">{t("training.short")}</span>}
      {custody.kind === "other_till" && (
        <p class="callout callout-warn small">
          {t("orders.otherTill", { till: custody.till === null ? "?" : String(custody.till), staff: custody.staff === null ? "?" : String(custody.staff), time: timeOfDay(new Date(custody.since)) })}
        </p>
      )}
      <div class="card-actions">
        {custody.kind !== "this_till" && (
          <Button look={custody.kind === "other_till" ? "plain" : "primary"} wide icon={custody.kind === "other_till" ? "move" : "onward"} onPress={onRetrieve}>
            {custody.kind === "other_till" ? t("orders.takeOver") : t("orders.retrieve")}
          </Button>
        )}
        {custody.kind === "this_till" && <Button wide onPress={() => go("sell")}>{t("orders.here")}</Button>}
        {onCancel !== null && paid === null && <IconButton icon="trash" label={t("orders.cancelNamed", { label: plain(order.label ?? t("orders.noLabel")) })} tone="danger" onPress={onCancel} />}
      </div>
    </li>
  );
}
