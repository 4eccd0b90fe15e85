/**
 * How each signed value is spelled.
 *
 * Source: docs/circle.md, "Objects and grammar".
 */
import { b64uDecode, hex } from "./encoding.ts";
import { type Kem, KPK_BYTES, POINT_BYTES } from "./envelope.ts";
import { SEQ_MAX } from "./limits.ts";

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
export const oneOf =
  (...texts: readonly string[]): Rule =>
  (value) =>
    texts.includes(value as string);
export const either =
  (...rules: readonly Rule[]): Rule =>
  (value) =>
    rules.some((rule) => rule(value));
export const bytes =
  (count: number): Rule =>
  (value) =>
    typeof value === "string" && b64uDecode(value).length === count;
export const natural =
  (max: number): Rule =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;

export const isCircle = matches(/^c[0-9a-f]{40}$/);
export const isDevice = matches(/^d[\w-]{20}$/);
export const isMember = matches(/^m[\w-]{22}$/);
export const isIid = matches(/^i[\w-]{22}$/);
export const isHash = bytes(32);
export const isEmpty = oneOf("");
export const isRole = oneOf(...ROLES);
export const isTime = natural(Number.MAX_SAFE_INTEGER);
export const isSeq = natural(SEQ_MAX);
const isKem = oneOf("P256", "XWING");
/** The public half of a device; points are checked by `checkPoint`, of X-Wing only the length. */
export const isPub: Rule = (value) => {
  const { kem } = Object(value) as { readonly kem?: unknown };
  const kpk = isKem(kem) ? KPK_BYTES[kem as Kem] : 0;
  return hasExactly(value, { kem: isKem, kpk: bytes(kpk), spk: bytes(POINT_BYTES) });
};

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
