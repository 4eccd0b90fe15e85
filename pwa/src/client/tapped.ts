/**
 * What was tapped of the notifications, as the service worker left it: see `sw/worker.ts`. It stands
 * with the first screen, the code of reminders does not.
 */

/** Whose notification it was, and of what kind. */
export interface Tap {
  readonly profile?: string;
  readonly kind: string;
}

/** Of all that is to be shown, and of what was tapped. */
export const REMINDING = "reminding";
const NAME = "/tap";
/** Said by the worker to the page that it brings to the front. */
const WORD = "tapped";

/** What was tapped last, once; undefined when nothing was, or where nothing can be left. */
export async function takeTap(): Promise<Tap | undefined> {
  const all = globalThis.caches;
  const left = await all?.match(NAME, { cacheName: REMINDING }).catch(() => undefined);
  if (left) await (await all.open(REMINDING)).delete(NAME);
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
