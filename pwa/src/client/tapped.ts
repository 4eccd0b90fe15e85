/** What was tapped on a notification, as the service worker left it for the app; see `sw/worker.ts`. */

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
