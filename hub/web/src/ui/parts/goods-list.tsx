import { useMemo, useState } from "preact/hooks";
import type { Product } from "../../core/contract";
import { measured, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { soundAccepted, soundRefused } from "../sound";
import { notify } from "../notices";
import { useScan } from "../scans";
import { isZero, plus } from "../sums";
import { useTill } from "../till";
import { Name } from "./amount";
import { Button, IconButton } from "./button";
import { Dialog } from "./dialog";
import { Entry } from "./entry";
import { EntryShown } from "./entry-shown";
import { Field } from "./field";
import { Keypad } from "./keypad";

export interface Wanted {
  readonly product: Product;
  readonly quantity: string;
}

/** The product with exactly this number or barcode. */
export function exactly(found: readonly Product[], code: string): Product | undefined {
  return found.find((product) => product.sku === code || product.barcodes.includes(code));
}

/** A list of goods with quantities, filled by scanning or searching: each scan of the same is one more. */
export function GoodsList({ lines, onChange }: { readonly lines: readonly Wanted[]; readonly onChange: (lines: readonly Wanted[]) => void }) {
  const { lookup } = useTill();
  const [words, setWords] = useState("");
  const [changing, setChanging] = useState<Wanted | null>(null);
  const put = (product: Product): void => {
    const known = lines.find((line) => line.product.sku === product.sku);
    onChange(known === undefined
      ? [...lines, { product, quantity: "1" }]
      : lines.map((line) => (line === known ? { product, quantity: plus(line.quantity, "1") } : line)));
    setWords("");
    soundAccepted();
  };
  useScan((code) => {
    const product = exactly(lookup.search(code, 5), code);
    if (product === undefined) {
      soundRefused();
      notify("bad", t("goods.unknown", { code }));
    } else {
      put(product);
    }
  });
  const found = words.trim() === "" ? [] : lookup.search(words, 5);
  return (
    <div class="stack">
      <Field
        label={t("goods.add")}
        kind="search"
        value={words}
        onInput={setWords}
        onEnter={() => {
          const first = exactly(found, words.trim()) ?? found[0];
          if (first !== undefined) {
            put(first);
          }
        }}
        most={80}
        hint={t("goods.hint")}
      />
      {found.length > 0 && (
        <ul class="rows">
          {found.map((product) => (
            <li key={product.sku}>
              <button type="button" class="row-button" onClick={() => put(product)}><Name of={product.description} /><span class="soft" dir="ltr">{product.sku}</span></button>
            </li>
          ))}
        </ul>
      )}
      <ul class="rows">
        {lines.map((line) => (
          <li key={line.product.sku} class="return-line">
            <span class="return-words"><Name of={line.product.description} /><span class="soft small" dir="ltr">{line.product.sku}</span></span>
            <Button label={`${measured(line.quantity, line.product.unit)}: ${t("line.quantity.change")}`} onPress={() => setChanging(line)}>{measured(line.quantity, line.product.unit)}</Button>
            <IconButton icon="trash" label={t("goods.remove", { name: plain(line.product.description) })} onPress={() => onChange(lines.filter((each) => each !== line))} />
          </li>
        ))}
      </ul>
      {changing !== null && (
        <QuantityDialog
          product={changing.product}
          onClose={() => setChanging(null)}
          onQuantity={(quantity) => {
            onChange(lines.map((line) => (line.product.sku === changing.product.sku ? { ...line, quantity } : line)));
            setChanging(null);
          }}
        />
      )}
    </div>
  );
}

export function QuantityDialog({ product, onQuantity, onClose, zero = false }: {
  readonly product: Product;
  readonly onQuantity: (quantity: string) => void;
  readonly onClose: () => void;
  /** Nothing of it is an answer too, as in a count. */
  readonly zero?: boolean;
}) {
  const entry = useMemo(() => new Entry({ kind: "quantity", places: product.unit === "piece" ? 0 : 3 }), [product.unit]);
  const value = entry.value.value;
  const ready = value !== null && (zero || !isZero(value));
  const done = (): void => {
    if (ready) {
      onQuantity(value);
    }
  };
  return (
    <Dialog title={t("line.quantity")} size="small" onClose={onClose} lead={<bdi class="name clamp">{plain(product.description)}</bdi>} actions={<Button look="primary" size="large" wide disabled={!ready} onPress={done}>{t("action.done")}</Button>}>
      <div class="stack">
        <EntryShown entry={entry} label={t("line.quantity")} />
        <Keypad entry={entry} label={t("line.quantity")} onEnter={done} />
      </div>
    </Dialog>
  );
}
