/**
 * Bytes, base64url and canonical JSON: the alphabet of everything that is signed.
 *
 * Signed JSON holds objects, arrays, printable ASCII strings and integers 0..2^53-1, nothing else,
 * and its bytes equal the canonical form of what they parse to, so that no two texts mean the same.
 *
 * Source: docs/circle.md, "Objects and grammar"; RFC 8785; RFC 4648 section 5.
 */
import { CircleError } from "./errors.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";

/** Bytes that WebCrypto takes as they are. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** A value that may stand in signed JSON. */
export type Canonical =
  | string
  | number
  | readonly Canonical[]
  | { readonly [member: string]: Canonical };

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Each byte in hexadecimal. */
const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
/** Base64url: the letter of each six bits, and the six bits of each letter. */
const LETTERS = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
const NO_LETTER = 64;
const VALUES = new Uint8Array(128).fill(NO_LETTER);
for (const [value, letter] of LETTERS.entries()) {
  VALUES[letter] = value;
}

/** UTF-8 bytes of `text`. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * Text of UTF-8 bytes; a byte order mark stays in it.
 *
 * @throws TypeError The bytes are not UTF-8.
 */
export function utf8Text(bytes: Bytes): string {
  return decoder.decode(bytes);
}

/** All parts, one after the other. */
export function concat(...parts: readonly Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Lower-case hexadecimal digits. */
export function hex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) {
    text += DIGITS[byte];
  }
  return text;
}

/** Four bytes, the most significant first. */
export function u32be(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** Base64url without padding. */
export function b64uEncode(bytes: Bytes): string {
  const { length } = bytes;
  const letters = new Uint8Array(Math.ceil((length * 4) / 3));
  let to = 0;
  for (let at = 0; at < length; at += 3) {
    const left = length - at;
    // What lies beyond the end counts as zeros; of the letters, only those that hold bits are kept.
    const second = left > 1 ? (bytes[at + 1] as number) : 0;
    const third = left > 2 ? (bytes[at + 2] as number) : 0;
    const bits = ((bytes[at] as number) << 16) | (second << 8) | third;
    letters[to++] = LETTERS[bits >> 18] as number;
    letters[to++] = LETTERS[(bits >> 12) & 63] as number;
    letters[to++] = LETTERS[(bits >> 6) & 63] as number;
    letters[to++] = LETTERS[bits & 63] as number;
  }
  return decoder.decode(letters);
}

/**
 * The bytes of `text`, of which each has exactly one text.
 *
 * @throws CircleError `b64`: padding, another alphabet or bits left over.
 */
export function b64uDecode(text: string): Bytes {
  const { length } = text;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let to = 0;
  let bits = 0;
  let held = 0;
  let wrong = length % 4 === 1 ? NO_LETTER : 0;
  for (let at = 0; at < length; at++) {
    const unit = text.charCodeAt(at);
    const value = unit < VALUES.length ? (VALUES[unit] as number) : NO_LETTER;
    wrong |= value;
    bits = ((bits & 63) << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[to++] = bits >> held;
    }
  }
  if (wrong >= NO_LETTER || (bits & ((1 << held) - 1)) !== 0) {
    throw new CircleError("b64", "a sealed or signed part is not in its one allowed spelling");
  }
  return bytes;
}

/**
 * Canonical JSON.
 *
 * @throws CircleError `canon`: a value that signed JSON does not know.
 */
export function jcs(value: unknown): Bytes {
  return utf8(canonicalText(value, 0));
}

function canonicalText(value: unknown, depth: number): string {
  if (typeof value === "string" && /^[ -~]*$/.test(value)) {
    return JSON.stringify(value);
  }
  if (Number.isSafeInteger(value) && (value as number) >= 0) {
    return String(value);
  }
  if (typeof value === "object" && value !== null && depth < JSON_DEPTH_MAX) {
    if (Array.isArray(value)) {
      return `[${value.map((item) => canonicalText(item, depth + 1)).join(",")}]`;
    }
    const members = value as Readonly<Record<string, unknown>>;
    // In the order of UTF-16 units, as canonical JSON wants it.
    const texts = Object.keys(members)
      .sort()
      .map((name) => `${canonicalText(name, depth)}:${canonicalText(members[name], depth + 1)}`);
    return `{${texts.join(",")}}`;
  }
  throw new CircleError(
    "canon",
    "signed text holds only objects, lists, plain text and whole numbers",
  );
}

/**
 * The value of canonical JSON bytes.
 *
 * @throws CircleError `canon`: not JSON, or not the one spelling of what it means.
 */
export function parseJcs(bytes: Bytes): Canonical {
  const value = jsonOf(bytes);
  if (!equalBytes(bytes, jcs(value))) {
    throw new CircleError("canon", "signed text is not in its one allowed spelling");
  }
  return value as Canonical;
}

/** What JSON says; undefined, which no JSON says, where it is none. */
function jsonOf(bytes: Bytes): unknown {
  try {
    return JSON.parse(utf8Text(bytes));
  } catch {
    return undefined;
  }
}

/** Whether both hold the same bytes. Not for secrets: the time it takes tells where they differ. */
export function equalBytes(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
