/**
 * Attachments: a picture or a paper, cut into sealed chunks that a weak link can carry.
 *
 * A document of kind `at` holds the key and the hashes of the chunks, in order. A chunk is a document
 * named by the hash of its sealed bytes, so it can be fetched from anyone and never changes:
 *
 *     {"_id":"ch:dS4o1wXRCCULUGX5KPcfg:<H of the sealed bytes>","_rev":…,"h":…,"c":…,"s":…}
 *
 * It is signed like every document, so that the server can tell whose it is, and sealed with a random
 * key of its attachment: nonce, AES-256-GCM, with circle, index and a flag for the last one as
 * associated data. The last one is padded to a bucket, as frames are.
 *
 * Source: docs/circle.md, "Attachments".
 */
import {
  checkHead,
  checkShape,
  headerOf,
  type Known,
  parseHead,
  revision,
  type SealedDocument,
} from "./document.ts";
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, utf8 } from "./encoding.ts";
import {
  aesKey,
  aesOpen,
  aesSeal,
  es256Verify,
  randomBytes,
  SEAL_BYTES,
  sha256,
} from "./envelope.ts";
import { CircleError } from "./errors.ts";
import { bucketBytes } from "./frame.ts";
import type { DeviceKeys } from "./keys.ts";
import { ATTACHMENT_BYTES_MAX, CHUNK_BYTES_MAX } from "./limits.ts";
import type { Member, Membership } from "./log.ts";

/** What an attachment's own document says of its chunks. */
export interface AttachmentIndex {
  /** Bytes of the content. */
  readonly size: number;
  /** Hash of the content, base64url. */
  readonly sha256: string;
  /** Opens the chunks: 32 random bytes, used for this attachment alone, base64url. */
  readonly key: string;
  /** Hashes of the sealed chunks, in order. */
  readonly chunks: readonly string[];
}

/** What each chunk but the last one holds. */
export const CHUNK_CONTENT_BYTES = CHUNK_BYTES_MAX - SEAL_BYTES;

const CHUNK_ID = /^ch:(d[\w-]{20}):([\w-]{43})$/;
const CHUNK_LETTERS_MAX = Math.ceil((CHUNK_BYTES_MAX * 4) / 3);
const KEY_BYTES = 32;

/**
 * Cut a content into sealed chunks.
 *
 * @param circle The circle in which they are stored; they open in no other.
 * @param how Key and nonces, drawn when absent.
 * @returns What the `at` document says, and the sealed chunks in order.
 * @throws CircleError `limit`: the content is too large.
 */
export async function cut(
  circle: string,
  content: Bytes,
  how: { readonly key?: Bytes; readonly nonces?: readonly Bytes[] } = {},
): Promise<{ readonly index: AttachmentIndex; readonly chunks: readonly Bytes[] }> {
  if (content.length > ATTACHMENT_BYTES_MAX) {
    throw new CircleError("limit", "this attachment is too large");
  }
  const raw = how.key ?? randomBytes(KEY_BYTES);
  const key = await aesKey(raw);
  const count = countOf(content.length);
  const chunks: Bytes[] = [];
  for (let place = 0; place < count; place++) {
    const part = content.slice(place * CHUNK_CONTENT_BYTES, (place + 1) * CHUNK_CONTENT_BYTES);
    const isLast = place === count - 1;
    const padded = new Uint8Array(isLast ? paddedBytes(part.length) : part.length);
    padded.set(part);
    chunks.push(await aesSeal(key, padded, aadOf(circle, place, isLast), how.nonces?.[place]));
  }
  const index = {
    size: content.length,
    sha256: await hashOf(content),
    key: b64uEncode(raw),
    chunks: await Promise.all(chunks.map(hashOf)),
  };
  return { index, chunks };
}

/**
 * Open the chunks of an attachment.
 *
 * @param index What its `at` document says, a record whose shape was checked.
 * @param chunks The sealed chunks in order.
 * @throws CircleError `b64`, `schema`: no index of such an attachment; `gap`: not as many chunks as
 *   it names; `tag`: another chunk, key, circle or place; `frame`: not the content that it names.
 */
export async function joined(
  circle: string,
  index: AttachmentIndex,
  chunks: readonly Bytes[],
): Promise<Bytes> {
  const raw = checkIndex(index);
  if (chunks.length !== index.chunks.length) {
    throw new CircleError("gap", "a part of the attachment is missing");
  }
  const key = await aesKey(raw);
  const last = chunks.length - 1;
  const parts: Bytes[] = [];
  for (const [place, chunk] of chunks.entries()) {
    if ((await hashOf(chunk)) !== index.chunks[place]) {
      throw new CircleError("tag", "another chunk than the attachment names");
    }
    parts.push(await aesOpen(key, chunk, aadOf(circle, place, place === last)));
  }
  const content = unpadded(parts, index.size);
  if ((await hashOf(content)) !== index.sha256) {
    throw new CircleError("frame", "another content than the attachment names");
  }
  return content;
}

function unpadded(parts: readonly Bytes[], size: number): Bytes {
  const full = parts.slice(0, -1);
  const tail = size - full.length * CHUNK_CONTENT_BYTES;
  const end = parts.at(-1) ?? new Uint8Array(0);
  const isPadded =
    end.length === paddedBytes(tail) && end.subarray(tail).every((byte) => byte === 0);
  if (!isPadded || full.some((part) => part.length !== CHUNK_CONTENT_BYTES)) {
    throw new CircleError("frame", "the chunks are not as full as they must be");
  }
  return concat(...full, end.slice(0, tail));
}

/** Sign a sealed chunk as this device. */
export async function chunkDocument(
  membership: Membership,
  keys: DeviceKeys,
  sealed: Bytes,
): Promise<Required<SealedDocument>> {
  const { circle, h } = membership;
  const _id = `ch:${keys.id}:${await hashOf(sealed)}`;
  const c = b64uEncode(sealed);
  const input = utf8(`${headerOf(circle, { _id, h }, keys.id)}.${c}`);
  return { _id, _rev: await revision(input), h, c, s: b64uEncode(await keys.sign(input)) };
}

/**
 * Check a chunk as server and readers do, without a key; gives its sealed bytes.
 *
 * A fence does not hold for chunks: they count only where an `at` names them.
 *
 * @throws CircleError In this order `schema`, `limit`, `b64`; `schema` (the name is not the hash of
 *   the content); `author`; `sig`; `newer-log`; `fork`; `authz`; `removed`, as for every document.
 */
export async function readChunk(membership: Membership, doc: SealedDocument): Promise<Bytes> {
  const { _id, h, c, s, _rev } = checkShape(doc);
  const [, device, hash] = CHUNK_ID.exec(_id) ?? [];
  if (device === undefined) {
    throw new CircleError("schema", "the name of a chunk is not one");
  }
  const known = parseHead(h);
  if (c.length > CHUNK_LETTERS_MAX) {
    throw new CircleError("limit", "a chunk is too large");
  }
  const [sealed, signature] = [b64uDecode(c), b64uDecode(s)];
  const input = utf8(`${headerOf(membership.circle, doc, device)}.${c}`);
  const rev = await revision(input);
  if ((await hashOf(sealed)) !== hash || (_rev ?? rev) !== rev) {
    throw new CircleError("schema", "the name or revision of a chunk does not follow from it");
  }
  const author = membership.devices.get(device);
  if (author === undefined) {
    throw new CircleError("author", "a chunk is by someone who is not in this circle");
  }
  if (!(await es256Verify(author.pub.spk, input, signature))) {
    throw new CircleError("sig", "a chunk was changed or is not by its author");
  }
  checkHead(membership, known);
  checkMayStore(membership, author, known);
  return sealed;
}

function checkMayStore(membership: Membership, author: Member, { seq }: Known): void {
  if (seq < author.since || !membership.mayWrite("at", author.role)) {
    throw new CircleError("authz", `a ${author.role} may not store attachments here`);
  }
  if (author.until !== null && seq >= author.until) {
    throw new CircleError("removed", "a chunk was signed after its author had left");
  }
}

/** The key of an index that names as many chunks as its size needs. */
function checkIndex({ size, chunks, key }: AttachmentIndex): Bytes {
  if (size > ATTACHMENT_BYTES_MAX || chunks.length !== countOf(size)) {
    throw new CircleError("schema", "an attachment names other chunks than its size needs");
  }
  const raw = b64uDecode(key);
  if (raw.length !== KEY_BYTES) {
    throw new CircleError("schema", "the key of an attachment is none");
  }
  return raw;
}

function countOf(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK_CONTENT_BYTES));
}

function paddedBytes(size: number): number {
  return Math.min(CHUNK_CONTENT_BYTES, bucketBytes(size));
}

async function hashOf(bytes: Bytes): Promise<string> {
  return b64uEncode(await sha256(bytes));
}

function aadOf(circle: string, place: number, isLast: boolean): Bytes {
  return concat(utf8("rj1 chunk\0"), jcs([circle, place, isLast ? 1 : 0]));
}
