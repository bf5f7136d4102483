import type { Catalogue } from "./en";
import { after } from "./de/after";
import { frame } from "./de/frame";
import { pay } from "./de/pay";
import { problems } from "./de/problems";
import { sell } from "./de/sell";
import { state } from "./de/state";
import { store } from "./de/store";

export { problems };

export const de: Catalogue = { ...frame, ...sell, ...pay, ...after, ...store, ...state };
