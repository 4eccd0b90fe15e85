/**
 * The service worker: the app opens without a network, and always as one version.
 *
 * The build writes the list of files with their hashes in place of `__FILES__`. A new version is
 * stored whole, each file checked against its hash and unchanged ones taken over from the old
 * cache, before it may start; it starts when the last page of the old one is closed. Data of the
 * server is never kept here.
 *
 * Parts that not every phone needs are in `__PARTS__`: what only clinicians use, and the code of keys
 * that resist quantum computers. A part is kept, whole, from the first time that a page asks for it,
 * and then in every later version.
 *
 * When the browser says that a network is there, open pages are woken; where none is open, what pages
 * left to be sent is sent as it is, sealed and ready, once. The page that opens next sends again what
 * it has heard no receipt of.
 */
/** The hash is how SHA-256 begins in base64: short where the name holds a hash of its own. */
type Listed = readonly [path: string, hash: string];
/** `name:hash name:hash`; what has no slash in front is below /assets/. */
declare const __FILES__: string;
declare const __PARTS__: Readonly<Record<string, string>>;
declare const __VERSION__: string;
declare const self: ServiceWorkerGlobalScope;

const CACHE = `app-${__VERSION__}`;
/** Where a page leaves requests; see `phone.ts`. */
const PARKED = "parked";
const listed = (text: string) =>
  (text.match(/\S+/g) ?? []).map((one): Listed => {
    const [name = "", hash = ""] = one.split(":");
    return [name[0] === "/" ? name : `/assets/${name}`, hash];
  });
const files = new Map(listed(__FILES__));
const parts = new Map(Object.entries(__PARTS__).map(([part, text]) => [part, listed(text)]));
const inParts = new Map([...parts.values()].flat());
const keyOf = (path: string, hash: string) => `${path}?${hash}`;
/** Stands in the cache of a phone that keeps a part. */
const markOf = (part: string) => `/keeps-${part}`;
/** What the server answers itself; never a page of the app. */
const SERVER = /^\/(db|circles|healthz|readyz|metrics|sync)(\/|$)/;

/** Fetch one file and promise that it is the one of this version; the error names it. */
async function download(path: string, hash: string): Promise<Response> {
  // A name with a hash in it is never stale, so what the page has just loaded is not loaded again.
  const cache = path.startsWith("/assets/") ? "default" : "no-cache";
  const response = await fetch(path, { cache, credentials: "omit" });
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  const found = btoa(String.fromCharCode(...new Uint8Array(digest)));
  if (!response.ok || !found.startsWith(hash)) throw new Error(path);
  return response;
}

async function store(list: readonly Listed[]): Promise<void> {
  const cache = await caches.open(CACHE);
  const storeOne = async ([path, hash]: Listed) => {
    const key = keyOf(path, hash);
    const kept = await caches.match(key);
    await cache.put(key, kept ?? (await download(path, hash)));
  };
  await Promise.all(list.map(storeOne));
}

/** Keep a part from now on; the mark comes last, when all of it is there. */
async function keep(part: string): Promise<void> {
  const list = parts.get(part);
  const cache = await caches.open(CACHE);
  if (list === undefined || (await cache.match(markOf(part)))) return;
  await store(list);
  await cache.put(markOf(part), new Response());
}

async function install(): Promise<void> {
  await store([...files]);
  for (const part of parts.keys()) {
    if (await caches.match(markOf(part))) await keep(part);
  }
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => ![CACHE, PARKED].includes(name)).map((name) => caches.delete(name)),
  );
  await self.clients.claim();
}

async function serve(request: Request, path: string, hash: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(keyOf(path, hash))) ?? fetch(request);
}

/** Rejects where the server was not reached: then the browser tries again. */
async function carry(): Promise<void> {
  const pages = await self.clients.matchAll();
  for (const page of pages) page.postMessage("carry");
  if (pages.length > 0) return;
  const parked = await caches.open(PARKED);
  for (const request of await parked.keys()) {
    await navigator.locks.request(request.url.replace(/.*\?/, "sync "), async () => {
      const kept = await parked.match(request);
      if (kept === undefined) return;
      // A page that opens meanwhile waits for the lock.
      const signal = AbortSignal.timeout(20_000);
      const init = { method: "POST", headers: kept.headers, body: await kept.blob(), signal };
      const answer = await fetch("/sync", init);
      if (answer.status < 500) await parked.delete(request);
    });
  }
}

self.addEventListener("sync", (event) => {
  (event as ExtendableEvent).waitUntil(carry());
});
self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  event.waitUntil(keep(String(event.data)));
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  const isPage = request.mode === "navigate" && !SERVER.test(url.pathname);
  const path = isPage ? "/" : url.pathname;
  const hash = files.get(path) ?? inParts.get(path);
  if (hash !== undefined) event.respondWith(serve(request, path, hash));
});
