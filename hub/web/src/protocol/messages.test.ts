import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { Malformed, decode, isObject, type Decoder } from "./decode";
import { catalogMessage, ordersMessage, reply, status, stockMessage, tillEvent } from "./messages";

const DECODERS: Readonly<Record<string, Decoder<unknown>>> = {
  reply, stock: stockMessage, orders: ordersMessage, catalog: catalogMessage, status, event: tillEvent,
};

async function examples(): Promise<[string, string, unknown][]> {
  const document: unknown = parse(await readFile(new URL("../../../../docs/mqtt/asyncapi.yaml", import.meta.url), "utf8"));
  if (!isObject(document) || !isObject(document.components) || !isObject(document.components.messages)) throw new Error("no messages");
  return Object.entries(document.components.messages).flatMap(([message, of]) => {
    if (!isObject(of) || !Array.isArray(of.examples)) return [];
    return of.examples.map((one): [string, string, unknown] => [message, String(one.name), one.payload]);
  });
}

describe("every example of the document", async () => {
  const all = (await examples()).filter(([message]) => message !== "request");
  it("is there for each kind of message", () => {
    expect(new Set(all.map(([message]) => message))).toEqual(new Set(Object.keys(DECODERS)));
  });
  it.each(all)("%s %s is read", (message, _name, payload) => {
    const decoder = DECODERS[message];
    expect(decoder).toBeDefined();
    expect(() => decoder?.(payload, "")).not.toThrow();
  });
});

describe("a message that is not what it should be", () => {
  const answer = { id: "a", answer: { retry: { code: "HF-CMD-004", text: "busy", after_ms: 5 } } };
  it("is refused with the place where it differs", () => {
    const wrong = JSON.stringify({ ...answer, answer: { retry: { ...answer.answer.retry, after_ms: "5" } } });
    expect(() => decode(reply, wrong)).toThrow("answer.retry.after_ms is not a whole number");
  });
  it("may have two kinds no more than none", () => {
    expect(() => decode(reply, JSON.stringify({ ...answer, answer: { ...answer.answer, rejected: { code: "x", text: "y" } } }))).toThrow(Malformed);
    expect(() => decode(reply, JSON.stringify({ ...answer, answer: {} }))).toThrow(Malformed);
    expect(() => decode(reply, "{")).toThrow("is not JSON");
  });
  it("may say more than this till understands", () => {
    expect(decode(reply, JSON.stringify({ ...answer, later: 1 })).answer).toEqual({ kind: "retry", value: answer.answer.retry });
  });
});
