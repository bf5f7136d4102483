import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/locale";
import { quantity } from "../../i18n/format";
import { IconButton } from "../parts/button";
import { Icon } from "../parts/icon";
import { useTill } from "../till";
import { open, readSearch, searched } from "./state";

let field: HTMLInputElement | null = null;

/** Puts the cursor into the search field, with what was typed on the page. */
export function focusSearch(typed: string): boolean {
  if (field === null) {
    return false;
  }
  searched.value += typed;
  field.value = searched.value;
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  return true;
}

/** Search by words, number or barcode; `3*` before it adds three. Typing anywhere on the page comes here. */
export function SearchField() {
  const { lookup, actions } = useTill();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field = input.current;
    return () => {
      field = null;
    };
  }, []);
  const { times, words } = readSearch(searched.value);
  const clear = (): void => {
    searched.value = "";
    input.current?.blur();
  };
  const enter = (): void => {
    if (words === "") {
      return;
    }
    const found = lookup.search(words, 1)[0];
    // A whole number that is nobody's is a code that was typed: it sounds and is shown as one that was scanned.
    if (found === undefined || (/^\d{6,}$/.test(words) && !found.barcodes.includes(words) && found.sku !== words)) {
      actions.basket.scan(words, "typed");
    } else if (times === null) {
      actions.basket.add(found.sku);
    } else {
      actions.basket.add(found.sku, times);
    }
    clear();
  };
  return (
    <div class="search" role="search">
      <div class="search-field">
        <Icon name="search" />
        <input
          ref={input}
          type="search"
          value={searched.value}
          aria-label={t("sell.search")}
          placeholder={t("sell.search.hint")}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
          enterKeyHint="done"
          maxLength={80}
          onInput={(event) => { searched.value = event.currentTarget.value; }}
          onKeyDown={(event) => {
            if (event.key === "Enter") {
              event.preventDefault();
              enter();
            } else if (event.key === "Escape") {
              event.preventDefault();
              clear();
            }
          }}
        />
        {times !== null && <span class="search-times">{t("sell.times", { count: quantity(times) })}</span>}
        {searched.value !== "" && <IconButton icon="close" label={t("sell.search.clear")} onPress={clear} />}
      </div>
      <IconButton icon="price" label={t("sell.priceCheck")} tone="plain" shortcut="F2" onPress={() => open({ kind: "price-check" })} />
    </div>
  );
}
