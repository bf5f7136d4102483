// Keeps the open page true: the server says which stores have something new, the page is read again and its live parts are
// exchanged. Figures come from the server only.
"use strict";
(() => {
  const SETTLE_MS = 150;      // hints that come close together are one reading
  const REREAD_MS = 15000;    // silence is news too: a store that is not heard of sends no hint
  const connection = document.getElementById("connection");
  // What the server said last of each part; the page's own ticking clocks do not count as a difference.
  const said = new Map();
  for (const part of document.querySelectorAll("[data-live][id]")) said.set(part.id, part.innerHTML);
  let reading = false, again = false, timer = null;

  function show(state, word) {
    connection.dataset.state = state;
    connection.querySelector(".word").textContent = word;
  }

  function ago(ms) {
    const s = Math.floor(ms / 1000);
    if (s < 3) return "just now";
    if (s < 60) return s + " s ago";
    if (s < 3600) return Math.floor(s / 60) + " min ago";
    if (s < 86400) return Math.floor(s / 3600) + " h ago";
    return Math.floor(s / 86400) + " d ago";
  }

  function tick() {
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const word = ago(Date.now() - Number(time.dataset.ago));
      if (time.textContent !== word) time.textContent = word;
    }
  }

  function exchange(fresh) {
    for (const part of document.querySelectorAll("[data-live][id]")) {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === said.get(part.id)) continue;
      said.set(part.id, next.innerHTML);
      const known = new Set([...part.querySelectorAll("[data-row]")].map((row) => row.id));
      const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      part.replaceChildren(...next.childNodes);
      if (known.size > 0)
        for (const row of part.querySelectorAll("[data-row]")) if (!known.has(row.id)) row.classList.add("fresh");
      if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    }
    tick();
  }

  async function read() {
    if (reading) { again = true; return; }
    reading = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" });
      if (answer.redirected) { location.assign("/sign-in"); return; }
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the connection's state says so already */ } finally {
      reading = false;
      if (again) { again = false; soon(); }
    }
  }

  function soon() {
    if (timer === null) timer = setTimeout(() => { timer = null; read(); }, SETTLE_MS);
  }

  const hints = new EventSource("/api/v1/live");
  hints.addEventListener("hello", () => { show("on", "Live"); soon(); });
  hints.addEventListener("store", soon);
  hints.addEventListener("refresh", soon);
  hints.addEventListener("error", () => show("lost", "Reconnecting"));
  setInterval(tick, 1000);
  setInterval(soon, REREAD_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
})();
