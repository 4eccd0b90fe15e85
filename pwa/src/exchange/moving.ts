/**
 * A file as a moving picture: square codes one after another, read in any order.
 *
 *     text   "RJ1:" || base45(bytes)
 *     bytes  CRC-32 of the file u32be || its length u32be || n u16be || part || CRC-32 of these u32be
 *
 * The file is cut into k = ceil(length / 294) parts of ceil(length / k) bytes, the last one filled up
 * with zeros. Picture n < k holds part n. Each later one holds the sum modulo 2 of some of the parts:
 * part j is in it where bit j mod 32 of `mixed(65536 n + j div 32)` is 1, or all where none would be.
 * Any k pictures that do not follow from each other are enough, so nobody waits for the one that was
 * missed.
 *
 * Source: docs/protocol.md, "Relay files"; RFC 9285 (base45); CRC-32 of ISO 3309; the finalizer of
 * MurmurHash3.
 */
import { type Bytes, concat, u32be } from "../circle/encoding.ts";
import { CircleError } from "../circle/errors.ts";

/** Bytes of a part: its text fits into a square code of version 11, which cheap cameras read. */
export const PICTURE_BYTES_MAX = 294;
/** Parts of a file: 115 KiB, or two minutes; what is larger is sent as a file. */
export const PICTURES_MAX = 400;

const PREFIX = "RJ1:";
const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const TEXT = /^RJ1:[0-9A-Z $%*+\-./:]+$/;
const FILE_BYTES = 8;
const HEAD_BYTES = 10;
const CHECK_BYTES = 4;
const NUMBERS = 2 ** 16;
const WORD_BITS = 32;

/** The pictures of one file. */
export class Pictures {
  /** How many parts there are. */
  readonly count: number;
  readonly #head: Bytes;
  readonly #parts: readonly Bytes[];

  /**
   * @param file 1 byte to `PICTURES_MAX` parts.
   * @throws CircleError `limit`: it is too large to be shown.
   */
  constructor(file: Bytes) {
    this.count = countOf(file.length);
    const size = sizeOf(file.length);
    this.#head = concat(u32be(crc32(file)), u32be(file.length));
    const padded = new Uint8Array(this.count * size);
    padded.set(file);
    this.#parts = Array.from({ length: this.count }, (_, part) =>
      padded.subarray(part * size, (part + 1) * size),
    );
  }

  /** The text of the picture that is shown at a turn, 0 and up, without end. */
  text(turn: number): string {
    const { count } = this;
    const n = turn < NUMBERS ? turn : count + ((turn - count) % (NUMBERS - count));
    const mask = maskOf(n, count);
    const total = new Uint8Array(this.#parts[0]?.length ?? 0);
    for (const [j, part] of this.#parts.entries()) if (has(mask, j)) add(total, part);
    const content = concat(this.#head, u32be(n).subarray(2), total);
    return PREFIX + base45Encode(concat(content, u32be(crc32(content))));
  }
}

/** How far a file has been seen. */
export interface Progress {
  /** Parts that are known, or can be computed from each other. */
  readonly have: number;
  /** Parts in all. */
  readonly count: number;
  /** There when all are. */
  readonly file?: Bytes;
}

interface Row {
  readonly mask: Uint32Array<ArrayBuffer>;
  readonly total: Bytes;
}

/** Puts a file together from its pictures, in any order, each as often as it comes. */
export class Collector {
  #head: Bytes = new Uint8Array();
  /** Each row under the first part that is in it. */
  #rows = new Map<number, Row>();

  /**
   * Take what a square code says; a picture of another file than the one before begins anew.
   *
   * @throws CircleError `schema`: no picture of a file; `frame`: misread; of a whole file that is
   *   not what its pictures announced, and is forgotten; `limit`: a file that is too large.
   */
  take(text: string): Progress {
    const content = contentOf(text);
    const head = content.slice(0, FILE_BYTES);
    const view = new DataView(content.buffer);
    const length = view.getUint32(4);
    const count = countOf(length);
    const part = content.slice(HEAD_BYTES);
    if (part.length !== sizeOf(length)) throw misread();
    if (head.some((byte, at) => byte !== this.#head[at])) {
      this.#head = head;
      this.#rows = new Map();
    }
    this.#add({ mask: maskOf(view.getUint16(FILE_BYTES), count), total: part });
    const have = this.#rows.size;
    return have === count ? { have, count, file: this.#whole(length, count) } : { have, count };
  }

  /** Keep what does not follow from what is here. */
  #add(row: Row): void {
    for (let lead = firstOf(row.mask); lead !== -1; lead = firstOf(row.mask)) {
      const known = this.#rows.get(lead);
      if (known === undefined) {
        this.#rows.set(lead, row);
        return;
      }
      addRow(row, known);
    }
  }

  #whole(length: number, count: number): Bytes {
    for (let lead = count - 1; lead >= 0; lead -= 1) {
      const row = this.#rows.get(lead) as Row;
      for (let j = lead + 1; j < count; j += 1) {
        if (has(row.mask, j)) addRow(row, this.#rows.get(j) as Row);
      }
    }
    const parts = Array.from({ length: count }, (_, j) => (this.#rows.get(j) as Row).total);
    const file = concat(...parts).slice(0, length);
    if (crc32(file) !== new DataView(this.#head.buffer).getUint32(0)) {
      this.#head = new Uint8Array();
      this.#rows = new Map();
      throw new CircleError("frame", "the pictures do not make the file that they announced");
    }
    return file;
  }
}

/** RFC 9285: two bytes as three letters, a last single one as two. */
export function base45Encode(data: Bytes): string {
  let text = "";
  for (let at = 0; at < data.length; at += 2) {
    const pair = data.subarray(at, at + 2);
    let value = pair.reduce((sum, byte) => sum * 256 + byte, 0);
    for (let letter = 0; letter <= pair.length; letter += 1) {
      text += LETTERS[value % 45];
      value = Math.floor(value / 45);
    }
  }
  return text;
}

/**
 * What `base45Encode` wrote.
 *
 * @throws CircleError `b64`: it is not.
 */
export function base45Decode(text: string): Bytes {
  const data: number[] = [];
  for (let at = 0; at < text.length; at += 3) {
    const digits = [...text.slice(at, at + 3)].map((letter) => LETTERS.indexOf(letter));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    const bytes = digits.length - 1;
    if (digits.includes(-1) || bytes === 0 || value >= 256 ** bytes) {
      throw new CircleError("b64", "expected base45");
    }
    if (bytes === 2) data.push(value >> 8);
    data.push(value & 255);
  }
  return Uint8Array.from(data);
}

/** Scatter a number of 32 bits: the finalizer of MurmurHash3. */
export function mixed(number: number): number {
  let h = number ^ (number >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** CRC-32 as in ISO 3309. */
function crc32(data: Bytes): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A picture without its frame and its check. */
function contentOf(text: string): Bytes {
  if (!TEXT.test(text)) throw new CircleError("schema", "this is no picture of a file");
  let data: Bytes;
  try {
    data = base45Decode(text.slice(PREFIX.length));
  } catch {
    throw misread();
  }
  const end = data.length - CHECK_BYTES;
  const content = data.slice(0, Math.max(0, end));
  if (end <= HEAD_BYTES || crc32(content) !== new DataView(data.buffer).getUint32(end)) {
    throw misread();
  }
  return content;
}

function misread(): CircleError {
  return new CircleError("frame", "a picture was misread");
}

function countOf(length: number): number {
  const count = Math.ceil(length / PICTURE_BYTES_MAX);
  if (count < 1 || count > PICTURES_MAX) {
    throw new CircleError("limit", `expected 1 to ${PICTURES_MAX * PICTURE_BYTES_MAX} bytes`);
  }
  return count;
}

function sizeOf(length: number): number {
  return Math.ceil(length / countOf(length));
}

/** Which parts are in picture n, part 0 as the lowest bit. */
function maskOf(n: number, count: number): Uint32Array<ArrayBuffer> {
  const mask = new Uint32Array(Math.ceil(count / WORD_BITS));
  if (n < count) {
    mask[n >> 5] = 1 << (n & 31);
    return mask;
  }
  const every = (word: number) => 2 ** Math.min(WORD_BITS, count - word * WORD_BITS) - 1;
  for (const word of mask.keys()) mask[word] = mixed(NUMBERS * n + word) & every(word);
  return mask.some((bits) => bits !== 0) ? mask : mask.map((_, word) => every(word));
}

function has(mask: Uint32Array, j: number): boolean {
  return (((mask[j >> 5] ?? 0) >>> (j & 31)) & 1) === 1;
}

function firstOf(mask: Uint32Array): number {
  const word = mask.findIndex((bits) => bits !== 0);
  if (word === -1) return -1;
  const bits = mask[word] ?? 0;
  return word * WORD_BITS + (31 - Math.clz32(bits & -bits));
}

function addRow(to: Row, from: Row): void {
  add(to.mask, from.mask);
  add(to.total, from.total);
}

/** The sum modulo 2, in place. */
function add(to: Uint8Array | Uint32Array, from: Uint8Array | Uint32Array): void {
  for (let at = 0; at < to.length; at += 1) to[at] = (to[at] ?? 0) ^ (from[at] ?? 0);
}
