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
  back,
  commit,
  currentEpoch,
  drawSecret,
  EpochSecrets,
  makeWraps,
  pieces,
  repairWraps,
  requiredWraps,
  type WrapDocument,
} from "./epochs.ts";
import type { Mode, Purpose, Reach, Role, Stream } from "./grammar.ts";
import {
  drawLinkSecret,
  type InvitationDocument,
  type InvitationSecret,
  invitationId,
  joinProof,
  type Link,
  sealInvitation,
} from "./invitation.ts";
import { compactJws } from "./jws.ts";
import type { DeviceKeys, Pub } from "./keys.ts";
import { INVITED_SECONDS_MAX } from "./limits.ts";
import { type Invitation, type LogDocument, type Member, Membership } from "./log.ts";
import { STREAMS_OF_S } from "./roles.ts";
import type { MarkPair } from "./schema.ts";
import { holds } from "./standing.ts";

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
  /** Its streams, "c" when absent. */
  readonly s?: Reach;
}

/** Up to where the records of a device count: as far as this phone has them without a gap. */
export type MarkOf = (device: string, stream: Stream) => MarkPair;

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
 * Invite a device: in person by a link that is shown, or by one that is sent and only lets one ask.
 *
 * @returns The proposal and the link, whose secret exists nowhere else.
 * @throws CircleError `authz`: this device may not; `epoch`: it lacks a key that the link brings.
 */
export async function invite(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  place: Place,
  now: number,
  mode: Mode = "direct",
): Promise<Proposal & { readonly link: Link }> {
  const { circle } = membership;
  const { role, member, s = "c" } = place;
  const secret = drawLinkSecret();
  const pair = await generateSigningPair(true);
  const iid = await invitationId(circle, secret);
  const spk = await publicPoint(pair.publicKey);
  const exp = Math.max(now, membership.ts) + INVITED_SECONDS_MAX[mode];
  const members = { op: "invite", iid, spk, role, member, s, mode, exp };
  const log = await next(keys, membership, now, members);
  const after = await membership.append(log);
  const streams = mode === "direct" ? STREAMS_OF_S[s] : [];
  const es = streams.map((stream) => [
    stream,
    b64uEncode(secrets.get(stream, currentEpoch(after, stream).e)),
  ]);
  const inv = await sealInvitation(circle, secret, {
    ssk: await privateScalar(pair.privateKey),
    head: [after.seq, after.head],
    es: Object.fromEntries(es),
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
  return append(keys, membership, secrets, now, { op: "uninvite", iid });
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
  const proof = await joinProof(invited, membership.circle, keys.id);
  const members = { op: "join", iid, dev: { ...keys.pub }, proof };
  return append(keys, membership, invited.secrets, now, members);
}

/**
 * Add a device whose public keys are known: one's own in one more circle, or one that asked.
 *
 * @param place `iid` names the invitation by which it asked.
 */
export async function add(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  place: Place & { readonly dev: Pub; readonly iid?: string },
  now: number,
): Promise<Proposal> {
  const { role, member, s = "c", dev, iid = "" } = place;
  const members = { op: "add", member, role, s, dev: { ...dev }, iid };
  return append(keys, membership, secrets, now, members);
}

/** Let a device read what the clinicians write among themselves. */
export function grant(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  target: string,
  now: number,
): Promise<Proposal> {
  return append(keys, membership, secrets, now, { op: "grant", target });
}

/**
 * Take devices out of the circle, and change the keys that they had.
 *
 * @throws CircleError `target`, `authz`, `last`: not these, or not by this device.
 */
export async function remove(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  targets: readonly string[],
  markOf: MarkOf,
  now: number,
): Promise<Proposal> {
  const gone = targets.map((device) => membership.devices.get(device));
  const has = (stream: Stream) => (member?: Member) => member && holds(member, stream);
  const signer = membership.author(keys.id);
  const streams = STREAMS_OF_S[signer.s].filter(
    (stream) => stream === "c" || gone.some(has(stream)),
  );
  const fenced = (stream: Stream) => targets.filter((_, index) => has(stream)(gone[index]));
  const drawn = await drawEpochs(keys, membership, secrets, {
    streams,
    fencing: (stream) => [...membership.unfenced(stream), ...fenced(stream)],
    markOf,
  });
  const members = { op: "remove", target: [...targets].sort(), ep: drawn.ep };
  return append(keys, membership, drawn.secrets, now, members);
}

/**
 * Leave the circle with this device.
 *
 * @param markOf How far its records have reached the server.
 */
export function leave(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  markOf: MarkOf,
  now: number,
): Promise<Proposal> {
  const streams = STREAMS_OF_S[membership.author(keys.id).s];
  const mark = Object.fromEntries(streams.map((stream) => [stream, markOf(keys.id, stream)]));
  return append(keys, membership, secrets, now, { op: "leave", mark });
}

/**
 * Change the keys of streams.
 *
 * @param cut Whether who comes later reads nothing of before.
 */
export async function rekey(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  how: { readonly streams: readonly Stream[]; readonly markOf: MarkOf; readonly cut?: boolean },
  now: number,
): Promise<Proposal> {
  const fencing = (stream: Stream) => membership.unfenced(stream);
  const { ep, secrets: more } = await drawEpochs(keys, membership, secrets, { ...how, fencing });
  return append(keys, membership, more, now, { op: "rekey", ep });
}

/** Let what a device that is gone wrote up to `n` count. */
export function accept(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  what: { readonly target: string; readonly x: Stream; readonly n: number; readonly d: string },
  now: number,
): Promise<Proposal> {
  const { target, x, n, d } = what;
  return append(keys, membership, secrets, now, { op: "accept", target, x, n, d });
}

/** Close the circle: it can be read and exported for a while, then it is erased. */
export function close(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  now: number,
): Promise<Proposal> {
  return append(keys, membership, secrets, now, { op: "close" });
}

/** Open a closed circle again. */
export function reopen(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  now: number,
): Promise<Proposal> {
  return append(keys, membership, secrets, now, { op: "reopen" });
}

/** New secrets, and what the log says of them. */
async function drawEpochs(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  how: {
    readonly streams: readonly Stream[];
    readonly fencing: (stream: Stream) => readonly string[];
    readonly markOf: MarkOf;
    readonly cut?: boolean;
  },
): Promise<{ ep: Record<string, Canonical>; secrets: EpochSecrets }> {
  const { circle } = membership;
  const ep: Record<string, Canonical> = {};
  let more = secrets;
  for (const stream of how.streams) {
    const es = drawSecret();
    const last = membership.epochs[stream].at(-1);
    const e = (last?.e ?? 0) + 1;
    const isLinked = last !== undefined && !how.cut && holds(membership.author(keys.id), stream);
    const link = isLinked
      ? { back: await back(circle, stream, e, es, secrets.get(stream, last.e)) }
      : {};
    const marks = how.fencing(stream).map((device) => [device, [...how.markOf(device, stream)]]);
    const fence: Record<string, Canonical> = Object.fromEntries(marks);
    ep[stream] = { e, commit: await commit(es, stream, e), ...link, fence };
    more = more.with(stream, e, es);
  }
  return { ep, secrets: more };
}

async function append(
  keys: DeviceKeys,
  membership: Membership,
  secrets: EpochSecrets,
  now: number,
  members: Readonly<Record<string, Canonical>>,
): Promise<Proposal> {
  const log = await next(keys, membership, now, members);
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
  const { bad } = await secrets.walked(after);
  const missing = pieces(after, bad);
  const repairs = repairWraps(before, after).filter(({ stream, epoch }) =>
    missing.some((piece) => piece.stream === stream && piece.e === epoch.e),
  );
  const held = repairs.filter(({ stream, epoch }) => secrets.has(stream, epoch.e));
  const wraps = await makeWraps(after, [...requiredWraps(before, after), ...held], secrets);
  return { bundle: { log, wraps }, membership: after, secrets };
}
