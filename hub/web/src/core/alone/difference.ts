import type { WireWarning } from "../../protocol/messages";
import type { Difference } from "../contract/hub";

/** What the hub says of a sale that was made alone, as it is listed; nothing for what is no difference. */
export function differenceOf(warning: WireWarning, receipt: string, description: (sku: string) => string | null): Difference | null {
  const rule = (of: Extract<Difference, { kind: "rule" }>["rule"], what: string): Difference => ({ kind: "rule", receipt, rule: of, what });
  switch (warning.kind) {
    case "stock_below_zero": {
      const { sku, on_hand: onHand } = warning.value;
      return { kind: "oversold", sku, description: description(sku), onHand, receipt };
    }
    case "strict_below_zero": {
      const { sku, available } = warning.value;
      return { kind: "oversold", sku, description: description(sku), onHand: available, receipt };
    }
    case "price_differs": {
      const { charged, now } = warning.value;
      return now === null ? rule("no_price_now", receipt) : { kind: "price_changed", receipt, till: charged, hub: now };
    }
    case "beyond_rights":
      return rule("beyond_rights", warning.value.permission);
    case "coupon_used_up":
      return rule("coupon_used_up", warning.value.coupon);
    case "item_gone":
      return rule("item_gone", description(warning.value.sku) ?? warning.value.sku);
    case "age_not_checked":
      return rule("age_not_checked", description(warning.value.sku) ?? warning.value.sku);
    case "tender_not_taken":
      return rule("tender_not_taken", warning.value.code);
    case "customer_left_out":
      return rule("customer_left_out", warning.value.customer);
    case "reservation_expired":
    case "other":
      return null;
  }
}
