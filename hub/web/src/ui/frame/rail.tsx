import type { Key } from "../../i18n/en";
import { t } from "../../i18n/locale";
import { useTill } from "../till";
import { Dialog } from "../parts/dialog";
import { Icon, type IconName } from "../parts/icon";
import { go, place, PLACES, type Place } from "../place";
import { moreShown } from "./overlays";

const FACES: Readonly<Record<Place, { readonly icon: IconName; readonly key: Key & `place.${string}` }>> = {
  sell: { icon: "sell", key: "place.sell" },
  orders: { icon: "parked", key: "place.orders" },
  receipts: { icon: "receipt", key: "place.receipts" },
  stock: { icon: "stock", key: "place.stock" },
  drawer: { icon: "drawer", key: "place.drawer" },
  reports: { icon: "reports", key: "place.reports" },
  status: { icon: "status", key: "place.status" },
  settings: { icon: "settings", key: "place.settings" },
};

/** What stands in the bar of a phone; the others are behind "More". */
const NEAR: ReadonlySet<Place> = new Set<Place>(["sell", "orders", "receipts"]);

/** The way from one page to another: along the side, or below on a narrow screen. */
export function Rail() {
  const here = place.value;
  return (
    <nav class="rail" aria-label={t("rail.label")}>
      <ul>
        {PLACES.map((each) => (
          <li key={each} class={NEAR.has(each) ? undefined : "rail-far"}>
            <PlaceButton to={each} />
          </li>
        ))}
        <li class="rail-more">
          <button type="button" class={NEAR.has(here) ? "rail-button" : "rail-button rail-here"} aria-haspopup="dialog" onClick={() => { moreShown.value = true; }}>
            <Icon name="more" />
            <span>{t("rail.more")}</span>
          </button>
        </li>
      </ul>
    </nav>
  );
}

function PlaceButton({ to, onGone }: { readonly to: Place; readonly onGone?: () => void }) {
  const { view } = useTill();
  const here = place.value === to;
  const marks = to === "orders" ? view.orders.value.filter((order) => order.custody.kind === "parked").length
    : to === "status" ? view.differences.value.length + view.waitingReceipts.value.length
    : 0;
  const { icon, key } = FACES[to];
  return (
    <button
      type="button"
      class={here ? "rail-button rail-here" : "rail-button"}
      aria-current={here ? "page" : undefined}
      onClick={() => {
        go(to);
        onGone?.();
      }}
    >
      <Icon name={icon} />
      <span>{t(key)}</span>
      {marks > 0 && <span class="rail-mark" aria-label={t("rail.marks", { count: marks })}>{marks}</span>}
    </button>
  );
}

export function More() {
  const close = (): void => {
    moreShown.value = false;
  };
  return (
    <Dialog title={t("rail.more")} size="small" onClose={close}>
      <ul class="more">
        {PLACES.filter((each) => !NEAR.has(each)).map((each) => (
          <li key={each}>
            <PlaceButton to={each} onGone={close} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
