import { decimalSign } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { useKeys } from "../keys/layers";
import { soundRefused } from "../sound";
import { padKey, type Entry, type PadKey } from "./entry";
import { Icon } from "./icon";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

/** The number pad. The keyboard's digits go to the same entry for as long as it is shown. */
export function Keypad({ entry, onEnter, label, disabled = false }: {
  readonly entry: Entry;
  readonly onEnter?: () => void;
  readonly label: string;
  readonly disabled?: boolean;
}) {
  const press = (key: PadKey): void => {
    entry.press(key);
    if (entry.looksLikeBarcode.peek()) {
      soundRefused();
    }
  };
  useKeys(({ key, inField }) => {
    if (inField || disabled) {
      return false;
    }
    if (key === "Enter" && entry.looksLikeBarcode.peek()) {
      // It is the end of a slow scan, and nobody's yes.
      return true;
    }
    if (key === "Enter" && onEnter !== undefined && !onButton()) {
      onEnter();
      return true;
    }
    const pad = padKey(key);
    if (pad === null || (pad === "." && entry.form.kind !== "quantity")) {
      return false;
    }
    press(pad);
    return true;
  });
  const corner = entry.form.kind === "money" ? "00" : entry.form.kind === "quantity" && entry.form.places > 0 ? "." : null;
  return (
    <div class="keypad" role="group" aria-label={label}>
      {DIGITS.map((digit) => (
        <button key={digit} type="button" class="key" disabled={disabled} onClick={() => press(digit)}>{digit}</button>
      ))}
      {corner === null
        ? <button type="button" class="key key-word" disabled={disabled} onClick={() => press("clear")}>{t("keypad.clear")}</button>
        : <button type="button" class="key" disabled={disabled} aria-label={corner === "." ? t("keypad.decimal") : undefined} onClick={() => press(corner)}>{corner === "." ? decimalSign.value : corner}</button>}
      <button type="button" class="key" disabled={disabled} onClick={() => press("0")}>0</button>
      <button type="button" class="key key-back" disabled={disabled} aria-label={t("keypad.back")} onClick={() => press("back")}><Icon name="erase" /></button>
    </div>
  );
}

/** Enter on a button that the keyboard went to presses that button. */
function onButton(): boolean {
  const active = document.activeElement;
  return active instanceof HTMLButtonElement && !active.classList.contains("key") && active.matches(":focus-visible");
}
