// The service worker, first half: a page for the time without a network. It keeps the style, the
// scripts and that one page; never an answer of the API and never a page with somebody's data.
"use strict";
const SHELL_CACHE = `opsknight-shell-${SHELL.version}`;
const KEPT = new Set(SHELL.files);

const keepShell = async () => {
  const cache = await caches.open(SHELL_CACHE);
  await cache.addAll(SHELL.files.map((path) => new Request(path, { cache: "reload", credentials: "omit" })));
  await self.skipWaiting();
};

const dropOld = async () => {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("opsknight-shell-") && name !== SHELL_CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
};

const openPage = async (event) => {
  try {
    return (await event.preloadResponse) || (await fetch(event.request));
  } catch {
    return (await caches.match(SHELL.offline)) || Response.error();
  }
};

const fetchShell = async (request) => {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request, { ignoreVary: true })) || Response.error();
  }
};

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(dropOld()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(openPage(event));
  else if (KEPT.has(url.pathname)) event.respondWith(fetchShell(request));
});
