/** What a person does about a payment at a device, and what a gift card has left. */
import { PATHS, valuePage } from "../../protocol/hub";
import type { PaymentActions } from "../contract/actions";
import type { Desk } from "../desk";
import { asking, no } from "../outcomes";

type DeviceActions = Pick<PaymentActions, "abortDevice" | "resolveDevice" | "giveBack" | "value">;

export function deviceActions(desk: Desk): DeviceActions {
  return {
    abortDevice: (attempt) => desk.send<null>({ action: { abort_tender: { attempt } }, name: "abort_tender", accepted: () => null }),
    async resolveDevice(attempt, verdict, reason, approval) {
      if (reason.trim() === "") return no("HF-WEB-025");
      return desk.send<null>({
        action: { resolve_tender: { attempt, verdict, reason: reason.trim() } }, name: "resolve_tender", approval, accepted: () => null,
      });
    },
    async giveBack(attempt, reason) {
      if (reason.trim() === "") return no("HF-WEB-025");
      return desk.send<null>({
        action: { give_back_tender: { attempt, reason: reason.trim() } }, name: "give_back_tender", accepted: () => null,
      });
    },
    value: (account) => asking(async () => {
      if (desk.api === null) throw new Error("nothing is asked before the till is paired");
      const { kind, standing, balance, account: number } = await desk.api.get(valuePage, PATHS.value, { account: account.trim() });
      return { account: number, kind, balance, blocked: standing === "blocked" };
    }),
  };
}
