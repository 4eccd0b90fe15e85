/** A clinic's recovery key, made offline: let in by its public line, it reads and signs nothing. */
import * as entries from "../circle/entries.ts";
import { deviceId } from "../circle/keys.ts";
import { readClinicPub } from "../circle/recovery.ts";
import { type Acting, clinicOf, meIn, passes } from "./acting.ts";
import type { OpenCare } from "./care.ts";

/** Whether this device may let a key that only reads into a circle. */
export function canAddKey(care: OpenCare): boolean {
  const me = meIn(care);
  if (me === undefined) return false;
  const fresh = { role: "recovery", member: entries.drawMember(), s: "c" } as const;
  const { membership } = care;
  return passes(() => membership.checkMayBringIn(me, fresh, membership.ts));
}

/**
 * Let a recovery key into the clinic and all its patients' circles where this device may.
 *
 * @param line As `rejoint recovery-key new` prints it as `pub`.
 * @returns In how many circles it is new; what is done stays done when it is cut off.
 * @throws CircleError `schema`, `b64`, `canon`: it is not one whole line of this kind.
 */
export async function addClinicKey(acting: Acting, line: string): Promise<number> {
  const { keys, clock, writer } = acting.around;
  const dev = await readClinicPub(line);
  const device = await deviceId(dev);
  const clinic = clinicOf(acting)?.circle ?? "";
  let count = 0;
  for (const care of acting.cares()) {
    const isOfClinic = care.circle === clinic || care.membership.clinic === clinic;
    if (!isOfClinic || !canAddKey(care) || care.membership.devices.has(device)) continue;
    const made = await writer.append(care, async () => {
      const { membership, secrets } = care;
      if (membership.devices.has(device)) return undefined;
      const place = { role: "recovery", member: entries.drawMember(), dev } as const;
      return entries.add(keys, membership, secrets, place, clock.serverS);
    });
    if (made !== undefined) count += 1;
  }
  acting.moved();
  return count;
}
