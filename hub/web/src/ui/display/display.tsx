import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { isLanguage, language, speak, t } from "../../i18n/locale";
import { measured, money, plain } from "../../i18n/format";
import { isZero } from "../sums";
import { Amount, Name } from "../parts/amount";
import { Icon } from "../parts/icon";
import { QrCode } from "../parts/qr";
import { CHANNEL, HELLO, isShown, type Shown } from "./shown";

const latest = signal<Shown | null>(null);

/** The page that faces the customer. It knows nothing of its own: the till's page tells it what to show. */
export function Display() {
  useEffect(() => {
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = (event: MessageEvent<unknown>) => {
      const { data } = event;
      if (isShown(data)) {
        latest.value = data;
        if (isLanguage(data.language) && data.language !== language.peek()) {
          void speak(data.language).catch(() => undefined);
        }
      }
    };
    channel.postMessage(HELLO);
    return () => channel.close();
  }, []);
  const shown = latest.value;
  const store = shown === null || shown.store === "" ? null : shown.store;
  if (shown === null || (shown.lines.length === 0 && !shown.done)) {
    return (
      <main class="display display-idle">
        <Icon name="anchor" />
        <h1>{store === null ? t("display.welcome") : <Name of={store} />}</h1>
        <p>{store === null ? "" : t("display.welcome")}</p>
        {shown?.training === true && <p class="bar-mode">{t("training.badge")}</p>}
      </main>
    );
  }
  if (shown.done) {
    const change = shown.change !== null && !isZero(shown.change.amount) ? shown.change : null;
    return (
      <main class="display display-done">
        <Icon name="check" />
        <h1>{t("display.thanks")}</h1>
        {change !== null && <p class="display-change"><span>{t("last.change")}</span><strong><Amount of={change} /></strong></p>}
        {change === null && shown.total !== null && <p class="display-change"><span>{t("last.total")}</span><strong><Amount of={shown.total} /></strong></p>}
        {shown.training && <p class="bar-mode">{t("training.badge")}</p>}
      </main>
    );
  }
  return <Selling shown={shown} />;
}

function Selling({ shown }: { readonly shown: Shown }) {
  const list = useRef<HTMLUListElement>(null);
  const count = shown.lines.length;
  useEffect(() => {
    list.current?.lastElementChild?.scrollIntoView({ block: "nearest" });
  }, [count]);
  const change = shown.change !== null && !isZero(shown.change.amount) ? shown.change : null;
  const saved = shown.saved !== null && !isZero(shown.saved.amount) ? shown.saved : null;
  return (
    <main class="display">
      <header class="display-head">
        <h1><Name of={shown.store} /></h1>
        {shown.training && <p class="bar-mode">{t("training.badge")}</p>}
      </header>
      <section class="display-lines" aria-label={t("basket.label")} tabIndex={0}>
        <ul ref={list}>
          {shown.lines.map((line) => (
            <li key={line.number}>
              <span class="display-quantity">{measured(line.quantity, unitOf(line.unit))}</span>
              <span class="display-name">
                <bdi>{plain(line.name)}</bdi>
                {line.off.map((part, at) => <span key={at} class="line-off"><bdi>{plain(part.name)}</bdi> <Amount of={part.amount} negative /></span>)}
              </span>
              <Amount of={line.amount} />
            </li>
          ))}
        </ul>
      </section>
      <section class="display-foot">
        {shown.qr !== null && <QrCode text={shown.qr} label={t("device.qr.label")} />}
        <div class="display-sums">
          {saved !== null && <p class="display-saved">{t("display.saved", { amount: money(saved.amount, saved.currency) })}</p>}
          {shown.total !== null && <p class="display-total" role="status"><span>{t("basket.total")}</span><strong><Amount of={shown.total} /></strong></p>}
          {shown.open !== null && change === null && shown.total !== null && shown.open.amount !== shown.total.amount && <p class="display-open"><span>{t("pay.open")}</span><strong><Amount of={shown.open} /></strong></p>}
          {change !== null && <p class="display-open"><span>{t("last.change")}</span><strong><Amount of={change} /></strong></p>}
          {shown.device !== null && <p class="display-device" role="status"><Icon name="card" />{shown.device}</p>}
          {shown.qr !== null && <p class="display-device">{t("device.qr")}</p>}
        </div>
      </section>
    </main>
  );
}

function unitOf(unit: string): "piece" | "kilogram" | "litre" | "metre" {
  return unit === "kilogram" || unit === "litre" || unit === "metre" ? unit : "piece";
}
