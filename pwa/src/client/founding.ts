/** Taking in a patient, and letting their phone in; fetched when a clinician does so. */
import * as entries from "../circle/entries.ts";
import { formatLink } from "../circle/invitation.ts";
import type { PlanInput } from "../client.ts";
import type { Plan, Profile } from "../records.gen.ts";
import { FOUND_PATH, refusal } from "./bundles.ts";
import type { OpenCare } from "./care.ts";
import type { CircleRow } from "./shelf.ts";
import type { Surroundings } from "./surroundings.ts";

/** What it needs of the profile. */
export interface Founder {
  readonly profile: { readonly id: string };
  enter(row: CircleRow): Promise<OpenCare>;
}

/** Who is taken in, by which clinic; without one only a clinic's staff could. */
export interface Wanted {
  readonly clinic: OpenCare | undefined;
  readonly name: string;
  readonly plan: PlanInput;
}

/**
 * Prepare a patient's circle on this phone, with everything that it will hold at first.
 *
 * @param hold Told of the circle when its request waits on the shelf: not to be synced before that
 *   is answered.
 * @returns The circle.
 * @throws LineError The server was not reached; nothing was begun. Refused: it does not let this
 *   device ask.
 */
export async function prepareFounding(
  by: Founder,
  { ask, clock, keys, shelf }: Surroundings,
  { clinic, name, plan }: Wanted,
  hold: (circle: string) => void,
): Promise<string> {
  if (clinic === undefined) throw new Error("only a clinic's staff can take in a patient");
  // Without the network nothing is begun; with it the server's time is known.
  const reached = await ask(FOUND_PATH);
  if (reached.status !== 200) throw refusal(reached);
  await clinic.loaded;
  const own = entries.drawMember();
  const patient = entries.drawMember();
  const terms = { purpose: "patient", adds: "members", role: "therapist", member: own } as const;
  const place = { ...terms, clinic: clinic.circle };
  const { bundle, membership } = await entries.found(keys, place, clock.serverS);
  const row = { profile: by.profile.id, circle: membership.circle } as const;
  const body = JSON.stringify(bundle);
  await shelf.put("pending", { ...row, path: FOUND_PATH, body, link: "" });
  hold(row.circle);
  const care = await by.enter({ ...row, purpose: "patient", role: "therapist" });
  await care.adopt(bundle);
  await nameMember(care, own, clinic.ownName);
  await nameMember(care, patient, name);
  await care.write<Plan>({ type: "plan", ...plan });
  return row.circle;
}

async function nameMember(care: OpenCare, member: string, name: string): Promise<void> {
  if (name !== "") await care.write<Profile>({ type: "profile", about: "member", member, name });
}

/** A fresh link for the patient of a circle; throws as any act on a log. */
export async function linkForPatient(care: OpenCare, around: Surroundings): Promise<string> {
  await care.loaded;
  care.checkTrusted();
  const { clock, keys, phone, writer } = around;
  const member = care.names.patientMember ?? entries.drawMember();
  const place = { role: "patient" as const, member };
  const made = await writer.append(care, () =>
    entries.invite(keys, care.membership, care.secrets, place, clock.serverS),
  );
  if (made === undefined) throw new Error("an invitation is always needed");
  return formatLink(phone.origin, made.link);
}
