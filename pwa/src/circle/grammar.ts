/**
 * How each signed value is spelled, and which members each entry of the log has.
 *
 * Source: docs/circle.md, "Objects and grammar" and "Payloads".
 */
import { b64uDecode } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import type { Pub } from "./keys.ts";
import { SEQ_MAX } from "./limits.ts";

export type Purpose = "patient" | "clinic" | "cohort";
export type Role = "patient" | "caregiver" | "therapist" | "admin" | "participant" | "recovery";
/** What a device reads: the whole circle's stream, or the clinicians' as well. */
export type Reach = "c" | "ck";
export type Stream = "c" | "k";
export type Mode = "direct" | "approve";

const ROLES = ["patient", "caregiver", "therapist", "admin", "participant", "recovery"] as const;

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

export const isCircle = matches(/^c[0-9a-f]{40}$/);
export const isDevice = matches(/^d[\w-]{20}$/);
export const isMember = matches(/^m[\w-]{22}$/);
export const isIid = matches(/^i[\w-]{22}$/);
const isHash = bytes(32);
const isEmpty = oneOf("");
const isReach = oneOf("c", "ck");
const isRole = oneOf(...ROLES);
const isTime = natural(Number.MAX_SAFE_INTEGER);
const isPub: Rule = (value) =>
  hasExactly(value, { kem: oneOf("P256"), kpk: bytes(65), spk: bytes(65) });
const isEpoch: Rule = (value) =>
  hasExactly(value, { e: isTime, commit: isHash, fence: (fence) => hasExactly(fence, {}) });

/** Whether `value` is an object of exactly these members, each as its rule says. */
export function hasExactly(value: unknown, rules: Readonly<Record<string, Rule>>): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return false;
  }
  const names = Object.keys(rules);
  const members = value as Record<string, unknown>;
  return (
    Object.keys(members).length === names.length &&
    names.every((name) => Object.hasOwn(members, name) && rules[name]?.(members[name]))
  );
}

/** Members of every entry but the first, which has no `cir`. */
const COMMON = {
  v: (value: unknown) => value === 1,
  seq: natural(SEQ_MAX),
  op: matches(/^[a-z]{1,16}$/),
  prev: either(isEmpty, isHash),
  ts: isTime,
  cir: isCircle,
};
const { cir: _cir, ...FIRST } = COMMON;

/** What a device or an invitation is given: a member of a role with a reach. */
const PLACE = { role: isRole, member: isMember, s: isReach };

const ENTRIES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  genesis: {
    ...FIRST,
    purpose: oneOf("patient", "clinic", "cohort"),
    adds: oneOf("members", "patient"),
    clinic: either(isEmpty, isCircle),
    member: isMember,
    role: isRole,
    dev: isPub,
    rnd: bytes(16),
    ep: (value) => hasExactly(value, { c: isEpoch }),
  },
  invite: {
    ...COMMON,
    ...PLACE,
    iid: isIid,
    spk: bytes(65),
    mode: oneOf("direct", "approve"),
    exp: isTime,
  },
  uninvite: { ...COMMON, iid: isIid },
  join: { ...COMMON, iid: isIid, dev: isPub, proof: matches(/^[\w.-]+$/) },
  add: { ...COMMON, ...PLACE, dev: isPub, iid: either(isEmpty, isIid) },
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
export interface Genesis extends Common {
  readonly op: "genesis";
  readonly purpose: Purpose;
  readonly adds: "members" | "patient";
  readonly clinic: string;
  readonly member: string;
  readonly role: Role;
  readonly dev: Pub;
  readonly rnd: string;
  readonly ep: {
    readonly c: {
      readonly e: number;
      readonly commit: string;
      readonly fence: Readonly<Record<string, never>>;
    };
  };
}
interface Later extends Common {
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
  const op = (value as { op?: unknown } | null)?.op;
  const rules = typeof op === "string" && Object.hasOwn(ENTRIES, op) ? ENTRIES[op] : undefined;
  const payload = rules === undefined ? commonOf(value) : value;
  if (!hasExactly(payload, rules ?? COMMON)) {
    throw new CircleError("schema", "an entry of the member list has a wrong or missing part");
  }
  return payload as Payload;
}

function commonOf(value: unknown): unknown {
  const members = Object.entries(Object(value)).filter(([name]) => Object.hasOwn(COMMON, name));
  return Object.fromEntries(members);
}
