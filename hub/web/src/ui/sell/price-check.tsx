import { useState } from "preact/hooks";
import type { PriceCheck } from "../../core/contract";
import { measured, quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { ask } from "../perform";
import { Amount, Name } from "../parts/amount";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Empty } from "../parts/empty";
import { Field } from "../parts/field";
import { useScan } from "../scans";
import { useTill } from "../till";
import { priceOf } from "./grid";

/** What something costs and how much of it is there, without selling it. A scan goes here as long as it is open. */
export function PriceCheckSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title={t("sell.priceCheck")} onClose={onClose}>
      <PriceCheckBody onClose={onClose} />
    </Dialog>
  );
}

function PriceCheckBody({ onClose }: { readonly onClose: () => void }) {
  const { actions, lookup } = useTill();
  const [words, setWords] = useState("");
  const [checked, setChecked] = useState<PriceCheck | null>(null);
  const check = (code: string): void => {
    if (code.trim() === "") {
      return;
    }
    void ask(actions.basket.priceCheck(code.trim())).then((answer) => {
      setChecked(answer?.value ?? null);
      setWords("");
    });
  };
  useScan(check);
  const found = words.trim() === "" ? [] : lookup.search(words, 5);
  return (
    <div class="stack stack-wide">
      <Field label={t("priceCheck.what")} kind="search" value={words} onInput={setWords} onEnter={() => check(found[0]?.sku ?? words)} most={80} autoFocus />
      {found.length > 0 && (
        <ul class="rows">
          {found.map((product) => (
            <li key={product.sku}>
              <button type="button" class="row-button" onClick={() => check(product.sku)}>
                <Name of={product.description} />
                <span class="soft">{product.sku}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {checked === null && found.length === 0 && <Empty icon="scan" title={t("priceCheck.hint")} />}
      {checked !== null && <Checked check={checked} onAdd={() => { actions.basket.add(checked.product.sku); onClose(); }} />}
    </div>
  );
}

function Checked({ check, onAdd }: { readonly check: PriceCheck; readonly onAdd: () => void }) {
  const { product, stock } = check;
  return (
    <section class="checked" aria-live="polite">
      <h3><Name of={product.description} /></h3>
      <p class="checked-price"><Amount of={check.price} /></p>
      <dl class="facts">
        <div><dt>{t("priceCheck.list")}</dt><dd>{priceOf(product, check.price.currency)}</dd></div>
        <div><dt>{t("priceCheck.number")}</dt><dd dir="ltr">{product.sku}</dd></div>
        {stock !== null && <div><dt>{t("stock.available")}</dt><dd>{measured(stock.available, product.unit)}</dd></div>}
        {stock !== null && <div><dt>{t("stock.onHand")}</dt><dd>{quantity(stock.onHand)}</dd></div>}
      </dl>
      {check.promotions.length > 0 && <p class="callout callout-good">{check.promotions.map((name) => <span key={name} class="block"><Name of={name} /></span>)}</p>}
      <Button look="primary" size="large" wide icon="plus" onPress={onAdd}>{t("priceCheck.add")}</Button>
    </section>
  );
}
