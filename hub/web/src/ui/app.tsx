import { effect } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import type { Basket, Till, TillView } from "../core/contract";
import { money, plain } from "../i18n/format";
import { t } from "../i18n/locale";
import { OwnedElsewhere, Pairing, Starting, Stopped } from "./door/pages";
import { SignOnPage } from "./door/sign-on";
import { Drawer } from "./drawer/drawer";
import { Banners } from "./frame/banners";
import { Bar } from "./frame/bar";
import { Help } from "./frame/help";
import { useIdle } from "./frame/idle";
import { OperatorPanel } from "./frame/operator";
import { helpShown, moreShown, operatorShown } from "./frame/overlays";
import { Override } from "./frame/override";
import { More, Rail } from "./frame/rail";
import { useChords, useKeys } from "./keys/layers";
import { say } from "./notices";
import { Orders } from "./orders/orders";
import { Spoken } from "./parts/spoken";
import { Toasts } from "./parts/toasts";
import { Pay } from "./pay/pay";
import { perform } from "./perform";
import { go, place, PLACES } from "./place";
import { Receipts } from "./receipts/receipts";
import { RefundStage } from "./receipts/refund";
import { Reports } from "./reports/reports";
import { Alerts } from "./sell/alerts";
import { keptLines } from "./sell/lines";
import { Questions } from "./sell/questions";
import { Sell } from "./sell/sell";
import { compare, plus } from "./sums";
import { soundAccepted, soundRefused } from "./sound";
import { Settings } from "./status/settings";
import { Status } from "./status/status";
import { Stock } from "./stock/stock";
import { TillProvider, useTill } from "./till";

export function App({ till }: { readonly till: Till }) {
  return (
    <TillProvider value={till}>
      <Door />
      <Toasts />
      <Spoken />
    </TillProvider>
  );
}

/** Which till this is, if it is one at all. */
function Door() {
  const { view } = useTill();
  const stage = view.stage.value;
  switch (stage.kind) {
    case "starting":
      return <Starting />;
    case "not_paired":
      return <Pairing />;
    case "owned_elsewhere":
      return <OwnedElsewhere />;
    case "stopped":
      return <Stopped problem={stage.problem} />;
    case "running":
      return view.signOn.value.kind === "operator" ? <Running /> : <SignOnPage key={view.signOn.value.kind} />;
  }
}

function Running() {
  const { view, actions } = useTill();
  useEffect(() => hearBasket(view), [view]);
  const lock = useCallback(() => {
    void perform(() => actions.people.lock());
  }, [actions]);
  // A payment at a device is watched to its end: whoever pays would otherwise stand before a locked till.
  useIdle(view.payment.value === null, lock);
  useFrameKeys(lock);
  const training = view.shift.value?.mode === "training";
  return (
    <div class={training ? "app app-training" : "app"}>
      <Bar />
      <Rail />
      <div class="body">
        <Banners />
        <main class="main"><Page /></main>
      </div>
      <Questions />
      <RefundStage />
      <Alerts />
      {helpShown.value && <Help />}
      {operatorShown.value && <OperatorPanel />}
      {moreShown.value && <More />}
      <Override />
    </div>
  );
}

function Page() {
  const { view } = useTill();
  const payment = view.payment.value;
  switch (place.value) {
    case "sell":
      return payment === null ? <Sell /> : <Pay payment={payment} />;
    case "orders":
      return <Orders />;
    case "receipts":
      return <Receipts />;
    case "stock":
      return <Stock />;
    case "drawer":
      return <Drawer />;
    case "reports":
      return <Reports />;
    case "status":
      return <Status />;
    case "settings":
      return <Settings />;
  }
}

function useFrameKeys(lock: () => void): void {
  useChords(({ key, alt }) => {
    const to = PLACES[Number(key) - 1];
    if (!alt || (to === undefined && key.toLowerCase() !== "l")) {
      return false;
    }
    if (to === undefined) {
      lock();
    } else {
      go(to);
    }
    return true;
  });
  useKeys(({ key, inField }) => {
    if (key === "?" && !inField) {
      helpShown.value = true;
      return true;
    }
    return false;
  });
}

/** How much lies in the basket, of whatever: more of it is something that was added. */
function goods(basket: Basket | null): string {
  return keptLines(basket).reduce((sum, line) => plus(sum, line.quantity), "0");
}

/** Sounds and words for what came into the basket and what did not. */
function hearBasket(view: TillView): () => void {
  let count = goods(view.basket.peek());
  let order = view.basket.peek()?.order ?? null;
  let alerts = view.alerts.peek().length;
  const stopBasket = effect(() => {
    const basket = view.basket.value;
    const lines = keptLines(basket);
    const now = goods(basket);
    const newest = lines.find((line) => line.number === basket?.current) ?? lines.at(-1);
    if (basket !== null && newest !== undefined && (compare(now, count) > 0 || basket.order !== order)) {
      soundAccepted();
      say(t("spoken.line", { name: plain(newest.description), amount: money(newest.gross.amount, newest.gross.currency), total: money(basket.totals.gross.amount, basket.totals.gross.currency) }));
    }
    count = now;
    order = basket?.order ?? null;
  });
  const stopAlerts = effect(() => {
    const now = view.alerts.value.length;
    if (now > alerts) {
      soundRefused();
    }
    alerts = now;
  });
  return () => {
    stopBasket();
    stopAlerts();
  };
}
