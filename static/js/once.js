// A form that is sent twice by a double click, or by an impatient second press, is sent once.
// Without this file the server still keeps what it says; it just hears everything twice.
(() => {
  "use strict";
  const PATIENCE = 5000; // milliseconds; then a second press is meant
  let sent = new WeakMap();

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What htmx sends, or another script holds back, is not on its way to a new page.
    if (event.defaultPrevented || form.method !== "post" || form.target) return;
    const last = sent.get(form);
    const now = performance.now();
    if (last && last.by === event.submitter && now - last.at < PATIENCE) event.preventDefault();
    else sent.set(form, { by: event.submitter, at: now });
  });
  // Back from where it led, the page is as it was before.
  addEventListener("pageshow", () => { sent = new WeakMap(); });
})();
