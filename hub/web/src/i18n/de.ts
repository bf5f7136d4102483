import type { Catalogue } from "./en";
import { after } from "./de/after";
import { frame } from "./de/frame";
import { pay } from "./de/pay";
import { sell } from "./de/sell";
import { state } from "./de/state";
import { store } from "./de/store";

export const de: Catalogue = { ...frame, ...sell, ...pay, ...after, ...store, ...state };
