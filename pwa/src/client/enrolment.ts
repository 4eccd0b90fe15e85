/**
 * Enrolment by an admin who holds no key of the patient: the ticket gives the right to found one
 * circle, and its link names the therapists whom the patient's phone will let in.
 *
 *     https://origin/#e1.<clinic>.<ticket, 22 characters>.<device>.<device>…
 */
import { b64uEncode } from "../circle/encoding.ts";
import { randomBytes, sha256 } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import type { StaffView, TicketView } from "../clinic.ts";
import type { Profile } from "../records.gen.ts";
import { type Acting, asked, clinicHere } from "./acting.ts";
import { FOUND_PATH } from "./bundles.ts";
import type { OpenCare } from "./care.ts";

/** Life of a ticket. */
const TICKET_SECONDS = 14 * 86_400;
const TICKET_BYTES = 16;

/** Everyone who works in a clinic, by its log; those who treat come first. */
export function staffOf(clinic: OpenCare): StaffView[] {
  const live = clinic.membership.liveDevices();
  const members = new Map(live.map((device) => [device.member, device.role]));
  return [...members]
    .filter(([, role]) => role === "therapist" || role === "admin")
    .map(([member, role]) => ({
      member,
      role: role as StaffView["role"],
      name: clinic.nameOfMember(member),
      mine: member === clinic.member,
      devices: live.filter((device) => device.member === member).map(({ device }) => device),
    }))
    .sort((left, right) => Number(left.role === "admin") - Number(right.role === "admin"));
}

/** The name by which this person goes in the clinic; who joined by a link has none yet. */
export async function sayName(acting: Acting, name: string): Promise<void> {
  const clinic = clinicHere(acting);
  const { member = "" } = clinic;
  await clinic.write<Profile>({ type: "profile", about: "member", member, name });
  acting.moved();
}

/**
 * Give out the right to found one patient's circle.
 *
 * @param devices Of live therapists and admins of the clinic, at least one.
 * @throws CircleError `target`: one is not. Refused: this device is no admin's.
 */
export async function issueTicket(acting: Acting, devices: readonly string[]): Promise<TicketView> {
  const { clock, phone } = acting.around;
  const clinic = clinicHere(acting);
  const known = new Set(staffOf(clinic).flatMap((one) => one.devices));
  if (devices.length === 0 || !devices.every((device) => known.has(device))) {
    throw new CircleError("target", "a ticket names therapists of this clinic");
  }
  // The end is reckoned by the server's clock, which this answer tells.
  await asked(acting, FOUND_PATH);
  const secret = randomBytes(TICKET_BYTES);
  const expires = clock.serverS + TICKET_SECONDS;
  const body = { hash: b64uEncode(await sha256(secret)), exp: expires };
  await asked(acting, `/clinics/${clinic.circle}/tickets`, { body });
  const parts = ["e1", clinic.circle, b64uEncode(secret), ...devices];
  return { link: `${phone.origin}/#${parts.join(".")}`, expires };
}
