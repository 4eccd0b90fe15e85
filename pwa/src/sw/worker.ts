/**
 * The service worker: the app opens without a network, and always as one version.
 *
 * What a version consists of stands in a list beside it, `__LIST__`, a file like the others of which
 * the worker knows the whole hash. A new version is stored whole, each file checked against the
 * list's hash and unchanged ones taken over from the old cache, before it may start; it starts when
 * the last page of the old one is closed. What is in a version's cache is of that version, so
 * serving needs no list. Data of the server is never kept here.
 *
 * The list has groups by name. `app` is on every phone. Any other is a part that not every phone
 * needs: it is kept, whole, from the first time that a page asks for it, and then in every later
 * version.
 *
 * When the browser says that a network is there, open pages are woken; what pages left to be sent and
 * none of them has sent is sent as it is, sealed and ready, once. The page that opens next sends again
 * what it has heard no receipt of.
 */
/** Path and hash of the list, written by the build; a hash is how SHA-256 begins in base64. */
declare const __LIST__: string;
declare const __HASH__: string;
declare const self: ServiceWorkerGlobalScope;

type Group = Readonly<Record<string, string>>;

const CACHE = `app-${__HASH__}`;
/** Where a page leaves requests; see `phone.ts`. */
const PARKED = "parked";
/** What pages and this worker leave for each other about reminders; see `client/reminding-bell.ts`. */
const REMINDING = "reminding";
/** Copies of plans for a phone that gives out no store; see `client/care-spare.ts`. */
const SPARE = "spare";
/** Stands in the cache of a phone that keeps a part. */
const markOf = (part: string) => `/keeps-${part}`;
/** What the server answers itself; never a file of the app. */
const SERVER = /^\/(db|circles|healthz|readyz|metrics|sync|push|reminders)(\/|$)/;

async function isRight(file: Response | undefined, hash: string): Promise<boolean> {
  if (!file?.ok) return false;
  const digest = await crypto.subtle.digest("SHA-256", await file.clone().arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest))).startsWith(hash);
}

/** Store files of this version; the error names the one that is of another. */
async function store(group: Group): Promise<void> {
  const cache = await caches.open(CACHE);
  const storeOne = async ([path, hash]: [string, string]) => {
    const kept = await caches.match(path);
    if (kept && (await isRight(kept, hash))) return cache.put(path, kept);
    // A name with a hash in it is never stale, so what the page has just loaded is not loaded again.
    const mode = path.startsWith("/assets/") ? "default" : "no-cache";
    const file = await fetch(path, { cache: mode });
    if (!(await isRight(file, hash))) throw new Error(path);
    return cache.put(path, file);
  };
  await Promise.all(Object.entries(group).map(storeOne));
}

/** The groups of this version, from its cache or, where that lacks them, from the server. */
async function groups(): Promise<Readonly<Record<string, Group>>> {
  await store({ [__LIST__]: __HASH__ });
  return (await caches.match(__LIST__))?.json();
}

/** Keep a part from now on; the mark comes last, when all of it is there. */
async function keep(part: string): Promise<void> {
  const cache = await caches.open(CACHE);
  if (await cache.match(markOf(part))) return;
  const group = (await groups())[part];
  if (!group) return;
  await store(group);
  await cache.put(markOf(part), new Response());
}

async function install(): Promise<void> {
  const all = await groups();
  for (const part of Object.keys(all)) {
    if (part === "app" || (await caches.match(markOf(part)))) await keep(part);
  }
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names
      .filter((name) => ![CACHE, PARKED, REMINDING, SPARE].includes(name))
      .map((name) => caches.delete(name)),
  );
  await self.clients.claim();
}

async function serve(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

/** Tell open pages that there is something to do; gives how many there are. */
async function wake(): Promise<number> {
  const pages = await self.clients.matchAll();
  for (const page of pages) page.postMessage("carry");
  return pages.length;
}

/** Rejects where the server was not reached: then the browser tries again. */
async function carry(): Promise<void> {
  // A page that the phone has put to sleep does not hear: what it left is sent for it.
  if ((await wake()) > 0) await new Promise((onward) => setTimeout(onward, 5_000));
  const parked = await caches.open(PARKED);
  for (const request of await parked.keys()) {
    await navigator.locks.request(request.url.replace(/.*\?/, "sync "), async () => {
      const kept = await parked.match(request);
      if (kept === undefined) return;
      // A page that opens meanwhile waits for the lock.
      const signal = AbortSignal.timeout(20_000);
      const { headers } = kept;
      // Over the connection that pages have: another one costs 4 KB.
      const init = { method: "POST", headers, body: await kept.blob(), signal };
      const answer = await fetch("/sync", init);
      if (answer.status < 500) await parked.delete(request);
    });
  }
}

/** What the page left for one device: texts by kind, and the day that is done. */
interface Slip {
  readonly profile: string;
  readonly done?: string;
  readonly say: Readonly<Record<string, readonly [title: string, options: NotificationOptions]>>;
}

/** A push, and what a notification remembers of it. */
interface Ping {
  readonly device: string;
  readonly kind: string;
  /** Lets one put off what this was about, once. */
  readonly later?: string;
}

/** Today here, `YYYY-MM-DD`. */
const today = () => new Date().toLocaleDateString("sv");
const slipOf = (device: string) => `/slip?${device}`;

/** Every push has to show something. */
const NOTHING = ["My routine", {}] as const;

async function show(ping: Ping, isSilent: boolean): Promise<void> {
  const { registration, navigator } = self;
  const slips = await caches.open(REMINDING);
  const slip: Slip | undefined = await (await slips.match(slipOf(ping.device)))?.json();
  const isDone = /^(reminder|nudge)$/.test(ping.kind) && slip?.done === today();
  const [title, options] = slip?.say[isDone ? "done" : ping.kind] ?? slip?.say.note ?? NOTHING;
  const data = { ...ping, profile: slip?.profile };
  await registration.showNotification(title, {
    ...options,
    ...(isSilent && { silent: true }),
    data,
  });
  await navigator.setAppBadge?.((await registration.getNotifications()).length);
}

/** Leave what was tapped for the app; what was put off comes again, or stays where it is. */
async function answer({ action, notification }: NotificationEvent): Promise<void> {
  notification.close();
  const ping = notification.data as Ping & { readonly profile?: string };
  const { device, kind, later, profile } = ping;
  const slips = await caches.open(REMINDING);
  if (action === "later") {
    const body = JSON.stringify({ device, later });
    const headers = { "Content-Type": "application/json" };
    const asked = fetch("/reminders/later", { method: "POST", headers, body });
    const isPutOff = asked.then(
      ({ ok }) => ok,
      () => false,
    );
    if (!(await isPutOff)) await show(ping, true);
    return;
  }
  const at = Math.floor(Date.now() / 1000);
  const left = new Response(JSON.stringify({ profile, kind, day: today(), at }));
  await slips.put(action === "done" ? `/done?${device}&${today()}` : "/tap", left);
  if (action === "done") {
    const slip = await (await slips.match(slipOf(device)))?.json();
    const done = new Response(JSON.stringify({ ...slip, done: today() }));
    if (slip) await slips.put(slipOf(device), done);
    await wake();
    return;
  }
  const [page] = await self.clients.matchAll({ type: "window" });
  page?.postMessage("tapped");
  await (page?.focus() ?? self.clients.openWindow("/"));
}

/** The browser took a subscription away: make it anew; the next page tells the server. */
async function renew({ oldSubscription, newSubscription }: PushSubscriptionChangeEvent) {
  if (oldSubscription && !newSubscription) {
    await self.registration.pushManager.subscribe(oldSubscription.options);
  }
  await wake();
}

self.addEventListener("push", (event) => event.waitUntil(show(event.data?.json() ?? {}, false)));
self.addEventListener("notificationclick", (event) => event.waitUntil(answer(event)));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));
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
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || SERVER.test(pathname)) return;
  event.respondWith(serve(request, request.mode === "navigate" ? "/" : pathname));
});
