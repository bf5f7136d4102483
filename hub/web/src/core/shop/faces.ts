import { facesOf as minorFaces } from "../../pricing";
import { isPositive, type Amounts } from "../amounts";
import type { Money } from "../contract/values";
import type { Desk } from "../desk";

/** The coins and notes of the store's currency, the largest first. */
export function facesOf(desk: Desk): readonly Money[] {
  if (desk.facts === null) return [];
  const { amounts, profile } = desk.facts;
  return minorFaces(profile.currency, profile.cash_step).map((face) => amounts.money(face));
}

/** An amount above zero in the store's currency. */
export function read(amounts: Amounts, money: Money): bigint | null {
  return money.currency === amounts.currency && isPositive(money.amount, amounts.places) ? amounts.minor(money) : null;
}
