/**
 * How each signed value is spelled, and which members each entry of the log has.
 *
 * Source: docs/circle.md, "Objects and grammar" and "Payloads".
 */
import { b64uDecode, hex } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import type { Pub } from "./keys.ts";
import { COUNTER_MAX, SEQ_MAX } from "./limits.ts";

export type Purpose = "patient" | "clinic" | "cohort";
export type Role = "patient" | "caregiver" | "therapist" | "admin" | "participant" | "recovery";
/** What a device reads: the whole circle's stream, or the clinicians' as well. */
export type Reach = "c" | "ck";
export type Stream = "c" | "k";
export type Mode = "direct" | "approve";

const ROLES = ["patient", "caregiver", "therapist", "admin", "participant", "recovery"] as const;

/** Private keys of P-256 lie below. Source: FIPS 186-5, SP 800-186 section 3.2.1.3. */
const CURVE_ORDER = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/** Whether a value is spelled as it must be. Throws `b64` where only the spelling is wrong. */
export type Rule = (value: unknown) => boolean;

const matches =
  (pattern: RegExp): Rule =>
  (value) =>
    typeof value === "string" && pattern.test(value);
const oneOf =
  (...texts: readonly string[]): Rule =>
  (value) =>
    texts.includes(value as string);
const either =
  (...rules: readonly Rule[]): Rule =>
  (value) =>
    rules.some((rule) => rule(value));
const bytes =
  (count: number): Rule =>
  (value) =>
    typeof value === "string" && b64uDecode(value).length === count;
const natural =
  (max: number): Rule =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;

const isCircle = matches(/^c[0-9a-f]{40}$/);
const isDevice = matches(/^d[\w-]{20}$/);
const isMember = matches(/^m[\w-]{22}$/);
export const isIid = matches(/^i[\w-]{22}$/);
export const isHash = bytes(32);
const isEmpty = oneOf("");
const isReach = oneOf("c", "ck");
const isRole = oneOf(...ROLES);
const isTime = natural(Number.MAX_SAFE_INTEGER);
export const isSeq = natural(SEQ_MAX);
const isEpochNumber: Rule = (value) => value !== 0 && natural(SEQ_MAX + 1)(value);
const isPub: Rule = (value) =>
  hasExactly(value, { kem: oneOf("P256"), kpk: bytes(65), spk: bytes(65) });
const isMark: Rule = (value) =>
  Array.isArray(value) &&
  value.length === 2 &&
  natural(COUNTER_MAX)(value[0]) &&
  either(isEmpty, isHash)(value[1]);
const isFence: Rule = (value) =>
  isObject(value) &&
  Object.entries(value).every(([device, mark]) => isDevice(device) && isMark(mark));
const isEpoch: Rule = (value) =>
  hasExactly(value, { e: isEpochNumber, commit: isHash, fence: isFence }, { back: bytes(60) });

/** Whether it is base64url of a private key of P-256. */
export const isScalar: Rule = (value) => {
  if (!bytes(32)(value)) {
    return false;
  }
  const digits = hex(b64uDecode(value as string));
  return digits > "0".repeat(64) && digits < CURVE_ORDER;
};

/** Whether `value` is an object and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether `value` is an object of exactly `rules`, and maybe `extra`, each as its rule says. */
export function hasExactly(
  value: unknown,
  rules: Readonly<Record<string, Rule>>,
  extra: Readonly<Record<string, Rule>> = {},
): boolean {
  if (!isObject(value)) {
    return false;
  }
  const known: Readonly<Record<string, Rule>> = { ...extra, ...rules };
  return (
    Object.keys(rules).every((name) => Object.hasOwn(value, name)) &&
    Object.keys(value).every((name) => Object.hasOwn(known, name) && known[name]?.(value[name]))
  );
}

/** Members of every entry; the first has no `cir`. */
const FIRST = {
  v: (value: unknown) => value === 1,
  seq: isSeq,
  op: (value: unknown) => typeof value === "string",
  prev: either(isEmpty, isHash),
  ts: isTime,
};
const LATER = { ...FIRST, cir: isCircle };

const STREAMS = { c: isEpoch, k: isEpoch };

/** What a device or an invitation is given: a member of a role with a reach. */
const PLACE = { role: isRole, member: isMember, s: isReach };

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
    ep: (value) =>
      isObject(value) && Object.keys(value).length > 0 && hasExactly(value, {}, STREAMS),
  },
  invite: { ...PLACE, iid: isIid, spk: bytes(65), mode: oneOf("direct"), exp: isTime },
  uninvite: { iid: isIid },
  join: { iid: isIid, dev: isPub, proof: (value) => typeof value === "string" },
  add: { ...PLACE, dev: isPub, iid: either(isEmpty, isIid) },
};

const OPERATION_NAMES: ReadonlySet<unknown> = new Set(Object.keys(OPERATIONS));

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
export interface OpenedEpoch {
  readonly e: number;
  readonly commit: string;
  /** The secret before, sealed; absent where history begins. */
  readonly back?: string;
  readonly fence: Readonly<Record<string, readonly [number, string]>>;
}
export interface Genesis extends Common {
  readonly op: "genesis";
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly member: string;
  readonly role: Role;
  readonly dev: Pub;
  readonly rnd: string;
  readonly ep: Readonly<Partial<Record<Stream, OpenedEpoch>>>;
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
/** The payload of one entry of the log. */
export type Payload = Genesis | Invite | Uninvite | Join | Add;

/**
 * The payload of a log entry.
 *
 * An operation that this version does not know passes with its common members only: whether it
 * stands in the right place is said before that it is unknown.
 *
 * @throws CircleError `schema`, `b64`: a member is missing, superfluous or wrong.
 */
export function asPayload(value: unknown): Payload {
  const { op, seq } = Object(value) as { readonly op?: unknown; readonly seq?: unknown };
  const common = seq === 0 ? FIRST : LATER;
  const operation = OPERATION_NAMES.has(op) ? OPERATIONS[op as string] : undefined;
  const payload = operation === undefined ? pick(value, common) : value;
  if (!hasExactly(payload, { ...common, ...operation })) {
    throw new CircleError("schema", "an entry of the member list has a wrong or missing part");
  }
  return payload as Payload;
}

function pick(value: unknown, rules: Readonly<Record<string, Rule>>): unknown {
  const members = Object.entries(Object(value));
  return Object.fromEntries(members.filter(([name]) => Object.hasOwn(rules, name)));
}
