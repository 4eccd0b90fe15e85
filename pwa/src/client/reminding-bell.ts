/**
 * The bell: what this browser can do about messages of its own, in one place, so that a test can
 * bring its own.
 *
 * The cache `reminding` is where pages and the service worker leave things for each other: a slip
 * for each device, with the words to show; a mark where somebody tapped "done". Marks hold a day and
 * a time, nothing else: a locked profile cannot seal.
 *
 * Source: W3C Push API, "PushManager"; WHATWG Notifications.
 */
import { b64uEncode } from "../circle/encoding.ts";
import type { Allowed } from "../reminding.ts";

/** Where to send for this browser. */
export interface Subscription {
  readonly endpoint: string;
  /** base64url of 65 and of 16 bytes. */
  readonly p256dh: string;
  readonly auth: string;
}

/** What the service worker shows for one device; see `sw/worker.ts`. */
export interface Slip {
  readonly profile: string;
  /** The last day on which the session was done, `YYYY-MM-DD`. */
  readonly done?: string;
  readonly say: Readonly<Record<string, readonly [title: string, options: object]>>;
}

/** "Done" was tapped on a notification. */
export interface Mark {
  readonly day: string;
  /** Unix seconds by the phone's clock. */
  readonly at: number;
}

export interface Bell {
  allowed(): Allowed;
  /** Have the browser ask the person. */
  ask(): Promise<Allowed>;
  /**
   * The subscription for a server's key; made where there is none for it.
   *
   * @param key base64url.
   * @throws DOMException The browser or its message service did not make one.
   */
  subscribe(key: string): Promise<Subscription>;
  slip(device: string): Promise<Slip | undefined>;
  /** Leave a slip; undefined takes it away. */
  leave(device: string, slip: Slip | undefined): Promise<void>;
  marks(device: string): Promise<readonly Mark[]>;
  forget(device: string, mark: Mark): Promise<void>;
  /** Take away what is shown under a tag, and the count on the app's picture. */
  hush(tag: string): Promise<void>;
  /** IANA name of the phone's zone. */
  zone(): string;
}

const CACHE = "reminding";
const slipName = (device: string) => `/slip?${device}`;
const markName = (device: string, day: string) => `/done?${device}&${day}`;

function allowed(): Allowed {
  if ("Notification" in globalThis && "PushManager" in globalThis) {
    return ({ granted: "yes", denied: "no", default: "ask" } as const)[Notification.permission];
  }
  // Only this one browser has the word, and it takes messages for installed apps alone.
  const { standalone } = navigator as { readonly standalone?: boolean };
  return standalone === false ? "home" : "never";
}

async function subscribe(key: string): Promise<Subscription> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const known = await pushManager.getSubscription();
  const madeFor = known?.options.applicationServerKey;
  const isSame = madeFor && b64uEncode(new Uint8Array(madeFor)) === key;
  if (known && !isSame) await known.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  const made = known && isSame ? known : await pushManager.subscribe(options);
  const textOf = (name: PushEncryptionKeyName) =>
    b64uEncode(new Uint8Array(made.getKey(name) ?? new ArrayBuffer(0)));
  return { endpoint: made.endpoint, p256dh: textOf("p256dh"), auth: textOf("auth") };
}

async function marks(device: string): Promise<readonly Mark[]> {
  const cache = await caches.open(CACHE);
  const prefix = new URL(markName(device, ""), location.href).href;
  const names = (await cache.keys()).filter(({ url }) => url.startsWith(prefix));
  const found = names.map(async (name) => (await cache.match(name))?.json());
  return (await Promise.all(found)).filter((mark) => mark !== undefined);
}

async function hush(tag: string): Promise<void> {
  const worker = await navigator.serviceWorker.getRegistration();
  for (const shown of (await worker?.getNotifications({ tag })) ?? []) shown.close();
  await (navigator as { clearAppBadge?(): Promise<void> }).clearAppBadge?.();
}

/** The browser that this page runs in. */
export function browserBell(): Bell {
  return {
    allowed,
    ask: async () => {
      if (allowed() === "ask") await Notification.requestPermission();
      return allowed();
    },
    subscribe,
    slip: async (device) => (await (await caches.open(CACHE)).match(slipName(device)))?.json(),
    leave: async (device, slip) => {
      const cache = await caches.open(CACHE);
      if (slip) await cache.put(slipName(device), new Response(JSON.stringify(slip)));
      else await cache.delete(slipName(device));
    },
    marks,
    forget: async (device, { day }) => {
      await (await caches.open(CACHE)).delete(markName(device, day));
    },
    hush,
    zone: () => new Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
