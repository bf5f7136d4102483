import { t } from "../../i18n/locale";
import { timeOfDay } from "../../i18n/format";
import { perform } from "../perform";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { useTill } from "../till";
import { operatorShown } from "./overlays";

/** Who is at the till, and how somebody else comes to it. */
export function OperatorPanel() {
  const { view, actions } = useTill();
  const signOn = view.signOn.value;
  const close = (): void => {
    operatorShown.value = false;
  };
  if (signOn.kind !== "operator") {
    return null;
  }
  const { operator } = signOn;
  const role = typeof operator.role === "string" ? t(`role.${operator.role}`) : t("role.own", { number: operator.role.own });
  return (
    <Dialog title={t("operator.title")} size="small" onClose={close}>
      <div class="stack">
        <p>
          <strong>{operator.name === null ? t("operator.number", { number: String(operator.number) }) : <Name of={operator.name} />}</strong>
          <br />
          <span class="soft">{t("operator.since", { role, number: String(operator.number), time: timeOfDay(new Date(operator.since)) })}</span>
        </p>
        {operator.offline && <p class="callout callout-calm">{t("operator.offline")}</p>}
        <Button icon="lock" size="large" wide shortcut="Alt+L" autoFocus onPress={() => { close(); void perform(() => actions.people.lock()); }}>{t("operator.lock")}</Button>
        <Button icon="person" size="large" wide onPress={() => { close(); void perform(() => actions.people.signOff()); }}>{t("operator.signOff")}</Button>
        <p class="soft small">{t("operator.hint")}</p>
      </div>
    </Dialog>
  );
}
