// A form that is sent twice by a double click, or by an impatient second press, is sent once.
// Without this file the server still keeps what it says; it just hears everything twice.
(() => {
  "use strict";
  const PATIENCE = 5000; // milliseconds; then a second press is meant
  let sent = new WeakMap();
  const forget = () => { sent = new WeakMap(); };

  // With other words in it, it is another intent.
  const words = (form) => [...new FormData(form)].map(([name, value]) => `${name}=${value.size ?? value}`).join("\n");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What htmx sends, or another script holds back, is not on its way to a new page.
    if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.hasAttribute("target")) return;
    const last = sent.get(form);
    const now = { by: event.submitter, words: words(form), at: performance.now() };
    if (last && last.by === now.by && last.words === now.words && now.at - last.at < PATIENCE) {
      event.preventDefault();
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: "Already on its way", tone: "info" } }));
    } else sent.set(form, now);
  });
  // Back from where it led, or stopped on the way: the page is as it was before.
  addEventListener("pageshow", forget);
  addEventListener("keydown", (event) => { if (event.key === "Escape") forget(); });
})();
