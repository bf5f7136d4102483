import type { DevicePayment, TenderType } from "../contract/payment";
import type { Problem } from "../contract/values";

export interface OpenTender {
  readonly id: string;
  readonly type: TenderType;
  readonly minor: bigint;
  readonly reference: string | null;
  readonly device: Omit<DevicePayment, "can"> | null;
}

/** A payment that is being put together. */
export interface OpenPayment {
  readonly order: string;
  /** In minor units. */
  readonly due: bigint;
  /** Whether the hub knows the order: a question without an answer is neither. */
  readonly placed: "no" | "asked" | "yes";
  readonly state: "placing" | "collecting" | "completing" | "unconfirmed";
  readonly tenders: readonly OpenTender[];
  readonly tip: bigint;
  readonly deposit: boolean;
  readonly problem: Problem | null;
  /** The payment that was sent. */
  readonly command: string | null;
}
