import type { DeviceHealth, Difference, WaitingReceipt } from "../../core/contract";
import { moment, money, plain, quantity, timeOfDay } from "../../i18n/format";
import { sentence, t, worded } from "../../i18n/locale";
import { perform } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Icon, type IconName } from "../parts/icon";
import { useTill } from "../till";

/** How everything stands, in plain words: nothing is good here while something waits. */
export function Status() {
  const { view } = useTill();
  const unconfirmed = view.unconfirmed.value;
  const differences = view.differences.value;
  const waiting = view.waitingReceipts.value;
  const catalog = view.catalog.value;
  return (
    <div class="page">
      <header class="page-head"><h1>{t("place.status")}</h1></header>
      <div class="page-scroll" tabIndex={0}>
        <Way />
        {unconfirmed.length > 0 && (
          <section class="panel panel-warn">
            <h2>{t("status.unconfirmed")}</h2>
            <p class="soft">{t("status.unconfirmed.text")}</p>
            <ul class="rows">
              {unconfirmed.map((command) => (
                <li key={command.command} class="return-line">
                  <span class="return-words"><span>{t(commandKey(command.action))}</span><span class="soft small">{t("status.since", { time: timeOfDay(new Date(command.since)) })}</span></span>
                  <span class="soft small">{t("status.attempts", { count: command.attempts })}</span>
                </li>
              ))}
            </ul>
          </section>
        )}
        {differences.length > 0 && <Differences differences={differences} />}
        {waiting.length > 0 && <WaitingReceipts receipts={waiting} />}
        <section class="panel">
          <h2>{t("status.devices")}</h2>
          {view.devices.value.length === 0
            ? <p class="soft">{t("status.noDevices")}</p>
            : <ul class="rows">{view.devices.value.map((device) => <DeviceRow key={`${device.kind} ${device.name}`} device={device} />)}</ul>}
        </section>
        <section class="panel">
          <h2>{t("status.till")}</h2>
          <dl class="facts">
            <div><dt>{t("status.catalog")}</dt><dd>{catalog.version === null ? t("status.noCatalog") : t("status.products", { count: catalog.products })}</dd></div>
            <div><dt>{t("status.storage")}</dt><dd>{t(`storage.${view.storage.value}`)}</dd></div>
            {view.tills.value.map((till) => (
              <div key={till.terminal}><dt><Name of={till.name} /></dt><dd>{till.connected ? t("status.connected") : t("status.notConnected")}</dd></div>
            ))}
          </dl>
        </section>
      </div>
    </div>
  );
}

const COMMANDS = {
  pay: "command.pay", place_order: "command.place_order", edit_order: "command.edit_order", park_order: "command.park_order", retrieve_order: "command.retrieve_order",
  cancel_order: "command.cancel_order", island_sale: "command.island_sale", start_tender: "command.start_tender", open_shift: "command.open_shift",
  close_shift: "command.close_shift", close_day: "command.close_day", move_cash: "command.move_cash", open_drawer: "command.open_drawer",
  print_copy: "command.print_copy", adjust_stock: "command.adjust_stock", count_product: "command.count_product",
} as const;

/** What a command does, in a cashier's words; of the rest it is enough that it is kept. */
function commandKey(action: string): (typeof COMMANDS)[keyof typeof COMMANDS] | "command.other" {
  return isCommand(action) ? COMMANDS[action] : "command.other";
}

function isCommand(action: string): action is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, action);
}

/** Here, at the hub, at HQ: how far everything is on its way. */
function Way() {
  const { view } = useTill();
  const hub = view.hub.value;
  const outbox = view.outbox.value;
  const hq = view.headquarters.value;
  const here = outbox.waitingForHub + outbox.islandSales;
  const forHq = Math.max(hq.waiting, outbox.keptForHq);
  return (
    <section class="way" aria-label={t("status.way")}>
      <Stop icon="here" name={t("standing.here")} tone={here === 0 ? "good" : "wait"} text={here === 0 ? t("way.here.nothing") : t("way.here.waits", { count: here })} />
      <Stop
        icon="hub"
        name={t("standing.hub")}
        tone={hub.kind === "online" ? (forHq === 0 ? "good" : "wait") : "bad"}
        text={hub.kind === "online" ? t("way.hub.online", { time: timeOfDay(new Date(hub.since)) }) : hub.kind === "connecting" ? t("sync.connecting") : t("way.hub.gone", { time: timeOfDay(new Date(hub.since)), why: sentence(plain(hub.why)) })}
      />
      <Stop
        icon="headquarters"
        name={t("standing.headquarters")}
        tone={hub.kind === "online" && hq.state === "current" && forHq === 0 ? "good" : "wait"}
        text={hq.state === "unknown" || hub.kind !== "online" ? t("way.hq.unknown")
          : hq.state === "alone" ? t("way.hq.alone", { count: forHq })
          : forHq === 0 ? t("way.hq.current")
          : t("way.hq.behind", { count: forHq })}
        more={hq.asOf === null ? null : t("way.hq.asOf", { time: moment(new Date(hq.asOf)) })}
      />
    </section>
  );
}

function Stop({ icon, name, tone, text, more = null }: { readonly icon: IconName; readonly name: string; readonly tone: "good" | "wait" | "bad"; readonly text: string; readonly more?: string | null }) {
  return (
    <div class={`stop stop-${tone}`}>
      <Icon name={icon} />
      <h2>{name}</h2>
      <p>{text}</p>
      {more !== null && <p class="soft small">{more}</p>}
    </div>
  );
}

const DEVICE_ICONS: Readonly<Record<DeviceHealth["kind"], IconName>> = { payment: "card", scanner: "scan", scale: "scale", printer: "printer", drawer: "drawer" };

function DeviceRow({ device }: { readonly device: DeviceHealth }) {
  return (
    <li class="device-row">
      <Icon name={DEVICE_ICONS[device.kind]} />
      <span class="return-words">
        <span><Name of={device.name} />{device.simulated && <span class="badge">{t("device.simulated")}</span>}</span>
        <span class="soft small">{sentence(plain(device.text))}</span>
      </span>
      <span class={`pill pill-${device.state === "ready" ? "good" : device.state === "attention" ? "wait" : "bad"}`}>{t(`device.state.${device.state}`)}</span>
    </li>
  );
}

/** What was otherwise when the sales made alone came to the hub; each stays until somebody has read it. */
function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  const { actions } = useTill();
  return (
    <section class="panel panel-warn">
      <h2>{t("difference.title")}</h2>
      <p class="soft">{t("difference.text")}</p>
      <ul class="rows">
        {differences.map((difference, at) => (
          <li key={at} class="return-line">
            <span class="return-words">
              <span>{words(difference)}</span>
              <span class="soft small" dir="ltr">{difference.receipt}</span>
            </span>
            <Button icon="check" onPress={() => actions.after.dismissDifference(at)}>{t("difference.read")}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function words(difference: Difference): string {
  switch (difference.kind) {
    case "oversold":
      return t("difference.oversold", { item: plain(difference.description ?? difference.sku), stock: quantity(difference.onHand) });
    case "price_changed":
      return t("difference.price", { till: money(difference.till.amount, difference.till.currency), hub: money(difference.hub.amount, difference.hub.currency) });
    case "refused":
      return t("difference.refused", { problem: worded(difference.problem).text });
    case "rule":
      return t(`difference.rule.${difference.rule}`, { what: plain(difference.what) });
    case "alias":
      return t("difference.alias", { number: difference.hubNumber });
  }
}

function WaitingReceipts({ receipts }: { readonly receipts: readonly WaitingReceipt[] }) {
  const { actions } = useTill();
  return (
    <section class="panel">
      <h2>{t("waiting.title")}</h2>
      <p class="soft">{t("waiting.text")}</p>
      <ul class="rows">
        {receipts.map((receipt) => (
          <li key={receipt.number} class="return-line">
            <span class="return-words">
              <span dir="ltr">{receipt.number}</span>
              <span class="soft small">{moment(new Date(receipt.at))} · {receipt.shownOrPrintedHere ? t("waiting.shown") : t("waiting.notShown")}</span>
            </span>
            <Amount of={receipt.total} />
            <Button icon="printer" onPress={() => void perform(() => actions.after.settleWaitingReceipt(receipt.number, "print"))}>{t("waiting.print")}</Button>
            <IconButton icon="close" label={t("waiting.skip", { number: receipt.number })} onPress={() => void perform(() => actions.after.settleWaitingReceipt(receipt.number, "skip"))} />
          </li>
        ))}
      </ul>
    </section>
  );
}
