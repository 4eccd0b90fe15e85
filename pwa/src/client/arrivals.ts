/** What lies in a circle's database beside records and log. */
import { EpochSecrets, type WrapDocument } from "../circle/epochs.ts";
import type { DeviceKeys } from "../circle/keys.ts";
import type { Membership } from "../circle/log.ts";
import type { Records } from "../records.ts";
import type { Fold } from "./folds.ts";

type Unlocked = Awaited<ReturnType<EpochSecrets["unlocked"]>>;

/**
 * All keys that this device can have now; undefined where it holds every one, or knows of none.
 *
 * To open a wrap is the slowest cipher of a start, so where nothing was missing or wrong the keys are
 * kept for the next one, under this head of the member list.
 *
 * @param held Those that are in memory.
 */
export async function findSecrets(
  { records, keys }: { readonly records: Records; readonly keys: DeviceKeys },
  membership: Membership | undefined,
  held: EpochSecrets | undefined,
  fold: Fold,
): Promise<Unlocked | undefined> {
  if (membership === undefined) return undefined;
  await fold.ready;
  fold.beginAt(membership.head);
  const known = held ?? EpochSecrets.of(membership.circle, fold.secrets ?? {});
  if (known.isComplete(membership, keys.id)) {
    return held === undefined ? { secrets: known, bad: [], closed: [] } : undefined;
  }
  const found = await unlockHere(records, membership, keys, known);
  const { secrets, bad, closed } = found;
  const isSound = bad.length + closed.length === 0;
  if (isSound && secrets.isComplete(membership, keys.id)) fold.secrets = secrets.toKnown();
  return found;
}

/** One that was written again has two versions, of which only one may open: both are tried. */
async function unlockHere(
  records: Records,
  membership: Membership,
  keys: DeviceKeys,
  known: EpochSecrets,
): Promise<Unlocked> {
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

/** How many phones ask by invitations that are open; what they say is checked when it is looked at. */
export async function countAsking(
  { records, clock }: { readonly records: Records; readonly clock: { readonly serverS: number } },
  membership: Membership | undefined,
): Promise<number> {
  let asking = 0;
  for (const { iid, mode } of membership?.openInvitations(clock.serverS) ?? []) {
    if (mode !== "approve") continue;
    for await (const page of records.range(`req:${iid}:`, `req:${iid};`)) asking += page.length;
  }
  return asking;
}
