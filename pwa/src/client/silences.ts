/**
 * Phones that the server has not heard of for long, as the clinic's trail names them.
 *
 * The trail has a device and a circle, nothing more. A name is only shown where this phone has it
 * from circles of its own; else the trail says at most which clinician founded the circle.
 */
import type { SilentView } from "../clinic.ts";
import { type Acting, clinicOf, meIn } from "./acting.ts";
import type { OpenCare } from "./care.ts";
import { type Act, newestActs, trailOf } from "./trail.ts";

const DAY_S = 86_400;
/** Days without a sign after which the server notes it: `SILENT_DAYS` of docs/limits.md. */
const SILENT_DAYS = 14;
/** Days after which the server forgets what it reminded of, so that it is no news: `FORGET_DAYS`. */
const FORGET_DAYS = 90;

/** As an admin: who fell silent, the latest first; none where this profile is no admin. */
export async function silentPhones(acting: Acting): Promise<SilentView[]> {
  const clinic = clinicOf(acting);
  if (clinic === undefined || meIn(clinic)?.role !== "admin") return [];
  const last = latestOf(await newestActs(acting, clinic, "silent"), acting);
  const known = (await Promise.all(last.map((act) => seen(acting, clinic, act)))).flat();
  if (!known.some(isUnknown)) return known;
  const founders = new Map<string, string>();
  for (const { circle, device } of await trailOf(acting, clinic, "found")) {
    // Who is not in the clinic any more can not say who it is.
    if (clinic.membership.live(device)) founders.set(circle, clinic.nameOfDevice(device));
  }
  return known.map((one) =>
    isUnknown(one) ? { ...one, by: founders.get(one.circle) ?? "" } : one,
  );
}

/** Whether this phone reads nothing of where it was. */
function isUnknown({ isStaff, name, patient }: SilentView): boolean {
  return !isStaff && name === "" && patient === "";
}

/** The last silence of each device but this one, while it is news. */
function latestOf(acts: readonly Act[], { around }: Acting): Act[] {
  const oldest = around.clock.serverS - (FORGET_DAYS - SILENT_DAYS) * DAY_S;
  const devices = new Set([around.keys.id]);
  return acts.filter(({ at, device }) => {
    if (at < oldest || devices.has(device)) return false;
    devices.add(device);
    return true;
  });
}

/** What this phone knows of it; nothing where it knows that it is over. */
async function seen({ cares }: Acting, clinic: OpenCare, act: Act): Promise<SilentView[]> {
  const { device, circle, at } = act;
  const isStaff = clinic.membership.devices.has(device);
  const care = isStaff ? clinic : cares().find((one) => one.circle === circle);
  const view = { device, circle, since: at - SILENT_DAYS * DAY_S, isStaff, by: "" };
  if (!care?.isWhole) return [{ ...view, name: "", patient: "" }];
  await care.loaded;
  // Taken out, or it has written since.
  if (care.membership.live(device) === undefined || care.heardFrom(device) > at) return [];
  return [{ ...view, name: care.nameOfDevice(device), patient: isStaff ? "" : care.name.value }];
}
