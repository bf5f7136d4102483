import { useMemo, useState } from "preact/hooks";
import type { Declaration, ShiftClosed, TenderType } from "../../core/contract";
import { money } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Keypad } from "../parts/keypad";
import { useScan } from "../scans";
import { soundRefused } from "../sound";
import { useTill } from "../till";
import { noCounts, piecesOf, worthOf } from "./counted";
import { money0 } from "./open-shift";
import { PieceCount } from "./piece-count";

/** The count that closes a shift: cash by its pieces, then every other tender; what should be there is not shown before. */
export function CloseShift({ onCancel, onClosed }: { readonly onCancel: () => void; readonly onClosed: (closed: ShiftClosed) => void }) {
  const { view, actions } = useTill();
  const store = view.store.value;
  const currency = store?.currency ?? "EUR";
  const exponent = store?.exponent ?? 2;
  const faces = view.faces.value;
  const counted = view.tenderTypes.value.filter((type) => type.countedAtClose && type.class !== "cash");
  const counts = useMemo(noCounts, []);
  const entries = useMemo(() => new Map(counted.map((type) => [type.code, new Entry({ kind: "money", exponent })])), [exponent, counted.length]);
  const [step, setStep] = useState(0);
  const [asking, setAsking] = useState(false);
  useScan(() => {
    soundRefused();
    notify("warn", t("close.noScan"));
  });
  const pieces = piecesOf(faces, counts.value);
  const cash = worthOf(pieces, currency, exponent);
  const type = step > 0 ? counted[step - 1] : undefined;
  const last = step === counted.length + 1;
  const amountOf = (each: TenderType): string => entries.get(each.code)?.value.value ?? money0(exponent);
  const close = (): void => {
    setAsking(true);
    const declaration: Declaration = {
      cash,
      pieces,
      tenders: counted.map((each) => ({ code: each.code, amount: { amount: amountOf(each), currency }, pieces: [] })),
    };
    void perform(() => actions.drawer.closeShift(declaration)).then((done) => {
      setAsking(false);
      if (done !== null) {
        onClosed(done.value);
      }
    });
  };
  const next = (): void => setStep(Math.min(step + 1, counted.length + 1));
  const entry = type === undefined ? undefined : entries.get(type.code);
  return (
    <div class="page close">
      <header class="page-head">
        <h1>{t("drawer.close")}</h1>
        <p class="soft">{t("close.step", { step: step + 1, of: counted.length + 2 })}</p>
      </header>
      <div class="page-scroll">
        {step === 0 && <PieceCount faces={faces} counts={counts} exponent={exponent} />}
        {type !== undefined && entry !== undefined && (
          <div class="panel columns" key={type.code}>
            <div class="stack">
              <EntryShown entry={entry} label={t("close.tender", { name: type.name })} currency={currency} before={money(money0(exponent), currency)} />
              <p class="soft">{t("close.tender.hint")}</p>
            </div>
            <Keypad entry={entry} label={type.name} onEnter={next} />
          </div>
        )}
        {last && (
          <section class="panel">
            <h2>{t("close.check")}</h2>
            <dl class="facts">
              <div><dt>{t("close.cash")}</dt><dd><Amount of={cash} /></dd></div>
              {counted.map((each) => <div key={each.code}><dt><Name of={each.name} /></dt><dd>{money(amountOf(each), currency)}</dd></div>)}
            </dl>
            <p class="soft">{t("close.blind")}</p>
          </section>
        )}
      </div>
      <footer class="page-foot">
        <Button size="large" onPress={() => (step === 0 ? onCancel() : setStep(step - 1))}>{step === 0 ? t("action.cancel") : t("action.back")}</Button>
        {last
          ? <Button look="primary" size="large" wide disabled={asking} onPress={close}>{t("close.done")}</Button>
          : <Button look="primary" size="large" wide onPress={next}>{t("action.next")}</Button>}
      </footer>
    </div>
  );
}
