/** What lies in a circle's database beside records and log. */
import type { WrapDocument } from "../circle/epochs.ts";
import type { Membership } from "../circle/log.ts";
import type { Records } from "../records.ts";

/** Every wrap that is here: the server sends only this device's own. */
export async function readWraps(records: Records): Promise<WrapDocument[]> {
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
