/**
 * What the pages may know of the till: data to show (signals), questions answered from memory, and actions. It is plain
 * data and functions, so that a page can be fed by anything that has this form.
 */
import type { TillActions } from "./contract/actions";
import type { TillLookup, TillView } from "./contract/view";

export type * from "./contract/actions";
export type * from "./contract/basket";
export type * from "./contract/goods";
export type * from "./contract/hub";
export type * from "./contract/outcome";
export type * from "./contract/papers";
export type * from "./contract/payment";
export type * from "./contract/people";
export type * from "./contract/reports";
export type * from "./contract/shift";
export type * from "./contract/values";
export type * from "./contract/view";

export interface Till {
  readonly view: TillView;
  readonly lookup: TillLookup;
  readonly actions: TillActions;
}
