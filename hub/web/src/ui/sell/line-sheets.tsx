import { useMemo, useState } from "preact/hooks";
import type { BasketLine } from "../../core/contract";
import { exponentOf, measured, money, percent, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { performLocal } from "../perform";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Entry } from "../parts/entry";
import { EntryShown } from "../parts/entry-shown";
import { Choice, Field } from "../parts/field";
import { Keypad } from "../parts/keypad";
import { compare, isZero, shareOfOne } from "../sums";
import { useTill } from "../till";
import { ReasonButtons, ReasonChoice } from "./reason";
import { discountReasons, priceReasons, voidReasons } from "./reasons";

interface LineSheet {
  readonly line: BasketLine;
  readonly onClose: () => void;
}

const UNITS = { piece: undefined, kilogram: "kg", litre: "l", metre: "m" } as const;

export function LineQuantity({ line, onClose }: LineSheet) {
  const { actions } = useTill();
  const entry = useMemo(() => new Entry({ kind: "quantity", places: line.unit === "piece" ? 0 : 3 }), [line.unit]);
  const value = entry.value.value;
  const done = (): void => {
    if (value === null || isZero(value)) {
      return;
    }
    const less = compare(value, line.quantity) < 0;
    if (performLocal(less ? actions.basket.setQuantity(line.number, value, t("reason.lessWanted")) : actions.basket.setQuantity(line.number, value)) !== null) {
      onClose();
    }
  };
  return (
    <Dialog
      title={t("line.quantity")}
      size="small"
      onClose={onClose}
      lead={<bdi class="name clamp">{plain(line.description)}</bdi>}
      actions={<Button look="primary" size="large" wide disabled={value === null || isZero(value)} onPress={done}>{t("action.done")}</Button>}
    >
      <div class="stack">
        <EntryShown entry={entry} label={t("line.quantity")} before={measured(line.quantity, line.unit)} unit={UNITS[line.unit]} />
        <Keypad entry={entry} label={t("line.quantity")} onEnter={done} />
      </div>
    </Dialog>
  );
}

export function LinePrice({ line, onClose }: LineSheet) {
  const { view, actions } = useTill();
  const currency = view.store.value?.currency ?? line.gross.currency;
  const entry = useMemo(() => new Entry({ kind: "money", exponent: exponentOf(currency) }), [currency]);
  const reasons = priceReasons();
  const [reason, setReason] = useState(reasons[0] ?? "");
  const value = entry.value.value;
  const done = (): void => {
    if (value !== null && reason.trim() !== "" && performLocal(actions.basket.overridePrice(line.number, value, reason.trim())) !== null) {
      onClose();
    }
  };
  return (
    <Dialog
      title={t("line.price")}
      onClose={onClose}
      lead={<bdi class="name clamp">{plain(line.description)}</bdi>}
      actions={<Button look="primary" size="large" wide disabled={value === null || reason.trim() === ""} onPress={done}>{t("action.done")}</Button>}
    >
      <div class="columns">
        <div class="stack">
          <EntryShown entry={entry} label={t("line.price.new")} currency={currency} before={money(line.unitPrice, currency)} />
          <ReasonChoice reasons={reasons} value={reason} onChoose={setReason} />
        </div>
        <Keypad entry={entry} label={t("line.price.new")} onEnter={done} />
      </div>
    </Dialog>
  );
}

/** Rates that one touch gives; others are typed. */
const RATES = ["5", "10", "15", "20", "25", "50"] as const;

export function DiscountForm({ currency, onGive, onRemove }: {
  readonly currency: string;
  readonly onGive: (discount: { readonly rate: string } | { readonly amount: string }, reason: string) => void;
  readonly onRemove: (() => void) | null;
}) {
  const [kind, setKind] = useState<"percent" | "amount">("percent");
  const rate = useMemo(() => new Entry({ kind: "quantity", places: 2 }), []);
  const amount = useMemo(() => new Entry({ kind: "money", exponent: exponentOf(currency) }), [currency]);
  const reasons = discountReasons();
  const [reason, setReason] = useState(reasons[0] ?? "");
  const entry = kind === "percent" ? rate : amount;
  const value = entry.value.value;
  const tooMuch = kind === "percent" && value !== null && compare(value, "100") > 0;
  const ready = value !== null && !isZero(value) && !tooMuch && reason.trim() !== "";
  const done = (): void => {
    if (ready) {
      onGive(kind === "percent" ? { rate: shareOfOne(value) } : { amount: value }, reason.trim());
    }
  };
  return (
    <div class="stack">
      <Choice
        label={t("discount.kind")}
        plain
        value={kind}
        options={[{ value: "percent", text: t("discount.percent") }, { value: "amount", text: t("discount.amount") }]}
        onChoose={setKind}
      />
      <div class="columns">
        <div class="stack">
          {kind === "percent"
            ? <EntryShown entry={rate} label={t("discount.percent")} before="0" unit="%" />
            : <EntryShown entry={amount} label={t("discount.amount")} currency={currency} before={money("0", currency)} />}
          {tooMuch && <p class="callout callout-bad" role="alert">{t("discount.tooMuch")}</p>}
          {kind === "percent" && (
            <div class="quick" role="group" aria-label={t("discount.quick")}>
              {RATES.map((each) => <Button key={each} onPress={() => rate.set(each)}>{percent(shareOfOne(each))}</Button>)}
            </div>
          )}
          <ReasonChoice reasons={reasons} value={reason} onChoose={setReason} />
        </div>
        <div class="stack">
          <Keypad key={kind} entry={entry} label={t("discount.kind")} onEnter={done} />
          <Button look="primary" size="large" wide disabled={!ready} onPress={done}>{t("discount.give")}</Button>
          {onRemove !== null && <Button look="quiet" wide onPress={onRemove}>{t("discount.remove")}</Button>}
        </div>
      </div>
    </div>
  );
}

export function LineDiscount({ line, onClose }: LineSheet) {
  const { actions } = useTill();
  const currency = line.gross.currency;
  return (
    <Dialog title={t("line.discount")} onClose={onClose} lead={<bdi class="name clamp">{plain(line.description)}</bdi>}>
      <DiscountForm
        currency={currency}
        onGive={(discount, reason) => {
          const given = "rate" in discount ? { kind: "percent", rate: discount.rate, reason } as const : { kind: "amount", amount: { amount: discount.amount, currency }, reason } as const;
          if (performLocal(actions.basket.discountLine(line.number, given)) !== null) {
            onClose();
          }
        }}
        onRemove={line.given.kind === "none" ? null : () => {
          performLocal(actions.basket.discountLine(line.number, { kind: "none" }));
          onClose();
        }}
      />
    </Dialog>
  );
}

export function LineNote({ line, onClose }: LineSheet) {
  const { actions } = useTill();
  return <NoteDialog title={t("line.note")} text={line.note} onClose={onClose} onNote={(note) => performLocal(actions.basket.noteLine(line.number, note)) !== null} />;
}

export function NoteDialog({ title, text, onNote, onClose }: {
  readonly title: string;
  readonly text: string | null;
  readonly onNote: (note: string | null) => boolean;
  readonly onClose: () => void;
}) {
  const [note, setNote] = useState(text ?? "");
  const done = (): void => {
    if (onNote(note.trim() === "" ? null : note.trim())) {
      onClose();
    }
  };
  return (
    <Dialog title={title} size="small" onClose={onClose} actions={<Button look="primary" size="large" wide onPress={done}>{t("action.done")}</Button>}>
      <Field label={title} value={note} onInput={setNote} onEnter={done} most={200} hint={t("note.hint")} autoFocus />
    </Dialog>
  );
}

export function LineVoid({ line, onClose }: LineSheet) {
  const { actions } = useTill();
  return (
    <Dialog title={t("line.void")} size="small" onClose={onClose} lead={<bdi class="name clamp">{plain(line.description)}</bdi>}>
      <ReasonButtons
        reasons={voidReasons()}
        onReason={(reason) => {
          performLocal(actions.basket.voidLine(line.number, reason));
          onClose();
        }}
      />
    </Dialog>
  );
}
