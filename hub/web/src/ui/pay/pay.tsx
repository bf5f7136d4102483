import { useMemo, useState } from "preact/hooks";
import type { PaymentInProgress, TenderLine } from "../../core/contract";
import { exponentOf, measured, money, plain } from "../../i18n/format";
import { t, worded } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { notify } from "../notices";
import { busy, perform, performLocal } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Icon, type IconName } from "../parts/icon";
import { Keypad } from "../parts/keypad";
import { useScan } from "../scans";
import { keptLines } from "../sell/lines";
import { soundRefused } from "../sound";
import { isZero } from "../sums";
import { useTill } from "../till";
import { DeviceStage, needsAttention } from "./device";
import { TenderButtons } from "./tenders";

/** From what is due to nothing open: cash in one touch, everything else in two. */
export function Pay({ payment }: { readonly payment: PaymentInProgress }) {
  const { actions } = useTill();
  const [aside, setAside] = useState<ReadonlySet<string>>(new Set());
  const entry = useMemo(() => new Entry({ kind: "money", exponent: exponentOf(payment.due.currency) }), [payment.due.currency]);
  const attention = payment.tenders.findLast((tender) => needsAttention(tender) && !aside.has(tender.id)) ?? null;
  useScan(() => {
    soundRefused();
    notify("warn", t("pay.noScan"));
  });
  const back = (): void => {
    performLocal(actions.payment.back());
  };
  useKeys(({ key, inField }) => {
    if (key === "Escape" && !inField) {
      back();
      return true;
    }
    return false;
  });
  return (
    <div class="pay">
      <section class="due" aria-label={t("pay.due")}>
        <header class="due-head">
          <Button icon="back" look="quiet" onPress={back}>{t("pay.back")}</Button>
          {payment.island && <span class="pill pill-calm"><Icon name="here" />{t("pay.island")}</span>}
        </header>
        <h1 class="unseen">{t("basket.pay")}</h1>
        <Sums payment={payment} />
        <TenderList payment={payment} />
        <Goods />
        {payment.problem !== null && (
          <div class="callout callout-bad" role="alert">
            <p>{worded(payment.problem).text}</p>
            <p class="small">{worded(payment.problem).advice}</p>
          </div>
        )}
        <Finish payment={payment} />
      </section>
      <section class="taking" aria-label={t("pay.how")}>
        {payment.state === "completing" || payment.state === "unconfirmed"
          ? <Completing payment={payment} />
          : attention !== null
            ? <DeviceStage key={attention.id} tender={attention} onAside={() => setAside(new Set([...aside, attention.id]))} />
            : <Taking payment={payment} entry={entry} />}
      </section>
    </div>
  );
}

function Sums({ payment }: { readonly payment: PaymentInProgress }) {
  const change = isZero(payment.change.amount) ? null : payment.change;
  const partly = payment.open.amount !== payment.due.amount;
  return (
    <div class="due-sums">
      {partly && <p class="due-line"><span>{t("pay.due")}</span><span><Amount of={payment.due} /></span></p>}
      {payment.tip !== null && <p class="due-line"><span>{t("pay.tip")}</span><span><Amount of={payment.tip} /></span></p>}
      {change === null
        ? (
          <p class="due-open" role="status">
            <span>{partly ? t("pay.open") : t("pay.toPay")}</span>
            <strong><Amount of={payment.open} /></strong>
          </p>
        )
        : (
          <p class="due-open due-change" role="status">
            <span>{t("last.change")}</span>
            <strong><Amount of={change} /></strong>
          </p>
        )}
      {payment.openInCash.amount !== payment.open.amount && change === null && <p class="soft small">{t("pay.inCash", { amount: money(payment.openInCash.amount, payment.openInCash.currency) })}</p>}
    </div>
  );
}

/** What is being paid, small, so that nobody has to go back to see it. */
function Goods() {
  const { view } = useTill();
  const lines = keptLines(view.basket.value);
  return (
    <ul class="due-goods" aria-label={t("basket.label")}>
      {lines.map((line) => (
        <li key={line.number}>
          <span>{measured(line.quantity, line.unit)}</span>
          <span class="line-name"><bdi>{plain(line.description)}</bdi></span>
          <Amount of={line.gross} />
        </li>
      ))}
    </ul>
  );
}

function TenderList({ payment }: { readonly payment: PaymentInProgress }) {
  if (payment.tenders.length === 0) {
    return null;
  }
  return (
    <ul class="taken" aria-label={t("pay.tenders")}>
      {payment.tenders.map((tender) => <TenderRow key={tender.id} tender={tender} />)}
    </ul>
  );
}

function TenderRow({ tender }: { readonly tender: TenderLine }) {
  const { actions } = useTill();
  const device = tender.device;
  const free = device === null || device.standing.kind === "declined" || device.standing.kind === "given_back";
  return (
    <li class={tender.counts ? "taken-row" : "taken-row taken-waits"}>
      <Icon name={tenderIcon(tender.class)} />
      <span class="taken-words">
        <Name of={tender.name} />
        {device !== null && <span class="small soft">{t(`device.standing.${device.standing.kind}`)}{device.standing.kind === "approved" && cardText(device.standing.card)}</span>}
        {device === null && tender.reference !== null && <span class="small soft"><Name of={tender.reference} /></span>}
      </span>
      <Amount of={tender.amount} />
      {free && <IconButton icon="close" label={t("pay.remove", { name: tender.name })} onPress={() => performLocal(actions.payment.removeTender(tender.id))} />}
    </li>
  );
}

export function cardText(card: { readonly scheme: string | null; readonly lastFour: string | null; readonly wallet: string | null }): string {
  const words = [card.wallet, card.scheme, card.lastFour === null ? null : `•••• ${card.lastFour}`].filter((word) => word !== null);
  return words.length === 0 ? "" : ` · ${words.join(" ")}`;
}

export function tenderIcon(of: TenderLine["class"]): IconName {
  switch (of) {
    case "cash":
      return "cash";
    case "voucher":
      return "discount";
    case "stored_value":
      return "gift";
    case "on_account":
      return "account";
    case "electronic":
      return "card";
    case "other":
      return "receipt";
  }
}

/** What is left to do when nothing is open, or when the rest is to be paid later. */
function Finish({ payment }: { readonly payment: PaymentInProgress }) {
  const { actions } = useTill();
  const counted = payment.tenders.some((tender) => tender.counts);
  if (payment.state !== "collecting") {
    return null;
  }
  if (isZero(payment.open.amount) && counted) {
    return <Button look="primary" size="large" wide icon="check" disabled={busy.value > 0} onPress={() => void perform((approval) => actions.payment.complete(approval))}>{t("pay.complete")}</Button>;
  }
  return counted ? <Button look="quiet" wide disabled={busy.value > 0} onPress={() => void perform(() => actions.payment.deposit())}>{t("pay.deposit")}</Button> : null;
}

function Taking({ payment, entry }: { readonly payment: PaymentInProgress; readonly entry: Entry }) {
  const { actions } = useTill();
  const typed = entry.value.value;
  const amount = typed === null || isZero(typed) ? null : { amount: typed, currency: payment.due.currency };
  const waiting = busy.value > 0;
  const untouched = payment.tenders.length === 0;
  const cash = (given: { readonly amount: string; readonly currency: string } | null): void => {
    entry.press("clear");
    if (untouched) {
      void perform((approval) => actions.payment.payCash(given, approval));
    } else {
      void perform(() => actions.payment.addTender({ kind: "cash", amount: given }));
    }
  };
  const cashChoice = payment.choices.find((choice) => choice.type.class === "cash");
  const [exact, ...others] = payment.fastCash;
  const tip = (): void => {
    if (performLocal(actions.payment.setTip(payment.tip === null ? amount : null)) !== null) {
      entry.press("clear");
    }
  };
  return (
    <div class="taking-grid">
      <div class="taking-how">
        {cashChoice !== undefined && exact !== undefined && (
          <div class="fast" role="group" aria-label={t("pay.fastCash")}>
            <button type="button" class="fast-cash fast-exact" disabled={waiting} onClick={() => cash(exact)}>
              <span class="fast-label">{t("pay.exact")}</span>
              <Amount of={exact} />
            </button>
            {others.slice(0, 5).map((each) => (
              <button key={each.amount} type="button" class="fast-cash" disabled={waiting} onClick={() => cash(each)}><Amount of={each} /></button>
            ))}
          </div>
        )}
        <TenderButtons payment={payment} amount={amount} disabled={waiting} onCash={() => cash(amount)} onTaken={() => entry.press("clear")} />
      </div>
      <div class="taking-pad">
        <EntryShown entry={entry} label={t("pay.amount")} currency={payment.due.currency} before={money(payment.open.amount, payment.open.currency)} />
        <Keypad entry={entry} label={t("pay.amount")} disabled={waiting} onEnter={() => cash(amount)} />
        <div class="row">
          <Button look="quiet" disabled={amount === null && payment.tip === null} onPress={tip}>{payment.tip === null ? t("pay.tip.add") : t("pay.tip.remove")}</Button>
        </div>
      </div>
    </div>
  );
}

function Completing({ payment }: { readonly payment: PaymentInProgress }) {
  if (payment.state === "unconfirmed") {
    return (
      <div class="stage stage-warn">
        <Icon name="wait" />
        <h2>{t("pay.unconfirmed")}</h2>
        <p>{t("pay.unconfirmed.text")}</p>
        <p class="callout callout-warn">{t("pay.unconfirmed.do")}</p>
      </div>
    );
  }
  return (
    <div class="stage" role="status">
      <Icon name="hub" />
      <h2>{t("pay.completing")}</h2>
    </div>
  );
}
