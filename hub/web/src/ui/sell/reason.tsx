import { useState } from "preact/hooks";
import { t } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { Button } from "../parts/button";
import { Field } from "../parts/field";

/** Why something is done: mostly one touch, else in words. The journal keeps it. */
export function ReasonButtons({ reasons, onReason }: { readonly reasons: readonly string[]; readonly onReason: (reason: string) => void }) {
  const [other, setOther] = useState<string | null>(null);
  useKeys(({ key, inField }) => {
    const reason = inField ? undefined : reasons[Number(key) - 1];
    if (reason === undefined) {
      return false;
    }
    onReason(reason);
    return true;
  });
  return (
    <div class="stack">
      <ul class="reasons">
        {reasons.map((reason, at) => (
          <li key={reason}>
            <Button size="large" wide autoFocus={at === 0} shortcut={String(at + 1)} onPress={() => onReason(reason)}>{reason}</Button>
          </li>
        ))}
      </ul>
      {other === null
        ? <Button look="quiet" wide onPress={() => setOther("")}>{t("reason.other")}</Button>
        : (
          <form class="row row-end" onSubmit={(event) => { event.preventDefault(); if (other.trim() !== "") { onReason(other.trim()); } }}>
            <Field label={t("reason.label")} value={other} onInput={setOther} most={120} autoFocus />
            <Button look="primary" submit disabled={other.trim() === ""}>{t("action.done")}</Button>
          </form>
        )}
    </div>
  );
}

/** The same beside another input: a reason is chosen already, the first. */
export function ReasonChoice({ reasons, value, onChoose }: { readonly reasons: readonly string[]; readonly value: string; readonly onChoose: (reason: string) => void }) {
  const other = !reasons.includes(value);
  return (
    <div class="stack">
      <fieldset class="choice">
        <legend>{t("reason.label")}</legend>
        <div class="choice-options">
          {reasons.map((reason) => (
            <label key={reason} class="choice-option">
              <input type="radio" name="reason" checked={reason === value} onChange={() => onChoose(reason)} />
              <span>{reason}</span>
            </label>
          ))}
          <label class="choice-option">
            <input type="radio" name="reason" checked={other} onChange={() => onChoose("")} />
            <span>{t("reason.other")}</span>
          </label>
        </div>
      </fieldset>
      {other && <Field label={t("reason.label")} value={value} onInput={onChoose} most={120} />}
    </div>
  );
}
