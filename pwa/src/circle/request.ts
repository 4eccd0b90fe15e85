/**
 * Asking to be let in by an invitation that must be approved: the link alone opens nothing, somebody
 * of the circle compares twelve digits by voice or sight and adds the device.
 *
 * Source: docs/circle.md, "Invitations".
 */
import { checkProof } from "./changes.ts";
import { utf8 } from "./encoding.ts";
import { sha256 } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import { hasExactly, isPub } from "./grammar.ts";
import { type InvitationSecret, joinProof } from "./invitation.ts";
import { checkPub, type DeviceKeys, deviceId, type Pub } from "./keys.ts";
import type { Invitation, Membership } from "./log.ts";

/** A request as it is stored. */
export interface RequestDocument {
  readonly _id: string;
  readonly _rev?: string;
  readonly dev: Pub;
  readonly proof: string;
}

const ID = /^req:(i[\w-]{22}):(d[\w-]{20})$/;
const CODE_DIGITS = 12;

/** Ask to be let in, as the new device. */
export async function requestEntry(
  invited: { readonly invitation: Invitation; readonly content: InvitationSecret },
  circle: string,
  keys: DeviceKeys,
): Promise<RequestDocument> {
  const _id = `req:${invited.invitation.iid}:${keys.id}`;
  return { _id, dev: keys.pub, proof: await joinProof(invited, circle, keys.id) };
}

/**
 * Read what a device asks for.
 *
 * @param now Unix seconds by the server's clock.
 * @returns The invitation that it asks by, its name and its keys.
 * @throws CircleError In this order `schema`, `b64` (its shape), `kid` (the keys are another
 *   device's), `invite` (not open, or nobody has to approve), `proof`, `dup` (the device or its
 *   signing key stood in the log before).
 */
export async function readRequest(
  membership: Membership,
  doc: RequestDocument,
  now: number,
): Promise<{ readonly invitation: Invitation; readonly device: string; readonly dev: Pub }> {
  const isNamed = (id: unknown) => typeof id === "string" && ID.test(id);
  const isText = (text: unknown) => typeof text === "string";
  const parts = { _id: isNamed, dev: isPub, proof: isText };
  if (!hasExactly(doc, parts, { _rev: isText })) {
    throw new CircleError("schema", "a request has a wrong or missing part");
  }
  const [, iid = "", device = ""] = ID.exec(doc._id) ?? [];
  const { dev, proof } = doc;
  await checkPub(dev);
  if ((await deviceId(dev)) !== device) {
    throw new CircleError("kid", "a request names itself by other keys than it has");
  }
  const invitation = membership.openInvitation(iid, now);
  if (invitation.mode !== "approve") {
    throw new CircleError("invite", "nobody has to approve this invitation");
  }
  await checkProof(membership.circle, invitation, device, proof);
  if (membership.devices.has(device) || membership.knowsKey(dev.spk)) {
    throw new CircleError("dup", "a device or its key was in this circle before");
  }
  return { invitation, device, dev };
}

/** The twelve digits that both sides compare by voice or sight before a device is let in. */
export async function requestCode(circle: string, device: string): Promise<string> {
  const digest = await sha256(utf8(`rj1 code\0${circle}${device}`));
  const whole = digest.reduce((sum, byte) => (sum * 256n + BigInt(byte)) % 10n ** 12n, 0n);
  return String(whole).padStart(CODE_DIGITS, "0");
}
