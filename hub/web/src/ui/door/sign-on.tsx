import { useMemo, useState } from "preact/hooks";
import { LANGUAGES, language, t, worded } from "../../i18n/locale";
import { chooseLanguage } from "../settings";
import { soundRefused } from "../sound";
import { PIN_DIGITS_MAX, PIN_DIGITS_MIN, STAFF_DIGITS_MAX } from "../frame/override";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Entry } from "../parts/entry";
import { Choice } from "../parts/field";
import { Icon } from "../parts/icon";
import { Keypad } from "../parts/keypad";
import { useScan } from "../scans";
import { useTill } from "../till";

/** Who comes to the till: their number, then their PIN. A locked till knows the number already. */
export function SignOnPage() {
  const { view, actions } = useTill();
  const signOn = view.signOn.value;
  const locked = signOn.kind === "locked" ? signOn.operator : null;
  const number = useMemo(() => {
    const entry = new Entry({ kind: "digits", most: STAFF_DIGITS_MAX });
    if (locked !== null) {
      entry.set(String(locked.number));
    }
    return entry;
  }, [locked?.number]);
  const pin = useMemo(() => new Entry({ kind: "digits", most: PIN_DIGITS_MAX }), []);
  const [step, setStep] = useState<"number" | "pin">(locked === null ? "number" : "pin");
  const [wrong, setWrong] = useState<{ readonly text: string; readonly advice: string | null } | null>(null);
  const [asking, setAsking] = useState(false);
  useScan(() => soundRefused());
  const enter = (): void => {
    if (asking) {
      return;
    }
    if (step === "number") {
      if (!number.empty.value) {
        setWrong(null);
        setStep("pin");
      }
      return;
    }
    if (pin.text.value.length < PIN_DIGITS_MIN) {
      return;
    }
    setAsking(true);
    void actions.people.signOn(Number(number.text.value), pin.text.value).then((outcome) => {
      setAsking(false);
      pin.press("clear");
      if (outcome.kind === "refused") {
        soundRefused();
        setWrong(worded(outcome.problem));
      } else if (outcome.kind === "unconfirmed") {
        setWrong({ text: t("outcome.unconfirmed"), advice: t("outcome.unconfirmed.advice") });
      }
    });
  };
  const another = (): void => {
    number.press("clear");
    pin.press("clear");
    setWrong(null);
    setStep("number");
  };
  const entry = step === "number" ? number : pin;
  const store = view.store.value;
  const hub = view.hub.value;
  return (
    <main class="door">
      <section class="door-store">
        <Icon name={locked === null ? "anchor" : "lock"} />
        <h1>{store === null ? t("app.name") : <Name of={store.name} />}</h1>
        {store !== null && <p>{t("bar.till", { till: store.till })} · <Name of={store.tillName} /></p>}
        {locked !== null && <p class="door-locked">{t("door.locked")}</p>}
        {hub.kind === "gone" && <p class="callout callout-calm">{t("door.hubGone")}</p>}
        {view.storage.value === "may_be_cleared" && <p class="callout callout-warn">{t("storage.warning")}</p>}
      </section>
      <section class="door-pad">
        <p class="pin-label" id="door-step">{step === "number" ? t("door.number") : locked !== null && String(locked.number) === number.text.value ? t("door.pinOf", { who: locked.name ?? t("operator.number", { number: String(locked.number) }) }) : t("door.pinOfNumber", { number: number.text.value })}</p>
        <output class="pin-shown" aria-labelledby="door-step">{step === "number" ? number.text.value : "•".repeat(pin.text.value.length)}</output>
        {wrong !== null && (
          <div class="callout callout-bad" role="alert">
            <p>{wrong.text}</p>
            {wrong.advice !== null && <p class="small">{wrong.advice}</p>}
          </div>
        )}
        <Keypad key={step} entry={entry} onEnter={enter} label={step === "number" ? t("door.number") : t("door.pin")} disabled={asking} />
        <Button look="primary" size="large" wide disabled={asking || entry.empty.value || (step === "pin" && pin.text.value.length < PIN_DIGITS_MIN)} onPress={enter}>
          {step === "number" ? t("action.next") : asking ? t("door.asking") : locked === null ? t("door.signOn") : t("door.unlock")}
        </Button>
        {step === "pin" && <Button look="quiet" wide onPress={another}>{t("door.somebodyElse")}</Button>}
      </section>
      <section class="door-language">
        <Choice label={t("settings.language")} plain value={language.value} options={LANGUAGES.map((each) => ({ value: each.code, text: <bdi lang={each.code}>{each.name}</bdi> }))} onChoose={chooseLanguage} />
      </section>
    </main>
  );
}
