/**
 * Everything the client takes from the phone, in one place, so that a test can bring its own.
 *
 * Nothing else under `client/`, `sync.ts` or `records.ts` touches `window`, `navigator`,
 * `location`, a timer or a clock. The database itself takes the global `indexedDB`; so outside a
 * browser:
 *
 *     import "fake-indexeddb/auto";
 *     const phone: Phone = { origin, indexedDB, locks, fetch, nowMs, online, visible, … };
 *     const entrance = await enter(phone, await openShelf(phone.indexedDB));
 *     const profile = await entrance.join(fragment);
 *
 * `test/client/fake-phone.ts` is such a phone.
 */
import type { Bytes } from "../circle/encoding.ts";
import { MEDIA_TYPE } from "../exchange/frames.ts";
import { painted } from "./painted.ts";

/**
 * What the phone tells: the network came, the app came to the front, it is leaving, it is used; the
 * service worker was woken, since a network is there or news.
 */
export type PhoneEvent = "online" | "offline" | "visible" | "hidden" | "touched" | "woken";

/** The part of the Web Locks interface that is used. */
export interface Locks {
  /** Calls `held` with null where the lock was to be had at once and is not free. */
  request<T>(name: string, options: LockOptions, held: (lock: unknown) => Promise<T>): Promise<T>;
}

/** A wire between the tabs of one origin; a tab does not hear itself. */
export interface Channel {
  send(message: unknown): void;
  hear(listener: (message: unknown) => void): void;
  close(): void;
}

/** What the browser tells of a request that is over. */
export interface Timing {
  /** Bytes of the answer's body as it came; 0 where that is not told. */
  readonly encodedBytes: number;
  /** How long a connection was made for it; 0 where none was. */
  readonly setupMs: number;
  /** When that was begun, by the steady clock. */
  readonly dialledMs?: number;
}

export interface Phone {
  /** `https://host`, without a slash at the end. */
  readonly origin: string;
  readonly indexedDB: IDBFactory;
  readonly locks: Locks;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** The phone's own clock, milliseconds since 1970; often wrong. */
  nowMs(): number;
  /** Milliseconds of a clock that nobody sets; without it `nowMs` has to do. */
  steadyMs?(): number;
  /**
   * Begin to make a connection to the server, for requests of this kind, where there is none.
   * Absent where that makes no difference.
   */
  dial?(credentials: RequestCredentials): void;
  /** Of the last request to this address, asked once; undefined where the browser does not tell. */
  timing?(url: string): Timing | undefined;
  /** False when the phone is sure that there is no network. */
  online(): boolean;
  visible(): boolean;
  /** Calls `listener` at each event; gives the way to stop it. */
  on(event: PhoneEvent, listener: () => void): () => void;
  /** Calls `due` once after `ms`; gives the way to stop it. */
  after(ms: number, due: () => void): () => void;
  channel(name: string): Channel;
  /** Resolves when the rooms of a profile can be seen; absent where there are none. */
  painted?(): Promise<void>;
  /**
   * Ask to be woken when a network is there, and leave a request to `/sync` for the time when no
   * page is open then; undefined takes it back. Absent where the browser knows no such thing.
   */
  park?(profile: string, parcel: Parcel | undefined): Promise<void>;
}

/** A request that is ready to be sent: everything in it is sealed. */
export interface Parcel {
  readonly body: Bytes;
  readonly authorization: string;
}

/** Said by the service worker to every window, and the name of its Background Sync. */
const WAKE = "carry";

function browserChannel(name: string): Channel {
  const wire = new BroadcastChannel(name);
  return {
    send: (message) => wire.postMessage(message),
    hear: (listener) => {
      wire.onmessage = (event) => listener(event.data);
    },
    close: () => wire.close(),
  };
}

function listen(target: EventTarget, name: string, listener: () => void): () => void {
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

/** Requests that the service worker may send; see `sw/worker.ts`. */
const PARKED = "parked";

interface Waking extends ServiceWorkerRegistration {
  /** Source: WICG Background Synchronization, "SyncManager"; Chromium has it. */
  readonly sync?: { register(tag: string): Promise<void> };
}

async function park(profile: string, parcel: Parcel | undefined): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker?.controller == null) return;
  const parked = await caches.open(PARKED);
  const name = `/sync?${profile}`;
  if (parcel === undefined) {
    await parked.delete(name);
    return;
  }
  const headers = { Authorization: parcel.authorization, "Content-Type": MEDIA_TYPE };
  if (parcel.body.length > 0) await parked.put(name, new Response(parcel.body, { headers }));
  await ((await serviceWorker.ready) as Waking).sync?.register(WAKE);
}

function listenToWorker(listener: () => void): () => void {
  const { serviceWorker } = navigator;
  if (serviceWorker === undefined) return () => {};
  const hear = (event: MessageEvent) => {
    if (event.data === WAKE) listener();
  };
  serviceWorker.addEventListener("message", hear);
  return () => serviceWorker.removeEventListener("message", hear);
}

/** Source: W3C Resource Timing, "PerformanceResourceTiming". */
function timing(url: string): Timing | undefined {
  const entry = performance.getEntriesByName(url, "resource").at(-1);
  // The list is short, and what is full takes nothing more.
  performance.clearResourceTimings();
  if (!(entry instanceof PerformanceResourceTiming) || entry.responseEnd === 0) return undefined;
  const { connectStart, connectEnd, encodedBodySize: encodedBytes } = entry;
  const setupMs = Math.ceil(connectEnd - connectStart);
  return { encodedBytes, setupMs, dialledMs: Math.floor(connectStart) };
}

/** Source: HTML, "link type preconnect"; Chromium makes one connection by it, however long that takes. */
function dial(credentials: RequestCredentials): void {
  const link = document.createElement("link");
  link.rel = "preconnect";
  link.href = location.origin;
  if (credentials === "omit") link.crossOrigin = "";
  document.head.append(link);
  link.remove();
}

/** The browser that this page runs in. */
export function browserPhone(): Phone {
  return {
    origin: location.origin,
    indexedDB,
    locks: navigator.locks as Locks,
    fetch: (url, init) => fetch(url, init),
    nowMs: () => Date.now(),
    steadyMs: () => performance.now(),
    dial,
    timing,
    online: () => navigator.onLine,
    visible: () => document.visibilityState === "visible",
    on: (event, listener) => {
      if (event === "online" || event === "offline") return listen(window, event, listener);
      if (event === "touched") {
        const stops = ["pointerdown", "keydown"].map((name) => listen(window, name, listener));
        return () => {
          for (const stop of stops) stop();
        };
      }
      if (event === "woken") return listenToWorker(listener);
      return listen(document, "visibilitychange", () => {
        if (document.visibilityState === event) listener();
      });
    },
    after: (ms, due) => {
      const timer = setTimeout(due, ms);
      return () => clearTimeout(timer);
    },
    channel: browserChannel,
    painted,
    park,
  };
}
