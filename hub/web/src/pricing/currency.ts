/** The decimals of the currencies of ISO 4217, by the list that the hub has. */

import { Currency } from "./exact";
import { Malformed } from "./refusal";

const USUAL_PLACES = 2;

/** Those with other than two. `Intl` follows the CLDR, which leaves decimals out where nobody pays with them. */
const OTHER_PLACES = new Map<string, number>();
for (const [places, codes] of [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
] as const) {
  for (const code of codes.split(" ")) {
    OTHER_PLACES.set(code, places);
  }
}

export function currencyOf(code: string): Currency {
  if (!/^[A-Z]{3}$/.test(code)) {
    throw new Malformed(`"${code}" is not a currency; write three letters, such as EUR`);
  }
  return new Currency(OTHER_PLACES.get(code) ?? USUAL_PLACES);
}
