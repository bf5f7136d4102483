import { effect } from "@preact/signals";
import { browserSurroundings, pairingCodeOf } from "./core/browser";
import { makeTill } from "./core/till";
import { showPages } from "./ui";

const root = document.getElementById("till");
if (root === null) throw new Error("the page has no room for the till");

function till() {
  const made = makeTill(browserSurroundings(window));
  const code = pairingCodeOf(window);
  if (code !== null) {
    const stop = effect(() => {
      if (made.view.stage.value.kind !== "not_paired") return;
      queueMicrotask(() => stop());
      void made.actions.door.pair(code);
    });
  }
  return made;
}

void showPages(root, till);

// The pages are there without the hub from the second visit on. Development has no worker: it serves what was typed last.
if (import.meta.env.PROD && "serviceWorker" in navigator) void keepPages(navigator.serviceWorker);

async function keepPages(workers: ServiceWorkerContainer): Promise<void> {
  const registration = await workers.register("/till/sw.js", { scope: "/till/" }).catch(() => null);
  if (registration?.waiting == null) return;
  // A newer version waits since the last time. Now nothing is in anybody's hands: it takes over, and the page begins anew.
  workers.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage("take over");
}
