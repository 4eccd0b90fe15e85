/**
 * Handing patients on: the clinic wishes, a therapist of the patient says yes, her phone lets the
 * colleague in.
 *
 * A wish is a setting of the colleague's in the clinic's circle: `take_<26 digits of the circle's
 * name>` = the circle. It opens nothing: the clinic's list could name a false therapist, so a person
 * reads the name first. Only what admins wrote counts as a wish.
 */
import { openVerified, type SealedDocument, verify } from "../circle/document.ts";
import * as entries from "../circle/entries.ts";
import { CircleError } from "../circle/errors.ts";
import { fold, type Statement } from "../circle/fold.ts";
import type { Member } from "../circle/log.ts";
import type { BatchView, WishView } from "../clinic.ts";
import type { Profile, Setting } from "../records.gen.ts";
import { type Acting, clinicHere, clinicOf, meIn, passes } from "./acting.ts";
import type { OpenCare } from "./care.ts";
import { asRecord } from "./shapes.ts";
import { trailOf } from "./trail.ts";

const PREFIX = "take_";
/** Settings in one record, as the record allows. */
const VALUES_MAX = 40;

function nameOfWish(circle: string): string {
  return PREFIX + circle.slice(1, 27);
}

/** Live devices of a clinician of the clinic. */
function devicesOf(clinic: OpenCare, member: string): Member[] {
  return clinic.membership
    .liveDevices()
    .filter((one) => one.member === member && (one.role === "therapist" || one.role === "admin"));
}

/** As an admin: whose patients could be handed on, by the trail of who let whom in. */
export async function batchesOf(acting: Acting): Promise<BatchView[]> {
  const clinic = clinicHere(acting);
  const { devices } = clinic.membership;
  const circles = new Map<string, Set<string>>();
  const treated = new Set<string>();
  // Who falls silent has done nothing.
  const acts = (await trailOf(acting, clinic)).filter(
    ({ circle, act }) => circle !== clinic.circle && act !== "silent",
  );
  for (const { device, circle } of acts) {
    const by = devices.get(device)?.member;
    if (by === undefined) continue;
    treated.add(circle);
    circles.set(by, (circles.get(by) ?? new Set()).add(circle));
  }
  const own = acts.map(({ circle }) => circle).filter((circle) => !treated.has(circle));
  if (own.length > 0) circles.set("", new Set(own));
  return [...circles].map(([by, of]) => ({ by, name: clinic.nameOfMember(by), circles: [...of] }));
}

/** As an admin: wish that a clinician takes these circles over. */
export async function wish(
  acting: Acting,
  circles: readonly string[],
  member: string,
): Promise<void> {
  const clinic = clinicHere(acting);
  if (devicesOf(clinic, member).length === 0) {
    throw new CircleError("target", "a clinician with a phone in the clinic was expected");
  }
  for (let at = 0; at < circles.length; at += VALUES_MAX) {
    const some = circles.slice(at, at + VALUES_MAX);
    const values = Object.fromEntries(some.map((circle) => [nameOfWish(circle), circle]));
    await clinic.write<Setting>({ type: "set", about: "member", member, values });
  }
  acting.moved();
}

/** The wishes that this phone could fulfil. */
export async function openWishes(acting: Acting): Promise<WishView[]> {
  const clinic = clinicOf(acting);
  if (clinic === undefined || !clinic.isWhole) return [];
  const wishes: WishView[] = [];
  for (const [member, values] of await wishedBy(clinic)) {
    for (const [name, circle] of values) {
      const care = acting.cares().find((one) => one.circle === circle);
      if (!name.startsWith(PREFIX) || care?.purpose !== "patient") continue;
      await care.loaded;
      const devices = lacking(clinic, care, member);
      if (devices.length === 0) continue;
      const view = { circle: care.circle, patient: care.name.value, member };
      wishes.push({ ...view, name: clinic.nameOfMember(member), devices: devices.length });
    }
  }
  return wishes;
}

/** Her devices that never stood in a circle where this phone may let a therapist in. */
function lacking(clinic: OpenCare, care: OpenCare, member: string): Member[] {
  const me = meIn(care);
  if (me === undefined) return [];
  const { membership } = care;
  const fresh = { role: "therapist", member: entries.drawMember(), s: "c" } as const;
  if (!passes(() => membership.checkMayBringIn(me, fresh, membership.ts))) return [];
  return devicesOf(clinic, member).filter(({ device }) => !membership.devices.has(device));
}

/**
 * Let a clinician in whose name was checked, with the keys that the clinic's log has; what is done
 * stays done when it is cut off.
 */
export async function confirmWish(acting: Acting, circle: string, member: string): Promise<void> {
  const { keys, clock, writer } = acting.around;
  const clinic = clinicHere(acting);
  const care = acting.cares().find((one) => one.circle === circle);
  if (care === undefined) throw new CircleError("target", "this phone is not in that circle");
  care.checkTrusted();
  const name = clinic.nameOfMember(member);
  for (const { device, pub } of lacking(clinic, care, member)) {
    // A member of its own: nobody but she herself could put a second one beside the first.
    const fresh = entries.drawMember();
    const made = await writer.append(care, async () => {
      const { membership, secrets } = care;
      if (membership.devices.has(device)) return undefined;
      const place = { role: "therapist", member: fresh, dev: pub } as const;
      return entries.add(keys, membership, secrets, place, clock.serverS);
    });
    if (made === undefined || name === "") continue;
    await care.write<Profile>({ type: "profile", about: "member", member: fresh, name });
  }
  acting.moved();
}

/** What admins have set about each member of the clinic. */
async function wishedBy(
  clinic: OpenCare,
): Promise<ReadonlyMap<string, ReadonlyMap<string, unknown>>> {
  const said: Statement[] = [];
  for await (const page of clinic.records.range("pr:", "pr;")) {
    for (const doc of page.flat()) {
      const statement = await statementOf(clinic, doc as unknown as SealedDocument);
      if (statement?.role === "admin") said.push(statement);
    }
  }
  return fold(said, { purpose: "clinic" }).settings;
}

async function statementOf(
  { membership, secrets }: OpenCare,
  doc: SealedDocument,
): Promise<Statement | undefined> {
  try {
    const verified = await verify(membership, doc);
    const body = asRecord("pr", await openVerified(membership, secrets, verified));
    if (body === undefined) return undefined;
    const { id, author, digest } = verified;
    const { role, member } = author;
    const { kind, device, stream, n } = id;
    const at = { lam: body.lam, at: body.at, role, device, stream, n, digest };
    return { id: doc._id, kind, member, ...at, body: body as unknown as Statement["body"] };
  } catch (error) {
    if (error instanceof CircleError) return undefined;
    throw error;
  }
}
