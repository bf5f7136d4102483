import { showPages } from "..";
import { fakeTill, type FakeTill } from "./fake-till";
import { SCENES } from "./scenes";

declare global {
  interface Window {
    /** For whoever drives the page from outside. */
    fake?: FakeTill;
  }
}

/** The pages with a till that is none, in the situation that the address names. It is no part of what is delivered. */
const root = document.getElementById("till");
const scene = new URLSearchParams(location.search).get("scene") ?? "sell-full";
if (root !== null) {
  const till = fakeTill();
  window.fake = till;
  const begin = SCENES[scene];
  if (begin === undefined) {
    root.textContent = `There is no scene ${scene}. There are: ${Object.keys(SCENES).join(", ")}`;
  } else {
    await begin(till);
    await showPages(root, () => till);
    document.documentElement.dataset["shown"] = scene;
  }
}
