// Keeps the live part of the status page true: the hub sends it whole whenever something changed.
"use strict";
const live = document.getElementById("live");
if (live) {
  const lost = document.getElementById("lost");
  const events = new EventSource("/live");
  events.addEventListener("page", (event) => {
    const open = Array.from(live.querySelectorAll("details[open]"), (one) => one.id);
    live.innerHTML = event.data;
    for (const id of open) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    lost.hidden = true;
  });
  events.onerror = () => { lost.hidden = false; };
}
