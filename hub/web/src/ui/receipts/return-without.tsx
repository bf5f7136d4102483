import { useState } from "preact/hooks";
import { t } from "../../i18n/locale";
import { money } from "../../i18n/format";
import { notify } from "../notices";
import { perform } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { GoodsList, type Wanted } from "../parts/goods-list";
import { ReasonChoice } from "../sell/reason";
import { returnReasons } from "../sell/reasons";
import { useTill } from "../till";

/** Goods come back and nobody has the receipt: they are scanned, and mostly a second person gives their word. */
export function ReturnWithoutReceipt({ onClose }: { readonly onClose: () => void }) {
  const { actions } = useTill();
  const [lines, setLines] = useState<readonly Wanted[]>([]);
  const reasons = returnReasons();
  const [reason, setReason] = useState(reasons[0] ?? "");
  const [asking, setAsking] = useState(false);
  const ready = lines.length > 0 && reason.trim() !== "" && !asking;
  const done = (): void => {
    setAsking(true);
    const goods = lines.map((line) => ({ sku: line.product.sku, quantity: line.quantity }));
    void perform((approval) => actions.after.returnWithoutReceipt(goods, reason.trim(), approval)).then((row) => {
      setAsking(false);
      if (row !== null) {
        notify("good", row.value.total === null ? t("return.done") : t("return.doneSum", { amount: money(row.value.total.amount, row.value.total.currency) }));
        onClose();
      }
    });
  };
  return (
    <Dialog title={t("return.without")} tone="warn" onClose={onClose} lead={<p class="soft">{t("return.without.text")}</p>} actions={<Button look="primary" size="large" wide disabled={!ready} onPress={done}>{t("return.take")}</Button>}>
      <div class="stack stack-wide">
        <GoodsList lines={lines} onChange={setLines} />
        <ReasonChoice reasons={reasons} value={reason} onChoose={setReason} />
      </div>
    </Dialog>
  );
}
