/** Refusals in other languages, by their code: what it is, and what to do. English says what the core and the hub say. */
export type Problems = Readonly<Record<string, readonly [text: string, advice: string | null]>>;
