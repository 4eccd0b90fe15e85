/**
 * What is inside a sealed document: one JSON object, padded to a bucket.
 *
 *     codec u8 || length u32be || content || zeros up to the bucket
 *
 * Codec 0 is JSON as it is, codec 1 is JSON packed by deflate with dictionary 1. Readers read both.
 *
 * Buckets hide how much was written: 128, 256, 512, 1024, 2048 bytes, above that Padmé.
 *
 * Source: docs/circle.md, "Documents"; PURBs, Nikitin et al., PETS 2019, section 4.
 */
import { deflate, inflate, isDeflated } from "./dictionary.ts";
import { type Bytes, utf8, utf8Text } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import { isObject } from "./grammar.ts";
import { INFLATED_BYTES_MAX } from "./limits.ts";

const CODEC_JSON = 0;
/** The codec that is tried first by who writes: one that every reader in use can read. */
export const CODEC_WRITTEN = 1;
const HEAD_BYTES = 5;
const BUCKETS = [128, 256, 512, 1024, 2048] as const;

/** What people write: one JSON object. */
export type Body = Readonly<Record<string, unknown>>;

/** One text for one body, whatever the order of its members. */
export function bodyText(body: Body): string {
  return JSON.stringify(body, (_name, value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}

/** Size of a frame that holds this many bytes, head included. */
export function bucketBytes(contentBytes: number): number {
  const bucket = BUCKETS.find((size) => contentBytes <= size);
  if (bucket !== undefined) {
    return bucket;
  }
  const exponent = Math.floor(Math.log2(contentBytes));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(contentBytes / step) * step;
}

/**
 * Pack one object.
 *
 * @param codec How it may be packed; it stays plain where that is not longer.
 * @throws CircleError `limit`: it is longer than a reader would unpack.
 */
export function frame(body: Body, codec: number = CODEC_WRITTEN): Bytes {
  const content = utf8(JSON.stringify(body));
  if (content.length > INFLATED_BYTES_MAX) {
    throw new CircleError("limit", "the record is too large");
  }
  if (isDeflated(codec)) {
    const shorter = packedText(content, codec);
    if (shorter.length < content.length) {
      return padded(codec, shorter);
    }
  }
  return padded(CODEC_JSON, content);
}

/** What stands in a frame of this codec: as short as it must be for the smallest bucket, or nearly. */
export function packedText(content: Bytes, codec: number): Bytes {
  return deflate(content, codec, cheaperBytes);
}

/** How short content of this length must become for a smaller bucket. */
function cheaperBytes(contentBytes: number): number {
  const index = BUCKETS.findIndex((size) => HEAD_BYTES + contentBytes <= size);
  return index === -1 ? contentBytes : (BUCKETS[index - 1] ?? HEAD_BYTES) - HEAD_BYTES;
}

function padded(codec: number, content: Bytes): Bytes {
  const end = HEAD_BYTES + content.length;
  const packed = new Uint8Array(bucketBytes(end));
  packed[0] = codec;
  new DataView(packed.buffer).setUint32(1, content.length);
  packed.set(content, HEAD_BYTES);
  return packed;
}

/**
 * Unpack what `frame` packed, by whichever program.
 *
 * @throws CircleError `frame`: a length that lies, a bucket larger than needed, padding that is not
 *   zero, a deflate stream that is none, too long or followed by anything, or no JSON object in
 *   UTF-8; `codec`: packed in a way that this version cannot read.
 */
export function unframe(packed: Bytes): Body {
  if (packed.length < HEAD_BYTES) {
    throw new CircleError("frame", "the content is shorter than its head");
  }
  const view = new DataView(packed.buffer, packed.byteOffset);
  const end = HEAD_BYTES + view.getUint32(1);
  if (packed.length !== bucketBytes(end) || packed.subarray(end).some((byte) => byte !== 0)) {
    throw new CircleError("frame", "the content is not packed as its length says");
  }
  const [codec = CODEC_JSON] = packed;
  if (codec !== CODEC_JSON && !isDeflated(codec)) {
    throw new CircleError("codec", "packed by a newer version of the app");
  }
  const content = packed.subarray(HEAD_BYTES, end);
  const body = parseBody(codec === CODEC_JSON ? content : inflate(content, codec));
  if (!isObject(body)) {
    throw new CircleError("frame", "the content is not an object in JSON");
  }
  return body;
}

function parseBody(content: Bytes): unknown {
  try {
    return JSON.parse(utf8Text(content));
  } catch {
    return undefined;
  }
}
