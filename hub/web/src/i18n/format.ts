import { computed } from "@preact/signals";
import { locale } from "./locale";

/**
 * How amounts, quantities and times are written. Amounts and quantities stay decimal strings: `Intl` takes them digit by
 * digit, so no binary fraction comes near them.
 */
type Decimal = `${number}`;

function isDecimal(text: string): text is Decimal {
  return /^-?\d+(\.\d+)?$/.test(text);
}

const moneyFormats = computed(() => {
  const chosen = locale.value;
  const known = new Map<string, Intl.NumberFormat>();
  return (currency: string): Intl.NumberFormat => {
    let format = known.get(currency);
    if (format === undefined) {
      format = new Intl.NumberFormat(chosen, { style: "currency", currency, currencyDisplay: "narrowSymbol" });
      known.set(currency, format);
    }
    return format;
  };
});

/** An amount of money, such as €12.40. What is no decimal is shown as it is, so that a fault is seen and not hidden. */
export function money(amount: string, currency: string): string {
  return isDecimal(amount) ? moneyFormats.value(currency).format(amount) : amount;
}

/** How many digits the currency has after its point. */
export function exponentOf(currency: string): number {
  return moneyFormats.value(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

const quantityFormat = computed(() => new Intl.NumberFormat(locale.value, { maximumFractionDigits: 3 }));

export function quantity(value: string): string {
  return isDecimal(value) ? quantityFormat.value.format(value) : value;
}

export type Measure = "piece" | "kilogram" | "litre" | "metre";

const measureFormats = computed(() => {
  const of = (unit: string) => new Intl.NumberFormat(locale.value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 3 });
  return { kilogram: of("kilogram"), litre: of("liter"), metre: of("meter") };
});

/** A quantity with its unit: 3 for pieces, 0.482 kg for goods that are weighed. */
export function measured(value: string, unit: Measure): string {
  if (unit === "piece" || !isDecimal(value)) {
    return quantity(value);
  }
  return measureFormats.value[unit].format(value);
}

const percentFormat = computed(() => new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 3 }));

/** A rate as a fraction, such as 0.2, written as a percentage. */
export function percent(rate: string): string {
  return isDecimal(rate) ? percentFormat.value.format(rate) : rate;
}

/** The sign between whole and part of a number, as the keypad shows it. */
export const decimalSign = computed(
  () => new Intl.NumberFormat(locale.value).formatToParts(1.5).find((part) => part.type === "decimal")?.value ?? ".",
);

const timeFormat = computed(() => new Intl.DateTimeFormat(locale.value, { timeStyle: "short" }));
const momentFormat = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeStyle: "short" }));
const dateFormat = computed(() => new Intl.DateTimeFormat(locale.value, { dateStyle: "medium", timeZone: "UTC" }));

export function timeOfDay(at: Date): string {
  return timeFormat.value.format(at);
}

export function moment(at: Date): string {
  return momentFormat.value.format(at);
}

/** A business date, `2026-11-28`: a day without a time, in no zone. */
export function businessDate(date: string): string {
  const at = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(at.getTime()) ? date : dateFormat.value.format(at);
}

/**
 * A name as it may be shown: without control characters and without marks that turn the direction of text around, which can
 * make one product read like another.
 */
export function plain(name: string): string {
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, "");
}
