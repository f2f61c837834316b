// Keeps the page working without a network: what was loaded once is answered from the cache.
// `files.json` lists what the build made; everything in assets/ carries a hash in its name.

const CACHE = "tabgrad";
// Servers that vary by origin or compression answer one page all the same.
const LOOSELY = { ignoreSearch: true, ignoreVary: true };

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(sweep().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  event.respondWith(url.pathname.includes("/assets/") ? cached(event.request) : fresh(event.request));
});

async function listed() {
  const response = await fetch("files.json", { cache: "no-store" });
  const files = await response.json();
  return ["./", ...files];
}

/** Loads all that the first visit needs, so that the second needs no network. */
async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll(await listed());
}

/** Forgets the assets of earlier versions; files that were asked for by name stay. */
async function sweep() {
  const cache = await caches.open(CACHE);
  const current = new Set((await listed()).map((file) => new URL(file, location.href).href));
  for (const request of await cache.keys()) {
    if (request.url.includes("/assets/") && !current.has(request.url)) await cache.delete(request);
  }
}

/** From the cache, else from the network and kept. */
async function cached(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, LOOSELY)) ?? load(cache, request);
}

/** From the network and kept, else from the cache. */
async function fresh(request) {
  const cache = await caches.open(CACHE);
  try {
    return await load(cache, request);
  } catch (error) {
    const kept = await cache.match(request, LOOSELY);
    if (kept) return kept;
    throw error;
  }
}

async function load(cache, request) {
  const response = await fetch(request);
  // A full store must not stand between the user and the answer.
  if (response.ok) await cache.put(request, response.clone()).catch(() => undefined);
  return response;
}
