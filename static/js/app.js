// The little behaviour the pages need. Everything also works without it.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

  // --- toasts -----------------------------------------------------------------------------
  const startToast = (toast) => {
    if (toast.dataset.started) return;
    toast.dataset.started = "1";
    const seconds = Number(toast.dataset.toast);
    if (!seconds) return;
    let timer;
    const run = () => { timer = setTimeout(() => toast.remove(), seconds * 1000); };
    const hold = () => clearTimeout(timer);
    toast.addEventListener("mouseenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("mouseleave", run);
    toast.addEventListener("focusout", run);
    run();
  };

  const say = (text, tone = "info") => {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = tone === "danger" ? "0" : "10";
    const words = document.createElement("span");
    words.className = "grow";
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.dataset.dismiss = "";
    close.textContent = "Dismiss";
    toast.append(words, close);
    $("toasts")?.append(toast);
    startToast(toast);
  };

  // --- times ------------------------------------------------------------------------------
  const span = (s) => {
    const two = (n) => String(n).padStart(2, "0");
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
    if (s < 86400) return m ? `${h} h ${two(m)} min` : `${h} h`;
    return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${h / 24} d`;
  };

  const relative = (s) => {
    const a = Math.abs(s);
    if (a < 45) return s <= 0 ? "just now" : "in a moment";
    const text = a < 3600 ? `${Math.max(1, Math.floor(a / 60))} min`
      : a < 86400 ? `${Math.floor(a / 3600)} h` : `${Math.floor(a / 86400)} d`;
    return s > 0 ? `in ${text}` : `${text} ago`;
  };

  const countdown = (seconds) => {
    const s = Math.floor(seconds);
    if (s <= 0) return "due";
    return s < 3600 ? `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}` : span(s);
  };

  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const until = (element) => (Date.parse(element.dateTime) - Date.now()) / 1000;
  const tickRelative = () => all("time[data-relative]:not([data-shown])").forEach((t) => write(t, relative(until(t))));
  const tickCountdown = () => all("time[data-countdown]").forEach((t) => write(t, countdown(until(t))));

  // --- polling: only while somebody looks ---------------------------------------------------
  const lastPoll = new WeakMap();
  const poll = (force) => {
    if (!window.htmx || !navigator.onLine) return;
    for (const element of all("[data-poll]")) {
      const every = document.hidden ? 60 : Number(element.dataset.poll) || 5;
      const due = Date.now() - (lastPoll.get(element) ?? 0) >= every * 1000;
      if (!lastPoll.has(element) && !force) { lastPoll.set(element, Date.now()); continue; }
      if (force || due) { lastPoll.set(element, Date.now()); htmx.trigger(element, "poll"); }
    }
  };

  // --- copy, dialogs, menus, forms ------------------------------------------------------------
  const copy = async (button) => {
    const from = button.dataset.copy ? document.querySelector(button.dataset.copy) : button.closest(".code")?.querySelector("pre");
    const text = button.dataset.copyValue ?? from?.value ?? from?.textContent.trim() ?? "";
    const label = button.querySelector("[data-copy-text]");
    try {
      await navigator.clipboard.writeText(text);
      if (label) { label.textContent = "Copied"; setTimeout(() => { label.textContent = "Copy"; }, 2000); }
      else say("Copied", "ok");
    } catch { say("Copying is not allowed here. Select the text and copy it by hand.", "warn"); }
  };

  const openDialog = (trigger) => {
    const dialog = $(trigger.dataset.dialog);
    if (!dialog?.showModal) return false;
    dialog.showModal();
    dialog.querySelector("[autofocus], .dialog-body :is(input, select, textarea):not([type=hidden])")?.focus();
    return true;
  };

  const closeMenus = (except) => all("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(except)) menu.open = false;
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    const hit = (selector) => target.closest?.(selector);
    closeMenus(target);
    if (target.matches?.("dialog.modal") || hit("[data-close]")) hit("dialog")?.close();
    if (hit("[data-dismiss]")) hit(".toast")?.remove();
    if (hit("[data-copy], [data-copy-value]")) copy(hit("[data-copy], [data-copy-value]"));
    const trigger = hit("[data-dialog]");
    if (trigger && openDialog(trigger)) event.preventDefault();
    const time = hit("time[data-relative]");
    if (time && !hit("a, button, summary")) {
      time.toggleAttribute("data-shown");
      write(time, time.hasAttribute("data-shown") ? time.title : relative(until(time)));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest?.("details[data-menu][open]");
    closeMenus(null);
    menu?.querySelector("summary")?.focus();
  });

  document.addEventListener("change", (event) => {
    const { target } = event;
    target.closest("form[data-submit-on-change]")?.requestSubmit();
    if (target.dataset.checkAll) {
      all(`input[type=checkbox][name="${CSS.escape(target.dataset.checkAll)}"]`).forEach((box) => {
        if (box.checked === target.checked) return;
        box.checked = target.checked;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  });

  const confirmText = (input) => {
    const button = input.form?.querySelector("[type=submit]");
    if (button) button.disabled = input.value.trim() !== input.dataset.confirmText;
  };

  const filterList = (input) => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    all("[data-filter-text]", document.querySelector(input.dataset.filter) ?? document).forEach((item) => {
      item.hidden = !words.every((word) => item.dataset.filterText.toLowerCase().includes(word));
    });
  };

  document.addEventListener("input", (event) => {
    if (event.target.dataset.confirmText) confirmText(event.target);
    if (event.target.dataset.filter) filterList(event.target);
  });

  // --- htmx: token, sessions that ended, failures that must not be silent -----------------------
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = meta("csrf-token");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const login = meta("login-url");
    const url = event.detail.xhr.responseURL;
    if (login && url && new URL(url).pathname === login) { event.detail.shouldSwap = false; location.reload(); }
  });
  const failed = (text) => (event) => {
    if (event.detail.requestConfig?.verb !== "get") say(text(event), "danger");
  };
  document.addEventListener("htmx:responseError", failed((e) => `Not done: the server answered ${e.detail.xhr.status}. Reload and try again.`));
  document.addEventListener("htmx:sendError", failed(() => "Not sent: no connection. Try again when you are back online."));
  document.addEventListener("htmx:timeout", failed(() => "No answer in 15 seconds. Reload to see whether it was done."));
  document.addEventListener("toast", (event) => say(event.detail.text ?? event.detail.value, event.detail.tone));
  document.addEventListener("htmx:load", (event) => { tickRelative(); tickCountdown(); all(".toast", event.target).forEach(startToast); });

  // --- start ------------------------------------------------------------------------------------
  const online = () => { if ($("offline")) $("offline").hidden = navigator.onLine; if (navigator.onLine) poll(true); };
  ["online", "offline"].forEach((name) => addEventListener(name, online));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { tickRelative(); tickCountdown(); poll(true); } });
  if (window.Idiomorph) {
    // Morphing keeps what the person did: open menus, ticked rows, a time shown in full.
    window.Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
      !((name === "open" && node.matches("details, dialog")) || (name === "checked" && node.matches("[data-keep]")) || (name === "data-shown"));
  }
  all("select[data-guess-zone]").forEach((select) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) return;
    // Browsers keep old names (Asia/Calcutta) that the list leaves out; the server knows them all.
    if (![...select.options].some((option) => option.value === zone)) select.add(new Option(zone, zone));
    select.value = zone;
  });
  // A page that comes back refused shows why: on a phone that is screens below its top.
  document.querySelector("main form [aria-invalid=true]")?.focus();
  all("[data-toast]").forEach(startToast);
  all("[data-confirm-text]").forEach(confirmText);
  if (!navigator.onLine) online();
  // Not there in private windows of some browsers: everything but push works without it.
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
  setInterval(tickRelative, 30000);
  setInterval(() => { tickCountdown(); poll(false); }, 1000);
})();
