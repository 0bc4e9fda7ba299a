// "Use this device": asks for permission, subscribes, tells the server. Only ever after a tap.
(() => {
  "use strict";
  const DEVICE_CACHE = "opsknight-device"; // the service worker reads it too
  const box = () => document.querySelector("[data-this-device]");

  const show = (state) => {
    for (const part of box().querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== state;
  };

  const complain = (text) => {
    const line = box().querySelector("[data-device-trouble]");
    line.textContent = text;
    line.hidden = !text;
  };

  const onHomeScreen = () => navigator.standalone === true || matchMedia("(display-mode: standalone)").matches;
  const isApple = () => /iPhone|iPad|iPod/.test(navigator.userAgent)
    || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

  const mark = async (endpoint) => {
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint));
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 16);
  };

  const keyBytes = (text) => {
    const padded = text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4);
    return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
  };

  const stateOf = async () => {
    if (!window.isSecureContext) return "insecure";
    if (isApple() && !onHomeScreen()) return "ios";
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported";
    if (Notification.permission === "denied") return "denied";
    const worker = await navigator.serviceWorker.getRegistration("/");
    const subscription = await worker?.pushManager.getSubscription();
    if (!subscription || Notification.permission !== "granted") return "off";
    const mine = document.querySelector(`[data-device="${await mark(subscription.endpoint)}"]`);
    if (mine && !mine.dataset.named) {
      mine.dataset.named = "1";
      mine.append(" (this device)");
    }
    return mine ? "on" : "off";
  };

  const subscribe = async () => {
    const worker = await navigator.serviceWorker.ready;
    // An old subscription may be somebody else's, or made with other keys: this device is mine now.
    await (await worker.pushManager.getSubscription())?.unsubscribe();
    const key = box().dataset.key;
    return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(key) });
  };

  const tellServer = async (subscription) => {
    const answer = await fetch(box().dataset.add, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
      },
      body: JSON.stringify(subscription),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.message ?? `The server answered ${answer.status}.`);
    const kept = await caches.open(DEVICE_CACHE);
    await kept.put("/device", new Response(JSON.stringify({ renew: said.renew, key: box().dataset.key })));
  };

  const useDevice = async (button) => {
    complain("");
    button.disabled = true;
    try {
      const permission = await Notification.requestPermission();
      if (permission === "granted") {
        await tellServer(await subscribe());
        location.reload();
        return;
      }
      show(permission === "denied" ? "denied" : "off");
    } catch (error) {
      complain(`This device was not added. ${error.message}`);
    }
    button.disabled = false;
  };

  const look = async () => {
    if (!box()) return;
    try {
      show(await stateOf());
    } catch (error) {
      show("unsupported");
      complain(`The browser refused to say whether it takes pushes: ${error.message}`);
    }
  };

  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("#this-device") || event.target.querySelector?.("[data-this-device]")) look();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-use-device]");
    if (button) useDevice(button);
  });
})();
