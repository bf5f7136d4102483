import { useMemo, useState } from "preact/hooks";
import type { CashMovement } from "../../core/contract";
import { exponentOf, money } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Field } from "../parts/field";
import { Keypad } from "../parts/keypad";
import { isZero } from "../sums";
import { useTill } from "../till";

/** Cash that comes into the drawer or leaves it without a sale. */
export function MoveCash({ movement, onClose }: { readonly movement: CashMovement; readonly onClose: () => void }) {
  const { view, actions } = useTill();
  const currency = view.store.value?.currency ?? "EUR";
  const entry = useMemo(() => new Entry({ kind: "money", exponent: exponentOf(currency) }), [currency]);
  const own = movement === "drop" || movement === "loan";
  const [reason, setReason] = useState(own ? t(`cash.${movement}`) : "");
  const [asking, setAsking] = useState(false);
  const value = entry.value.value;
  const ready = value !== null && !isZero(value) && reason.trim() !== "" && !asking;
  const done = (): void => {
    if (!ready) {
      return;
    }
    setAsking(true);
    void perform((approval) => actions.drawer.moveCash(movement, { amount: value, currency }, reason.trim(), approval)).then((row) => {
      setAsking(false);
      if (row !== null) {
        notify("good", t("cash.done", { what: t(`cash.${movement}`), amount: money(value, currency) }));
        onClose();
      }
    });
  };
  return (
    <Dialog title={t(`cash.${movement}`)} onClose={onClose} lead={<p class="soft">{t(`cash.${movement}.text`)}</p>} actions={<Button look="primary" size="large" wide disabled={!ready} onPress={done}>{t("action.done")}</Button>}>
      <div class="columns">
        <div class="stack">
          <EntryShown entry={entry} label={t("pay.amount")} currency={currency} before={money("0", currency)} />
          <Field label={t("reason.label")} value={reason} onInput={setReason} onEnter={done} most={120} />
        </div>
        <Keypad entry={entry} label={t("pay.amount")} onEnter={done} />
      </div>
    </Dialog>
  );
}
