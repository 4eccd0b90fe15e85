/** What lies in a circle's database beside records and log. */
import type { EpochSecrets, WrapDocument } from "../circle/epochs.ts";
import type { DeviceKeys } from "../circle/keys.ts";
import type { Membership } from "../circle/log.ts";
import type { Records } from "../records.ts";

/**
 * All keys that this device can have with the wraps that are here.
 *
 * One that was written again has two versions, of which only one may open: both are tried.
 */
export async function unlockHere(
  records: Records,
  membership: Membership,
  keys: DeviceKeys,
  known: EpochSecrets,
): ReturnType<EpochSecrets["unlocked"]> {
  const wraps = await readWraps(records);
  const first = await known.unlocked(membership, keys, wraps);
  if (first.closed.length === 0) return first;
  return first.secrets.unlocked(membership, keys, wraps.reverse());
}

/** Every wrap that is here: the server sends only this device's own. */
async function readWraps(records: Records): Promise<WrapDocument[]> {
  const wraps: WrapDocument[] = [];
  for await (const page of records.range("wrap:", "wrap;")) {
    wraps.push(...(page.flat() as unknown as WrapDocument[]));
  }
  return wraps;
}

/**
 * How many phones ask by invitations that are open; what they say is checked when it is looked at.
 *
 * @param now Unix seconds by the server's clock.
 */
export async function countAsking(
  records: Records,
  membership: Membership | undefined,
  now: number,
): Promise<number> {
  let asking = 0;
  for (const { iid, mode } of membership?.openInvitations(now) ?? []) {
    if (mode !== "approve") continue;
    for await (const page of records.range(`req:${iid}:`, `req:${iid};`)) asking += page.length;
  }
  return asking;
}
