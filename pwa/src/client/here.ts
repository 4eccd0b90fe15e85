/**
 * What only this profile on this phone may read, across a lock that is put on or taken off.
 *
 * Without a lock such things are sealed under the profile's own key of this phone, with one under
 * the key of the lock. Putting one on leaves them openable by the former; before one is taken off
 * they are sealed under it anew, so whatever dies in between, they open.
 */
import type { Bytes } from "../circle/encoding.ts";
import type { ProfileKeys } from "../keystore.ts";

export type HereKey = Pick<ProfileKeys, "dataSeal" | "dataOpen" | "localSeal" | "localOpen">;

/**
 * Open what was sealed here, before or after a lock came; it is under the lock when this resolves.
 *
 * @param keep Stores it anew.
 * @throws CircleError `tag`: it is another profile's, for another purpose, or damaged.
 */
export async function openHere(
  key: HereKey,
  sealed: Bytes,
  purpose: string,
  keep: (sealed: Bytes) => Promise<void>,
): Promise<Bytes> {
  const open = await key.dataOpen(sealed, purpose).catch(() => undefined);
  if (open !== undefined) return open;
  const before = await key.localOpen(sealed, purpose);
  await keep(await key.dataSeal(before, purpose));
  return before;
}

export function purposeOfWaiting(circle: string): string {
  return `unsealed of ${circle}`;
}

export function purposeOfDraft(circle: string): string {
  return `draft of ${circle}`;
}
