/**
 * The part of CBOR that one-request sync uses: integers, byte strings, text and arrays.
 *
 * Writes the shortest form, reads any. A whole CBOR library would be a fifteenth of the app.
 *
 * Source: RFC 8949, sections 3 and 4.2.1.
 */
import { type Bytes, concat, utf8, utf8Text } from "../circle/encoding.ts";

/** What can be written and read; numbers are whole and lie between -2^53 and 2^53. */
export type Value = number | string | Bytes | readonly Value[];

/** Arrays within arrays: the deepest item has five. */
const DEPTH_MAX = 6;

const [UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY] = [0, 1, 2, 3, 4] as const;

/** The bytes are no such value; nothing after them can be read. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** The bytes of a value. */
export function encode(value: Value): Bytes {
  const parts: Bytes[] = [];
  add(value, parts);
  return concat(...parts);
}

function add(value: Value, parts: Bytes[]): void {
  if (typeof value === "number") {
    parts.push(value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value));
  } else if (typeof value === "string" || value instanceof Uint8Array) {
    const [kind, bytes] = typeof value === "string" ? [TEXT, utf8(value)] : [BYTES, value];
    parts.push(head(kind, bytes.length), bytes);
  } else {
    parts.push(head(ARRAY, value.length));
    for (const one of value) add(one, parts);
  }
}

/** What a value begins with: its kind, and a number in as few bytes as it needs. */
function head(kind: number, count: number): Bytes {
  const first = kind << 5;
  if (count < 24) return Uint8Array.of(first | count);
  if (count < 0x100) return Uint8Array.of(first | 24, count);
  const size = count < 0x1_0000 ? 2 : count < 0x1_0000_0000 ? 4 : 8;
  const bytes = new Uint8Array(1 + size);
  bytes[0] = first | (23 + Math.log2(size * 2));
  for (let at = size, rest = count; at > 0; at -= 1, rest = Math.floor(rest / 256)) {
    bytes[at] = rest % 256;
  }
  return bytes;
}

/**
 * Read one value.
 *
 * @param bytes What it lies in.
 * @param start Where it begins.
 * @returns The value and where it ends; undefined where the bytes end within it.
 * @throws Malformed No such value begins like this.
 */
export function decode(bytes: Bytes, start: number): readonly [Value, end: number] | undefined {
  const from = { bytes, at: start };
  try {
    return [take(from, 0), from.at];
  } catch (error) {
    if (error === CUT) return undefined;
    throw error instanceof TypeError ? new Malformed("text that is not UTF-8") : error;
  }
}

interface Source {
  readonly bytes: Bytes;
  at: number;
}

const CUT = Symbol("the bytes end within a value");

function take(from: Source, depth: number): Value {
  const [first = 0] = cut(from, 1);
  const kind = first >> 5;
  const count = countOf(from, first & 31);
  if (kind > ARRAY) throw new Malformed("only integers, bytes, text and arrays are used");
  if (kind === BYTES) return cut(from, count).slice();
  if (kind === TEXT) return utf8Text(cut(from, count));
  if (kind === ARRAY) {
    if (depth === DEPTH_MAX) throw new Malformed("arrays lie too deep within each other");
    const values: Value[] = [];
    while (values.length < count) values.push(take(from, depth + 1));
    return values;
  }
  const value = kind === UNSIGNED ? count : -1 - count;
  if (!Number.isSafeInteger(value)) throw new Malformed("an integer is too large");
  return value;
}

function countOf(from: Source, size: number): number {
  if (size < 24) return size;
  if (size > 27) throw new Malformed("a value without a definite length");
  return cut(from, 1 << (size - 24)).reduce((count, byte) => count * 256 + byte, 0);
}

function cut(from: Source, length: number): Bytes {
  const end = from.at + length;
  if (end > from.bytes.length) throw CUT;
  const part = from.bytes.subarray(from.at, end);
  from.at = end;
  return part;
}
