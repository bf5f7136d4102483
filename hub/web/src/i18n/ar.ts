import type { Catalogue } from "./en";
import { after } from "./ar/after";
import { frame } from "./ar/frame";
import { pay } from "./ar/pay";
import { problems } from "./ar/problems";
import { sell } from "./ar/sell";
import { state } from "./ar/state";
import { store } from "./ar/store";

export { problems };

export const ar: Catalogue = { ...frame, ...sell, ...pay, ...after, ...store, ...state };
