import { useState } from "preact/hooks";
import type { DayClosed } from "../../core/contract";
import { t } from "../../i18n/locale";
import { perform } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { storeToday } from "../today";
import { useTill } from "../till";

/** One numbered Z for the store's day; what is still open is listed and carried over. */
export function CloseDay({ onClose, onClosed }: { readonly onClose: () => void; readonly onClosed: (day: DayClosed) => void }) {
  const { view, actions } = useTill();
  const [day, setDay] = useState(view.shift.value?.businessDate ?? storeToday(view.store.value));
  const [asking, setAsking] = useState(false);
  const done = (): void => {
    setAsking(true);
    void perform((approval) => actions.drawer.closeDay(day, approval)).then((closed) => {
      setAsking(false);
      if (closed !== null) {
        onClosed(closed.value);
      }
    });
  };
  return (
    <Dialog title={t("day.close")} size="small" onClose={onClose} lead={<p class="soft">{t("day.explained")}</p>} actions={<Button look="primary" size="large" wide disabled={asking || day === ""} onPress={done}>{t("day.close")}</Button>}>
      <Field label={t("drawer.day")} kind="date" value={day} onInput={setDay} />
    </Dialog>
  );
}
