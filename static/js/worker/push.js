// The service worker, second half: shows what is pushed, tells the server that it was shown, and
// acknowledges or answers from the notification itself. Addresses in a push are paths of this site only.
const DEVICE_CACHE = "opsknight-device";
// A push brings these in the language of its reader where that is not English.
const SAY = {
  acknowledge: "Acknowledge",
  view: "View",
  failed: "NOT acknowledged",
  offline: "No connection.",
  error: "The server answered with an error.",
  again: "Tap to open it and try again.",
};
const UNREADABLE = {
  title: "OpsKnight wants you",
  body: "A page came that could not be read. Open OpsKnight to see what it is.",
  tag: "unreadable",
  url: "/incidents/",
  urgency: "HIGH",
};

const own = (path) => {
  const url = new URL(path || "/", self.location.origin);
  return url.origin === self.location.origin ? url.href : `${self.location.origin}/`;
};

const post = (path, body) => fetch(own(path), {
  method: "POST",
  headers: { Accept: "application/json", "Content-Type": "application/json" },
  credentials: "omit",
  body: JSON.stringify(body ?? {}),
});

const say = (words) => ({ ...SAY, ...words.say });
// What the buttons are, and to which path a tap on one goes by itself. Systems show two at most.
const answers = (words) => {
  if (words.respond) return { accept: words.respond, decline: words.respond };
  return words.ack ? { acknowledge: words.ack } : {};
};
const buttons = (words) => [...Object.keys(answers(words)), "view"]
  .slice(0, 2)
  .map((action) => ({ action, title: say(words)[action] ?? action }));

const tell = async (words, what) => {
  if (!words.receipt) return;
  for (const wait of [0, 2000, 6000]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const { status } = await post(words.receipt, { what });
      if (status < 500 && status !== 429) return;
    } catch (error) {
      console.warn("the receipt did not get through", error);
    }
  }
};

// Chromium forgets what it is about to show when it is asked at that moment what is shown: a tap on
// that notification would do nothing. So it is asked only while nothing is being shown, and what
// comes meanwhile waits for the answer, a second at most.
let showing = 0;
let asking = Promise.resolve();
const shown = () => {
  asking = asking
    .then(() => (showing ? null : self.registration.getNotifications()))
    .catch((error) => console.warn("what is shown cannot be read", error));
  return asking;
};

const second = () => new Promise((resolve) => setTimeout(resolve, 1000));

const countOnIcon = async () => {
  const all = self.navigator.setAppBadge && await shown();
  if (!all) return; // whoever shows something counts when it is there
  const waiting = all.filter((one) => one.data?.ack || one.data?.respond).length;
  await (waiting ? self.navigator.setAppBadge(waiting) : self.navigator.clearAppBadge());
};

const show = async (words) => {
  const loud = words.urgency === "HIGH" && !words.closes;
  const options = {
    body: words.body,
    tag: words.tag,
    icon: SHELL.icon,
    badge: SHELL.badge,
    data: words,
    timestamp: words.at ?? Date.now(),
    requireInteraction: loud,
    renotify: Boolean(words.tag) && !words.closes,
    silent: Boolean(words.closes),
    actions: words.ack || words.respond ? buttons(words) : [],
  };
  if (!words.closes) options.vibrate = loud ? [400, 150, 400, 150, 800] : [200];
  showing += 1;
  try {
    await Promise.race([asking, second()]);
    await self.registration.showNotification(words.title, options);
  } finally {
    showing -= 1;
  }
  // An ornament: whatever becomes of it, the server is told that the page was shown.
  await Promise.race([countOnIcon().catch((error) => console.warn("the icon does not count", error)), second()]);
};

const receive = async (event) => {
  let words = UNREADABLE;
  try {
    words = event.data.json();
  } catch (error) {
    console.error("a push could not be read", error);
  }
  await show(words);
  await tell(words, "shown");
};

const failed = (words, why) => show({
  ...words,
  title: `${say(words).failed} • ${words.name ?? words.title}`,
  body: `${why} ${say(words).again}`,
  urgency: "HIGH",
  receipt: "",
});

const act = async (words, action) => {
  let answer;
  let said = {};
  try {
    answer = await post(answers(words)[action], { answer: action });
    said = await answer.json();
  } catch {
    return failed(words, answer ? say(words).error : say(words).offline);
  }
  if (!answer.ok) return failed(words, said.message ?? `${say(words).error} (${answer.status})`);
  return show({ ...words, ack: "", respond: "", closes: true, title: said.title, body: said.message, receipt: "" });
};

const openSite = async (path) => {
  const url = own(path);
  const windows = await self.clients.matchAll({ type: "window" });
  const there = windows.find((one) => one.url === url) ?? windows[0];
  if (!there) return self.clients.openWindow(url);
  const page = await there.focus();
  return page.url === url ? page : page.navigate(url).catch(() => self.clients.openWindow(url));
};

const clicked = async (event) => {
  const words = event.notification.data ?? UNREADABLE;
  const receipt = tell(words, "clicked");
  event.notification.close();
  if (answers(words)[event.action]) await act(words, event.action);
  // A system without buttons (iOS) gets the page with the big buttons instead.
  else await openSite((!(self.Notification?.maxActions > 0) && (words.ack || words.respond)) || words.url);
  await countOnIcon();
  await receipt;
};

// The browser changed the address of this device: without telling the server, silence.
const renew = async (event) => {
  const kept = await (await caches.open(DEVICE_CACHE)).match("/device");
  if (!kept) return;
  const { renew: path, key } = await kept.json();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const fresh = event.newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const answer = await post(path, fresh.toJSON());
  if (!answer.ok) {
    await show({ ...UNREADABLE, title: "This device gets no pages any more", body: "Open OpsKnight and add it again.", url: "/profile/reach/" });
  }
};

self.addEventListener("push", (event) => event.waitUntil(receive(event)));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event)));
self.addEventListener("notificationclose", (event) => event.waitUntil(countOnIcon()));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
