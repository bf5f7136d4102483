/** What the till itself says no to, and what a person can do about what the hub refused. */
import type { Permission } from "./contract/people";
import type { Problem } from "./contract/values";

const OWN = {
  "HF-WEB-002": ["the hub does not answer", "try again; selling goes on without it"],
  "HF-WEB-010": ["this needs the hub, and it is not there", "wait until it is back; selling goes on without it"],
  "HF-WEB-011": ["nobody is signed on", "sign on with number and PIN"],
  "HF-WEB-012": ["no shift is open at this till", "open a shift first"],
  "HF-WEB-013": ["staff number and PIN do not match, or this person was not at this till lately", "try again, or ask somebody who worked here lately"],
  "HF-WEB-014": ["too many wrong PINs for this number", "wait some minutes, or wait for the hub"],
  "HF-WEB-015": ["this may not be done while the hub is gone", "wait until it is back, or ask for another way"],
  "HF-WEB-016": ["the till is locked", "sign on to go on"],
  "HF-WEB-017": ["the text looks like a payment card's number, which is never kept", "type at most its last four digits"],
  "HF-WEB-018": ["another window has this till", "go on there, or take the till over here"],
  "HF-WEB-020": ["the basket has as many lines as one can have", "pay it and go on with another"],
  "HF-WEB-021": ["a quantity is a number above zero with at most three places", "type it again"],
  "HF-WEB-022": ["this is sold by whole pieces", "type a whole number"],
  "HF-WEB-023": ["that is more than one line can have; was a barcode typed as a number?", "type the quantity again"],
  "HF-WEB-024": ["the label says how much it is", "take the line off and weigh it again"],
  "HF-WEB-025": ["this needs a reason", "say why"],
  "HF-WEB-026": ["a price is a number with at most four places", "type it again"],
  "HF-WEB-027": ["a discount is more than nothing and at most the whole price", "type it again"],
  "HF-WEB-028": ["the basket has no such line", "choose a line that is there"],
  "HF-WEB-029": ["the basket is empty", "scan an item first"],
  "HF-WEB-030": ["the catalog has no such item", "search for it by name, or sell it at an open price"],
  "HF-WEB-031": ["something is in the basket", "pay it, park it or give it up first"],
  "HF-WEB-032": ["a payment is under way", "complete it, or go back to the basket first"],
  "HF-WEB-033": ["an amount is a number above zero", "type it again"],
  "HF-WEB-034": ["that is far more than is to be paid; was a barcode typed as an amount?", "type what the customer handed over"],
  "HF-WEB-035": ["this way to pay gives no change", "take at most what is open"],
  "HF-WEB-036": ["this way to pay needs a reference", "type it from the slip or card"],
  "HF-WEB-037": ["the store does not take this way to pay", "choose another"],
  "HF-WEB-038": ["this way to pay needs the hub, and it is not there", "take cash, or a card at a terminal that stands alone"],
  "HF-WEB-039": ["money of a device is under way or taken", "wait for it, or stop it at the terminal"],
  "HF-WEB-040": ["there is nothing to pay", "go back to the basket"],
  "HF-WEB-041": ["not everything is covered yet", "take another tender for what is open"],
  "HF-WEB-042": ["no such receipt is known at this till", "wait for the hub, or type the number again"],
  "HF-WEB-043": ["no price is known for the basket", "wait for the hub"],
  "HF-WEB-044": ["the customer has to be old enough, and nobody checked", "look, or ask for a document"],
  "HF-WEB-045": ["the prices have changed since", "look at the basket again, then go on"],
  "HF-WEB-046": ["the order is not paid in one piece at this till", "pay it in full"],
  "HF-WEB-047": ["no stock is being counted", "start a count first"],
  "HF-WEB-048": ["the count does not add up to what was declared", "count again"],
  "HF-WEB-049": ["the money did not go back to the card", "look at the terminal, then take the goods back again"],
  "HF-WEB-051": ["the basket is being put away", "wait for the hub's answer"],
  "HF-WEB-050": ["the browser keeps nothing for this page", "leave private browsing, or allow storage for the hub's address"],
} as const;

export type OwnCode = keyof typeof OWN;

export function problem(code: OwnCode): Problem {
  const [text, advice] = OWN[code];
  return { code, text, advice };
}

/** Codes of the hub that a second person can help with. */
const APPROVABLE = new Set(["HF-CMD-104", "HF-CMD-241", "HF-CMD-242", "HF-CMD-243", "HF-CMD-301", "HF-CMD-246", "HF-CMD-247", "HF-CMD-248", "HF-CMD-249"]);

/** What a command needs, where it is one thing. */
const PERMISSION_OF: Readonly<Record<string, Permission>> = {
  post_void: "post_void",
  adjust_stock: "adjust_stock",
  move_cash: "move_cash",
  retrieve_order: "take_over",
  start_count: "count_stock",
  count_product: "count_stock",
  finish_count: "count_stock",
  close_day: "close_day",
  resolve_tender: "resolve_tender",
  open_shift: "dated_shift",
};

const ADVICE: Readonly<Record<string, string>> = {
  "HF-CMD-131": "look at the basket again, then go on",
  "HF-CMD-202": "somebody else changed the order; it is shown as it is now",
  "HF-CMD-110": "open a shift first",
  "HF-CMD-101": "sign on first",
};

export function approvable(code: string, action: string): Permission | "any" | null {
  return APPROVABLE.has(code) ? (PERMISSION_OF[action] ?? "any") : null;
}

export function hubProblem(code: string, text: string): Problem {
  return { code, text, advice: ADVICE[code] ?? null };
}
