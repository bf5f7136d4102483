/** Topics of one store, as docs/mqtt names them. */

export interface Topics {
  readonly command: string;
  readonly reply: string;
  readonly event: string;
  readonly stock: string;
  readonly orders: string;
  readonly catalog: string;
  readonly status: string;
  readonly filters: readonly string[];
}

export function topicsOf(store: string, terminal: string): Topics {
  const base = `hf/1/${store}`;
  const till = `${base}/t/${terminal}`;
  return {
    command: `${till}/cmd`,
    reply: `${till}/reply`,
    event: `${till}/event`,
    stock: `${base}/store/stock`,
    orders: `${base}/store/orders`,
    catalog: `${base}/store/catalog`,
    status: `${base}/store/status`,
    filters: [`${till}/reply`, `${till}/event`, `${base}/store/+`],
  };
}
