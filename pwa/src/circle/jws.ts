/**
 * Compact JWS with ES256, canonical to the byte in header and payload.
 *
 * Source: docs/circle.md, "Objects and grammar" and "Membership log"; RFC 7515.
 */
import {
  type Bytes,
  b64uDecode,
  b64uEncode,
  type Canonical,
  equalBytes,
  jcs,
  parseJcs,
  utf8,
} from "./encoding.ts";
import { es256Verify } from "./envelope.ts";
import { CircleError } from "./errors.ts";

/** Who can sign: a device, or an invitation by its own key. */
export interface Signer {
  sign(message: Bytes): Promise<Bytes>;
}

/** A JWS taken apart; nothing of it is believed until `verifyJws`. */
export interface Jws {
  readonly kid: string;
  readonly payload: Canonical;
  /** Header and payload as they are signed. */
  readonly signingInput: Bytes;
  readonly signature: Bytes;
}

/** Sign `payload`. */
export async function compactJws(
  signer: Signer,
  header: { readonly kid: string; readonly typ: string },
  payload: Canonical,
): Promise<string> {
  const head = b64uEncode(jcs({ alg: "ES256", ...header }));
  const input = `${head}.${b64uEncode(jcs(payload))}`;
  return `${input}.${b64uEncode(await signer.sign(utf8(input)))}`;
}

/**
 * Take a JWS of type `typ` apart.
 *
 * @throws CircleError `schema`, `b64`, `canon`, `header`: it is not made as the format says.
 */
export function parseJws(text: string, typ: string): Jws {
  const parts = text.split(".");
  const [head = "", body = ""] = parts;
  if (parts.length !== 3) {
    throw new CircleError("schema", "a signed text has three parts");
  }
  const [headBytes, payloadBytes, signature] = parts.map(b64uDecode) as [Bytes, Bytes, Bytes];
  const header = parseJcs(headBytes) as Readonly<Record<string, Canonical>>;
  const payload = parseJcs(payloadBytes);
  const { kid } = header;
  if (typeof kid !== "string" || !equalBytes(headBytes, jcs({ alg: "ES256", kid, typ }))) {
    throw new CircleError("header", `a signed text of type ${typ} and nothing else was expected`);
  }
  return { kid, payload, signingInput: utf8(`${head}.${body}`), signature };
}

/**
 * Promise that the holder of `spk` signed it.
 *
 * @throws CircleError `sig`: another key, or a changed bit.
 */
export async function verifyJws(jws: Jws, spk: string): Promise<void> {
  if (!(await es256Verify(spk, jws.signingInput, jws.signature))) {
    throw new CircleError("sig", "the signature does not belong to this text");
  }
}
