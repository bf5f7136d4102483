import { useState } from "preact/hooks";
import type { Product } from "../../core/contract";
import { quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { notify } from "../notices";
import { perform } from "../perform";
import { Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Empty } from "../parts/empty";
import { Field } from "../parts/field";
import { exactly, GoodsList, QuantityDialog, type Wanted } from "../parts/goods-list";
import { useScan } from "../scans";
import { soundAccepted, soundRefused } from "../sound";
import { useTill } from "../till";

/** Counting while the shop sells: scan, say how many, and the next. What nobody counted is named, not zeroed. */
export function Count() {
  const { view } = useTill();
  return view.count.value === null ? <StartCount /> : <Counting />;
}

function StartCount() {
  const { actions } = useTill();
  const [some, setSome] = useState<readonly Wanted[] | null>(null);
  return (
    <div class="stack">
      <p>{t("count.explained")}</p>
      <div class="row">
        <Button look="primary" size="large" onPress={() => void perform((approval) => actions.store.startCount("full", approval))}>{t("count.full")}</Button>
        <Button size="large" pressed={some !== null} onPress={() => setSome(some === null ? [] : null)}>{t("count.some")}</Button>
      </div>
      {some !== null && (
        <>
          <GoodsList lines={some} onChange={setSome} />
          <Button look="primary" size="large" disabled={some.length === 0} onPress={() => void perform((approval) => actions.store.startCount(some.map((line) => line.product.sku), approval))}>{t("count.start", { count: some.length })}</Button>
        </>
      )}
    </div>
  );
}

function Counting() {
  const { view, lookup, actions } = useTill();
  const [words, setWords] = useState("");
  const [counting, setCounting] = useState<Product | null>(null);
  const count = view.count.value;
  const begin = (code: string): void => {
    const found = lookup.search(code, 5);
    const product = exactly(found, code) ?? (/^\d{6,}$/.test(code) ? undefined : found[0]);
    if (product === undefined) {
      soundRefused();
      notify("bad", t("goods.unknown", { code }));
    } else {
      soundAccepted();
      setCounting(product);
      setWords("");
    }
  };
  useScan(begin);
  if (count === null) {
    return null;
  }
  const counted = [...count.counted].reverse();
  return (
    <div class="stack">
      <p class="callout callout-calm">{count.scope === "full" ? t("count.runsFull", { count: count.counted.length }) : t("count.runsSome", { done: count.counted.length, of: count.scope.length })}</p>
      <form class="row row-end" onSubmit={(event) => { event.preventDefault(); if (words.trim() !== "") { begin(words.trim()); } }}>
        <Field label={t("count.next.item")} kind="search" value={words} onInput={setWords} most={80} hint={t("goods.hint")} />
        <Button submit disabled={words.trim() === ""}>{t("action.find")}</Button>
      </form>
      {counted.length === 0 && <Empty icon="scan" title={t("count.nothingYet")} />}
      <ul class="rows">
        {counted.map((row) => (
          <li key={row.sku} class="return-line">
            <span class="return-words"><Name of={row.description} /><span class="soft small" dir="ltr">{row.sku}</span></span>
            <strong>{quantity(row.found)}</strong>
          </li>
        ))}
      </ul>
      <div class="row">
        <Button look="primary" size="large" disabled={counted.length === 0} onPress={() => void perform(() => actions.store.finishCount()).then((done) => {
          if (done !== null) {
            notify("good", t("count.finished", { counted: done.value.counted, uncounted: done.value.uncounted, adjusted: done.value.adjusted }));
          }
        })}>{t("count.finish")}</Button>
        <Button look="quiet" size="large" onPress={() => void perform(() => actions.store.cancelCount(t("reason.startedByMistake")))}>{t("count.cancel")}</Button>
      </div>
      {counting !== null && (
        <QuantityDialog
          product={counting}
          zero
          onClose={() => setCounting(null)}
          onQuantity={(found) => {
            setCounting(null);
            void perform(() => actions.store.countProduct(counting.sku, found));
          }}
        />
      )}
    </div>
  );
}
