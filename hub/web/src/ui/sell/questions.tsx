import { useMemo } from "preact/hooks";
import type { ScanAnswer, ScanQuestion, ScaleReading } from "../../core/contract";
import { businessDate, exponentOf, money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { performLocal } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Icon } from "../parts/icon";
import { Keypad } from "../parts/keypad";
import { isZero } from "../sums";
import { useTill } from "../till";

/** What the till has to know before the item is a line: a weight, a price, or whether the customer is old enough. */
export function Questions() {
  const { view, actions } = useTill();
  const question = view.question.value;
  if (question === null) {
    return null;
  }
  const answer = (given: ScanAnswer): void => {
    void actions.basket.answer(question.id, given).then(performLocal);
  };
  switch (question.kind) {
    case "weight":
      return <WeightQuestion key={question.id} question={question} onAnswer={answer} />;
    case "price":
      return <PriceQuestion key={question.id} question={question} onAnswer={answer} />;
    case "age":
      return <AgeQuestion key={question.id} question={question} onAnswer={answer} />;
  }
}

type Asked<K extends ScanQuestion["kind"]> = { readonly question: Extract<ScanQuestion, { kind: K }>; readonly onAnswer: (answer: ScanAnswer) => void };

const UNITS = { piece: "", kilogram: "kg", litre: "l", metre: "m" } as const;

function WeightQuestion({ question, onAnswer }: Asked<"weight">) {
  const { view } = useTill();
  const { product } = question;
  const entry = useMemo(() => new Entry({ kind: "quantity", places: 3 }), []);
  const scale = view.scales.value.find((each) => each.scale === question.scale) ?? null;
  const typed = entry.value.value;
  const settled = scale?.state === "stable";
  const done = (): void => {
    if (typed !== null && !isZero(typed)) {
      onAnswer({ kind: "quantity", quantity: typed });
    } else if (settled) {
      onAnswer({ kind: "weigh" });
    }
  };
  const currency = view.store.value?.currency ?? "EUR";
  return (
    <Dialog
      title={plain(product.description)}
      onClose={() => onAnswer({ kind: "dismiss" })}
      lead={<p class="soft">{t("weight.price", { price: money(product.unitPrice, currency) })}</p>}
    >
      <div class="columns">
        <div class="stack">
          {scale === null ? <p class="callout callout-calm">{t("weight.noScale")}</p> : <ScaleShown scale={scale} />}
          {scale !== null && (
            <Button look="primary" size="large" wide icon="scale" disabled={!settled || typed !== null} onPress={() => onAnswer({ kind: "weigh" })}>{t("weight.take")}</Button>
          )}
          <EntryShown entry={entry} label={t("weight.byHand")} unit={UNITS[product.unit]} />
        </div>
        <div class="stack">
          <Keypad entry={entry} label={t("weight.byHand")} onEnter={done} />
          <Button look={scale === null ? "primary" : "plain"} size="large" wide disabled={typed === null || isZero(typed)} onPress={done}>{t("action.done")}</Button>
        </div>
      </div>
    </Dialog>
  );
}

/** What the scale says at this moment. */
export function ScaleShown({ scale }: { readonly scale: ScaleReading }) {
  return (
    <div class={`scale scale-${scale.state}`}>
      <p class="scale-weight"><bdi>{scale.net === null ? "–" : `${scale.net.amount} ${scale.net.unit}`}</bdi></p>
      <p class="scale-state" role="status">
        <Icon name={scale.state === "stable" ? "check" : "scale"} />
        {scale.text ?? t(`scale.${scale.state}`)}
      </p>
      {scale.tare !== null && <p class="soft small">{t("scale.tare", { tare: `${scale.tare.amount} ${scale.tare.unit}` })}</p>}
      {scale.simulated && <p class="soft small">{t("device.simulated")}</p>}
    </div>
  );
}

function PriceQuestion({ question, onAnswer }: Asked<"price">) {
  const { view } = useTill();
  const currency = view.store.value?.currency ?? "EUR";
  const entry = useMemo(() => new Entry({ kind: "money", exponent: exponentOf(currency) }), [currency]);
  const value = entry.value.value;
  const done = (): void => {
    if (value !== null && !isZero(value)) {
      onAnswer({ kind: "price", unitPrice: value });
    }
  };
  return (
    <Dialog
      title={plain(question.product.description)}
      size="small"
      onClose={() => onAnswer({ kind: "dismiss" })}
      actions={<Button look="primary" size="large" wide disabled={value === null || isZero(value)} onPress={done}>{t("action.done")}</Button>}
    >
      <div class="stack">
        <EntryShown entry={entry} label={t("price.ask")} currency={currency} before={money("0", currency)} />
        <Keypad entry={entry} label={t("price.ask")} onEnter={done} />
      </div>
    </Dialog>
  );
}

function AgeQuestion({ question, onAnswer }: Asked<"age">) {
  return (
    <Dialog
      title={t("age.title", { years: question.years })}
      tone="warn"
      lead={<bdi class="name clamp">{plain(question.product.description)}</bdi>}
      actions={
        <>
          <Button look="quiet" size="large" onPress={() => onAnswer({ kind: "dismiss" })}>{t("age.no")}</Button>
          <Button size="large" onPress={() => onAnswer({ kind: "old_enough", how: "by_look" })}>{t("age.byLook")}</Button>
          <Button look="primary" size="large" onPress={() => onAnswer({ kind: "old_enough", how: "by_document" })}>{t("age.byDocument")}</Button>
        </>
      }
    >
      <div class="age">
        <p class="age-born">{t("age.born")}</p>
        <p class="age-date">{businessDate(question.bornBefore)}</p>
        <p class="soft">{t("age.hint")}</p>
      </div>
    </Dialog>
  );
}
