import { useState } from "preact/hooks";
import type { ReceiveReason } from "../../core/contract";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { Button } from "../parts/button";
import { Choice, Field } from "../parts/field";
import { GoodsList, type Wanted } from "../parts/goods-list";
import { useTill } from "../till";

type Kind = ReceiveReason["kind"];

/** Goods come in, or are written off. */
export function Receive() {
  const { actions } = useTill();
  const [lines, setLines] = useState<readonly Wanted[]>([]);
  const [kind, setKind] = useState<Kind>("received");
  const [words, setWords] = useState("");
  const [asking, setAsking] = useState(false);
  const needsWords = kind === "delivered" || kind === "other";
  const reason: ReceiveReason = kind === "delivered" ? { kind, reference: words.trim() } : kind === "other" ? { kind, reason: words.trim() } : { kind };
  const ready = lines.length > 0 && !asking && (!needsWords || words.trim() !== "");
  const done = (): void => {
    setAsking(true);
    void perform((approval) => actions.store.receive(lines.map((line) => ({ sku: line.product.sku, quantity: line.quantity })), reason, approval)).then((outcome) => {
      setAsking(false);
      if (outcome !== null) {
        notify("good", t("receive.done", { count: lines.length }));
        setLines([]);
        setWords("");
      }
    });
  };
  return (
    <div class="stack">
      <Choice
        label={t("receive.kind")}
        value={kind}
        options={[
          { value: "received", text: t("receive.received") },
          { value: "delivered", text: t("receive.delivered") },
          { value: "waste", text: t("receive.waste") },
          { value: "other", text: t("receive.other") },
        ]}
        onChoose={setKind}
      />
      {needsWords && <Field label={kind === "delivered" ? t("receive.reference") : t("reason.label")} value={words} onInput={setWords} most={80} />}
      <GoodsList lines={lines} onChange={setLines} />
      <Button look={kind === "waste" ? "danger" : "primary"} size="large" disabled={!ready} onPress={done}>{kind === "waste" ? t("receive.writeOff", { count: lines.length }) : t("receive.book", { count: lines.length })}</Button>
    </div>
  );
}
