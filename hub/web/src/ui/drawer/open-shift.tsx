import { useMemo, useState } from "preact/hooks";
import type { Mode } from "../../core/contract";
import { money } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { perform } from "../perform";
import { go } from "../place";
import { Button } from "../parts/button";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Choice, Field } from "../parts/field";
import { Keypad } from "../parts/keypad";
import { useTill } from "../till";

/** A shift begins with the change that lies in the drawer. */
export function OpenShiftForm({ onOpened }: { readonly onOpened: () => void }) {
  const { view, actions } = useTill();
  const store = view.store.value;
  const currency = store?.currency ?? "EUR";
  const exponent = store?.exponent ?? 2;
  const entry = useMemo(() => new Entry({ kind: "money", exponent }), [exponent]);
  const [mode, setMode] = useState<Mode>("live");
  const [date, setDate] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const open = (): void => {
    if (asking) {
      return;
    }
    setAsking(true);
    const float = { amount: entry.value.peek() ?? money0(exponent), currency };
    const day = date === null || date === "" ? undefined : date;
    void perform((approval) => actions.drawer.openShift(float, mode, day, approval)).then((done) => {
      setAsking(false);
      if (done !== null) {
        onOpened();
        go("sell");
      }
    });
  };
  return (
    <section class="panel">
      <h2>{t("drawer.open")}</h2>
      <div class="columns">
        <div class="stack">
          <EntryShown entry={entry} label={t("drawer.float")} currency={currency} before={money(money0(exponent), currency)} />
          <p class="soft">{t("drawer.float.hint")}</p>
          <Choice
            label={t("drawer.mode")}
            value={mode}
            options={[{ value: "live", text: t("drawer.live") }, { value: "training", text: t("drawer.training") }]}
            onChoose={setMode}
          />
          {mode === "training" && <p class="callout callout-training">{t("training.explained")}</p>}
          {date === null
            ? <Button look="quiet" icon="calendar" onPress={() => setDate("")}>{t("drawer.otherDay")}</Button>
            : <Field label={t("drawer.day")} kind="date" value={date} onInput={setDate} hint={t("drawer.otherDay.hint")} />}
        </div>
        <div class="stack">
          <Keypad entry={entry} label={t("drawer.float")} onEnter={open} />
          <Button look="primary" size="large" wide disabled={asking} onPress={open}>{mode === "training" ? t("drawer.openPractice") : t("drawer.open")}</Button>
        </div>
      </div>
    </section>
  );
}

export function money0(exponent: number): string {
  return exponent === 0 ? "0" : `0.${"0".repeat(exponent)}`;
}
