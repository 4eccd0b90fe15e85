/** What a profile does with its circles when a round has reached the server. */
import { endsRecord, lastWish } from "../wishes.ts";
import type { OpenCare } from "./care.ts";
import { part } from "./part.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Look at the clock of what was written since the last contact, and bring along who is awaited.
 *
 * @returns Whether something was written that is to be sent.
 */
export async function afterRound(
  cares: readonly OpenCare[],
  around: Surroundings,
): Promise<boolean> {
  let isNew = false;
  for (const care of cares) isNew = (await judgeClock(care, around)) || isNew;
  await bringAlong(cares, around);
  for (const care of cares.filter(isToBeClosed)) {
    const closing = await part(around.phone, import("./care-closing.ts"));
    await closing.closeAsWished(care, around);
  }
  return isNew;
}

/** Whether its owner wished that, and all that they wrote is at the server. */
function isToBeClosed(care: OpenCare): boolean {
  const last = lastWish(care.diary.peek());
  if (last === undefined || !last.mine || !endsRecord(last.value)) return false;
  return care.isWhole && care.membership.closedAt === null && care.owed().length === 0;
}

/** Say of this device's records by how much their clock was wrong, as soon as that is known. */
async function judgeClock(care: OpenCare, { phone, clock, keys }: Surroundings): Promise<boolean> {
  const { n: done, at: sinceS } = care.note.judged;
  const written = care.ordered
    .filter(({ device, stream, n }) => device === keys.id && stream === "c" && n > done)
    .map(({ n, at, value }) => ({ n, at, off_s: value.off_s ?? 0 }))
    .sort((one, other) => one.n - other.n);
  const last = written.at(-1)?.n;
  if (last === undefined || !care.trusted || !care.isWhole) return false;
  // Without its code they wait for the next round.
  const code = await part(phone, import("./care-clock.ts")).catch(() => undefined);
  if (code === undefined) return false;
  const { serverS } = clock;
  const contact = { serverS, offsetS: serverS - clock.phoneS, sinceS };
  const repairs = code.repairsOf(written, contact);
  for (const repair of repairs) {
    await care.write({ type: "clock", ...repair, measured_at: serverS });
  }
  // A word about a clock needs none about itself.
  await care.note.judge({ n: last + repairs.length, at: serverS });
  return repairs.length > 0;
}

async function bringAlong(cares: readonly OpenCare[], around: Surroundings): Promise<void> {
  const isStaff = cares.length > 1 && cares.some(({ purpose }) => purpose === "clinic");
  const isWish = ({ note }: OpenCare) => note.wished.length + note.admitted.length > 0;
  if (!isStaff && !cares.some(isWish)) return;
  const along = await part(around.phone, import("./bring-along.ts"));
  await along.bringAdmitted(cares, around);
  await along.bringWished(cares, around);
  await along.bringOwnAlong(cares, around);
}
