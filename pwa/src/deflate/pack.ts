/**
 * Raw deflate of short texts with a dictionary that is looked through once, not for every text.
 *
 * Where texts are short, a library spends its time on the dictionary and on tables. Here both are
 * ready: a text costs what is in it. It is one block, with the fixed codes or its own.
 *
 * Source: RFC 1951; docs/adr/0023-deflate-of-our-own.md.
 */
import type { Bytes } from "../circle/encoding.ts";
import {
  AGAIN,
  CODE_BITS_BITS_MAX,
  CODE_BITS_MAX,
  DISTANCE_BASE,
  DISTANCE_BITS,
  DISTANCE_MAX,
  DISTANCES_MAX,
  END,
  FIXED_DISTANCES,
  FIXED_LITERALS,
  LENGTH_BASE,
  LENGTH_BITS,
  LENGTH_MAX,
  LITERALS_MAX,
  LITERALS_MIN,
  ORDER,
  ORDER_MIN,
  REPEAT_BASE,
  REPEAT_BITS,
  ZEROS,
} from "./alphabets.ts";

const MATCH_MIN = 3;
/** How many places are compared with one place at most. */
const TRIES_MAX = 128;
/** A match as long as this is taken at once. */
const LAZY_MAX = 32;
const HASH_BITS = 12;
/** Kind of a block and its three numbers; what a symbol's length takes at least, more or less. */
const HEAD_BITS = 3 + 14;
const CODE_LENGTH_BITS = 3;
const NOWHERE = -1;

/** Symbols of all lengths. */
const lengthSymbols = new Uint8Array(LENGTH_MAX + 1);
for (const [symbol, base] of LENGTH_BASE.entries()) {
  lengthSymbols.fill(symbol, base);
}

/** A code for each symbol as it is written, the first bit lowest, and its length. */
interface Codes {
  readonly lengths: Uint8Array;
  readonly codes: Uint16Array;
}

/** What a text is made of: bytes, and matches as `length << 16 | distance`. */
type Pieces = readonly number[];

/** How often each symbol is written, and how many bits beside the codes. */
interface Counts {
  readonly literals: Uint32Array;
  readonly distances: Uint32Array;
  readonly more: number;
}

/** The length that a stream of a length must reach for anything to be won. */
export type Goal = (bytes: number) => number;

const fixed = { literals: codesOf(FIXED_LITERALS), distances: codesOf(FIXED_DISTANCES) };

/** Packs texts with one dictionary. */
export class Packer {
  readonly #start: number;
  /** Where in the dictionary three bytes begin that have this hash, the last such place. */
  readonly #known: Int32Array;
  readonly #last: Int32Array;
  /** The dictionary and the text; and for each place the one before with the same hash. */
  #window: Bytes = new Uint8Array();
  #before = new Int32Array();

  constructor(dictionary: Bytes) {
    this.#start = dictionary.length;
    this.#last = new Int32Array(1 << HASH_BITS).fill(NOWHERE);
    this.#window = dictionary.slice();
    this.#before = new Int32Array(dictionary.length);
    this.#remember(0, dictionary.length - MATCH_MIN + 1);
    this.#known = this.#last.slice();
  }

  /**
   * Pack a text.
   *
   * @param goalOf So short must a stream of that many bytes become for anything to be won.
   */
  pack(content: Bytes, goalOf: Goal = Number): Bytes {
    const pieces = this.#piecesOf(content);
    const bits = fixedBits(pieces);
    const goal = 8 * goalOf(Math.ceil(bits / 8));
    const counted = goal > 0 ? countsOf(pieces) : undefined;
    if (counted !== undefined && likelyBits(counted) <= goal) {
      const described = describe(pieces, counted);
      if (described.bits < bits) {
        return described.write();
      }
    }
    const writer = new Writer(bits);
    writer.write(1 | (1 << 1), 3);
    writer.pieces(pieces, fixed.literals, fixed.distances);
    return writer.bytes;
  }

  #piecesOf(content: Bytes): Pieces {
    const end = this.#take(content);
    const pieces: number[] = [];
    let at = this.#start;
    let match = this.#longest(at, end);
    while (at < end) {
      this.#remember(at, Math.min(at + 1, end - MATCH_MIN + 1));
      const later = match >> 16 < LAZY_MAX ? this.#longest(at + 1, end) : 0;
      // A longer match that begins one byte later is worth that byte.
      if (match === 0 || later >> 16 > match >> 16) {
        pieces.push(this.#window[at++] as number);
        match = later;
        continue;
      }
      pieces.push(match);
      const next = at + (match >> 16);
      this.#remember(at + 1, Math.min(next, end - MATCH_MIN + 1));
      at = next;
      match = this.#longest(at, end);
    }
    return pieces;
  }

  /** Put a text behind the dictionary; gives where it ends. */
  #take(content: Bytes): number {
    const end = this.#start + content.length;
    if (this.#window.length < end) {
      const [window, before] = [new Uint8Array(2 * end), new Int32Array(2 * end)];
      window.set(this.#window.subarray(0, this.#start));
      before.set(this.#before.subarray(0, this.#start));
      [this.#window, this.#before] = [window, before];
    }
    this.#window.set(content, this.#start);
    this.#last.set(this.#known);
    return end;
  }

  #hash(at: number): number {
    const window = this.#window;
    const first = ((window[at] as number) << 16) | ((window[at + 1] as number) << 8);
    return Math.imul(first | (window[at + 2] as number), 0x9e3779b1) >>> (32 - HASH_BITS);
  }

  #remember(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const hash = this.#hash(at);
      this.#before[at] = this.#last[hash] as number;
      this.#last[hash] = at;
    }
  }

  /** The longest match of a place with one before it; 0 where there is none. */
  #longest(at: number, end: number): number {
    const most = Math.min(LENGTH_MAX, end - at);
    if (most < MATCH_MIN) {
      return 0;
    }
    const window = this.#window;
    let length = MATCH_MIN - 1;
    let distance = 0;
    let from = this.#last[this.#hash(at)] as number;
    for (let tries = 0; tries < TRIES_MAX && from !== NOWHERE; tries++) {
      if (at - from > DISTANCE_MAX) {
        break;
      }
      if (window[from + length] === window[at + length]) {
        let same = 0;
        while (same < most && window[from + same] === window[at + same]) {
          same++;
        }
        if (same > length) {
          length = same;
          distance = at - from;
          if (same === most) {
            break;
          }
        }
      }
      from = this.#before[from] as number;
    }
    return distance === 0 ? 0 : (length << 16) | distance;
  }
}

/** Writes bits, the lowest first. */
class Writer {
  readonly bytes: Bytes;
  #at = 0;
  #bits = 0;
  #count = 0;

  /** @param bits How many will be written. */
  constructor(bits: number) {
    this.bytes = new Uint8Array(Math.ceil(bits / 8));
  }

  write(value: number, count: number): void {
    this.#bits |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.bytes[this.#at++] = this.#bits;
      this.#bits >>>= 8;
      this.#count -= 8;
    }
    this.bytes[this.#at] = this.#bits;
  }

  symbol(symbol: number, { lengths, codes }: Codes): void {
    this.write(codes[symbol] as number, lengths[symbol] as number);
  }

  pieces(pieces: Pieces, literals: Codes, distances: Codes): void {
    for (const piece of pieces) {
      if (piece < END) {
        this.symbol(piece, literals);
        continue;
      }
      const length = piece >> 16;
      const distance = piece & 0xffff;
      const ofLength = lengthSymbols[length] as number;
      this.symbol(END + 1 + ofLength, literals);
      this.write(length - (LENGTH_BASE[ofLength] as number), LENGTH_BITS[ofLength] as number);
      const ofDistance = distanceSymbol(distance);
      this.symbol(ofDistance, distances);
      const more = distance - (DISTANCE_BASE[ofDistance] as number);
      this.write(more, DISTANCE_BITS[ofDistance] as number);
    }
    this.symbol(END, literals);
  }
}

function count(counts: Uint32Array, symbol: number): void {
  counts[symbol] = (counts[symbol] as number) + 1;
}

function distanceSymbol(distance: number): number {
  const from = distance - 1;
  const high = 31 - Math.clz32(from);
  return from < 2 ? from : 2 * high + ((from >> (high - 1)) & 1);
}

/** Bits of a block with the fixed codes, its head and its end included. */
function fixedBits(pieces: Pieces): number {
  const { literals, distances } = fixed;
  let bits = 3 + (literals.lengths[END] as number);
  for (const piece of pieces) {
    if (piece < END) {
      bits += literals.lengths[piece] as number;
    } else {
      const ofLength = lengthSymbols[piece >> 16] as number;
      const ofDistance = distanceSymbol(piece & 0xffff);
      bits += literals.lengths[END + 1 + ofLength] as number;
      bits += distances.lengths[ofDistance] as number;
      bits += (LENGTH_BITS[ofLength] as number) + (DISTANCE_BITS[ofDistance] as number);
    }
  }
  return bits;
}

function countsOf(pieces: Pieces): Counts {
  const literals = new Uint32Array(LITERALS_MAX);
  const distances = new Uint32Array(DISTANCES_MAX);
  let more = 0;
  for (const piece of pieces) {
    if (piece < END) {
      count(literals, piece);
    } else {
      const ofLength = lengthSymbols[piece >> 16] as number;
      const ofDistance = distanceSymbol(piece & 0xffff);
      count(literals, END + 1 + ofLength);
      count(distances, ofDistance);
      more += (LENGTH_BITS[ofLength] as number) + (DISTANCE_BITS[ofDistance] as number);
    }
  }
  count(literals, END);
  return { literals, distances, more };
}

/** Bits of symbols that are written so often with codes of these lengths. */
function bitsOf(counts: Uint32Array, lengths: Uint8Array): number {
  let bits = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    bits += (counts[symbol] as number) * (lengths[symbol] as number);
  }
  return bits;
}

/** What codes of its own may cost: the entropy of the symbols, and a little for each of them. */
function likelyBits({ literals, distances, more }: Counts): number {
  let bits = HEAD_BITS + more;
  for (const counts of [literals, distances]) {
    let total = 0;
    for (let symbol = 0; symbol < counts.length; symbol++) {
      const times = counts[symbol] as number;
      if (times > 0) {
        total += times;
        bits += CODE_LENGTH_BITS - times * Math.log2(times);
      }
    }
    bits += total === 0 ? 0 : total * Math.log2(total);
  }
  return bits;
}

/** A block with codes of its own, which stand before it. */
function describe(
  pieces: Pieces,
  counted: Counts,
): { readonly bits: number; readonly write: () => Bytes } {
  const literals = codesOf(lengthsOf(counted.literals, CODE_BITS_MAX));
  const distances = codesOf(lengthsOf(counted.distances, CODE_BITS_MAX));
  const ofLiterals = literals.lengths.subarray(0, lastOf(literals.lengths, LITERALS_MIN));
  const ofDistances = distances.lengths.subarray(0, lastOf(distances.lengths, 1));
  const runs = runsOf([...ofLiterals, ...ofDistances]);
  const counts = new Uint32Array(ORDER.length);
  for (const [symbol] of runs) {
    count(counts, symbol);
  }
  const ofRuns = codesOf(lengthsOf(counts, CODE_BITS_BITS_MAX));
  const inOrder = ORDER.map((symbol) => ofRuns.lengths[symbol] as number);
  const sent = inOrder.subarray(0, lastOf(inOrder, ORDER_MIN));
  let bits = HEAD_BITS + 3 * sent.length + bitsOf(counts, ofRuns.lengths) + counted.more;
  bits += bitsOf(counted.literals, literals.lengths);
  bits += bitsOf(counted.distances, distances.lengths);
  for (const [index, each] of REPEAT_BITS.entries()) {
    bits += each * (counts[AGAIN + index] as number);
  }
  const write = () => {
    const writer = new Writer(bits);
    writer.write(1 | (2 << 1), 3);
    writer.write(ofLiterals.length - LITERALS_MIN, 5);
    writer.write(ofDistances.length - 1, 5);
    writer.write(sent.length - ORDER_MIN, 4);
    for (const length of sent) {
      writer.write(length, 3);
    }
    for (const [symbol, times] of runs) {
      writer.symbol(symbol, ofRuns);
      const kind = symbol - AGAIN;
      writer.write(times - (REPEAT_BASE[kind] ?? times), REPEAT_BITS[kind] ?? 0);
    }
    writer.pieces(pieces, literals, distances);
    return writer.bytes;
  };
  return { bits, write };
}

/** How many lengths must be sent: up to the last that is not zero. */
function lastOf(lengths: Uint8Array, least: number): number {
  let last = lengths.length;
  while (last > least && lengths[last - 1] === 0) {
    last--;
  }
  return last;
}

/** Lengths as they are sent: symbols with how often, the same in a row told once. */
function runsOf(lengths: readonly number[]): (readonly [symbol: number, times: number])[] {
  const runs: [number, number][] = [];
  for (let at = 0; at < lengths.length; ) {
    const length = lengths[at] as number;
    let end = at + 1;
    while (lengths[end] === length) {
      end++;
    }
    if (length > 0) {
      runs.push([length, 1]);
      at++;
    }
    const [few, many] = length > 0 ? [AGAIN, AGAIN] : [ZEROS, ZEROS + 1];
    while (end - at >= 3) {
      const times = Math.min(end - at, length > 0 ? 6 : 138);
      runs.push([times > 10 ? many : few, times]);
      at += times;
    }
    while (at < end) {
      runs.push([length, 1]);
      at++;
    }
  }
  return runs;
}

/** Huffman's lengths of codes, none longer than `most`; two symbols at least have one. */
function lengthsOf(counts: Uint32Array, most: number): Uint8Array {
  const symbols: number[] = [];
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol] !== 0) {
      symbols.push(symbol);
    }
  }
  for (let symbol = 0; symbols.length < 2; symbol++) {
    if (!symbols.includes(symbol)) {
      symbols.push(symbol);
    }
  }
  // Rare symbols count as more than they are until no code is too long.
  for (let least = 1; ; least *= 2) {
    const weights = symbols.map((symbol) => Math.max(counts[symbol] as number, least));
    const depths = depthsOf(weights);
    if (Math.max(...depths) <= most) {
      const lengths = new Uint8Array(counts.length);
      for (const [index, symbol] of symbols.entries()) {
        lengths[symbol] = depths[index] as number;
      }
      return lengths;
    }
  }
}

/** How deep in Huffman's tree each weight hangs. */
function depthsOf(weights: readonly number[]): number[] {
  const order = [...weights.keys()].sort(
    (left, right) => (weights[left] as number) - (weights[right] as number),
  );
  const leaves = order.map((index) => weights[index] as number);
  const sums: number[] = [];
  const parents: number[] = [];
  let [leaf, sum] = [0, 0];
  // Nodes are numbered: the leaves, then the sums, both from light to heavy.
  const lightest = (): number => {
    const isLeaf = leaf < leaves.length && (leaves[leaf] as number) <= (sums[sum] ?? Infinity);
    const node = isLeaf ? leaf++ : leaves.length + sum++;
    parents[node] = leaves.length + sums.length;
    return isLeaf ? (leaves[node] as number) : (sums[node - leaves.length] as number);
  };
  while (sums.length < leaves.length - 1) {
    sums.push(lightest() + lightest());
  }
  const depths: number[] = [];
  const root = leaves.length + sums.length - 1;
  depths[root] = 0;
  for (let node = root - 1; node >= 0; node--) {
    depths[node] = (depths[parents[node] as number] as number) + 1;
  }
  const found: number[] = [];
  for (const [rank, index] of order.entries()) {
    found[index] = depths[rank] as number;
  }
  return found;
}

/** Canonical codes of these lengths. */
function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint32Array(CODE_BITS_MAX + 1);
  for (const length of lengths) {
    count(counts, length);
  }
  const next = new Uint16Array(CODE_BITS_MAX + 1);
  for (let length = 1, code = 0; length <= CODE_BITS_MAX; length++) {
    next[length] = code;
    code = (code + (counts[length] as number)) << 1;
  }
  const codes = new Uint16Array(lengths.length);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    let code = next[length] as number;
    next[length] = code + 1;
    for (let bit = 0; bit < length; bit++, code >>= 1) {
      codes[symbol] = ((codes[symbol] as number) << 1) | (code & 1);
    }
  }
  return { lengths, codes };
}
