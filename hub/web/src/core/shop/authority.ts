/** What the built-in roles permit, for as long as the hub has not said what its own are. */
import type { Amounts } from "../amounts";
import type { Authority, Permission, Role } from "../contract/people";

const CASHIER: readonly Permission[] = ["discount", "refund_cash"];
const SUPERVISOR: readonly Permission[] = [
  "post_void", "return_without_receipt", "adjust_stock", "move_cash", "override_price", "discount", "take_over", "receive_stock",
  "count_stock", "read_x_report", "refund_cash", "cash_for_tender", "block_value",
];
const MANAGER: readonly Permission[] = [
  ...SUPERVISOR, "dated_shift", "read_subject", "erase_subject", "manage_staff", "manage_products", "read_reports", "close_day",
  "set_account", "resolve_tender",
];

/** Nothing for a role of the store's own: the hub says what it permits. */
export function builtIn(role: Role, amounts: Amounts): Authority {
  const refund = (minor: bigint) => amounts.money(minor);
  switch (role) {
    case "cashier":
      return { permissions: CASHIER, lineDiscount: "0.15", basketDiscount: "0.15", cashRefund: refund(50_000n) };
    case "supervisor":
      return { permissions: SUPERVISOR, lineDiscount: "0.5", basketDiscount: "0.3", cashRefund: refund(500_000n) };
    case "manager":
      return { permissions: MANAGER, lineDiscount: "1", basketDiscount: "1", cashRefund: null };
    default:
      return { permissions: [], lineDiscount: "0", basketDiscount: "0", cashRefund: amounts.zero };
  }
}
