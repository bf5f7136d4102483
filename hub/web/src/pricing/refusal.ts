/** Why a basket has no price. The codes are the hub's, so that a till says the same with it and without it. */

export type RefusalCode =
  | "HF-CMD-121"
  | "HF-CMD-122"
  | "HF-CMD-123"
  | "HF-CMD-124"
  | "HF-CMD-125"
  | "HF-CMD-126"
  | "HF-CMD-127"
  | "HF-CMD-128"
  | "HF-CMD-164"
  | "HF-CMD-165"
  | "HF-CMD-207"
  | "HF-CMD-260"
  | "HF-CMD-261"
  | "HF-CMD-262"
  | "HF-CMD-263";

/** What a person at the till can mend. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** The line that it is about. */
    readonly line: number | null = null,
  ) {
    super(message);
  }
}

/** Settings, a catalog or a basket that are not what they should be: nothing that a cashier could mend. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}
