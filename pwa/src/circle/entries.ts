/**
 * What a device appends to the log: each entry with exactly the wraps and the invitation it needs.
 *
 * Nothing is sent here. A bundle is stored on the device first; without an answer the same bytes
 * are sent again; when someone was faster (`seq`) bundle and secrets are dropped and made anew.
 *
 * Source: docs/circle.md, "Appending".
 */
import { structuralRev } from "./document.ts";
import { type Bytes, b64uEncode, type Canonical } from "./encoding.ts";
import { generateSigningPair, privateScalar, publicPoint, randomBytes } from "./envelope.ts";
import {
  commit,
  currentEpoch,
  drawSecret,
  EpochSecrets,
  requiredWraps,
  type WrapDocument,
  wrap,
  wrapId,
} from "./epochs.ts";
import type { Purpose, Reach, Role } from "./grammar.ts";
import {
  drawLinkSecret,
  type InvitationDocument,
  type InvitationSecret,
  invitationId,
  invitationSigner,
  type Link,
  sealInvitation,
} from "./invitation.ts";
import { compactJws } from "./jws.ts";
import type { DeviceKeys, Pub } from "./keys.ts";
import { DIRECT_SECONDS_MAX } from "./limits.ts";
import { type Invitation, type LogDocument, Membership } from "./log.ts";

/** One append: what the server takes whole or not at all. */
export interface Bundle {
  readonly log: LogDocument;
  readonly wraps: readonly WrapDocument[];
  readonly inv?: InvitationDocument;
}

/** The documents of a bundle to be stored, each with its revision, the entry last. */
export async function bundleDocuments({
  log,
  wraps,
  inv,
}: Bundle): Promise<(LogDocument | WrapDocument | InvitationDocument)[]> {
  const docs = [...wraps, ...(inv === undefined ? [] : [inv]), log];
  return Promise.all(docs.map(async (doc) => ({ ...doc, _rev: await structuralRev(doc) })));
}

/** A bundle and the circle as it will be once the server has taken it. */
export interface Proposal {
  readonly bundle: Bundle;
  readonly membership: Membership;
  readonly secrets: EpochSecrets;
}

/** Where a new device or member stands. */
export interface Place {
  readonly role: Role;
  readonly member: string;
}

const REACH: Reach = "c";

/** A new member id. */
export function drawMember(): string {
  return `m${b64uEncode(randomBytes(16))}`;
}

/**
 * Found a circle.
 *
 * @param now Unix seconds by the server's clock, here and below.
 */
export async function found(
  keys: DeviceKeys,
  circle: {
    readonly purpose: Purpose;
    readonly adds: "members" | "patient";
    readonly clinic: string;
  } & Place,
  now: number,
): Promise<Proposal> {
  const es = drawSecret();
  const log = await genesis(keys, { ...circle, ts: now, es, rnd: randomBytes(16) });
  const membership = await Membership.founded(log);
  const secrets = new EpochSecrets(membership.circle).with("c", 1, es);
  return propose(undefined, log, membership, secrets);
}

/** The first entry of a log. */
export async function genesis(
  keys: DeviceKeys,
  circle: {
    readonly purpose: Purpose;
    readonly adds: "members" | "patient";
    readonly clinic: string;
    readonly role: Role;
    readonly member: string;
    readonly ts: number;
    readonly es: Bytes;
    readonly rnd: Bytes;
  },
): Promise<LogDocument> {
  const { es, rnd, ...rest } = circle;
  const epoch = { e: 1, commit: await commit(es, "c", 1), fence: {} };
  const members = { ...rest, dev: { ...keys.pub }, rnd: b64uEncode(rnd), ep: { c: epoch } };
  return entry(keys, { ...members, v: 1, seq: 0, op: "genesis", prev: "" });
}

/**
 * Invite a device in person: the link is shown, not sent.
 *
 * @returns The proposal and the link, whose secret exists nowhere else.
 * @throws CircleError `authz`: this device may not; `limit`: too many are open.
 */
export async function invite(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  place: Place,
  now: number,
): Promise<Proposal & { readonly link: Link }> {
  const { circle } = membership;
  const secret = drawLinkSecret();
  const pair = await generateSigningPair(true);
  const ts = Math.max(now, membership.ts);
  const log = await next(keys, membership, ts, {
    op: "invite",
    iid: await invitationId(circle, secret),
    spk: await publicPoint(pair.publicKey),
    role: place.role,
    member: place.member,
    s: REACH,
    mode: "direct",
    exp: ts + DIRECT_SECONDS_MAX,
  });
  const after = await membership.append(log);
  const inv = await sealInvitation(circle, secret, {
    ssk: await privateScalar(pair.privateKey),
    head: [after.seq, after.head],
    es: { c: b64uEncode(secrets.get("c", currentEpoch(after, "c").e)) },
  });
  const bundle = { log, wraps: [], inv };
  return { bundle, membership: after, secrets, link: { kind: "join", circle, secret } };
}

/** Withdraw an invitation. */
export async function uninvite(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  iid: string,
  now: number,
): Promise<Proposal> {
  const log = await next(keys, membership, now, { op: "uninvite", iid });
  return propose(membership, log, await membership.append(log), secrets);
}

/**
 * Join by an invitation that `checkInvitation` found open.
 *
 * @throws CircleError `dup`: this device was in the circle before.
 */
export async function join(
  keys: DeviceKeys,
  membership: Membership,
  invited: {
    readonly invitation: Invitation;
    readonly content: InvitationSecret;
    readonly secrets: EpochSecrets;
  },
  now: number,
): Promise<Proposal> {
  const { iid } = invited.invitation;
  const signer = await invitationSigner(invited.invitation, invited.content);
  const admission = { cir: membership.circle, dev: keys.id };
  const proof = await compactJws(signer, { kid: iid, typ: "rj1+join" }, admission);
  const log = await next(keys, membership, now, { op: "join", iid, dev: { ...keys.pub }, proof });
  return propose(membership, log, await membership.append(log), invited.secrets);
}

/** Add a device whose public keys are known: one's own in one more circle. */
export async function add(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  place: Place & { readonly dev: Pub },
  now: number,
): Promise<Proposal> {
  const { role, member, dev } = place;
  const log = await next(keys, membership, now, {
    op: "add",
    member,
    role,
    s: REACH,
    dev: { ...dev },
    iid: "",
  });
  return propose(membership, log, await membership.append(log), secrets);
}

async function next(
  keys: DeviceKeys,
  membership: Membership,
  now: number,
  members: Readonly<Record<string, Canonical>>,
): Promise<LogDocument> {
  return entry(keys, {
    ...members,
    v: 1,
    seq: membership.seq + 1,
    prev: membership.head,
    ts: Math.max(now, membership.ts),
    cir: membership.circle,
  });
}

async function entry(
  keys: DeviceKeys,
  payload: Readonly<Record<string, Canonical>> & { readonly seq: number },
): Promise<LogDocument> {
  const j = await compactJws(keys, { kid: keys.id, typ: "rj1+log" }, payload);
  return { _id: `log:${String(payload.seq).padStart(6, "0")}`, j };
}

async function propose(
  before: Membership | undefined,
  log: LogDocument,
  after: Membership,
  secrets: EpochSecrets,
): Promise<Proposal> {
  const epoch = currentEpoch(after, "c");
  const ids = new Set(requiredWraps(before, after));
  const recipients = after
    .liveDevices()
    .filter(({ device }) => ids.has(wrapId("c", epoch, device)));
  const wraps = await Promise.all(
    recipients.map((member) => wrap(after.circle, "c", epoch, member, secrets.get("c", epoch.e))),
  );
  return { bundle: { log, wraps }, membership: after, secrets };
}
