/**
 * What a payment card's number looks like, and how it is masked: the hub's rule once more, because the till keeps texts
 * before the hub sees them, and no card's number may come to its disk.
 */

/** The first six digits that schemes give out, below an end, and how many digits their numbers have, below an end. */
const PREFIXES: readonly (readonly [number, number, number, number])[] = [
  [400_000, 500_000, 13, 20], [510_000, 560_000, 16, 17], [222_100, 272_100, 16, 17], [340_000, 350_000, 15, 16],
  [370_000, 380_000, 15, 16], [300_000, 306_000, 14, 20], [309_500, 309_600, 14, 20], [360_000, 370_000, 14, 20],
  [380_000, 400_000, 14, 20], [601_100, 601_200, 16, 20], [644_000, 660_000, 16, 20], [508_500, 509_000, 16, 17],
  [606_985, 608_500, 16, 17], [352_800, 359_000, 16, 20], [620_000, 630_000, 16, 20], [810_000, 820_000, 16, 20],
  [500_000, 508_500, 12, 20], [560_000, 600_000, 12, 20], [600_000, 601_100, 12, 20], [601_200, 606_985, 12, 20],
  [608_500, 620_000, 12, 20], [630_000, 644_000, 12, 20], [660_000, 700_000, 12, 20], [220_000, 220_500, 16, 20],
  [979_200, 979_300, 16, 17],
];
const DIGITS_MIN = 12;
const DIGITS_MAX = 19;
const SHOWN = 4;
/** The keys under which a request names articles: one article's number in ten passes for a card's. */
const ARTICLES = new Set(["barcode", "barcodes", "sku"]);
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}/gi;

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - 48;
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

function isNumber(digits: string): boolean {
  const first = Number(digits.slice(0, 6));
  return PREFIXES.some(([from, to, least, most]) => first >= from && first < to && digits.length >= least && digits.length < most)
    && luhn(digits);
}

/** Where the first card's number is in a text. */
function find(text: string): readonly [number, number] | null {
  const plain = text.replace(ID, (id) => " ".repeat(id.length));
  // Single spaces, dashes and dots between the digits change nothing.
  for (const run of plain.matchAll(/\d(?:[ .-]?\d){11,}/g)) {
    const places = [...run[0]].flatMap((sign, at) => (/\d/.test(sign) ? [at] : []));
    for (let from = 0; from + DIGITS_MIN <= places.length; from += 1) {
      const first = places[from] ?? 0;
      if (from > 0 && /\d/.test(run[0].charAt(first - 1))) continue;
      for (let count = Math.min(DIGITS_MAX, places.length - from); count >= DIGITS_MIN; count -= 1) {
        const last = places[from + count - 1] ?? 0;
        if (/\d/.test(run[0].charAt(last + 1))) continue;
        // Twelve digits count only where they stand alone.
        if (count === DIGITS_MIN && places.length !== DIGITS_MIN) continue;
        const digits = places.slice(from, from + count).map((at) => run[0].charAt(at)).join("");
        if (isNumber(digits)) return [run.index + first, run.index + last + 1];
      }
    }
  }
  return null;
}

export function holdsCardNumber(text: string): boolean {
  return find(text) !== null;
}

/** The text with every card's number masked to its last four digits. */
export function masked(text: string): string {
  let [out, rest] = ["", text];
  for (let found = find(rest); found !== null; found = find(rest)) {
    const number = rest.slice(found[0], found[1]);
    const hidden = number.replace(/\D/g, "").length - SHOWN;
    let seen = 0;
    out += rest.slice(0, found[0]) + number.replace(/\d/g, (digit) => ((seen += 1) > hidden ? digit : "*"));
    rest = rest.slice(found[1]);
  }
  return out + rest;
}

/** Whether a text anywhere in what is to be sent looks like a card's number. Numbers of articles are not asked. */
export function cardNumberIn(value: unknown): boolean {
  if (typeof value === "string") return holdsCardNumber(value);
  if (Array.isArray(value)) return value.some(cardNumberIn);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, inner]) => !ARTICLES.has(key) && cardNumberIn(inner));
}
