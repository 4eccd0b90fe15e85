/**
 * The two square codes by which phones side by side need no network: the new one shows its public
 * keys, the other one answers with where it belongs, and what its log must hold.
 *
 *     rj1-pub.<base64url of the canonical JSON of the keys>
 *     rj1-pin.<base64url of the canonical JSON of {cir, head, member, purpose, role}>
 *
 * Source: docs/circle.md, "Without an invitation".
 */
import { b64uDecode, b64uEncode, jcs, parseJcs } from "../circle/encoding.ts";
import { CircleError } from "../circle/errors.ts";
import {
  hasExactly,
  isCircle,
  isHash,
  isMember,
  isPub,
  natural,
  oneOf,
  type Rule,
} from "../circle/grammar.ts";
import type { Pub } from "../circle/keys.ts";
import { SEQ_MAX } from "../circle/limits.ts";
import type { Role } from "../client.ts";

const CODE = /^rj1-pub\.([\w-]+)$/;

/** What the code says. */
export function writePub({ kem, kpk, spk }: Pub): string {
  return `rj1-pub.${b64uEncode(jcs({ kem, kpk, spk }))}`;
}

/**
 * The keys that a code says.
 *
 * @throws CircleError `schema`, `b64`, `canon`: it is another code, or cut.
 */
export function readPub(code: string): Pub {
  const [, body] = CODE.exec(code.trim()) ?? [];
  const pub: unknown = body === undefined ? undefined : parseJcs(b64uDecode(body));
  if (!isPub(pub)) {
    throw new CircleError("schema", "this is not the code of a new phone");
  }
  return pub as Pub;
}

/** Where a phone beside this one belongs, and what the log there must hold. */
export interface Pin {
  readonly cir: string;
  /** Number and hash of the newest entry that the other phone has. */
  readonly head: readonly [seq: number, hash: string];
  readonly member: string;
  readonly purpose: "patient" | "clinic";
  readonly role: Role;
}

const PIN = /^rj1-pin\.([\w-]+)$/;
const isHead: Rule = (value) =>
  Array.isArray(value) && value.length === 2 && natural(SEQ_MAX)(value[0]) && isHash(value[1]);
const MEMBERS: Readonly<Record<string, Rule>> = {
  cir: isCircle,
  head: isHead,
  member: isMember,
  purpose: oneOf("patient", "clinic"),
  role: oneOf("patient", "caregiver", "therapist", "admin"),
};

/** What the other phone's code says. */
export function writePin({ cir, head, member, purpose, role }: Pin): string {
  return `rj1-pin.${b64uEncode(jcs({ cir, head: [...head], member, purpose, role }))}`;
}

/**
 * What a code says of where this phone belongs.
 *
 * @throws CircleError `schema`, `b64`, `canon`: it is another code, or cut.
 */
export function readPin(code: string): Pin {
  const [, body] = PIN.exec(code.trim()) ?? [];
  const pin: unknown = body === undefined ? undefined : parseJcs(b64uDecode(body));
  if (!hasExactly(pin, MEMBERS)) {
    throw new CircleError("schema", "this is not the answer of a phone beside this one");
  }
  return pin as unknown as Pin;
}
