/**
 * What packing and unpacking by deflate share: its alphabets and fixed codes.
 *
 * Source: RFC 1951, 3.2.
 */

/** The symbol after the last of a block. */
export const END = 256;
/** Symbols of literals, the end and lengths, and of distances. */
export const LITERALS_MAX = 286;
export const DISTANCES_MAX = 30;
/** The longest code of a symbol, and of the length of a code. */
export const CODE_BITS_MAX = 15;
export const CODE_BITS_BITS_MAX = 7;
/** How many lengths of codes are sent at least, beside their number. */
export const LITERALS_MIN = 257;
export const ORDER_MIN = 4;
/** The longest match, and how far back one may begin. */
export const LENGTH_MAX = 258;
export const DISTANCE_MAX = 32_768;

/** Bits that follow the symbol of a length or a distance. */
export const LENGTH_BITS = Uint8Array.from({ length: 29 }, (_, symbol) =>
  symbol === 28 ? 0 : Math.max(0, (symbol >> 2) - 1),
);
export const DISTANCE_BITS = Uint8Array.from({ length: DISTANCES_MAX }, (_, symbol) =>
  Math.max(0, (symbol >> 1) - 1),
);
/** The least length or distance of a symbol. */
export const LENGTH_BASE = Uint16Array.from({ length: 29 }, (_, symbol) =>
  symbol === 28 ? LENGTH_MAX : 3 + sumOf(LENGTH_BITS, symbol),
);
export const DISTANCE_BASE = Uint16Array.from(
  { length: DISTANCES_MAX },
  (_, symbol) => 1 + sumOf(DISTANCE_BITS, symbol),
);

/** In which order the lengths of the codes of lengths are sent. */
export const ORDER = Uint8Array.of(
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
);
/** Symbols among the lengths: the one before again, few zeros, many zeros; bits that follow. */
export const AGAIN = 16;
export const ZEROS = 17;
export const REPEAT_BITS = Uint8Array.of(2, 3, 7);
export const REPEAT_BASE = Uint8Array.of(3, 3, 11);

/** Lengths of the codes that need not be sent. */
export const FIXED_LITERALS = Uint8Array.from({ length: 288 }, (_, symbol) =>
  symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
);
export const FIXED_DISTANCES = new Uint8Array(32).fill(5);

/** How many values the symbols before one stand for. */
function sumOf(bits: Uint8Array, symbol: number): number {
  return bits.subarray(0, symbol).reduce((sum, count) => sum + 2 ** count, 0);
}
