/**
 * Devices that the server does not serve because an admin said so.
 *
 * That is only as good as the server: such a device still has its keys. So the phones of clinicians
 * see who is stopped and offer to take the device out of each circle, which changes the keys.
 */
import * as entries from "../circle/entries.ts";
import type { StoppedView } from "../clinic.ts";
import { type Acting, asked, clinicHere, clinicOf, meIn, passes } from "./acting.ts";
import { Refused } from "./bundles.ts";
import type { OpenCare } from "./care.ts";

/** The names of the stopped devices; none where this phone may not know. */
async function namesOfStopped(acting: Acting): Promise<readonly string[]> {
  const clinic = clinicOf(acting);
  if (clinic === undefined || meIn(clinic) === undefined) return [];
  try {
    const answer = await asked(acting, `/clinics/${clinic.circle}/suspensions`);
    return (answer as { readonly devices: readonly string[] }).devices;
  } catch (error) {
    if (error instanceof Refused) return [];
    throw error;
  }
}

/** Stopped devices, each with in how many circles this phone may take it out. */
export async function stoppedDevices(acting: Acting): Promise<StoppedView[]> {
  const cares = acting.cares();
  return (await namesOfStopped(acting)).map((device) => ({
    device,
    name: cares.map((care) => nameIn(care, device)).find((name) => name !== "") ?? "",
    reach: cares.filter((care) => canTakeOut(care, device)).length,
  }));
}

function nameIn(care: OpenCare, device: string): string {
  return care.isWhole ? care.nameOfDevice(device) : "";
}

/** Have the server stop to serve a device, or begin again. */
export async function setStopped(acting: Acting, device: string, isOn: boolean): Promise<void> {
  const path = `/clinics/${clinicHere(acting).circle}/suspensions`;
  if (isOn) await asked(acting, path, { body: { device } });
  else await asked(acting, `${path}/${device}`, { method: "DELETE" });
}

/** Whether this phone may take a device out of a circle, and it is in there. */
export function canTakeOut(care: OpenCare, device: string): boolean {
  const me = meIn(care);
  const target = me && care.membership.live(device);
  if (me === undefined || target === undefined || device === me.device) return false;
  const { membership } = care;
  const stays = membership
    .liveDevices()
    .some((one) => one.device !== device && membership.rules.remain.includes(one.role));
  return stays && passes(() => membership.checkReach(me, [target]));
}

/** Take a device out of every circle where this phone may; gives how many there were. */
export async function takeOutEverywhere(acting: Acting, device: string): Promise<number> {
  const { keys, clock, writer } = acting.around;
  let count = 0;
  for (const care of acting.cares().filter((one) => canTakeOut(one, device))) {
    const made = await writer.append(care, async () => {
      if (!canTakeOut(care, device)) return undefined;
      const { membership, secrets } = care;
      const markOf = await care.reach.marksOf([device]);
      return entries.remove(keys, membership, secrets, [device], markOf, clock.serverS);
    });
    if (made !== undefined) count += 1;
  }
  acting.moved();
  return count;
}
