/** A clinic's therapist and a patient in one circle, and what tests ask of them. */

import { drawMember, found, invite, join, type Proposal } from "../../src/circle/entries.ts";
import type { EpochSecrets } from "../../src/circle/epochs.ts";
import { CircleError } from "../../src/circle/errors.ts";
import type { Role } from "../../src/circle/grammar.ts";
import { checkInvitation, type Link, openInvitation } from "../../src/circle/invitation.ts";
import { compactJws } from "../../src/circle/jws.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import type { LogDocument, Membership } from "../../src/circle/log.ts";

/** Unix seconds at which every scene begins. */
export const NOW = 1_790_000_000;

export type JoinLink = Extract<Link, { kind: "join" }>;

/** The code of the refusal, or "none". */
export async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof CircleError) {
      return error.code;
    }
    throw error;
  }
  return "none";
}

/** A patient's circle founded by a therapist. */
export async function foundPatientCircle(
  adds: "members" | "patient" = "members",
): Promise<Proposal & { therapist: DeviceKeys; member: string }> {
  const therapist = await DeviceKeys.generate();
  const member = drawMember();
  const clinic = `c${"0".repeat(40)}`;
  const place = { role: "therapist", member } as const;
  const circle = { purpose: "patient", adds, clinic, ...place } as const;
  return { ...(await found(therapist, circle, NOW)), therapist, member };
}

/** Let a new device in by a link from `host`. */
export async function admit(
  host: DeviceKeys,
  before: { membership: Membership; secrets: EpochSecrets },
  role: Role,
  member = drawMember(),
): Promise<Proposal & { keys: DeviceKeys; member: string; invited: Proposal; link: JoinLink }> {
  const place = { role, member };
  const invited = await invite(host, before.membership, before.secrets, place, NOW + 10);
  const link = invited.link as JoinLink;
  const inv = invited.bundle.inv;
  if (inv === undefined) {
    throw new Error("an invitation brings a sealed part");
  }
  const content = await openInvitation(link.circle, link.secret, inv);
  const seen = await checkInvitation(invited.membership, link, content, NOW + 20);
  const keys = await DeviceKeys.generate();
  const joined = await join(keys, invited.membership, { ...seen, content }, NOW + 20);
  return { ...joined, keys, member, invited, link };
}

/** An entry with any payload at all, signed by `keys`. */
export async function forge(
  keys: DeviceKeys,
  circle: Membership,
  members: Record<string, unknown>,
): Promise<LogDocument> {
  const seq = circle.seq + 1;
  const common = { v: 1, seq, prev: circle.head, ts: NOW + 30, cir: circle.circle };
  const payload = { ...common, ...members } as never;
  const j = await compactJws(keys, { kid: keys.id, typ: "rj1+log" }, payload);
  return { _id: `log:${String(seq).padStart(6, "0")}`, j };
}
