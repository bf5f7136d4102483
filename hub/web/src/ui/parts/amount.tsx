import type { Money } from "../../core/contract";
import { money, plain } from "../../i18n/format";

/** Money, isolated from the direction of the text around it. */
export function Amount({ of, negative = false }: { readonly of: Money; readonly negative?: boolean }) {
  const amount = negative && !of.amount.startsWith("-") && !/^0(\.0*)?$/.test(of.amount) ? `-${of.amount}` : of.amount;
  return <bdi class="amount">{money(amount, of.currency)}</bdi>;
}

/** A name that somebody else chose: letters, whatever it holds. */
export function Name({ of }: { readonly of: string }) {
  return <bdi class="name">{plain(of)}</bdi>;
}
