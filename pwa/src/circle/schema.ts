/**
 * What an entry of the membership log looks like: the document, its JWS, its payload.
 *
 * A payload has exactly the common members and those of its operation. An operation that this
 * version does not know passes with only the common members checked: the replay refuses it with
 * `op`, after the questions that do not depend on it.
 *
 * Source: docs/circle.md, "Payloads".
 */
import type { Bytes } from "./encoding.ts";
import { checkPoint, sha256 } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import {
  bytes,
  either,
  hasExactly,
  isCircle,
  isDevice,
  isEmpty,
  isHash,
  isIid,
  isMember,
  isObject,
  isPub,
  isRole,
  isSeq,
  isTime,
  type Mode,
  natural,
  oneOf,
  type Purpose,
  type Reach,
  type Role,
  type Rule,
  type Stream,
} from "./grammar.ts";
import { type Jws, parseJws } from "./jws.ts";
import { checkPub, type Pub } from "./keys.ts";
import { COUNTER_MAX, ENTRY_BYTES_MAX, SEQ_MAX } from "./limits.ts";

/** A document of the log as it is stored. */
export interface LogDocument {
  readonly _id: string;
  readonly _rev?: string;
  /** Compact JWS of type `rj1+log`. */
  readonly j: string;
}

/** One entry whose shape is right; nothing else is checked yet. */
export interface Entry<P extends Payload = Payload> {
  /** From the document's name. */
  readonly number: number;
  readonly jws: Jws;
  readonly payload: P;
  /** By which the next entry names this one; the signature is not in it. */
  readonly hash: Bytes;
}

const isCount = natural(COUNTER_MAX);
const isChain = either(isEmpty, isHash);
const isMark: Rule = (value) =>
  Array.isArray(value) && value.length === 2 && isCount(value[0]) && isChain(value[1]);
const isFence: Rule = (value) =>
  isObject(value) &&
  Object.entries(value).every(([device, mark]) => isDevice(device) && isMark(mark));
const isEpochNumber: Rule = (value) => value !== 0 && natural(SEQ_MAX + 1)(value);
const isEpoch: Rule = (value) =>
  hasExactly(value, { e: isEpochNumber, commit: isHash, fence: isFence }, { back: bytes(60) });
const isEpochs: Rule = (value) =>
  hasExactly(value, {}, { c: isEpoch, k: isEpoch }) && Object.keys(value as object).length > 0;
const isMarks: Rule = (value) => hasExactly(value, {}, { c: isMark, k: isMark });
const isDevices: Rule = (value) => Array.isArray(value) && value.every(isDevice);
const isText: Rule = (value) => typeof value === "string";

/** Members of every entry; the first has no `cir`. */
const FIRST = {
  v: (value: unknown) => value === 1,
  seq: isSeq,
  op: isText,
  prev: either(isEmpty, isHash),
  ts: isTime,
};
const LATER = { ...FIRST, cir: isCircle };

/** What a device or an invitation is given: a member of a role with a reach. */
const PLACE = { role: isRole, member: isMember, s: oneOf("c", "ck") };

/** Members of each operation beyond those of every entry. */
const OPERATIONS: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  genesis: {
    purpose: oneOf("patient", "clinic", "cohort"),
    adds: oneOf("members", "patient"),
    clinic: either(isEmpty, isCircle),
    member: isMember,
    role: isRole,
    dev: isPub,
    rnd: bytes(16),
    ep: isEpochs,
  },
  invite: { ...PLACE, iid: isIid, spk: bytes(65), mode: oneOf("direct", "approve"), exp: isTime },
  uninvite: { iid: isIid },
  join: { iid: isIid, dev: isPub, proof: isText },
  add: { ...PLACE, dev: isPub, iid: either(isEmpty, isIid) },
  grant: { target: isDevice },
  remove: { target: isDevices, ep: isEpochs },
  leave: { mark: isMarks },
  rekey: { ep: isEpochs },
  accept: { target: isDevice, x: oneOf("c", "k"), n: isCount, d: isChain },
  close: {},
  reopen: {},
};

interface Common {
  readonly v: 1;
  readonly seq: number;
  readonly prev: string;
  readonly ts: number;
}
interface Place {
  readonly role: Role;
  readonly member: string;
  readonly s: Reach;
}
/** A counter and the chain of the feed up to it, "" when it is not known. */
export type MarkPair = readonly [n: number, d: string];
export interface OpenedEpoch {
  readonly e: number;
  readonly commit: string;
  /** The secret before, sealed; absent where history begins. */
  readonly back?: string;
  readonly fence: Readonly<Record<string, MarkPair>>;
}
export type OpenedEpochs = Readonly<Partial<Record<Stream, OpenedEpoch>>>;
export interface Genesis extends Common {
  readonly op: "genesis";
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly member: string;
  readonly role: Role;
  readonly dev: Pub;
  readonly rnd: string;
  readonly ep: OpenedEpochs;
}
export interface Later extends Common {
  readonly cir: string;
}
export interface Invite extends Later, Place {
  readonly op: "invite";
  readonly iid: string;
  readonly spk: string;
  readonly mode: Mode;
  readonly exp: number;
}
export interface Uninvite extends Later {
  readonly op: "uninvite";
  readonly iid: string;
}
export interface Join extends Later {
  readonly op: "join";
  readonly iid: string;
  readonly dev: Pub;
  readonly proof: string;
}
export interface Add extends Later, Place {
  readonly op: "add";
  readonly iid: string;
  readonly dev: Pub;
}
export interface Grant extends Later {
  readonly op: "grant";
  readonly target: string;
}
export interface Remove extends Later {
  readonly op: "remove";
  readonly target: readonly string[];
  readonly ep: OpenedEpochs;
}
export interface Leave extends Later {
  readonly op: "leave";
  readonly mark: Readonly<Partial<Record<Stream, MarkPair>>>;
}
export interface Rekey extends Later {
  readonly op: "rekey";
  readonly ep: OpenedEpochs;
}
export interface Accept extends Later {
  readonly op: "accept";
  readonly target: string;
  readonly x: Stream;
  readonly n: number;
  readonly d: string;
}
export interface Close extends Later {
  readonly op: "close" | "reopen";
}
/** The payload of one entry of the log. */
export type Payload =
  | Genesis
  | Invite
  | Uninvite
  | Join
  | Add
  | Grant
  | Remove
  | Leave
  | Rekey
  | Accept
  | Close;

/**
 * Read one document of the log.
 *
 * @throws CircleError `schema`, `limit`, `b64`, `canon`, `header`, as in docs/circle.md, in the
 *   order document, size, encoding, canonical form, header, members.
 */
export async function parseEntry(doc: LogDocument): Promise<Entry> {
  const isNamed = (id: unknown) => typeof id === "string" && /^log:[0-9]{6}$/.test(id);
  if (!hasExactly(doc, { _id: isNamed, j: isText }, { _rev: isText })) {
    throw new CircleError("schema", "an entry of the member list has a wrong or missing part");
  }
  const { _id, j } = doc;
  if (j.length > ENTRY_BYTES_MAX) {
    throw new CircleError("limit", "an entry of the member list is too large");
  }
  const jws = parseJws(j, "rj1+log");
  const payload = asPayload(jws.payload);
  await checkPoints(payload);
  return { number: Number(_id.slice(4)), jws, payload, hash: await sha256(jws.signingInput) };
}

/**
 * The payload of a log entry.
 *
 * @throws CircleError `schema`, `b64`: a member is missing, superfluous or wrong.
 */
function asPayload(value: unknown): Payload {
  const { op, seq } = Object(value) as { readonly op?: string; readonly seq?: unknown };
  const common = seq === 0 ? FIRST : LATER;
  const operation = Object.hasOwn(OPERATIONS, op ?? "") ? OPERATIONS[op as string] : undefined;
  const payload = operation === undefined ? pick(value, common) : value;
  if (!hasExactly(payload, { ...common, ...operation })) {
    throw new CircleError("schema", "an entry of the member list has a wrong or missing part");
  }
  return payload as Payload;
}

/** Promise that all keys of an entry are keys. */
async function checkPoints(payload: Payload): Promise<void> {
  const { dev, spk } = payload as { readonly dev?: Pub; readonly spk?: string };
  await Promise.all([dev && checkPub(dev), spk && checkPoint(spk)]);
}

function pick(value: unknown, rules: Readonly<Record<string, Rule>>): unknown {
  const members = Object.entries(Object(value));
  return Object.fromEntries(members.filter(([name]) => Object.hasOwn(rules, name)));
}
