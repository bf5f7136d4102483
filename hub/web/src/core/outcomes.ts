import type { Reply, WireWarning } from "../protocol/messages";
import type { Local } from "./contract/actions";
import type { Accepted, Answer, Refused, Standing, Warning } from "./contract/outcome";
import type { Permission } from "./contract/people";
import type { Problem } from "./contract/values";
import { HubRefusal } from "./link/hub_api";
import { Malformed } from "../protocol/decode";
import { approvable, hubProblem, problem, type OwnCode } from "./problems";
import { Unreachable } from "./ports";

export function refused(of: Problem, by: Permission | "any" | null = null): Refused {
  return { kind: "refused", problem: of, approvable: by };
}

export function no(code: OwnCode): Refused {
  return refused(problem(code));
}

export function accepted<T>(value: T, standing: Standing, warnings: readonly Warning[] = []): Accepted<T> {
  return { kind: "accepted", value, standing, warnings };
}

export const DONE: Local = accepted(null, "here");

export function answered<T>(value: T): Answer<T> {
  return { kind: "answered", value };
}

export function warningsOf(warnings: readonly WireWarning[]): readonly Warning[] {
  return warnings.flatMap((warning): Warning[] => {
    switch (warning.kind) {
      case "stock_below_zero":
        return [{ kind: "stock_below_zero", sku: warning.value.sku, onHand: warning.value.on_hand }];
      case "reservation_expired":
        return [{ kind: "reservation_expired", order: warning.value.order }];
      default:
        // What differs in a sale that was made alone is listed with the differences.
        return [];
    }
  });
}

/** What a reply that is no yes means. */
export function refusedBy(answer: Extract<Reply["answer"], { kind: "refused" | "rejected" | "retry" }>, action: string): Refused {
  const { code, text } = answer.value;
  return refused(hubProblem(code, text), approvable(code, action));
}

/** What went wrong while the hub was asked something. Faults that nobody at the till can mend go on. */
export function failed(error: unknown, action = ""): Refused {
  if (error instanceof HubRefusal) return refused(hubProblem(error.code, error.message), approvable(error.code, action));
  if (error instanceof Unreachable) return no("HF-WEB-002");
  if (error instanceof Malformed) return refused({ code: error.code, text: error.message, advice: "reload the page; the hub may be newer than this till" });
  throw error;
}

/** An answer of the hub, or why there is none. */
export async function asking<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return answered(await work());
  } catch (error) {
    return failed(error);
  }
}
