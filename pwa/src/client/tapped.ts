/**
 * What the app has to do with notifications where the code of reminders is not there: what was tapped,
 * as the service worker left it, and the end of a profile. See `sw/worker.ts`.
 */

/** Whose notification it was, and of what kind. */
export interface Tap {
  readonly profile?: string;
  readonly kind: string;
}

const CACHE = "reminding";
const NAME = "/tap";
/** Said by the worker to the page that it brings to the front. */
const WORD = "tapped";

/** What was tapped last, once; undefined when nothing was, or where nothing can be left. */
export async function takeTap(): Promise<Tap | undefined> {
  const cache = await globalThis.caches?.open(CACHE).catch(() => undefined);
  const left = await cache?.match(NAME);
  await cache?.delete(NAME);
  return left?.json();
}

/** Calls `listener` when something is tapped while the app is open; gives the way to stop it. */
export function onTap(listener: () => void): () => void {
  const worker = globalThis.navigator?.serviceWorker;
  const hear = ({ data }: MessageEvent) => {
    if (data === WORD) listener();
  };
  worker?.addEventListener("message", hear);
  return () => worker?.removeEventListener("message", hear);
}

/**
 * Leave nothing of a device for the worker to show.
 *
 * @param isLast Nobody else on this phone is reminded: then pings end at their push service, which
 *   tells the server. Else one may still come till the server notices the silence; it shows the
 *   app's name and no more.
 */
export async function endPings(device: string, isLast: boolean): Promise<void> {
  const cache = await globalThis.caches?.open(CACHE);
  const left = (await cache?.keys()) ?? [];
  for (const name of left) if (name.url.includes(device)) await cache?.delete(name);
  if (!isLast) return;
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}
