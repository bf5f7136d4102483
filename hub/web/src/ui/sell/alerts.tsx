import { language, sentence, t } from "../../i18n/locale";
import { plain, timeOfDay } from "../../i18n/format";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { useKeys } from "../keys/layers";
import { useTill } from "../till";

/**
 * A scan that is no line. It stays until somebody clears it: a scanner's Enter does not, however slow, since no button has the
 * focus; nor does a touch beside it. An item that was not sold lies among those that were.
 */
export function Alerts() {
  const { view, actions } = useTill();
  const alerts = view.alerts.value;
  const alert = alerts[0];
  if (alert === undefined) {
    return null;
  }
  const queued = view.scansQueued.value;
  const clear = (): void => actions.basket.clearAlert(alert.id);
  return (
    <Dialog
      key={alert.id}
      title={t(`alert.${alert.kind}`)}
      tone="danger"
      size="small"
      actions={<Button look="danger" size="large" wide shortcut="Escape" onPress={clear}>{t("alert.clear")}</Button>}
    >
      <EscapeKey onPress={clear} />
      <div class="stack" role="alert">
        {alert.code !== "" && <p class="alert-code" dir="ltr"><bdi>{plain(alert.code)}</bdi></p>}
        <p>{language.value === "en" || alert.kind === "blocked" ? sentence(plain(alert.text)) : t(`alert.${alert.kind}.text`)}</p>
        <p class="soft small">
          {timeOfDay(new Date(alert.at))}
          {alerts.length > 1 && <> · {t("alert.more", { count: alerts.length - 1 })}</>}
          {queued > 0 && <> · {t("bar.scans", { count: queued })}</>}
        </p>
      </div>
    </Dialog>
  );
}

/** A key that no scanner has. */
function EscapeKey({ onPress }: { readonly onPress: () => void }) {
  useKeys(({ key }) => {
    if (key !== "Escape") {
      return false;
    }
    onPress();
    return true;
  });
  return null;
}
