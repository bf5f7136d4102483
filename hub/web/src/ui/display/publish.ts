import { effect } from "@preact/signals";
import type { TillView } from "../../core/contract";
import { CHANNEL, HELLO, shownOf, type Shown } from "./shown";

/** Tells the customer's display what to show, whenever it changes, and again when one opens. */
export function publish(view: TillView): () => void {
  if (typeof BroadcastChannel === "undefined") {
    return () => undefined;
  }
  const channel = new BroadcastChannel(CHANNEL);
  let latest: Shown | null = null;
  const stop = effect(() => {
    latest = shownOf(view);
    channel.postMessage(latest);
  });
  channel.onmessage = (event: MessageEvent<unknown>) => {
    if (event.data === HELLO && latest !== null) {
      channel.postMessage(latest);
    }
  };
  return () => {
    stop();
    channel.close();
  };
}
