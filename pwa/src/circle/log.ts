/**
 * The membership log: who belongs to a circle, since when, with which keys.
 *
 * The log alone decides, the same way on every phone and on the server. A `Membership` is a value:
 * `append` gives a new one, and an entry that is refused leaves nothing behind.
 *
 * Source: docs/circle.md, "Membership log".
 */
import { b64uEncode, equalBytes, hex, jcs } from "./encoding.ts";
import { checkPoint, sha256 } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import {
  type Add,
  asPayload,
  type Genesis,
  type Invite,
  type Join,
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
import {
  DEVICES_EVER_MAX,
  DEVICES_LIVE_MAX,
  DIRECT_SECONDS_MAX,
  ENTRY_BYTES_MAX,
  INVITATIONS_OPEN_MAX,
  SEQ_ORDINARY_MAX,
} from "./limits.ts";
import { checkMayAdd, checkMayRemove, mayFound } from "./roles.ts";

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
  /** When it came, unix seconds by the server's clock. */
  readonly ts: number;
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
  /** Seq of the entry that opened it. */
  readonly at: number;
}

interface Entry<P extends Payload = Payload> {
  readonly jws: Jws;
  readonly payload: P;
  /** Entry hash, raw and as the next entry names it. */
  readonly hash: Awaited<ReturnType<typeof sha256>>;
}

interface Fields {
  readonly circle: string;
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly heads: readonly string[];
  readonly ts: number;
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
  /** Time of the last entry, unix seconds. */
  readonly ts: number;
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
    this.ts = fields.ts;
    this.devices = fields.devices;
    this.invitations = fields.invitations;
    this.epochs = fields.epochs;
  }

  /** The circle that a first entry founds. */
  static async founded(doc: LogDocument): Promise<Membership> {
    const entry = await readEntry(doc);
    checkPlaceInLog(doc, entry, 0, "");
    if (entry.payload.op !== "genesis") {
      throw new CircleError("op", "a circle begins with its founding");
    }
    return new Membership(await found(entry as Entry<Genesis>));
  }

  /** The circle after all of `docs`, which are in the order of their ids. */
  static async replay(docs: readonly LogDocument[]): Promise<Membership> {
    const [first, ...rest] = docs;
    if (first === undefined) {
      throw new CircleError("seq", "a circle has at least its founding entry");
    }
    let membership = await Membership.founded(first);
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
    if (payload.op !== "genesis" && payload.cir !== this.circle) {
      throw new CircleError("circle", "an entry belongs to another circle");
    }
    if (payload.op === "genesis" || !Object.hasOwn(RULES, payload.op)) {
      throw new CircleError("op", "this kind of entry is not offered yet");
    }
    await verifyJws(jws, await this.#signingKey(entry));
    if (payload.seq > SEQ_ORDINARY_MAX && payload.op !== "uninvite") {
      throw new CircleError("limit", "the member list is full");
    }
    const changes = await RULES[payload.op](this, entry as never);
    if (payload.ts < this.ts) {
      throw new CircleError("ts", "an entry is older than the one before it");
    }
    const heads = [...this.heads, b64uEncode(hash)];
    return new Membership({ ...this, ...changes, heads, ts: payload.ts });
  }

  /** Number of the last entry. */
  get seq(): number {
    return this.heads.length - 1;
  }

  /** Hash of the last entry. */
  get head(): string {
    return this.heads[this.seq] as string;
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

  /** Invitations that can be used at `now`, unix seconds. */
  openInvitations(now: number): Invitation[] {
    return [...this.invitations.values()].filter((invitation) => isOpen(invitation, now));
  }

  /** The role that a member has for ever; undefined for a new one. */
  roleOf(member: string): Role | undefined {
    return [...this.devices.values()].find((device) => device.member === member)?.role;
  }

  /** Whether any device ever had this role. */
  hasRole(role: Role): boolean {
    return [...this.devices.values()].some((device) => device.role === role);
  }

  /** The epoch of a stream that held when the log ended at `seq`. */
  epochAt(stream: Stream, seq: number): Epoch | undefined {
    return this.epochs[stream].filter((epoch) => epoch.at <= seq).pop();
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
  const { purpose, adds, role, member, dev, ts, ep } = payload;
  await checkKid(dev, jws.kid);
  await verifyJws(jws, dev.spk);
  if (!mayFound(purpose, adds, role)) {
    throw new CircleError("authz", `a ${role} may not found this kind of circle`);
  }
  if ((payload.clinic !== "" && purpose === "clinic") || ep.c.e !== 1) {
    throw new CircleError(ep.c.e === 1 ? "authz" : "epoch", "a circle is founded with epoch 1");
  }
  const device = jws.kid;
  const founder: Member = {
    device,
    pub: dev,
    member,
    role,
    s: "c",
    since: 0,
    until: null,
    by: device,
    ts,
  };
  return {
    circle: `c${hex(hash).slice(0, 40)}`,
    purpose,
    adds,
    clinic: payload.clinic,
    heads: [b64uEncode(hash)],
    ts,
    devices: new Map([[device, founder]]),
    invitations: new Map(),
    epochs: { c: [{ e: 1, commit: ep.c.commit, at: 0 }], k: [] },
  };
}

async function invite(circle: Membership, { payload, jws }: Entry<Invite>): Promise<Changes> {
  const { iid, spk, role, member, s, mode, exp, ts, seq } = payload;
  if (mode !== "direct") {
    throw new CircleError("op", "invitations by message are not offered yet");
  }
  const signer = circle.live(jws.kid) as Member;
  checkMayAdd(circle, signer, role, member);
  checkReach(signer, role, s);
  if (circle.invitations.has(iid) || isKnownKey(circle, spk)) {
    throw new CircleError("dup", "an invitation or its key was used before");
  }
  if (exp < ts || exp - ts > DIRECT_SECONDS_MAX) {
    throw new CircleError("invite", "an invitation is open for an hour at most");
  }
  if (circle.openInvitations(ts).length >= INVITATIONS_OPEN_MAX) {
    throw new CircleError("limit", "too many invitations are open");
  }
  const invitation: Invitation = {
    iid,
    spk,
    role,
    member,
    s,
    mode,
    exp,
    by: jws.kid,
    seq,
    state: "open",
  };
  return { invitations: new Map(circle.invitations).set(iid, invitation) };
}

async function uninvite(circle: Membership, { payload, jws }: Entry<Uninvite>): Promise<Changes> {
  const invitation = circle.invitations.get(payload.iid);
  if (invitation !== undefined) {
    const signer = circle.live(jws.kid) as Member;
    checkMayRemove(circle, signer, invitation.role, invitation.member);
  }
  return { invitations: withdrawn(circle, invitation, payload.ts, "withdrawn") };
}

async function join(circle: Membership, { payload, jws }: Entry<Join>): Promise<Changes> {
  checkNewDevice(circle, jws.kid, payload.dev);
  const invitation = circle.invitations.get(payload.iid);
  const invitations = withdrawn(circle, invitation, payload.ts, "used");
  const { role, member, s, by, spk } = invitation as Invitation;
  await checkProof(circle, payload, jws.kid, spk);
  // Others may have come since: the invitation gives no more than its maker could give today.
  checkMayAdd(circle, circle.devices.get(by) as Member, role, member);
  return { invitations, devices: joined(circle, payload, { role, member, s, by }, jws.kid) };
}

async function add(circle: Membership, { payload, jws }: Entry<Add>): Promise<Changes> {
  const { dev, role, member, s } = payload;
  const signer = circle.live(jws.kid) as Member;
  checkMayAdd(circle, signer, role, member);
  checkReach(signer, role, s);
  const device = await deviceId(dev);
  checkNewDevice(circle, device, dev);
  if (payload.iid !== "") {
    throw new CircleError("invite", "there is no such request to approve");
  }
  return { devices: joined(circle, payload, { role, member, s, by: jws.kid }, device) };
}

function joined(
  circle: Membership,
  { dev, seq, ts }: Join | Add,
  place: Pick<Member, "role" | "member" | "s" | "by">,
  device: string,
): Map<string, Member> {
  if (circle.liveDevices().length >= DEVICES_LIVE_MAX || circle.devices.size >= DEVICES_EVER_MAX) {
    throw new CircleError("limit", "too many devices are in this circle");
  }
  const member: Member = { device, pub: dev, ...place, since: seq, until: null, ts };
  return new Map(circle.devices).set(device, member);
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

/** The invitations with this one, which must be open at `ts`, ended. */
function withdrawn(
  circle: Membership,
  invitation: Invitation | undefined,
  ts: number,
  state: "used" | "withdrawn",
): Map<string, Invitation> {
  if (invitation === undefined || !isOpen(invitation, ts)) {
    throw new CircleError("invite", "the invitation is used, withdrawn, expired or unknown");
  }
  return new Map(circle.invitations).set(invitation.iid, { ...invitation, state });
}

function isOpen(invitation: Invitation, ts: number): boolean {
  return invitation.state === "open" && ts <= invitation.exp;
}

function checkReach(signer: Member, role: Role, s: Reach): void {
  if (s === "ck" && (signer.s !== "ck" || (role !== "therapist" && role !== "recovery"))) {
    throw new CircleError("authz", "only who reads the clinicians' notes can let others read them");
  }
}

function checkNewDevice(circle: Membership, device: string, dev: Pub): void {
  if (circle.devices.has(device) || isKnownKey(circle, dev.spk)) {
    throw new CircleError("dup", "a device or its key was in this circle before");
  }
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
  const { _id, _rev, j, ...rest } = doc;
  if (typeof _id !== "string" || typeof j !== "string" || Object.keys(rest).length > 0) {
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
