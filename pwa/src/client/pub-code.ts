/**
 * The square code by which a new phone shows its public keys to one that stands beside it.
 *
 *     rj1-pub.<base64url of the canonical JSON of the keys>
 */
import { b64uDecode, b64uEncode, jcs, parseJcs } from "../circle/encoding.ts";
import { CircleError } from "../circle/errors.ts";
import { isPub } from "../circle/grammar.ts";
import type { Pub } from "../circle/keys.ts";

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
