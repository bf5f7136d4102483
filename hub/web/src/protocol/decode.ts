/**
 * Readers of JSON from the hub: each gives back a typed value or says where the text is not what it should be. Fields that
 * are not known are left alone, so that a newer hub can say more than this till understands.
 */

/** Text that is not what the protocol says. */
export class Malformed extends Error {
  readonly code = "HF-WEB-001";

  constructor(path: string, wanted: string) {
    super(`the hub's answer is not understood: ${path === "" ? "it" : path} is not ${wanted}`);
    this.name = "Malformed";
  }
}

export type Decoder<T> = (value: unknown, path: string) => T;
export type Decoded<D> = D extends Decoder<infer T> ? T : never;

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const text: Decoder<string> = (value, path) => {
  if (typeof value !== "string") throw new Malformed(path, "a text");
  return value;
};

export const integer: Decoder<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new Malformed(path, "a whole number");
  return value;
};

export const flag: Decoder<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw new Malformed(path, "true or false");
  return value;
};

/** A decimal number in a text. */
export const decimal: Decoder<string> = (value, path) => {
  if (typeof value !== "string" || !/^-?\d+(\.\d+)?$/.test(value)) throw new Malformed(path, "a decimal number");
  return value;
};

/** A 64-bit number in a text. */
export const sequence: Decoder<bigint> = (value, path) => {
  if (typeof value !== "string" || !/^\d{1,20}$/.test(value)) throw new Malformed(path, "a sequence number");
  return BigInt(value);
};

export function nullable<T>(inner: Decoder<T>): Decoder<T | null> {
  return (value, path) => (value === null || value === undefined ? null : inner(value, path));
}

export function withDefault<T>(inner: Decoder<T>, otherwise: T): Decoder<T> {
  return (value, path) => (value === null || value === undefined ? otherwise : inner(value, path));
}

export function list<T>(inner: Decoder<T>): Decoder<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new Malformed(path, "a list");
    return value.map((item: unknown, index) => inner(item, `${path}[${index}]`));
  };
}

export function object<const F extends Record<string, Decoder<unknown>>>(
  fields: F,
): Decoder<{ readonly [K in keyof F]: Decoded<F[K]> }> {
  const named = Object.entries(fields);
  return (value, path) => {
    if (!isObject(value)) throw new Malformed(path, "an object");
    const read = named.map(([key, decoder]) => [key, decoder(value[key], path === "" ? key : `${path}.${key}`)]);
    // Each field was read by its own decoder; `fromEntries` forgets which.
    return Object.fromEntries(read) as { readonly [K in keyof F]: Decoded<F[K]> };
  };
}

export function oneOf<const N extends readonly string[]>(...names: N): Decoder<N[number]> {
  return (value, path) => {
    const found = names.find((name) => name === value);
    if (found === undefined) throw new Malformed(path, `one of ${names.join(", ")}`);
    return found;
  };
}

/**
 * A value of one of several kinds, as Rust writes them: a kind without more as its name, any other as an object with its
 * name as the only key. Read, it is `{ kind, value }`.
 */
export function variant<const U extends readonly string[], const F extends Record<string, Decoder<unknown>>>(
  plain: U,
  full: F,
): Decoder<Variant<U, F>> {
  return (value, path) => {
    if (typeof value === "string") {
      const kind = plain.find((name) => name === value);
      if (kind !== undefined) return pair<Variant<U, F>>(kind, null);
    } else if (isObject(value)) {
      const [kind, ...more] = Object.keys(value);
      const decoder = kind === undefined ? undefined : full[kind];
      if (kind !== undefined && more.length === 0 && decoder !== undefined) {
        return pair<Variant<U, F>>(kind, decoder(value[kind], `${path}.${kind}`));
      }
    }
    throw new Malformed(path, `one of ${[...plain, ...Object.keys(full)].join(", ")}`);
  };
}

export type Variant<U extends readonly string[], F extends Record<string, Decoder<unknown>>> =
  | { [N in U[number]]: { readonly kind: N; readonly value: null } }[U[number]]
  | { [K in keyof F]: { readonly kind: K; readonly value: Decoded<F[K]> } }[keyof F];

/** The kind and the decoder of its value are from one entry of the same table. */
function pair<V>(kind: string, value: unknown): V {
  return { kind, value } as V;
}

/** Reads a whole text of JSON. */
export function decode<T>(decoder: Decoder<T>, json: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Malformed("", "JSON");
  }
  return decoder(value, "");
}

export const anything: Decoder<unknown> = (value) => value;
