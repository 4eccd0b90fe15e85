/**
 * The membership log: who belongs to a circle, since when, with which keys.
 *
 * The log alone decides, the same way on every phone and on the server. A `Membership` is a value:
 * `append` gives a new one, and an entry that is refused leaves nothing behind.
 *
 * Source: docs/circle.md, "Membership log".
 */
import { type Bytes, b64uEncode, equalBytes, hex, jcs } from "./encoding.ts";
import { checkPoint, sha256 } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import {
  type Add,
  asPayload,
  type Genesis,
  hasExactly,
  type Invite,
  type Join,
  type Later,
  type Mode,
  type Payload,
  type Purpose,
  type Reach,
  type Role,
  type Stream,
  type Uninvite,
} from "./grammar.ts";
import { type Jws, parseJws, verifyJws } from "./jws.ts";
import { deviceId, type Pub } from "./keys.ts";
import { DIRECT_SECONDS_MAX, ENTRY_BYTES_MAX } from "./limits.ts";
import { checkMayBringIn, checkMayWithdraw, mayFound } from "./roles.ts";

/** A document of the log as it is stored. */
export interface LogDocument {
  readonly _id: string;
  readonly _rev?: string;
  /** Compact JWS of type `rj1+log`. */
  readonly j: string;
}

/** One device of a circle. */
export interface Member {
  readonly device: string;
  readonly pub: Pub;
  readonly member: string;
  readonly role: Role;
  readonly s: Reach;
  /** Seq of the entry that brought it. */
  readonly since: number;
  /** Seq of the entry that ended it; null while it is live. */
  readonly until: number | null;
  /** Device that added or invited it; its own for the founder. */
  readonly by: string;
}

export interface Invitation {
  readonly iid: string;
  readonly spk: string;
  readonly role: Role;
  readonly member: string;
  readonly s: Reach;
  readonly mode: Mode;
  /** Unix seconds by the server's clock. */
  readonly exp: number;
  readonly by: string;
  readonly seq: number;
  readonly state: "open" | "used" | "withdrawn";
}

/** One period of a stream under one secret. */
export interface Epoch {
  readonly e: number;
  readonly commit: string;
  /** The secret before, sealed; absent where history begins. */
  readonly back?: string;
  /** Seq of the entry that opened it. */
  readonly at: number;
}

/** When, by the server's clock in unix seconds, and by which device an entry was signed. */
export interface Stamp {
  readonly ts: number;
  readonly device: string;
}

interface Entry<P extends Payload = Payload> {
  readonly jws: Jws;
  readonly payload: P;
  /** By which the next entry names this one; the signature is not in it. */
  readonly hash: Bytes;
}

interface Fields {
  readonly circle: string;
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly heads: readonly string[];
  readonly stamps: readonly Stamp[];
  readonly devices: ReadonlyMap<string, Member>;
  readonly invitations: ReadonlyMap<string, Invitation>;
  readonly epochs: Readonly<Record<Stream, readonly Epoch[]>>;
}

/** A circle as its log says after the entry `seq`. */
export class Membership {
  readonly circle: string;
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  /** Circle of the clinic that this one belongs to; "" for none. */
  readonly clinic: string;
  /** Hash of each entry, by seq. */
  readonly heads: readonly string[];
  /** Time and signer of each entry, by seq. */
  readonly stamps: readonly Stamp[];
  /** All that were ever in it. */
  readonly devices: ReadonlyMap<string, Member>;
  readonly invitations: ReadonlyMap<string, Invitation>;
  readonly epochs: Readonly<Record<Stream, readonly Epoch[]>>;

  private constructor(fields: Fields) {
    this.circle = fields.circle;
    this.purpose = fields.purpose;
    this.adds = fields.adds;
    this.clinic = fields.clinic;
    this.heads = fields.heads;
    this.stamps = fields.stamps;
    this.devices = fields.devices;
    this.invitations = fields.invitations;
    this.epochs = fields.epochs;
  }

  /**
   * The circle that a first entry founds.
   *
   * @throws CircleError It founds none; `code` says why.
   */
  static async founded(doc: LogDocument): Promise<Membership> {
    const entry = await readEntry(doc);
    checkPlaceInLog(doc, entry, 0, "");
    if (entry.payload.op !== "genesis") {
      throw new CircleError("op", "a circle begins with its founding");
    }
    return new Membership(await found(entry as Entry<Genesis>));
  }

  /**
   * The circle after all of `docs`, which are in the order of their ids.
   *
   * @throws CircleError `circle`: they found another one than `circle`; `seq`: there are none; else
   *   as `append`.
   */
  static async replay(circle: string, docs: readonly LogDocument[]): Promise<Membership> {
    const [first, ...rest] = docs;
    if (first === undefined) {
      throw new CircleError("seq", "a circle has at least its founding entry");
    }
    let membership = await Membership.founded(first);
    if (membership.circle !== circle) {
      throw new CircleError("circle", "the member list belongs to another circle");
    }
    for (const doc of rest) {
      membership = await membership.append(doc);
    }
    return membership;
  }

  /**
   * The circle after one more entry.
   *
   * @throws CircleError The entry does not exist for this log; `code` says why.
   */
  async append(doc: LogDocument): Promise<Membership> {
    const entry = await readEntry(doc);
    const { payload, jws, hash } = entry;
    checkPlaceInLog(doc, entry, this.seq + 1, this.head);
    if ((payload as Later).cir !== this.circle) {
      throw new CircleError("circle", "an entry belongs to another circle");
    }
    if (payload.op === "genesis" || !Object.hasOwn(RULES, payload.op)) {
      throw new CircleError("op", "this kind of entry is not offered yet");
    }
    await verifyJws(jws, await this.#signingKey(entry));
    if (payload.ts < this.ts) {
      throw new CircleError("ts", "an entry is older than the one before it");
    }
    const changes = await RULES[payload.op](this, entry as never);
    const heads = [...this.heads, b64uEncode(hash)];
    const stamps = [...this.stamps, { ts: payload.ts, device: jws.kid }];
    return new Membership({ ...this, ...changes, heads, stamps });
  }

  /** Number of the last entry. */
  get seq(): number {
    return this.heads.length - 1;
  }

  /** Hash of the last entry. */
  get head(): string {
    return this.heads[this.seq] as string;
  }

  /** Time of the last entry, unix seconds. */
  get ts(): number {
    return (this.stamps[this.seq] as Stamp).ts;
  }

  /** The head as documents name it. */
  get h(): string {
    return `${this.seq}.${this.head.slice(0, 16)}`;
  }

  /** The device, if it is live. */
  live(device: string): Member | undefined {
    const member = this.devices.get(device);
    return member?.until === null ? member : undefined;
  }

  /** All live devices. */
  liveDevices(): Member[] {
    return [...this.devices.values()].filter((member) => member.until === null);
  }

  /** Invitations that can be used at `now`, unix seconds by the server's clock. */
  openInvitations(now: number): Invitation[] {
    return [...this.invitations.values()].filter((invitation) => this.#isOpen(invitation, now));
  }

  /**
   * The invitation that can be used at `now`.
   *
   * @throws CircleError `invite`: there is none, or no longer.
   */
  openInvitation(iid: string, now: number): Invitation {
    const invitation = this.invitations.get(iid);
    if (invitation === undefined || !this.#isOpen(invitation, now)) {
      throw new CircleError("invite", "the invitation is used, withdrawn, expired or unknown");
    }
    return invitation;
  }

  /** The epoch of a stream that held when the log ended at `seq`. */
  epochAt(stream: Stream, seq: number): Epoch | undefined {
    return this.epochs[stream].filter((epoch) => epoch.at <= seq).pop();
  }

  /** Whoever learned a later epoch's secret did not come by an earlier invitation. */
  #isOpen(invitation: Invitation, now: number): boolean {
    const isRekeyed = [...this.epochs.c, ...this.epochs.k].some(({ at }) => at > invitation.seq);
    const moment = Math.max(now, this.ts);
    return invitation.state === "open" && !isRekeyed && moment <= invitation.exp;
  }

  /** Who must have signed: a live device, or for `join` the new one itself. */
  async #signingKey({ payload, jws }: Entry): Promise<string> {
    if (payload.op === "join") {
      await checkKid(payload.dev, jws.kid);
      return payload.dev.spk;
    }
    const author = this.live(jws.kid);
    if (author === undefined) {
      throw new CircleError("author", "an entry is signed by someone who is not in this circle");
    }
    return author.pub.spk;
  }
}

type Changes = Partial<Pick<Fields, "devices" | "invitations" | "epochs">>;
type RuleOf<P extends Payload> = (circle: Membership, entry: Entry<P>) => Promise<Changes>;

/** What each operation asks for and changes. */
const RULES: {
  readonly invite: RuleOf<Invite>;
  readonly uninvite: RuleOf<Uninvite>;
  readonly join: RuleOf<Join>;
  readonly add: RuleOf<Add>;
} = { invite, uninvite, join, add };

async function found({ payload, jws, hash }: Entry<Genesis>): Promise<Fields> {
  const { purpose, adds, clinic, role, member, dev, ts } = payload;
  await checkKid(dev, jws.kid);
  await verifyJws(jws, dev.spk);
  if ((purpose === "clinic" && clinic !== "") || (purpose !== "patient" && adds !== "members")) {
    throw new CircleError("schema", "a circle of this purpose is founded otherwise");
  }
  if (!mayFound(purpose, role)) {
    throw new CircleError("authz", `a ${role} may not found this kind of circle`);
  }
  const device = jws.kid;
  const place = { member, role, s: "c", by: device } as const;
  return {
    circle: `c${hex(hash).slice(0, 40)}`,
    purpose,
    adds,
    clinic,
    heads: [b64uEncode(hash)],
    stamps: [{ ts, device }],
    devices: new Map([[device, { device, pub: dev, ...place, since: 0, until: null }]]),
    invitations: new Map(),
    epochs: { c: [firstEpoch(payload)], k: [] },
  };
}

function firstEpoch({ ep: { c, k } }: Genesis): Epoch {
  if (c === undefined || k !== undefined || c.e !== 1 || c.back !== undefined) {
    throw new CircleError("epoch", "a circle is founded with the first epoch of stream c");
  }
  if (Object.keys(c.fence).length > 0) {
    throw new CircleError("fence", "nobody was removed yet");
  }
  return { e: 1, commit: c.commit, at: 0 };
}

async function invite(circle: Membership, { payload, jws }: Entry<Invite>): Promise<Changes> {
  const { iid, spk, role, member, s, mode, exp, ts, seq } = payload;
  if (exp < ts || exp > ts + DIRECT_SECONDS_MAX) {
    throw new CircleError("ts", "an invitation is open for an hour at most");
  }
  checkMayBringIn(circle, circle.live(jws.kid) as Member, payload, ts);
  if (circle.invitations.has(iid) || isKnownKey(circle, spk)) {
    throw new CircleError("dup", "an invitation or its key was used before");
  }
  const place = { role, member, s, by: jws.kid };
  const invitation: Invitation = { iid, spk, ...place, mode, exp, seq, state: "open" };
  return { invitations: new Map(circle.invitations).set(iid, invitation) };
}

async function uninvite(circle: Membership, { payload, jws }: Entry<Uninvite>): Promise<Changes> {
  const invitation = circle.openInvitation(payload.iid, payload.ts);
  checkMayWithdraw(circle, circle.live(jws.kid) as Member, invitation);
  return { invitations: ended(circle, invitation, "withdrawn") };
}

async function join(circle: Membership, { payload, jws }: Entry<Join>): Promise<Changes> {
  const invitation = circle.openInvitation(payload.iid, payload.ts);
  await checkProof(circle, payload, jws.kid, invitation.spk);
  const { role, member, s, by } = invitation;
  return {
    invitations: ended(circle, invitation, "used"),
    devices: broughtIn(circle, jws.kid, payload, { role, member, s, by }),
  };
}

async function add(circle: Membership, { payload, jws }: Entry<Add>): Promise<Changes> {
  const { dev, role, member, s, ts } = payload;
  if (payload.iid !== "") {
    throw new CircleError("invite", "there is no such request to approve");
  }
  checkMayBringIn(circle, circle.live(jws.kid) as Member, payload, ts);
  const place = { role, member, s, by: jws.kid };
  return { devices: broughtIn(circle, await deviceId(dev), payload, place) };
}

function broughtIn(
  circle: Membership,
  device: string,
  { dev, seq }: Join | Add,
  place: Pick<Member, "role" | "member" | "s" | "by">,
): Map<string, Member> {
  if (circle.devices.has(device) || isKnownKey(circle, dev.spk)) {
    throw new CircleError("dup", "a device or its key was in this circle before");
  }
  const member: Member = { device, pub: dev, ...place, since: seq, until: null };
  return new Map(circle.devices).set(device, member);
}

function ended(
  circle: Membership,
  invitation: Invitation,
  state: "used" | "withdrawn",
): Map<string, Invitation> {
  return new Map(circle.invitations).set(invitation.iid, { ...invitation, state });
}

async function checkProof(
  circle: Membership,
  { iid, proof }: Join,
  device: string,
  spk: string,
): Promise<void> {
  try {
    const jws = parseJws(proof, "rj1+join");
    const expected = jcs({ cir: circle.circle, dev: device });
    await verifyJws(jws, spk);
    if (jws.kid === iid && equalBytes(jcs(jws.payload), expected)) {
      return;
    }
  } catch (error) {
    if (!(error instanceof CircleError)) {
      throw error;
    }
  }
  throw new CircleError("proof", "the invitation did not admit this device");
}

function isKnownKey(circle: Membership, spk: string): boolean {
  return (
    [...circle.devices.values()].some((device) => device.pub.spk === spk) ||
    [...circle.invitations.values()].some((invitation) => invitation.spk === spk)
  );
}

async function checkKid(dev: Pub, kid: string): Promise<void> {
  if ((await deviceId(dev)) !== kid) {
    throw new CircleError("kid", "a device names itself by other keys than it has");
  }
}

async function readEntry(doc: LogDocument): Promise<Entry> {
  const { j } = doc;
  const isNamed = (id: unknown) => typeof id === "string" && /^log:[0-9]{6}$/.test(id);
  const isText = (text: unknown) => typeof text === "string";
  if (!hasExactly(doc, { _id: isNamed, j: isText }, { _rev: isText })) {
    throw new CircleError("schema", "an entry of the member list has a wrong or missing part");
  }
  if (j.length > ENTRY_BYTES_MAX) {
    throw new CircleError("limit", "an entry of the member list is too large");
  }
  const jws = parseJws(j, "rj1+log");
  const payload = asPayload(jws.payload);
  const { dev, spk } = payload as { readonly dev?: Pub; readonly spk?: string };
  const points = [dev?.spk, dev?.kpk, spk].filter((point) => point !== undefined);
  await Promise.all(points.map(checkPoint));
  return { jws, payload, hash: await sha256(jws.signingInput) };
}

function checkPlaceInLog(doc: LogDocument, { payload }: Entry, seq: number, prev: string): void {
  if (payload.seq !== seq || doc._id !== `log:${String(seq).padStart(6, "0")}`) {
    throw new CircleError("seq", `entry ${seq} of the member list was expected`);
  }
  if (payload.prev !== prev) {
    throw new CircleError("prev", "an entry does not follow the last one");
  }
}
