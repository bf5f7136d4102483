// Keeps the live part of the status page true: the hub sends it whole whenever something changed.
"use strict";
const live = document.getElementById("live");
if (live) {
  const lost = document.getElementById("lost");
  let silent = null;
  const events = new EventSource("/live");
  events.addEventListener("page", (event) => {
    const open = Array.from(live.querySelectorAll("details[open]"), (one) => one.id);
    live.innerHTML = event.data;
    for (const id of open) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    clearTimeout(silent);
    silent = null;
    lost.hidden = true;
  });
  // A connection that comes back within moments is no news.
  events.onerror = () => { silent ??= setTimeout(() => { lost.hidden = false; }, 3000); };
}
