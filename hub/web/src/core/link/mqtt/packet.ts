/**
 * The packets of MQTT 3.1.1 that a till and its hub exchange (OASIS MQTT 3.1.1, sections 2 and 3). Pure.
 *
 * A client of its own and not mqtt.js: of that protocol a till needs ten packets, and mqtt.js with the parts of Node that it
 * brings along is a hundred kilobytes, two fifths of what the whole page may weigh on a shop's tablet. It is the peer that the
 * tests hold this against.
 */

type Bytes = Uint8Array<ArrayBuffer>;

const TYPE = { connect: 1, connack: 2, publish: 3, puback: 4, subscribe: 8, suback: 9, pingreq: 12, pingresp: 13, disconnect: 14 } as const;
/** The largest packet that is taken: above every limit of the hub. */
const PACKET_BYTES_MAX = 2 * 1024 * 1024;
const TEXT_BYTES_MAX = 65_535;

export type Packet =
  | { readonly kind: "connack"; readonly code: number }
  | { readonly kind: "suback"; readonly id: number; readonly codes: readonly number[] }
  | { readonly kind: "publish"; readonly topic: string; readonly payload: string; readonly qos: 0 | 1; readonly id: number }
  | { readonly kind: "puback"; readonly id: number }
  | { readonly kind: "pingresp" };

/** Bytes that are no MQTT, or nothing that a hub sends. */
export class ProtocolFault extends Error {
  constructor(what: string) {
    super(`the hub sent ${what}`);
    this.name = "ProtocolFault";
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function uint16(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

function text(value: string): Bytes {
  const bytes = encoder.encode(value);
  if (bytes.length > TEXT_BYTES_MAX) throw new RangeError("a text of MQTT has at most 65,535 bytes");
  return joined(uint16(bytes.length), bytes);
}

function joined(...parts: readonly (readonly number[] | Uint8Array)[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function packet(type: number, flags: number, ...parts: readonly (readonly number[] | Uint8Array)[]): Bytes {
  const body = joined(...parts);
  const length: number[] = [];
  let rest = body.length;
  do {
    const more = rest > 127 ? 128 : 0;
    length.push((rest & 127) | more);
    rest >>= 7;
  } while (rest > 0);
  return joined([(type << 4) | flags], length, body);
}

export interface Credentials {
  readonly clientId: string;
  readonly user: string;
  readonly password: string;
  readonly keepAliveSecs: number;
}

/** With a clean session and without a will. */
export function connect({ clientId, user, password, keepAliveSecs }: Credentials): Bytes {
  const flags = 0b1100_0010;
  return packet(TYPE.connect, 0, text("MQTT"), [4, flags], uint16(keepAliveSecs), text(clientId), text(user), text(password));
}

/** At QoS 1. */
export function subscribe(id: number, filters: readonly string[]): Bytes {
  return packet(TYPE.subscribe, 0b0010, uint16(id), ...filters.flatMap((filter) => [text(filter), [1]]));
}

/** At QoS 1. */
export function publish(id: number, topic: string, payload: string): Bytes {
  return packet(TYPE.publish, 0b0010, text(topic), uint16(id), encoder.encode(payload));
}

export const puback = (id: number): Bytes => packet(TYPE.puback, 0, uint16(id));
export const pingreq = (): Bytes => packet(TYPE.pingreq, 0);
export const disconnect = (): Bytes => packet(TYPE.disconnect, 0);

/** Takes bytes as they come: a packet need not begin or end with a frame of the WebSocket. */
export class PacketReader {
  private rest = new Uint8Array(0);

  /** @throws ProtocolFault after which nothing of the connection can be trusted. */
  push(bytes: Uint8Array): readonly Packet[] {
    let data = this.rest.length === 0 ? bytes : joined(this.rest, bytes);
    const packets: Packet[] = [];
    for (;;) {
      const head = headOf(data);
      if (head === null || data.length < head.end) break;
      packets.push(read(data[0] ?? 0, data.subarray(head.start, head.end)));
      data = data.subarray(head.end);
    }
    this.rest = new Uint8Array(data);
    return packets;
  }
}

/** Where the first packet's body begins and ends; none before its length is there. */
function headOf(data: Uint8Array): { readonly start: number; readonly end: number } | null {
  let length = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = data[at];
    if (byte === undefined) return null;
    length |= (byte & 127) << (7 * (at - 1));
    if ((byte & 128) === 0) {
      if (length > PACKET_BYTES_MAX) throw new ProtocolFault(`a packet of ${length} bytes`);
      return { start: at + 1, end: at + 1 + length };
    }
  }
  throw new ProtocolFault("a packet without an end");
}

function read(first: number, body: Uint8Array): Packet {
  const flags = first & 0x0f;
  switch (first >> 4) {
    case TYPE.connack:
      return { kind: "connack", code: byteAt(body, 1) };
    case TYPE.suback:
      return { kind: "suback", id: uint16At(body, 0), codes: [...body.subarray(2)] };
    case TYPE.publish:
      return published(flags, body);
    case TYPE.puback:
      return { kind: "puback", id: uint16At(body, 0) };
    case TYPE.pingresp:
      return { kind: "pingresp" };
    default:
      throw new ProtocolFault(`a packet of type ${first >> 4}`);
  }
}

function published(flags: number, body: Uint8Array): Packet {
  const qos = (flags >> 1) & 3;
  if (qos > 1) throw new ProtocolFault(`a message at QoS ${qos}`);
  const topicEnd = 2 + uint16At(body, 0);
  const payloadStart = topicEnd + 2 * qos;
  if (payloadStart > body.length) throw new ProtocolFault("a message that is cut off");
  return {
    kind: "publish", topic: decoded(body.subarray(2, topicEnd)), payload: decoded(body.subarray(payloadStart)),
    qos: qos === 1 ? 1 : 0, id: qos === 1 ? uint16At(body, topicEnd) : 0,
  };
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new ProtocolFault("text that is not UTF-8");
  }
}

function byteAt(body: Uint8Array, at: number): number {
  const byte = body[at];
  if (byte === undefined) throw new ProtocolFault("a packet that is cut off");
  return byte;
}

function uint16At(body: Uint8Array, at: number): number {
  return (byteAt(body, at) << 8) | byteAt(body, at + 1);
}
