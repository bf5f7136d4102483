import { signal } from "@preact/signals";
import type { Accepted, Answer, Approval, Local, Outcome, Permission, Problem, Warning } from "../core/contract";
import { t, worded } from "../i18n/locale";
import { plain, quantity } from "../i18n/format";
import { notify } from "./notices";
import { soundRefused } from "./sound";

/** A second person is asked for their word on something that the operator may not do. */
export interface ApprovalRequest {
  readonly problem: Problem;
  readonly permission: Permission | "any";
  /** Says what became of it with that word: null when it was given, else why it was not enough. */
  readonly give: (approval: Approval) => Promise<Problem | null>;
  readonly cancel: () => void;
}

export const approvalRequest = signal<ApprovalRequest | null>(null);

/** Everything that waits for an answer right now, so that a button can show it and be pressed only once. */
export const busy = signal(0);

/**
 * Does something and tells the cashier what became of it: a refusal in words, a second person's word where that helps, a
 * missing answer as what it is. Null where it was not done, or is not known to be done.
 */
export async function perform<T>(attempt: (approval?: Approval) => Promise<Outcome<T>>): Promise<Accepted<T> | null> {
  const outcome = await counted(attempt());
  if (outcome.kind === "refused" && outcome.approvable !== null) {
    return approved(attempt, outcome.problem, outcome.approvable);
  }
  return settled(outcome);
}

/** The same for what is decided at the till itself. */
export function performLocal<T>(outcome: Local<T>): Accepted<T> | null {
  if (outcome.kind === "refused") {
    refuse(outcome.problem);
    return null;
  }
  warn(outcome.warnings);
  return outcome;
}

/** The same for a question. */
export async function ask<T>(question: Promise<Answer<T>>): Promise<{ readonly value: T } | null> {
  const answer = await counted(question);
  if (answer.kind === "refused") {
    refuse(answer.problem);
    return null;
  }
  return answer;
}

export function refuse(problem: Problem): void {
  soundRefused();
  const { text, advice } = worded(problem);
  notify("bad", text, { advice, code: problem.code });
}

async function counted<T>(work: Promise<T>): Promise<T> {
  busy.value += 1;
  try {
    return await work;
  } finally {
    busy.value -= 1;
  }
}

function settled<T>(outcome: Outcome<T>): Accepted<T> | null {
  switch (outcome.kind) {
    case "accepted":
      warn(outcome.warnings);
      return outcome;
    case "refused":
      refuse(outcome.problem);
      return null;
    case "unconfirmed":
      notify("warn", t("outcome.unconfirmed"), { advice: t("outcome.unconfirmed.advice") });
      void outcome.settled.then((later) => {
        if (later.kind === "refused") {
          refuse(later.problem);
        } else {
          notify("good", t("outcome.confirmed"));
        }
      });
      return null;
  }
}

function approved<T>(attempt: (approval: Approval) => Promise<Outcome<T>>, problem: Problem, permission: Permission | "any"): Promise<Accepted<T> | null> {
  return new Promise((resolve) => {
    const close = (result: Accepted<T> | null): void => {
      approvalRequest.value = null;
      resolve(result);
    };
    approvalRequest.value = {
      problem,
      permission,
      cancel: () => close(null),
      give: async (approval) => {
        const outcome = await counted(attempt(approval));
        if (outcome.kind === "refused") {
          return outcome.problem;
        }
        close(settled(outcome));
        return null;
      },
    };
  });
}

let nameOf = (sku: string): string => sku;

/** How items are called, for words about them. */
export function nameItems(name: (sku: string) => string): void {
  nameOf = name;
}

function warn(warnings: readonly Warning[]): void {
  for (const warning of warnings) {
    switch (warning.kind) {
      case "stock_below_zero":
        notify("warn", t("warning.stock", { item: plain(nameOf(warning.sku)), stock: quantity(warning.onHand) }));
        break;
      case "reservation_expired":
        notify("warn", t("warning.reservation"));
        break;
    }
  }
}
