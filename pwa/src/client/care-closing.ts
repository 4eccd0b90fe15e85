/** Closing a record, so that the server erases it after a while, and opening it again. */
import * as entries from "../circle/entries.ts";
import { endsRecord, lastWish } from "../wishes.ts";
import type { OpenCare } from "./care.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Close a circle, or open it again; resolves when the server has it.
 *
 * @throws LineError No network. CircleError `authz`: this device's role may not.
 */
export async function setClosed(
  care: OpenCare,
  { keys, clock, writer }: Surroundings,
  isClosed: boolean,
): Promise<void> {
  care.checkTrusted();
  await writer.append(care, async () => {
    const { membership, secrets } = care;
    if ((membership.closedAt !== null) === isClosed) return undefined;
    const act = isClosed ? entries.close : entries.reopen;
    return act(keys, membership, secrets, clock.serverS);
  });
  const last = lastWish(care.diary.peek());
  // Else it would be closed again, as it was wished.
  if (!isClosed && last?.mine && endsRecord(last.value)) await goOn(care);
}

async function goOn(care: OpenCare): Promise<void> {
  const { at, tz_min } = care.stamp;
  const day = new Date((at + tz_min * 60) * 1000).toISOString().slice(0, 10);
  await care.write({ type: "wish", wish: "go_on", day });
}

/** Close the record whose own person wished that; where it was somebody else, a therapist is asked. */
export async function closeAsWished(care: OpenCare, around: Surroundings): Promise<void> {
  const { role } = care.membership.author(around.keys.id);
  if (role === "patient") await setClosed(care, around, true);
}
