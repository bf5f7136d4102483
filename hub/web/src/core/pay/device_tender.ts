/** Payments at devices, as the hub tells them: steps for show, standings that are durable. Pure. */
import type { TenderStep, TenderView } from "../../protocol/messages";
import type { WireCardFacts } from "../../protocol/sales";
import type { CardFacts, DevicePayment, DeviceStanding, DeviceStep } from "../contract/payment";

export function cardFacts(card: WireCardFacts): CardFacts {
  return { scheme: card.scheme, lastFour: card.last_four, wallet: card.wallet, authCode: card.auth_code };
}

export function stepOf(step: TenderStep): DeviceStep {
  return step.value === null ? { kind: step.kind } : { kind: step.kind, text: step.value.text };
}

export function standingOf({ state }: TenderView): DeviceStanding {
  switch (state.kind) {
    case "in_doubt":
    case "unclaimed":
      return { kind: state.kind, text: state.value.text };
    case "approved":
      return { kind: "approved", ...state.value, card: cardFacts(state.value.card) };
    case "declined":
      return { kind: "declined", ...state.value };
    case "taken":
      return { kind: "taken" };
    default:
      return { kind: state.kind };
  }
}

/** What a person may do about it now. */
export function possible(standing: DeviceStanding): DevicePayment["can"] {
  switch (standing.kind) {
    case "started":
    case "under_way":
      return ["abort"];
    case "in_doubt":
    case "disowned":
      return ["resolve"];
    case "approved":
      return ["give_back"];
    case "unclaimed":
      return ["resolve"];
    default:
      return [];
  }
}

/** Money may be on its way, or is there: the payment must not be left as if nothing were. */
export function isOpen(standing: DeviceStanding): boolean {
  return ["asking", "started", "under_way", "in_doubt", "approved"].includes(standing.kind);
}

/** Nothing will come of it any more. */
export function isOver(standing: DeviceStanding): boolean {
  return ["declined", "goes_back", "given_back", "disowned", "unclaimed"].includes(standing.kind);
}
