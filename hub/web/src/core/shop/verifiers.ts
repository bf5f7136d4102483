/**
 * Signing on while the hub is gone: only whoever signed on at this till lately with the hub's own yes, with fewer rights.
 *
 * The PIN is never kept. What is kept is its PBKDF2 under a salt, and over that an HMAC with a key that the browser made and
 * gives nobody: a copy of the database alone cannot be tried out elsewhere. Attempts are counted and on disk before the PIN is
 * looked at. The risk that remains: whoever can run code in this page's origin on this device can ask the key as often as
 * they like; four digits then fall in hours, bounded by the cost of PBKDF2.
 */
import { decimal, list, nullable, object, text } from "../../protocol/decode";
import { money } from "../../protocol/money";
import { role as roleDecoder } from "../../protocol/hub";
import type { Authority, Operator, Permission, Role } from "../contract/people";
import type { Desk } from "../desk";
import type { VerifierRow } from "../kept/database";

const ROUNDS = 210_000;
const SALT_BYTES = 16;
/** Whoever was not here for so long is not known without the hub. */
const LATELY_MS = 14 * 24 * 60 * 60 * 1_000;
const ATTEMPTS_MAX = 5;
const LOCK_MS = 5 * 60 * 1_000;
const LOCK_MS_MAX = 24 * 60 * 60 * 1_000;
/** What nobody may do without the hub, whatever their role. */
const WITHHELD: ReadonlySet<Permission> = new Set([
  "post_void", "return_without_receipt", "adjust_stock", "dated_shift", "read_subject", "erase_subject", "take_over",
  "receive_stock", "count_stock", "manage_staff", "manage_products", "refund_cash", "cash_for_tender", "read_reports", "close_day",
  "block_value", "set_account", "resolve_tender",
]);

const authorityDecoder = object({
  permissions: list(text), lineDiscount: decimal, basketDiscount: decimal, cashRefund: nullable(money),
});

export type OfflineSignOn =
  | { readonly kind: "right"; readonly operator: Operator; readonly failed: number }
  | { readonly kind: "wrong" }
  | { readonly kind: "locked" };

export class Verifiers {
  constructor(private readonly desk: Desk) {}

  /** The hub said yes to this PIN. */
  async learn(operator: Operator, pin: string): Promise<void> {
    const { desk } = this;
    const salt = desk.ports.chance.bytes(SALT_BYTES);
    const row: VerifierRow = {
      number: operator.number, staff: operator.staff, salt, mac: await this.mac(pin, salt), seen: desk.ports.clock.now(),
      role: operator.role, name: operator.name, authority: operator.authority, attempts: 0, lockedUntil: 0,
    };
    await desk.kept.verifiers.put(row);
  }

  async check(number: number, pin: string): Promise<OfflineSignOn> {
    const { desk } = this;
    const { clock } = desk.ports;
    const row = await desk.kept.verifiers.get(number);
    if (row === undefined || clock.now() - row.seen > LATELY_MS) return { kind: "wrong" };
    // A clock that was set back must not lock anybody for longer than any lock lasts.
    if (row.lockedUntil > clock.now() && row.lockedUntil - clock.now() <= LOCK_MS_MAX) return { kind: "locked" };
    const attempts = row.attempts + 1;
    const beyond = attempts - ATTEMPTS_MAX;
    const lockedUntil = beyond < 0 ? 0 : clock.now() + Math.min(LOCK_MS * 2 ** Math.min(beyond, 10), LOCK_MS_MAX);
    await desk.kept.verifiers.update(number, { attempts, lockedUntil });
    const given = await this.mac(pin, row.salt);
    if (!sameBytes(given, row.mac)) return { kind: "wrong" };
    await desk.kept.verifiers.update(number, { attempts: 0, lockedUntil: 0 });
    return { kind: "right", operator: operatorOf(row, desk.now()), failed: row.attempts };
  }

  private async mac(pin: string, salt: Uint8Array): Promise<Uint8Array> {
    const { subtle } = this.desk.ports;
    const material = await subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
    const slow = await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: owned(salt), iterations: ROUNDS }, material, 256);
    return new Uint8Array(await subtle.sign("HMAC", await this.key(), slow));
  }

  /** Made once by this browser; it can be used here and given to nobody. */
  private async key(): Promise<CryptoKey> {
    const { desk } = this;
    const known = await desk.kept.keys.get("sign-on");
    if (known !== undefined) return known.key;
    const key = await desk.ports.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
    await desk.kept.keys.add({ name: "sign-on", key });
    return key;
  }
}

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= (a[at] ?? 0) ^ (b[at] ?? 0);
  return difference === 0;
}

function operatorOf(row: VerifierRow, since: string): Operator {
  const authority = authorityDecoder(row.authority, "authority");
  return {
    staff: row.staff, number: row.number, name: row.name, role: roleOf(row.role), since, offline: true,
    authority: reduced({ ...authority, permissions: authority.permissions.filter(isPermission) }),
  };
}

/** With the hub's limits for discounts, and without what needs it. */
export function reduced(authority: Authority): Authority {
  return { ...authority, permissions: authority.permissions.filter((permission) => !WITHHELD.has(permission)) };
}

export function isPermission(text: string): text is Permission {
  return PERMISSIONS.has(text);
}

const PERMISSIONS: ReadonlySet<string> = new Set<Permission>([
  ...WITHHELD, "move_cash", "override_price", "discount", "read_x_report",
]);

function roleOf(value: unknown): Role {
  const read = roleDecoder(value, "role");
  return read.kind === "own" ? { own: read.value } : read.kind;
}
