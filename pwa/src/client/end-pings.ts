/** The end of a profile's notifications, where the code of reminders may not be there. */
import { REMINDING } from "./tapped.ts";

/**
 * Leave nothing of a device for the worker to show.
 *
 * @param isLast Nobody else on this phone is reminded: then pings end at their push service, which
 *   tells the server. Else one may still come till the server notices the silence; it shows the
 *   app's name and no more.
 */
export async function endPings(device: string, isLast: boolean): Promise<void> {
  const cache = await globalThis.caches?.open(REMINDING);
  const left = (await cache?.keys()) ?? [];
  for (const name of left) if (name.url.includes(device)) await cache?.delete(name);
  if (!isLast) return;
  const worker = await globalThis.navigator?.serviceWorker?.getRegistration();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}
