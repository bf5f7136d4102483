import type { Chance, Clock } from "./ports";

/** A UUID of version 7: the till's time in milliseconds, then chance (RFC 9562, 5.7). */
export function mint(clock: Clock, chance: Chance): string {
  const bytes = new Uint8Array(16);
  bytes.set(chance.bytes(10), 6);
  let rest = BigInt(Math.trunc(clock.now()));
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The till's clock as the protocol writes instants. */
export function instant(clock: Clock): string {
  return new Date(clock.now()).toISOString();
}
