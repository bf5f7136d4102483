import { useState } from "preact/hooks";
import type { Id } from "../../core/contract";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { ask } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { useTill } from "../till";

/** An address to send the receipt to. It says whether it went out or still waits. */
export function EmailDialog({ transaction, onClose }: { readonly transaction: Id; readonly onClose: () => void }) {
  const { actions } = useTill();
  const [address, setAddress] = useState("");
  const complete = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address.trim());
  const send = (): void => {
    if (!complete) {
      return;
    }
    void ask(actions.after.emailReceipt(transaction, address.trim())).then((answer) => {
      if (answer !== null) {
        notify(answer.value.state === "sent" ? "good" : "warn", answer.value.state === "sent" ? t("email.sent") : t("email.waiting"));
        onClose();
      }
    });
  };
  return (
    <Dialog title={t("receipt.email")} size="small" onClose={onClose} actions={<Button look="primary" size="large" wide disabled={!complete} onPress={send}>{t("email.send")}</Button>}>
      <Field label={t("email.address")} kind="email" value={address} onInput={setAddress} onEnter={send} hint={t("email.hint")} autoFocus />
    </Dialog>
  );
}
