/** Section 9: what is paid in cash, and what comes back with the goods. */

import type { Returned } from "./basket";
import { ONE_PIECE, read, readQuantity, round, sum, type Currency, type Minor } from "./exact";
import type { Priced, PricedLine, Refund } from "./priced";
import { Malformed, Refused } from "./refusal";

/** An amount to the nearest multiple of the smallest coin, half up. */
export function toTheCoin(amount: Minor, coin: Minor): Minor {
  return coin === 0n ? amount : round(amount, coin) * coin;
}

export function coinOf(step: string, currency: Currency): Minor {
  const coin = read(step, currency.places);
  if (coin < 0n) {
    throw new Malformed(`the smallest coin is not worth ${step}`);
  }
  return coin;
}

/** What each of several returns of a sale gives back, one after the other. */
export function refundsOf(
  sale: Priced,
  returns: readonly (readonly Returned[])[],
  currency: Currency,
  coin: Minor,
): readonly Refund[] {
  const sold = new Map(sale.lines.map((line) => [line.number, new Sold(line, currency)]));
  let grossSoFar = 0n;
  let cashSoFar = 0n;
  return returns.map((goods) => {
    let [gross, tax] = [0n, 0n];
    for (const { line, quantity } of goods) {
      const own = sold.get(line);
      if (own === undefined) {
        throw new Refused("HF-CMD-164", `line ${line} is not on the receipt`, line);
      }
      const back = own.takeBack(quantity);
      gross += back.gross;
      tax += back.tax;
    }
    grossSoFar += gross;
    const cash = toTheCoin(grossSoFar, coin) - cashSoFar;
    cashSoFar += cash;
    return {
      net: currency.write(gross - tax),
      tax: currency.write(tax),
      gross: currency.write(gross),
      cash: currency.write(cash),
    };
  });
}

/** A line of the sale, and how much of it came back. */
class Sold {
  private returned = 0n;
  private readonly quantity: bigint;
  private readonly gross: Minor;
  private readonly taxes: readonly Minor[];

  constructor(
    private readonly line: PricedLine,
    currency: Currency,
  ) {
    this.quantity = readQuantity(line.quantity);
    this.gross = currency.read(line.gross);
    this.taxes = line.taxes.map(({ tax }) => currency.read(tax));
  }

  takeBack(text: string): { readonly gross: Minor; readonly tax: Minor } {
    const { number, voided, quantity: sold } = this.line;
    const now = readQuantity(text);
    if (voided) {
      throw new Refused("HF-CMD-164", `line ${number} was taken off the basket before it was sold`, number);
    }
    if (now <= 0n) {
      throw new Refused("HF-CMD-124", `the quantity ${text} of line ${number} must be more than zero`, number);
    }
    if (this.returned + now > this.quantity) {
      throw new Refused("HF-CMD-165", `${text} is more than is left of the ${sold} of line ${number}`, number);
    }
    if (this.line.unit === "piece" && now % ONE_PIECE !== 0n) {
      throw new Refused("HF-CMD-125", `line ${number} was sold by the piece; ${text} is not a whole number`, number);
    }
    const before = this.returned;
    this.returned += now;
    const back = (amount: Minor): Minor => this.share(amount, this.returned) - this.share(amount, before);
    return { gross: back(this.gross), tax: sum(this.taxes.map(back)) };
  }

  /** The rounded share of an amount that so much of the line has. */
  private share(amount: Minor, quantity: bigint): Minor {
    return round(amount * quantity, this.quantity);
  }
}
