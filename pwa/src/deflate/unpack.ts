/**
 * Raw deflate unpacked, up to where the stream ends.
 *
 * It takes what zlib takes, so that every program refuses the same.
 *
 * Source: RFC 1951; the way to decode is that of zlib's contrib/puff.
 */
import type { Bytes } from "../circle/encoding.ts";
import {
  AGAIN,
  CODE_BITS_MAX,
  DISTANCE_BASE,
  DISTANCE_BITS,
  DISTANCES_MAX,
  END,
  FIXED_DISTANCES,
  FIXED_LITERALS,
  LENGTH_BASE,
  LENGTH_BITS,
  LITERALS_MAX,
  LITERALS_MIN,
  ORDER,
  ORDER_MIN,
  REPEAT_BASE,
  REPEAT_BITS,
} from "./alphabets.ts";

/** Codes as the lengths say: how many of each length, and their symbols in the order of the codes. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const ROOM_BYTES = 16 * 1024;

const fixedLiterals = codesOf(FIXED_LITERALS);
const fixedDistances = codesOf(FIXED_DISTANCES);

/** Unpacks streams that were packed with one dictionary. */
export class Unpacker {
  readonly #start: number;
  readonly #most: number;
  /** The dictionary, and what was unpacked after it. */
  #window: Bytes;
  #end = 0;
  #packed: Bytes = new Uint8Array();
  #at = 0;
  /** Bits of the byte before `#at` that were not read yet, and how many. */
  #bits = 0;
  #count = 0;

  /** @param most Bytes in a stream; one that holds more is refused. */
  constructor(dictionary: Bytes, most: number) {
    this.#start = dictionary.length;
    this.#most = most;
    this.#window = new Uint8Array(dictionary.length + Math.min(most, ROOM_BYTES));
    this.#window.set(dictionary);
  }

  /**
   * What is in a stream, to be read before the next one is unpacked.
   *
   * @throws RangeError It is no stream, is cut, holds too much, or is followed by anything.
   */
  unpack(packed: Bytes): Bytes {
    this.#packed = packed;
    this.#end = this.#start;
    this.#at = this.#bits = this.#count = 0;
    let isLast = false;
    while (!isLast) {
      isLast = this.#read(1) === 1;
      this.#block(this.#read(2));
    }
    if (this.#at !== packed.length) {
      throw new RangeError("bytes after the end of a stream");
    }
    return this.#window.subarray(this.#start, this.#end);
  }

  #block(kind: number): void {
    if (kind === 0) {
      this.#stored();
    } else if (kind === 1) {
      this.#coded(fixedLiterals, fixedDistances);
    } else if (kind === 2) {
      this.#described();
    } else {
      throw new RangeError("a kind of block that there is not");
    }
  }

  /** The next bits as a number, the lowest first. */
  #read(count: number): number {
    let bits = this.#bits;
    let held = this.#count;
    while (held < count) {
      const byte = this.#packed[this.#at];
      if (byte === undefined) {
        throw new RangeError("a stream is cut");
      }
      this.#at++;
      bits |= byte << held;
      held += 8;
    }
    this.#bits = bits >>> count;
    this.#count = held - count;
    return bits & ((1 << count) - 1);
  }

  #symbol({ counts, symbols }: Codes): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= CODE_BITS_MAX; length++) {
      code |= this.#read(1);
      const count = counts[length] as number;
      if (code - first < count) {
        return symbols[index + code - first] as number;
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError("a code that has no symbol");
  }

  #stored(): void {
    this.#bits = this.#count = 0;
    const length = this.#read(16);
    if (length + this.#read(16) !== 0xffff) {
      throw new RangeError("a length that lies");
    }
    const bytes = this.#packed.subarray(this.#at, this.#at + length);
    this.#makeRoom(length);
    this.#window.set(bytes, this.#end);
    // Where fewer are there, the end lies behind that of the stream, which is refused.
    this.#at += length;
    this.#end += length;
  }

  #coded(literals: Codes, distances: Codes): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END) {
        return;
      }
      if (symbol < END) {
        this.#makeRoom(1);
        this.#window[this.#end++] = symbol;
      } else if (symbol < LITERALS_MAX) {
        this.#copy(this.#sized(symbol - END - 1, LENGTH_BASE, LENGTH_BITS), distances);
      } else {
        throw new RangeError("a length that there is not");
      }
    }
  }

  #copy(length: number, distances: Codes): void {
    const symbol = this.#symbol(distances);
    if (symbol >= DISTANCES_MAX) {
      throw new RangeError("a distance that there is not");
    }
    const distance = this.#sized(symbol, DISTANCE_BASE, DISTANCE_BITS);
    if (distance > this.#end) {
      throw new RangeError("a match before the beginning");
    }
    this.#makeRoom(length);
    const window = this.#window;
    // Byte by byte: a match may reach into what it writes.
    for (let to = this.#end, last = to + length; to < last; to++) {
      window[to] = window[to - distance] as number;
    }
    this.#end += length;
  }

  #sized(symbol: number, base: Uint8Array | Uint16Array, bits: Uint8Array): number {
    return (base[symbol] as number) + this.#read(bits[symbol] as number);
  }

  #makeRoom(length: number): void {
    const end = this.#end + length;
    if (end - this.#start > this.#most) {
      throw new RangeError("a stream holds too much");
    }
    if (end > this.#window.length) {
      const window = new Uint8Array(Math.min(2 * end, this.#start + this.#most));
      window.set(this.#window.subarray(0, this.#end));
      this.#window = window;
    }
  }

  /** A block that says itself which codes it uses. */
  #described(): void {
    const literals = this.#read(5) + LITERALS_MIN;
    const distances = this.#read(5) + 1;
    const sent = this.#read(4) + ORDER_MIN;
    if (literals > LITERALS_MAX || distances > DISTANCES_MAX) {
      throw new RangeError("more symbols than there are");
    }
    const ofLengths = new Uint8Array(ORDER.length);
    for (const symbol of ORDER.subarray(0, sent)) {
      ofLengths[symbol] = this.#read(3);
    }
    const lengths = this.#lengths(literals + distances, codesOf(ofLengths));
    this.#coded(codesOf(lengths.subarray(0, literals)), codesOf(lengths.subarray(literals)));
  }

  #lengths(count: number, codes: Codes): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      const symbol = this.#symbol(codes);
      if (symbol < AGAIN) {
        lengths[at++] = symbol;
        continue;
      }
      const [before] = symbol === AGAIN ? lengths.subarray(at - 1, at) : [0];
      const end = at + this.#sized(symbol - AGAIN, REPEAT_BASE, REPEAT_BITS);
      if (before === undefined || end > count) {
        throw new RangeError("a repetition of nothing, or beyond the last");
      }
      at = lengths.fill(before, at, end) && end;
    }
    return lengths;
  }
}

/** The codes that have these lengths. */
function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (const length of lengths) {
    counts[length] = (counts[length] as number) + 1;
  }
  const starts = new Uint16Array(CODE_BITS_MAX + 2);
  let left = 1;
  for (let length = 1; length <= CODE_BITS_MAX; length++) {
    const count = counts[length] as number;
    left = 2 * left - count;
    if (left < 0) {
      throw new RangeError("more codes than there can be");
    }
    starts[length + 1] = (starts[length] as number) + count;
  }
  const used = lengths.length - (counts[0] as number);
  // A single code of one bit, or none, may leave others out.
  if (left > 0 && used !== counts[1]) {
    throw new RangeError("fewer codes than there must be");
  }
  const symbols = new Uint16Array(used);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length > 0) {
      symbols[starts[length] as number] = symbol;
      starts[length] = (starts[length] as number) + 1;
    }
  }
  return { counts, symbols };
}
