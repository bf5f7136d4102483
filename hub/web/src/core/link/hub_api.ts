/** The hub's HTTPS interface with the till's credential. */
import { Malformed, decode, type Decoder } from "../../protocol/decode";
import { problem } from "../../protocol/hub";
import { Unreachable, type Credential, type Http, type HttpRequest } from "../ports";

const READ_WITHIN_MS = 15_000;
/** The most pages of one list: a million entries. */
const PAGES_MAX = 1_000;

/** The hub understood and said no. */
export class HubRefusal extends Error {
  constructor(
    readonly code: string,
    text: string,
    readonly status: number,
  ) {
    super(text);
    this.name = "HubRefusal";
  }
}

export type Query = Readonly<Record<string, string | null>>;

export class HubApi {
  private readonly authorization: string;

  constructor(
    private readonly http: Http,
    { terminal, secret }: Credential,
  ) {
    this.authorization = `Basic ${btoa(`${terminal}:${secret}`)}`;
  }

  get<T>(decoder: Decoder<T>, path: string, query: Query = {}, withinMs = READ_WITHIN_MS): Promise<T> {
    return this.ask(decoder, "GET", withQuery(path, query), null, withinMs);
  }

  post<T>(decoder: Decoder<T>, path: string, body: unknown, withinMs = READ_WITHIN_MS): Promise<T> {
    return this.ask(decoder, "POST", path, body, withinMs);
  }

  async put(path: string, body: unknown): Promise<void> {
    await this.ask(() => null, "PUT", path, body, READ_WITHIN_MS);
  }

  /** Every entry of a list that comes in pages. `begin` is called before each reading from the first page on. */
  async pages<P extends { readonly next_after: string | null }>(
    decoder: Decoder<P>, path: string, query: Query, take: (page: P) => Promise<"go_on" | "begin_again">,
  ): Promise<void> {
    let after: string | null = null;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const read: P = await this.get(decoder, path, { ...query, after });
      const next = await take(read);
      if (next === "go_on" && read.next_after === null) return;
      after = next === "go_on" ? read.next_after : null;
    }
    throw new Malformed(path, `a list of at most ${PAGES_MAX} pages`);
  }

  private async ask<T>(
    decoder: Decoder<T>, method: HttpRequest["method"], path: string, body: unknown, withinMs: number,
  ): Promise<T> {
    const headers: Record<string, string> = { authorization: this.authorization, accept: "application/json" };
    if (body !== null) headers["content-type"] = "application/json";
    const text = body === null ? null : JSON.stringify(body);
    const answer = await this.http.send({ method, path, headers, body: text, withinMs });
    if (answer.status >= 200 && answer.status < 300) {
      return answer.body === "" ? decoder(null, "") : decode(decoder, answer.body);
    }
    throw refusalOf(answer.status, answer.body);
  }
}

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== null);
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

/** What an answer that is no yes means. */
export function refusalOf(status: number, body: string): Error {
  try {
    const { code, text } = decode(problem, body);
    return status >= 500 ? new Unreachable(`${code} ${text}`) : new HubRefusal(code, text, status);
  } catch {
    if (status >= 500) return new Unreachable(`HTTP ${status}`);
    // An address that the hub does not have: it is older than this page, or does without.
    if (status === 404) return new HubRefusal("HF-WEB-004", "this hub does not offer that", status);
    return new HubRefusal("HF-WEB-003", `the hub answered with HTTP ${status}`, status);
  }
}
