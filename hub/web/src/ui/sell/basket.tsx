import { useEffect, useRef } from "preact/hooks";
import type { Basket } from "../../core/contract";
import { t, worded } from "../../i18n/locale";
import { money } from "../../i18n/format";
import { go } from "../place";
import { busy, performLocal } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton, Tool } from "../parts/button";
import { Empty } from "../parts/empty";
import { Icon } from "../parts/icon";
import { isZero } from "../sums";
import { useTill } from "../till";
import { beginPayment } from "./begin";
import { LastSale } from "./last";
import { Line } from "./line";
import { keptLines } from "./lines";
import { basketUp, open } from "./state";

/** What the customer buys: its head, its lines, and a foot that never moves. */
export function BasketPanel() {
  const { view } = useTill();
  const basket = view.basket.value;
  return (
    <aside class="basket" aria-label={t("basket.label")}>
      <BasketHead basket={basket} />
      {basket === null || basket.lines.length === 0 ? <EmptyBasket /> : <Lines basket={basket} />}
      <BasketFoot basket={basket} />
    </aside>
  );
}

function BasketHead({ basket }: { readonly basket: Basket | null }) {
  const { actions } = useTill();
  const customer = basket?.customer ?? null;
  const some = keptLines(basket).length > 0;
  return (
    <header class="basket-head">
      <span class="basket-down">
        <IconButton icon="back" label={t("basket.down")} onPress={() => { basketUp.value = false; }} />
      </span>
      {customer === null
        ? <button type="button" class="basket-customer" aria-keyshortcuts="F3" onClick={() => open({ kind: "customer" })}><Icon name="customer" /><span>{t("customer.add")}</span></button>
        : (
          <span class="basket-customer basket-customer-known">
            <Icon name="customer" />
            <span>{customer.name === null ? t("customer.noName") : <Name of={customer.name} />}</span>
            <IconButton icon="close" label={t("customer.remove")} onPress={() => performLocal(actions.basket.setCustomer(null))} />
          </span>
        )}
      <IconButton icon="discount" label={t("basket.discount")} disabled={!some} onPress={() => open({ kind: "basket-discount" })} />
      <IconButton icon="note" label={t("basket.note")} disabled={!some} pressed={(basket?.note ?? null) !== null} onPress={() => open({ kind: "basket-note" })} />
      <IconButton icon="more" label={t("basket.terms")} disabled={!some} onPress={() => open({ kind: "terms" })} />
    </header>
  );
}

function Lines({ basket }: { readonly basket: Basket }) {
  const list = useRef<HTMLUListElement>(null);
  const count = basket.lines.length;
  const chosen = basket.current ?? keptLines(basket).at(-1)?.number ?? null;
  useEffect(() => {
    list.current?.querySelector("[aria-current='true']")?.scrollIntoView({ block: "nearest" });
  }, [count, chosen]);
  return (
    <div class="lines-scroll">
      {basket.note !== null && <p class="basket-note"><Icon name="note" /><bdi class="name">{basket.note}</bdi></p>}
      <ul class="lines" ref={list}>
        {basket.lines.map((line) => <Line key={line.number} line={line} currency={basket.totals.gross.currency} chosen={line.number === chosen} />)}
      </ul>
    </div>
  );
}

function EmptyBasket() {
  const { view } = useTill();
  if (view.shift.value === null) {
    return (
      <div class="lines-scroll">
        <Empty icon="drawer" title={t("sell.noShift")}>
          <p>{t("sell.noShift.text")}</p>
          <Button look="primary" size="large" onPress={() => go("drawer")}>{t("drawer.open")}</Button>
        </Empty>
      </div>
    );
  }
  const last = view.last.value;
  return (
    <div class="lines-scroll">
      {last === null
        ? <Empty icon="scan" title={t("basket.empty")}>{t("basket.empty.hint")}</Empty>
        : <LastSale row={last} />}
    </div>
  );
}

function BasketFoot({ basket }: { readonly basket: Basket | null }) {
  const till = useTill();
  const { view } = till;
  const kept = keptLines(basket);
  const currency = view.store.value?.currency ?? "EUR";
  const total = basket?.totals.gross ?? { amount: "0", currency };
  const saved = basket === null || isZero(basket.totals.discount.amount) ? null : basket.totals.discount;
  const paid = basket === null || isZero(basket.paid.amount) ? null : basket.paid;
  const held = basket === null ? 0 : kept.length;
  return (
    <footer class="basket-foot">
      {basket !== null && basket.refusal !== null && (
        <p class="callout callout-warn" role="alert">
          {worded(basket.refusal).text} <span class="small">{worded(basket.refusal).advice}</span>
        </p>
      )}
      <div class="totals">
        <button type="button" class="totals-more" disabled={held === 0} onClick={() => open({ kind: "promotions" })}>
          <span>{t("basket.items", { count: held })}</span>
          {saved !== null && <span class="totals-saved">{t("basket.saved", { amount: money(saved.amount, saved.currency) })}</span>}
          {saved === null && basket !== null && held > 0 && <span class="soft">{t("basket.tax", { amount: money(basket.totals.tax.amount, currency) })}</span>}
          {paid !== null && <span class="soft">{t("basket.paid", { amount: money(paid.amount, paid.currency) })}</span>}
        </button>
        <p class="totals-sum">
          <span class="unseen">{t("basket.total")}</span>
          <Amount of={total} />
        </p>
      </div>
      <div class="basket-actions">
        <Tool icon="trash" text={t("tool.abandon")} label={t("basket.abandon")} disabled={held === 0} onPress={() => open({ kind: "abandon" })} />
        <Tool icon="repeat" text={t("tool.repeat")} label={t("basket.repeat")} shortcut="Insert" disabled={held === 0} onPress={() => performLocal(till.actions.basket.repeat())} />
        <Tool icon="parked" text={t("basket.park")} shortcut="F4" disabled={held === 0} onPress={() => open({ kind: "park" })} />
        <Button look="primary" size="large" shortcut="F9" wide disabled={held === 0 || busy.value > 0} onPress={() => void beginPayment(till)}>{t("basket.pay")}</Button>
      </div>
    </footer>
  );
}

/** On a phone: what is in the basket, at the foot of the goods, and the way to it. */
export function BasketPeek() {
  const { view } = useTill();
  const basket = view.basket.value;
  const count = keptLines(basket).length;
  const last = view.last.value;
  if (basket === null || count === 0) {
    return last === null || last.change === null || isZero(last.change.amount) ? null : (
      <button type="button" class="peek peek-change" onClick={() => { basketUp.value = true; }}>
        <span>{t("last.change")}</span>
        <strong><Amount of={last.change} /></strong>
      </button>
    );
  }
  return (
    <button type="button" class="peek" onClick={() => { basketUp.value = true; }}>
      <span>{t("basket.items", { count })}</span>
      <strong><Amount of={basket.totals.gross} /></strong>
      <Icon name="onward" />
    </button>
  );
}
