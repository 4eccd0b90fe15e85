/**
 * Who stands in a circle after an entry of its log: devices, invitations, epochs, and questions.
 *
 * Values only; `log.ts` makes them by replay. Source: docs/circle.md, "Replay".
 */
import { CircleError } from "./errors.ts";
import type { Mode, Purpose, Reach, Role, Stream } from "./grammar.ts";
import type { Pub } from "./keys.ts";
import { REKEYS, type Rules, rulesOf, SEES_K, STREAMS_OF_S } from "./roles.ts";

/** Up to where the documents of a device count. */
export interface Mark {
  /** Its counter, 0 for none. */
  readonly n: number;
  /** Hash of the feed's chain at `n`, "" when only the count is known. */
  readonly d: string;
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
  /** Seq of the entry that gave it the clinicians' stream later than `since`. */
  readonly kSince: number | null;
  /** Seq of the entry that ended it; null while it is live. */
  readonly until: number | null;
  /** Device that added or invited it; its own for the founder. */
  readonly by: string;
  /** By stream what its fence says and said, the newest last; none before its end. */
  readonly marks: Readonly<Partial<Record<Stream, readonly Mark[]>>>;
}

/** A device that has just come. */
export function newMember(
  come: Pick<Member, "device" | "pub" | "member" | "role" | "s" | "since" | "by">,
): Member {
  const { device, pub, member, role, s, since, by } = come;
  return { device, pub, member, role, s, since, by, kSince: null, until: null, marks: {} };
}

/** Whether a device may, or might, read and write a stream. */
export function holds(member: Member, stream: Stream): boolean {
  return STREAMS_OF_S[member.s].includes(stream);
}

/** Seq of the entry that gave a device one of its streams. */
export function sinceIn(member: Member, stream: Stream): number {
  return stream === "k" && member.kSince !== null ? member.kSince : member.since;
}

/** Greatest counter that counts after a device's end; undefined while not known. */
export function fenceOf(member: Member, stream: Stream): number | undefined {
  return member.marks[stream]?.at(-1)?.n;
}

/** The device with one more mark. */
export function marked(member: Member, stream: Stream, [n, d]: readonly [number, string]): Member {
  const marks = [...(member.marks[stream] ?? []), { n, d }];
  return { ...member, marks: { ...member.marks, [stream]: marks } };
}

export interface Invitation {
  readonly iid: string;
  readonly spk: string;
  readonly role: Role;
  readonly member: string;
  readonly s: Reach;
  /** "direct": possession of the link is enough; "approve": it only lets one ask. */
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

/** What a log says up to one entry. */
export interface Fields {
  readonly circle: string;
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly heads: readonly string[];
  readonly stamps: readonly Stamp[];
  readonly devices: ReadonlyMap<string, Member>;
  readonly invitations: ReadonlyMap<string, Invitation>;
  readonly epochs: Readonly<Record<Stream, readonly Epoch[]>>;
  readonly closedAt: number | null;
}

/** The parts that an entry's own rule can change. */
export type Changes = Partial<Pick<Fields, "devices" | "invitations" | "epochs" | "closedAt">>;

/** A circle at one point of its log, and the questions that the rules ask of it. */
export class Standing implements Fields {
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
  /** Per stream its epochs, the first first. */
  readonly epochs: Readonly<Record<Stream, readonly Epoch[]>>;
  /** When it was closed, unix seconds; null while it is open. */
  readonly closedAt: number | null;

  constructor(fields: Fields) {
    this.circle = fields.circle;
    this.purpose = fields.purpose;
    this.adds = fields.adds;
    this.clinic = fields.clinic;
    this.heads = fields.heads;
    this.stamps = fields.stamps;
    this.devices = fields.devices;
    this.invitations = fields.invitations;
    this.epochs = fields.epochs;
    this.closedAt = fields.closedAt;
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

  /** The table of roles that governs the next entry. */
  get rules(): Rules {
    const hadPatient = [...this.devices.values()].some(({ role }) => role === "patient");
    return rulesOf(this.purpose, this.adds, hadPatient);
  }

  /** Whether a role may write documents of a kind: one table per purpose. */
  mayWrite(kind: string, role: Role): boolean {
    const { kinds } = rulesOf(this.purpose, this.adds, false);
    return Object.hasOwn(kinds, kind) && kinds[kind]?.includes(role) === true;
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

  /** The live devices that may read a stream, in the order in which they came. */
  entitled(stream: Stream): Member[] {
    return this.liveDevices().filter((member) => holds(member, stream));
  }

  /**
   * The live device of this name.
   *
   * @throws CircleError `author`: it never came or is gone.
   */
  author(device: string): Member {
    const author = this.live(device);
    if (author === undefined) {
      throw new CircleError("author", "an entry is signed by someone who is not in this circle");
    }
    return author;
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

  /** Whether a device that has the current key of a stream is gone: nobody writes then. */
  isStale(stream: Stream): boolean {
    const at = this.epochs[stream].at(-1)?.at ?? Number.POSITIVE_INFINITY;
    return [...this.devices.values()].some(
      (member) => (member.until ?? 0) > at && holds(member, stream),
    );
  }

  /** The devices that lost a stream by removal and whose fence in it nobody has said yet. */
  unfenced(stream: Stream): string[] {
    return [...this.devices.values()]
      .filter((member) => member.until !== null && holds(member, stream))
      .filter((member) => member.marks[stream] === undefined)
      .map(({ device }) => device);
  }

  /**
   * Promise that a live device may bring a device under `member` with `role` in at `ts`.
   *
   * @param approved The invitation that it comes by, "" without one: it does not count as standing.
   * @throws CircleError `authz`: it may not.
   */
  checkMayBringIn(
    signer: Member,
    { role, member, s }: Pick<Member, "role" | "member" | "s">,
    ts: number,
    approved = "",
  ): void {
    const { reach, single } = this.rules;
    const adding = reach[signer.role];
    const standing = this.#membersStanding(ts, approved);
    const before = standing.get(member);
    const isTaken = single.includes(role) && [...standing.values()].includes(role);
    const isOwn = adding?.own === true && member === signer.member;
    const isAllowed =
      before === undefined
        ? adding?.fresh.includes(role) === true && !isTaken
        : before === role && (isOwn || adding?.devices.includes(role) === true);
    if (!isAllowed || (s === "ck" && !(SEES_K.includes(role) && signer.s === "ck"))) {
      throw new CircleError("authz", `a ${signer.role} may not bring this ${role} in`);
    }
  }

  /**
   * Promise that a live device may remove, accept or take back what these are.
   *
   * @throws CircleError `authz`: it may not.
   */
  checkReach(signer: Member, others: readonly Pick<Member, "role" | "member">[]): void {
    const reach = this.rules.reach[signer.role];
    const own = others.every(
      ({ member, role }) => member === signer.member && role === signer.role,
    );
    if (!reach?.anyone && !(reach?.own && own)) {
      throw new CircleError("authz", `a ${signer.role} may only do this to its own devices`);
    }
  }

  /**
   * Promise that a live device may open an epoch of each of these streams.
   *
   * @throws CircleError `authz`: it may not.
   */
  checkMayRekey(signer: Member, streams: readonly Stream[]): void {
    const hasKeeper = this.entitled("k").some(({ role }) => role === "therapist");
    const allowed = {
      c: REKEYS.includes(signer.role) || this.isStale("c"),
      k: signer.role === "therapist" && (signer.s === "ck" || !hasKeeper),
    };
    if (!this.rules.reach[signer.role]?.own || !streams.every((stream) => allowed[stream])) {
      throw new CircleError("authz", `a ${signer.role} may not change the key here`);
    }
  }

  /**
   * Promise that a device stays that can keep the circle going.
   *
   * @throws CircleError `last`: none would.
   */
  checkRemaining(): void {
    const { remain } = this.rules;
    if (!this.liveDevices().some(({ role }) => remain.includes(role))) {
      throw new CircleError("last", "somebody who can let others in must stay");
    }
  }

  /** Whether a signing key ever stood in this log. */
  knowsKey(spk: string): boolean {
    return (
      [...this.devices.values()].some((device) => device.pub.spk === spk) ||
      [...this.invitations.values()].some((invitation) => invitation.spk === spk)
    );
  }

  /** Any later epoch closes an invitation, and its maker's end. */
  #isOpen(invitation: Invitation, now: number): boolean {
    const isRekeyed = [...this.epochs.c, ...this.epochs.k].some(({ at }) => at > invitation.seq);
    const isUsable = invitation.state === "open" && this.live(invitation.by) !== undefined;
    return isUsable && !isRekeyed && Math.max(now, this.ts) <= invitation.exp;
  }

  /** Each member with its role: who ever had a device here, and who is invited at `ts`. */
  #membersStanding(ts: number, but: string): Map<string, Role> {
    const invited = this.openInvitations(ts).filter(({ iid }) => iid !== but);
    const places = [...invited, ...this.devices.values()];
    return new Map(places.map(({ member, role }) => [member, role]));
  }
}
