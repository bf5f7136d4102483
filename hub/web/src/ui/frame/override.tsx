import { useMemo, useState } from "preact/hooks";
import type { Permission } from "../../core/contract";
import { t, worded } from "../../i18n/locale";
import { approvalRequest, type ApprovalRequest } from "../perform";
import { soundRefused } from "../sound";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Entry } from "../parts/entry";
import { Keypad } from "../parts/keypad";

/** A second person comes to the till and gives their word for this one step. Their PIN is kept nowhere. */
export function Override() {
  const request = approvalRequest.value;
  return request === null ? null : <OverrideDialog key={request.problem.code} request={request} />;
}

export const PIN_DIGITS_MIN = 4;
export const PIN_DIGITS_MAX = 12;
export const STAFF_DIGITS_MAX = 9;

function OverrideDialog({ request }: { readonly request: ApprovalRequest }) {
  const number = useMemo(() => new Entry({ kind: "digits", most: STAFF_DIGITS_MAX }), []);
  const pin = useMemo(() => new Entry({ kind: "digits", most: PIN_DIGITS_MAX }), []);
  const [step, setStep] = useState<"number" | "pin">("number");
  const [wrong, setWrong] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const enter = (): void => {
    if (step === "number") {
      if (!number.empty.value) {
        setStep("pin");
      }
      return;
    }
    if (pin.text.value.length < PIN_DIGITS_MIN || asking) {
      return;
    }
    setAsking(true);
    void request.give({ number: Number(number.text.value), pin: pin.text.value }).then((problem) => {
      pin.press("clear");
      setAsking(false);
      if (problem !== null) {
        soundRefused();
        setWrong(worded(problem).text);
        setStep("number");
        number.press("clear");
      }
    });
  };
  const entry = step === "number" ? number : pin;
  return (
    <Dialog
      title={t("override.title")}
      tone="warn"
      size="small"
      onClose={request.cancel}
      lead={
        <>
          <p>{worded(request.problem).text}</p>
          <p class="soft small">{t("override.text", { permission: permissionText(request.permission) })}</p>
        </>
      }
      actions={
        <>
          <Button onPress={request.cancel}>{t("action.cancel")}</Button>
          <Button look="primary" disabled={asking || entry.empty.value || (step === "pin" && pin.text.value.length < PIN_DIGITS_MIN)} onPress={enter}>
            {step === "number" ? t("action.next") : t("override.approve")}
          </Button>
        </>
      }
    >
      <div class="stack pin">
        {wrong !== null && <p class="callout callout-bad" role="alert">{wrong}</p>}
        <p class="pin-label" id="override-step">{step === "number" ? t("door.number") : t("door.pin")}</p>
        <output class="pin-shown" aria-labelledby="override-step">{step === "number" ? number.text.value : "•".repeat(pin.text.value.length)}</output>
        <Keypad key={step} entry={entry} onEnter={enter} label={step === "number" ? t("door.number") : t("door.pin")} disabled={asking} />
      </div>
    </Dialog>
  );
}

function permissionText(permission: Permission | "any"): string {
  return t(`permission.${permission}`);
}
