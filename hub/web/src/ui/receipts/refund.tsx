import { t } from "../../i18n/locale";
import { busy, perform } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Icon } from "../parts/icon";
import { StageWords, toneOf } from "../pay/device";
import { useTill } from "../till";

/** Money goes back to a card before the goods are taken: what happens at its terminal meanwhile. */
export function RefundStage() {
  const { view, actions } = useTill();
  const refund = view.refund?.value ?? null;
  if (refund === null) {
    return null;
  }
  const { payment } = refund;
  return (
    <Dialog
      title={t("return.atDevice")}
      actions={payment.can.includes("abort")
        ? <Button size="large" disabled={busy.value > 1} autoFocus onPress={() => void perform(() => actions.payment.abortDevice(payment.attempt))}>{t("device.abort")}</Button>
        : undefined}
    >
      <div class={`stage ${toneOf(payment.standing)}`}>
        <p class="stage-device"><Icon name="device" /><Name of={payment.device} /> · <Amount of={refund.amount} /></p>
        <StageWords device={payment} />
      </div>
    </Dialog>
  );
}
