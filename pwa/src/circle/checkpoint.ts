/**
 * Checkpoints: each device signs how far it has seen everyone's feeds, for all others to compare.
 *
 *     {"_id":"cp:c:dS4o1wXRCCULUGX5KPcfg","_rev":"12-…","j":token}
 *
 * One document per author and stream, replaced by its author's next one. A server that withholds
 * documents from one reader must withhold the checkpoints of all others too.
 *
 * Source: docs/circle.md, "Counters and checkpoints".
 */
import { hex, jcs } from "./encoding.ts";
import { sha256 } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import type { Claim } from "./feed.ts";
import {
  hasExactly,
  isCircle,
  isDevice,
  isHash,
  isObject,
  isSeq,
  natural,
  oneOf,
  type Rule,
  type Stream,
} from "./grammar.ts";
import { compactJws, type Jws, parseJws, verifyJws } from "./jws.ts";
import type { DeviceKeys } from "./keys.ts";
import { CHECKPOINT_BYTES_MAX, CHECKPOINT_EVERY_SECONDS, COUNTER_MAX } from "./limits.ts";
import type { Membership } from "./log.ts";
import type { MarkPair } from "./schema.ts";
import { holds, type Mark, type Member, sinceIn } from "./standing.ts";

/** A checkpoint as it is stored. */
export interface CheckpointDocument {
  readonly _id: string;
  readonly _rev?: string;
  /** Compact JWS of type `rj1+cp`. */
  readonly j: string;
}

/** What one device had seen at one moment. */
export interface Checkpoint {
  readonly device: string;
  readonly stream: Stream;
  /** Its number: 1, 2, … for each author and stream. */
  readonly i: number;
  /** Number and hash of the last log entry that the author had. */
  readonly head: readonly [number, string];
  /** How far each feed went: by device. */
  readonly vec: ReadonlyMap<string, Mark>;
  /** Its revision, generation `i`. */
  readonly rev: string;
}

interface Payload {
  readonly cir: string;
  readonly x: Stream;
  readonly i: number;
  readonly head: readonly [number, string];
  readonly vec: Readonly<Record<string, MarkPair>>;
}

const isCount: Rule = (value) => value !== 0 && natural(COUNTER_MAX)(value);
const isPair =
  (first: Rule): Rule =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && isHash(value[1]);
const isVec: Rule = (value) =>
  isObject(value) &&
  Object.entries(value).every(([device, mark]) => isDevice(device) && isPair(isCount)(mark));
const PAYLOAD = { cir: isCircle, x: oneOf("c", "k"), i: isCount, head: isPair(isSeq), vec: isVec };

/**
 * Read a checkpoint and check it against the log.
 *
 * @throws CircleError In this order: shape (`schema`, `limit`, `b64`, `canon`, `header`); `kid`
 *   (signed by another than its name says); `circle`; `author` (its author or one that it names
 *   never was in the log); `sig`; `newer-log`, `fork` (its head); `authz` (before its author came or
 *   was given the stream, a role that only reads, or a stream that is not its own); `removed` (its
 *   author was gone).
 */
export async function readCheckpoint(
  membership: Membership,
  doc: CheckpointDocument,
): Promise<Checkpoint> {
  const { payload, jws, rev } = await parseCheckpoint(doc);
  const { cir, x: stream, i, head, vec } = payload;
  if (cir !== membership.circle) {
    throw new CircleError("circle", "a checkpoint belongs to another circle");
  }
  const device = jws.kid;
  const author = membership.devices.get(device);
  const isKnown = Object.keys(vec).every((name) => membership.devices.has(name));
  if (author === undefined || !isKnown) {
    throw new CircleError("author", "a checkpoint names someone who never was in this circle");
  }
  await verifyJws(jws, author.pub.spk);
  checkAuthority(membership, author, stream, head);
  const marks = Object.entries(vec).map(([name, [n, d]]): [string, Mark] => [name, { n, d }]);
  return { device, stream, i, head, vec: new Map(marks), rev };
}

function checkAuthority(
  membership: Membership,
  author: Member,
  stream: Stream,
  [seq, hash]: readonly [number, string],
): void {
  if (seq > membership.seq) {
    throw new CircleError("newer-log", "a checkpoint was made under a longer member list");
  }
  if (membership.heads[seq] !== hash) {
    throw new CircleError("fork", "a checkpoint was made under another member list");
  }
  const isEarly = !holds(author, stream) || seq < sinceIn(author, stream);
  if (isEarly || author.role === "recovery") {
    throw new CircleError("authz", `a ${author.role} may not vouch for these records`);
  }
  if (author.until !== null && seq >= author.until) {
    throw new CircleError("removed", "a checkpoint was made after its author had left");
  }
}

/**
 * Promise that a checkpoint may take the place of the one that is held.
 *
 * @throws CircleError `stale`: an older one; `replaced`: another one of the same number.
 */
export function checkAfter(next: Checkpoint, pinned: Checkpoint | undefined): void {
  if (pinned === undefined || next.i > pinned.i) {
    return;
  }
  if (next.i < pinned.i) {
    throw new CircleError("stale", "an older checkpoint than the one that was seen");
  }
  if (next.rev !== pinned.rev) {
    throw new CircleError("replaced", "another checkpoint of the same number");
  }
}

/** What a checkpoint says of each feed. */
export function claimsOf({ vec, stream, device: by }: Checkpoint): Claim[] {
  return [...vec].map(([device, mark]) => ({ device, stream, mark, by }));
}

/**
 * Sign a checkpoint as this device, under the log as it is known now.
 *
 * @param at `i` is one more than its last one; `vec` the ends of all feeds that it holds without a
 *   gap, with their chains.
 */
export async function writeCheckpoint(
  membership: Membership,
  keys: DeviceKeys,
  at: {
    readonly stream: Stream;
    readonly i: number;
    readonly vec: ReadonlyMap<string, Mark>;
  },
): Promise<Required<CheckpointDocument>> {
  const { stream, i } = at;
  const vec = Object.fromEntries([...at.vec].map(([device, { n, d }]) => [device, [n, d]]));
  const head = [membership.seq, membership.head];
  const payload = { cir: membership.circle, x: stream, i, head, vec };
  const j = await compactJws(keys, { kid: keys.id, typ: "rj1+cp" }, payload);
  const doc = { _id: `cp:${stream}:${keys.id}`, j };
  return { _rev: await checkpointRev(doc, i), ...doc };
}

/**
 * Whether a device should write its next checkpoint: feeds moved and the last is a day old.
 *
 * @param last `vec` of its last one, empty before the first.
 * @param age Seconds since its last one.
 */
export function isCheckpointDue(
  last: ReadonlyMap<string, Mark>,
  now: ReadonlyMap<string, Mark>,
  age: number,
): boolean {
  const isSame =
    last.size === now.size &&
    [...now].every(([device, { n, d }]) => last.get(device)?.n === n && last.get(device)?.d === d);
  return !isSame && (last.size === 0 || age >= CHECKPOINT_EVERY_SECONDS);
}

/**
 * The revision of a checkpoint: its number, and a hash of what it says.
 *
 * The signature is not in it, as everywhere: nothing is named by its signature.
 */
export async function checkpointRev(doc: CheckpointDocument, i: number): Promise<string> {
  const signed = doc.j.slice(0, Math.max(doc.j.lastIndexOf("."), 0));
  return `${i}-${hex(await sha256(jcs([doc._id, signed]))).slice(0, 32)}`;
}

async function parseCheckpoint(
  doc: CheckpointDocument,
): Promise<{ payload: Payload; jws: Jws; rev: string }> {
  const isNamed = (id: unknown) => typeof id === "string" && /^cp:[ck]:d[\w-]{20}$/.test(id);
  const isText = (text: unknown) => typeof text === "string";
  if (!hasExactly(doc, { _id: isNamed, j: isText }, { _rev: isText })) {
    throw new CircleError("schema", "a checkpoint has a wrong or missing part");
  }
  if (doc.j.length > CHECKPOINT_BYTES_MAX) {
    throw new CircleError("limit", "a checkpoint is too large");
  }
  const jws = parseJws(doc.j, "rj1+cp");
  const payload = jws.payload as unknown as Payload;
  const isWhole = hasExactly(payload, PAYLOAD) && payload.x === doc._id.charAt(3);
  const rev = isWhole ? await checkpointRev(doc, payload.i) : "";
  if (!isWhole || (doc._rev ?? rev) !== rev) {
    throw new CircleError("schema", "a checkpoint has a wrong or missing part");
  }
  if (jws.kid !== doc._id.slice(5)) {
    throw new CircleError("kid", "a checkpoint is signed by another device than it names");
  }
  return { payload, jws, rev };
}
