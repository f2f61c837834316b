// Keeps the page working without a network, and each version of it to itself. The build puts three constants in
// front (scripts/versions.mjs): VERSION; FILES, the address of every file and the SHA-256 of its content; LATER,
// those of them that are kept when they are first used.
//
// A cache holds one version and is filled only with files of these hashes, so it never holds some of another. A new
// version takes over as soon as it is whole. Pages that are open then go on with theirs: what they load by parts is
// found by its hash in the cache of theirs, which stays until no page holds its lock (www/frame/updates.ts).

const PREFIX = `tabgrad ${registration.scope} `;
const OWN = PREFIX + VERSION;
const DATA = `${PREFIX}data`;
/** Servers that vary by origin or compression answer one page all the same. */
const LOOSELY = { ignoreVary: true };
/** Downloads at a time. */
const LANES = 6;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim().then(announce));
});

self.addEventListener("message", (event) => {
  // A page has started, and says what it has loaded before it was heard here.
  event.waitUntil(Promise.all([...event.data.asked.map(keepLater), sweep()]));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(registration.scope)) return;
  const url = new URL(request.url);
  if (request.mode !== "navigate") event.respondWith(file(event));
  else if (/^(index\.html)?$/.test((url.origin + url.pathname).slice(registration.scope.length)))
    event.respondWith(page(request));
});

/** Loads all that the page needs, so that the next visit needs no network. */
async function fill() {
  const cache = await caches.open(OWN).catch(() => undefined);
  // Where nothing may be kept the page works with the network alone.
  if (cache === undefined) return;
  const names = Object.keys(FILES).filter((name) => !LATER.includes(name));
  let full = false;
  const lane = async () => {
    for (let name = names.pop(); name !== undefined && !full; name = names.pop()) {
      const url = absolute(name);
      const response = (await keptBefore(url, FILES[name])) ?? (await load(url, FILES[name]));
      await cache.put(url, response).catch(() => {
        full = true;
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, lane));
  } catch (error) {
    // The server has another version by now, or there is no network: the next visit tries again.
    names.length = 0;
    await caches.delete(OWN);
    throw error;
  }
  // Half of a version is of no use to anyone without a network, and takes the room of what the user keeps.
  if (full) await caches.delete(OWN);
}

/** The same content in the cache of an earlier version. */
async function keptBefore(url, hash) {
  for (const name of await cacheNames()) {
    if (name === OWN) continue;
    const response = await caches.match(url, { ...LOOSELY, cacheName: name });
    if (response && (await hashOf(response.clone())) === hash) return response;
  }
  return undefined;
}

/** Fails if the content is another. */
async function load(url, hash) {
  const response = await fetch(url, { cache: "no-cache", integrity: integrity(hash) });
  if (!response.ok) throw new Error(`${url} was answered with status ${response.status}`);
  return response;
}

/** The page itself: always of the newest version. */
async function page(request) {
  const kept = await caches.match(registration.scope, { ...LOOSELY, cacheName: OWN });
  if (kept) return kept;
  return fetch(request).catch(async (error) => {
    const older = await keptIn(await cacheNames(), registration.scope);
    if (older) return older;
    throw error;
  });
}

/** Any other file: the address says which content is meant. */
async function file(event) {
  const { request } = event;
  const names = await cacheNames();
  const kept = await keptIn([OWN, ...names.filter((name) => name !== OWN)], request.url);
  if (kept) return kept;
  const hash = hashIn(request.url);
  if (hash === undefined) return fetch(request);
  // Not from the browser's own cache: of a download that was stopped it has a part, which fails the check.
  const response = await fetch(request, { integrity: integrity(hash), cache: "no-store" });
  if (response.ok) event.waitUntil(keep(request.url, response.clone()));
  return response;
}

/** Keeps a file that a page has loaded already. */
async function keepLater(url) {
  const hash = hashIn(url);
  if (hash === undefined || (await keptIn(await cacheNames(), url))) return;
  await load(url, hash).then(
    (response) => keep(url, response),
    () => undefined,
  );
}

/** A full store must not stand between the user and the answer. */
async function keep(url, response) {
  await caches
    .open(DATA)
    .then((cache) => cache.put(url, response))
    .catch(() => undefined);
}

/** Tells the pages which version they would get. */
async function announce() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const client of pages) client.postMessage({ version: VERSION });
}

/** Forgets versions that no page runs, and data that none of the others names. */
async function sweep() {
  const names = await cacheNames();
  const { held } = await navigator.locks.query();
  // A newer version is on its way, which will sweep by itself. Its cache may be among those.
  if (registration.installing || registration.waiting) return;
  const used = new Set([OWN, DATA, ...held.map(({ name }) => name)]);
  await Promise.all(names.filter((name) => !used.has(name)).map((name) => caches.delete(name)));
  if (names.some((name) => name !== OWN && name !== DATA && used.has(name))) return;
  const cache = await caches.open(DATA);
  const named = new Set(LATER.map(absolute));
  for (const { url } of await cache.keys()) if (!named.has(url)) await cache.delete(url);
}

async function cacheNames() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

async function keptIn(names, url) {
  for (const cacheName of names) {
    const kept = await caches.match(url, { ...LOOSELY, cacheName });
    if (kept) return kept;
  }
  return undefined;
}

function absolute(name) {
  return new URL(name, registration.scope).href;
}

/** The hash in the address of a data file. */
function hashIn(url) {
  return /\?sha256-([\w-]{43})$/.exec(url)?.[1];
}

/** As browsers want it, which take no base64url. */
function integrity(hash) {
  return `sha256-${hash.replaceAll("-", "+").replaceAll("_", "/")}=`;
}

async function hashOf(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  const text = btoa(String.fromCharCode(...new Uint8Array(digest)));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}
