// Keeps the live part of a page true: the hub sends it whole whenever something changed.
"use strict";
const live = document.getElementById("live");
// What came while somebody held a slider; it is shown when they let go.
let held = null;
function show(page) {
  const open = Array.from(live.querySelectorAll("details[open]"), (one) => one.id);
  const typed = Array.from(live.querySelectorAll("[data-keep]"), (one) => [one.id, one.value, one.selectionStart]);
  const focused = live.contains(document.activeElement) ? document.activeElement.id : "";
  live.innerHTML = page;
  for (const id of open) {
    const one = document.getElementById(id);
    if (one) one.open = true;
  }
  if (focused) document.getElementById(focused)?.focus();
  for (const [id, value, caret] of typed) {
    const one = document.getElementById(id);
    if (!one) continue;
    one.value = value;
    if (id === focused) one.setSelectionRange(caret, caret);
  }
}
if (live) {
  const lost = document.getElementById("lost");
  let silent = null;
  const events = new EventSource(live.dataset.source);
  events.addEventListener("page", (event) => {
    if (live.querySelector("input[type=range]:active")) held = event.data;
    else show(event.data);
    clearTimeout(silent);
    silent = null;
    lost.hidden = true;
  });
  // A connection that comes back within moments is no news.
  events.onerror = () => { silent ??= setTimeout(() => { lost.hidden = false; }, 3000); };
}
// A browser takes a service worker only from a hub that its device trusts.
const trust = document.getElementById("trust");
if (trust) {
  const say = (answer) => {
    for (const one of trust.querySelectorAll("[data-says]")) one.hidden = one.dataset.says !== answer;
    if (answer === "no") for (const steps of document.querySelectorAll("details.card")) steps.open = navigator.userAgent.includes({ "on-android": "Android", "on-ipad": "Mac OS", "on-windows": "Windows", "on-linux": "Linux x" }[steps.id]);
  };
  if (!navigator.serviceWorker) say("no");
  else navigator.serviceWorker.register(trust.dataset.check, { scope: "/trust/" })
    .then((taken) => { say("yes"); return taken.unregister(); }, () => say("no"));
}
// A slider acts when it is let go.
document.addEventListener("change", (event) => {
  const slider = event.target.closest("form[data-quiet] input[data-send]");
  if (!slider) return;
  slider.form.requestSubmit(document.getElementById(slider.dataset.send));
  if (held !== null) show(held);
  held = null;
});
// A button of the counter acts without loading the page anew.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-quiet]");
  if (!form) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  fetch(form.action, { method: "POST", body: fields, redirect: "manual" }).catch(() => form.submit());
});
