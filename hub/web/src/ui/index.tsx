import { render } from "preact";
import "../styles/index.css";
import type { Till } from "../core/contract";
import { App } from "./app";
import { Display } from "./display/display";
import { publish } from "./display/publish";
import { listen } from "./keys/keyboard";

import { followAddress, go, place } from "./place";
import { dismissPassing } from "./notices";
import { nameItems } from "./perform";
import { claimed } from "./scans";
import { readSearch, searched } from "./sell/state";
import { beginAppearance } from "./settings";
import { soundRefused, wakeSound } from "./sound";

/**
 * Shows the till in an element of the page. `/till/display` is the customer's display: it is told what to show by the till's
 * page on the same device, so no till is made for it.
 */
export async function showPages(root: Element, makeTill: () => Till): Promise<void> {
  await beginAppearance(document.documentElement);
  if (/\/display\/?$/.test(location.pathname)) {
    render(<Display />, root);
    return;
  }
  const till = makeTill();
  for (const name of ["pointerdown", "keydown"]) {
    window.addEventListener(name, wakeSound, { capture: true, passive: true });
  }
  followAddress(window);
  listen(window, (code) => scanned(till, code));
  till.actions.basket.routeScans((code) => {
    const taken = claimed(code);
    if (!taken && place.peek() !== "sell") {
      go("sell");
    }
    return taken;
  });
  nameItems((sku) => till.lookup.product(sku)?.description ?? sku);
  publish(till.view);
  render(<App till={till} />, root);
}

/** A scan, from whatever page: mostly it is sold. */
function scanned(till: Till, code: string): void {
  if (claimed(code)) {
    return;
  }
  if (till.view.stage.peek().kind !== "running" || till.view.signOn.peek().kind !== "operator") {
    soundRefused();
    return;
  }
  if (place.peek() !== "sell") {
    go("sell");
  }
  dismissPassing();
  const { times, words } = readSearch(searched.peek());
  const product = times === null || words !== "" ? undefined : till.lookup.search(code, 3).find((each) => each.barcodes.includes(code) || each.sku === code);
  if (times !== null) {
    searched.value = "";
  }
  if (product !== undefined && times !== null) {
    till.actions.basket.add(product.sku, times);
  } else {
    till.actions.basket.scan(code, "keyboard");
  }
}
