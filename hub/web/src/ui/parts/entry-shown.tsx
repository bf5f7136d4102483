import { money, quantity } from "../../i18n/format";
import { t } from "../../i18n/locale";
import type { Entry } from "./entry";

/** What is typed so far, large; and plain words when a barcode went into it. */
export function EntryShown({ entry, label, currency, before, unit }: {
  readonly entry: Entry;
  readonly label: string;
  /** Of an amount. */
  readonly currency?: string;
  /** What stands there until something is typed. */
  readonly before?: string;
  readonly unit?: string | undefined;
}) {
  const value = entry.value.value;
  const typed = value === null ? null : currency === undefined ? (entry.text.value.endsWith(".") ? `${quantity(value)}.` : quantity(value)) : money(value, currency);
  return (
    <div class="entry">
      <span class="entry-label">{label}</span>
      <output class={typed === null ? "entry-value entry-before" : "entry-value"} aria-label={label}>
        <bdi>{typed ?? before ?? "–"}</bdi>
        {unit !== undefined && <span class="entry-unit">{unit}</span>}
      </output>
      {entry.looksLikeBarcode.value && <p class="callout callout-bad" role="alert">{t("entry.barcode")}</p>}
    </div>
  );
}
