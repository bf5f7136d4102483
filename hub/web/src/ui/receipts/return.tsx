import { useState } from "preact/hooks";
import type { Receipt, ReceiptLine, TenderInput } from "../../core/contract";
import { money, quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button, IconButton } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Choice } from "../parts/field";
import { keptLines } from "../sell/lines";
import { ReasonChoice } from "../sell/reason";
import { returnReasons } from "../sell/reasons";
import { compare, isZero, minus, plus, share } from "../sums";
import { useTill } from "../till";

/** Goods come back by their receipt, as far as something of them is left; for money, or for what is in the basket. */
export function ReturnDialog({ receipt, onClose }: { readonly receipt: Receipt; readonly onClose: () => void }) {
  const { view, actions } = useTill();
  const [back, setBack] = useState<ReadonlyMap<number, string>>(new Map());
  const reasons = returnReasons();
  const [reason, setReason] = useState(reasons[0] ?? "");
  const basket = view.basket.value;
  const exchangeable = keptLines(basket).length > 0 && basket !== null && basket.state === "draft";
  const [way, setWay] = useState<"money" | "exchange">("money");
  const [asking, setAsking] = useState(false);
  const currency = receipt.totals?.gross.currency ?? view.store.value?.currency ?? "EUR";
  const value = receipt.lines.reduce((sum, line) => plus(sum, worth(line, back.get(line.number) ?? "0")), "0");
  const lines = [...back].filter(([, count]) => !isZero(count)).map(([line, count]) => ({ line, quantity: count }));
  const ready = lines.length > 0 && reason.trim() !== "" && receipt.transaction !== null && !asking;
  const difference = basket === null ? "0" : minus(basket.totals.gross.amount, value);
  const done = (): void => {
    const original = receipt.transaction;
    if (!ready || original === null) {
      return;
    }
    setAsking(true);
    const tenders: readonly TenderInput[] = compare(difference, "0") > 0 ? [{ kind: "cash", amount: null }] : [];
    const work = way === "exchange"
      ? perform((approval) => actions.after.exchange(original, lines, reason.trim(), tenders, approval))
      : perform((approval) => actions.after.returnByReceipt(original, lines, reason.trim(), approval));
    void work.then((row) => {
      setAsking(false);
      if (row !== null) {
        notify("good", row.value.total === null ? t("return.done") : t("return.doneSum", { amount: money(row.value.total.amount, row.value.total.currency) }));
        onClose();
      }
    });
  };
  const everything = (): void => setBack(new Map(receipt.lines.map((line) => [line.number, line.returnable ?? line.quantity])));
  return (
    <Dialog
      title={t("return.title")}
      onClose={onClose}
      lead={<p class="soft" dir="ltr">{receipt.number}</p>}
      actions={
        <Button look="primary" size="large" wide disabled={!ready} onPress={done}>
          {way === "exchange" ? t("return.exchange") : t("return.giveBack", { amount: money(value, currency) })}
        </Button>
      }
    >
      <div class="stack stack-wide">
        <Button look="quiet" onPress={everything}>{t("return.everything")}</Button>
        <ul class="rows">
          {receipt.lines.map((line) => <ReturnLine key={line.number} line={line} back={back.get(line.number) ?? "0"} onBack={(count) => setBack(new Map(back).set(line.number, count))} />)}
        </ul>
        {exchangeable && (
          <Choice
            label={t("return.way")}
            value={way}
            options={[{ value: "money", text: t("return.money") }, { value: "exchange", text: t("return.forBasket") }]}
            onChoose={setWay}
          />
        )}
        {way === "exchange" && lines.length > 0 && (
          <p class="callout callout-calm">
            {compare(difference, "0") >= 0
              ? t("return.customerPays", { amount: money(difference, currency) })
              : t("return.customerGets", { amount: money(minus("0", difference), currency) })}
          </p>
        )}
        <ReasonChoice reasons={reasons} value={reason} onChoose={setReason} />
        <p class="soft small">{t("return.where")}</p>
      </div>
    </Dialog>
  );
}

function worth(line: ReceiptLine, back: string): string {
  return isZero(back) ? "0" : share(line.gross.amount, back, line.quantity);
}

function ReturnLine({ line, back, onBack }: { readonly line: ReceiptLine; readonly back: string; readonly onBack: (count: string) => void }) {
  const most = line.returnable ?? line.quantity;
  const whole = /^\d+$/.test(line.quantity.replace(/\.0+$/, ""));
  const nothing = isZero(most);
  const more = (): void => {
    const next = whole ? plus(back, "1") : most;
    onBack(compare(next, most) > 0 ? most : next);
  };
  const less = (): void => {
    const next = whole ? minus(back, "1") : "0";
    onBack(compare(next, "0") < 0 ? "0" : next);
  };
  return (
    <li class={nothing ? "return-line return-none" : "return-line"}>
      <span class="return-words">
        <Name of={line.description} />
        <span class="soft small">{nothing ? t("return.nothingLeft") : t("return.left", { left: quantity(most), bought: quantity(line.quantity) })}</span>
      </span>
      <span class="soft"><Amount of={line.gross} /></span>
      <span class="stepper">
        <IconButton icon="minus" label={t("line.less")} tone="plain" disabled={isZero(back)} onPress={less} />
        <output class="stepper-value" aria-label={t("return.back")}>{quantity(back)}</output>
        <IconButton icon="plus" label={t("line.more")} tone="plain" disabled={nothing || compare(back, most) >= 0} onPress={more} />
      </span>
    </li>
  );
}
