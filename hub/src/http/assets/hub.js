// Keeps the live part of a page true: the hub sends it whole whenever something changed.
"use strict";
const live = document.getElementById("live");
if (live) {
  const lost = document.getElementById("lost");
  let silent = null;
  const events = new EventSource(live.dataset.source);
  events.addEventListener("page", (event) => {
    const open = Array.from(live.querySelectorAll("details[open]"), (one) => one.id);
    const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
    live.innerHTML = event.data;
    for (const id of open) {
      const one = document.getElementById(id);
      if (one) one.open = true;
    }
    if (focused) document.getElementById(focused)?.focus();
    clearTimeout(silent);
    silent = null;
    lost.hidden = true;
  });
  // A connection that comes back within moments is no news.
  events.onerror = () => { silent ??= setTimeout(() => { lost.hidden = false; }, 3000); };
}
// A button of the counter acts without loading the page anew.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-quiet]");
  if (!form) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: "POST", body: fields, redirect: "manual" }).catch(() => form.submit());
});
