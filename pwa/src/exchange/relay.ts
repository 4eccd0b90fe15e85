/**
 * A relay file: what waits on a device, carried to the server by somebody else.
 *
 *     file       head || sealed
 *     head       "RJRELAY1" || key || length u32be || check
 *     sealed     HPKE to the server's relay key, info "rj1 relay\0": enc || ciphertext || tag
 *     plaintext  length u32be || letters of the token u16be || token || body || zeros up to the bucket
 *     token      JWS rj1+relay of {"aud", "hash"} by the author's device
 *     body       a request of `POST /sync` that only brings records, each item with `again` 1
 *
 * `key` is the first 8 bytes of SHA-256 of the server's key, `check` those of SHA-256 of all else in
 * the file. Who carries it sees to which server it goes and its size bucket, and can tell whether it
 * is whole. This side makes files and carries them; opening is the server's.
 *
 * Source: docs/protocol.md, "Relay files".
 */
import {
  type Bytes,
  b64uDecode,
  b64uEncode,
  concat,
  equalBytes,
  u32be,
  utf8,
} from "../circle/encoding.ts";
import { checkPoint, hpkeSeal, POINT_BYTES, sha256 } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import { bucketBytes } from "../circle/frame.ts";
import { compactJws, type Signer } from "../circle/jws.ts";
import { write } from "./frames.ts";
import { requestItems, SENDS_ONLY } from "./messages.ts";
import type { Packed } from "./packing.ts";

export const MEDIA_TYPE = "application/octet-stream";
export const RELAY_TYP = "rj1+relay";
/** One relay file, in bytes: about 7,000 records of the smallest bucket. */
export const FILE_BYTES_MAX = 2 * 1024 * 1024;

/** Before the base64url of a file that is written as text: what phones can share. */
export const TEXT_PREFIX = "rj1-relay.";

const MAGIC = utf8("RJRELAY1");
const INFO = utf8("rj1 relay\0");
const MARK_BYTES = 8;
const TAG_BYTES = 16;
const CHECK_AT = MAGIC.length + MARK_BYTES + 4;
const HEAD_BYTES = CHECK_AT + MARK_BYTES;

/** The records of one circle that are carried, as `pack` made them. */
export interface Carried {
  readonly circle: string;
  readonly packed: readonly Packed[];
}

/** What everybody sees of a relay file that is whole. */
export interface Outside {
  /** Which key of a server it is sealed to, 8 bytes. */
  readonly key: Bytes;
  /** What only that server opens. */
  readonly sealed: Bytes;
}

/**
 * The body of a relay file.
 *
 * @throws CircleError `schema`: there is nothing to carry.
 */
export function bodyOf(records: readonly Carried[]): Bytes {
  const carried = records.filter(({ packed }) => packed.length > 0);
  if (carried.length === 0) throw new CircleError("schema", "nothing waits");
  const begin = { cursor: new Uint8Array(), budget: 0, flags: SENDS_ONLY };
  const asked = carried.map((one) => ({ is: "records", ...one, again: true }) as const);
  return write(requestItems(begin, asked));
}

/**
 * Make a relay file; differs each time.
 *
 * @param body As `bodyOf` made it.
 * @param author The device whose records these are.
 * @param audience The server's origin, as in a login token.
 * @param point The server's relay key, base64url of 65 bytes.
 * @throws CircleError `schema`, `b64`: that is no key; `limit`: the file would be longer than
 *   `FILE_BYTES_MAX`.
 */
export async function seal(
  body: Bytes,
  author: Signer & { readonly id: string },
  audience: string,
  point: string,
): Promise<Bytes> {
  await checkPoint(point);
  const payload = { aud: audience, hash: b64uEncode(await sha256(body)) };
  const token = utf8(await compactJws(author, { kid: author.id, typ: RELAY_TYP }, payload));
  const letters = u32be(token.length).subarray(2);
  const content = concat(letters, token, body);
  const plain = new Uint8Array(bucketBytes(4 + content.length));
  if (HEAD_BYTES + POINT_BYTES + plain.length + TAG_BYTES > FILE_BYTES_MAX) {
    throw new CircleError("limit", `a relay file has at most ${FILE_BYTES_MAX} bytes`);
  }
  plain.set(concat(u32be(content.length), content));
  const sealed = await hpkeSeal({ kem: "P256", kpk: point }, INFO, plain);
  return wrapped(await keyMark(point), sealed);
}

/** Put the head before what is sealed. */
export async function wrapped(key: Bytes, sealed: Bytes): Promise<Bytes> {
  const head = concat(MAGIC, key, u32be(sealed.length));
  return concat(head, await check(head, sealed), sealed);
}

/** Which key it is, in 8 bytes. */
export async function keyMark(point: string): Promise<Bytes> {
  return (await sha256(b64uDecode(point))).subarray(0, MARK_BYTES);
}

/** A relay file as text, for ways that carry nothing else. */
export function spelled(file: Bytes): string {
  return TEXT_PREFIX + b64uEncode(file);
}

/**
 * A relay file out of what was given on: as it is, or as text with blanks and line breaks.
 *
 * @throws CircleError `frame`: text that was cut or changed. Whether it is a file at all, `look`
 *   tells.
 */
export function unspelled(data: Bytes): Bytes {
  const text = new TextDecoder().decode(data).replace(/\s+/g, "");
  if (!text.startsWith(TEXT_PREFIX)) return data;
  try {
    return b64uDecode(text.slice(TEXT_PREFIX.length));
  } catch {
    throw new CircleError("frame", "the file is not whole");
  }
}

/**
 * See whether these bytes are a relay file that is whole; needs no key.
 *
 * @throws CircleError `schema`: no relay file, or one of a later version; `limit`: longer than one
 *   can be; `frame`: cut, or changed on its way: ask for it again.
 */
export async function look(file: Bytes): Promise<Outside> {
  if (!equalBytes(file.subarray(0, MAGIC.length), MAGIC)) {
    throw new CircleError("schema", "this is not a relay file");
  }
  if (file.length > FILE_BYTES_MAX) {
    throw new CircleError("limit", `a relay file has at most ${FILE_BYTES_MAX} bytes`);
  }
  const [head, sealed] = [file.slice(0, CHECK_AT), file.slice(HEAD_BYTES)];
  const isWhole =
    file.length >= HEAD_BYTES &&
    equalBytes(head.subarray(-4), u32be(sealed.length)) &&
    equalBytes(file.subarray(CHECK_AT, HEAD_BYTES), await check(head, sealed));
  if (!isWhole) throw new CircleError("frame", "the file is not whole");
  return { key: head.subarray(MAGIC.length, MAGIC.length + MARK_BYTES), sealed };
}

/**
 * Promise that a file goes to the server with this key.
 *
 * @throws CircleError `target`: it goes to another one, or was made before this one began anew.
 */
export async function requireFor(outside: Outside, point: string): Promise<void> {
  if (!equalBytes(outside.key, await keyMark(point))) {
    throw new CircleError("target", "the file is for another server");
  }
}

async function check(head: Bytes, sealed: Bytes): Promise<Bytes> {
  return (await sha256(concat(head, sealed))).subarray(0, MARK_BYTES);
}
