/** What tenders come to, by the hub's rules: rounding belongs to the part in cash, change to the tenders that give it. Pure. */
import type { Amounts } from "../amounts";
import type { TenderType } from "../contract/payment";
import { problem } from "../problems";
import type { Problem } from "../contract/values";

export interface Given {
  readonly type: TenderType;
  readonly minor: bigint;
}

export interface Tally {
  /** What is still to be paid, exactly and if the rest comes in cash. Never below zero. */
  readonly open: bigint;
  readonly openInCash: bigint;
  readonly isCovered: boolean;
  readonly rounding: bigint;
  readonly change: bigint;
  /** Why what was given cannot be taken together. */
  readonly fault: Problem | null;
}

function sum(given: readonly Given[], which: (type: TenderType) => boolean): bigint {
  return given.reduce((total, { type, minor }) => (which(type) ? total + minor : total), 0n);
}

export function tally(amounts: Amounts, cashStep: string, due: bigint, given: readonly Given[]): Tally {
  const total = sum(given, () => true);
  const exact = sum(given, (type) => !type.cashRounded);
  const rest = due - exact;
  const inCash = rest > 0n ? amounts.toStep(rest, cashStep) : 0n;
  const usesCash = given.length === 0 || given.some(({ type }) => type.cashRounded);
  const payable = usesCash && exact < due ? exact + inCash : due;
  const open = total >= payable && given.length > 0 ? 0n : max(due - total, 0n);
  const openInCash = max(exact + inCash - total, 0n);
  const isCovered = total >= payable;
  const change = isCovered ? total - payable : 0n;
  return { open, openInCash, isCovered, rounding: payable - due, change, fault: changeFault(amounts, given, change) };
}

function changeFault(amounts: Amounts, given: readonly Given[], change: bigint): Problem | null {
  if (change === 0n) return null;
  const any = sum(given, ({ change: rule }) => rule.kind !== "never");
  const free = sum(given, ({ change: rule }) => rule.kind === "any");
  if (change > any) return problem("HF-WEB-035");
  const limits = new Map<string, bigint>();
  for (const { type } of given) if (type.change.kind === "up_to") limits.set(type.code, amounts.minor(type.change.max));
  const most = [...limits.values()].reduce((total, one) => total + one, 0n);
  return change - free > most ? problem("HF-WEB-035") : null;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
