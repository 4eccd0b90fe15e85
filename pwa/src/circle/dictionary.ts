/**
 * Deflate with a dictionary: what all records share costs nothing in each of them.
 *
 * A dictionary never changes: its number is the codec in every frame that it packed. Streams are raw
 * deflate with the dictionary as the bytes before them.
 *
 * Source: docs/circle.md, "Documents"; RFC 1951.
 */
import { deflateSync, Inflate, inflateSync } from "fflate";
import { DICTIONARY_1 } from "./dictionary1.ts";
import { type Bytes, b64uDecode } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import { INFLATED_BYTES_MAX } from "./limits.ts";

const TEXTS: ReadonlyMap<number, string> = new Map([[1, DICTIONARY_1]]);
/** A piece of a stream; deflate makes at most 1,032 times as much of it. */
const PIECE_BYTES = 2048;
const dictionaries = new Map<number, Bytes>();
/** Where streams are unpacked: one byte more than is allowed, so that a flood shows and ends. */
let scratch: Bytes | undefined;

/** Whether frames of this codec are packed by deflate. */
export function isDeflated(codec: number): boolean {
  return TEXTS.has(codec);
}

/** Pack bytes; which bytes come out depends on the program, what they mean does not. */
export function deflate(content: Bytes, codec: number): Bytes {
  return deflateSync(content, { dictionary: dictionaryOf(codec), level: 9 }) as Bytes;
}

/**
 * Unpack what `deflate` made, by whichever program.
 *
 * @throws CircleError `frame`: no deflate stream, one that is cut, one that is larger than allowed,
 *   or bytes after its end.
 */
export function inflate(packed: Bytes, codec: number): Bytes {
  const dictionary = dictionaryOf(codec);
  // The unpacker does not say where a stream ends: it ends with the last byte if it is cut without.
  if (unpack(packed.subarray(0, -1), dictionary) !== undefined) {
    throw new CircleError("frame", "the packed content does not end where it should");
  }
  const content = unpack(packed, dictionary);
  if (content === undefined || content.length > INFLATED_BYTES_MAX) {
    throw new CircleError("frame", "the packed content is damaged or too large");
  }
  return content;
}

/** Whether a stream holds more than is allowed, told piece by piece: a flood is not waited for. */
function isFlood(packed: Bytes, dictionary: Bytes): boolean {
  let length = 0;
  const unpacker = new Inflate({ dictionary }, (piece) => {
    length += piece.length;
  });
  for (let from = 0; from < packed.length && length <= INFLATED_BYTES_MAX; from += PIECE_BYTES) {
    unpacker.push(packed.subarray(from, from + PIECE_BYTES));
  }
  return length > INFLATED_BYTES_MAX;
}

/** What is in a stream, to be read before the next one is unpacked; undefined where it is cut or a flood. */
function unpack(packed: Bytes, dictionary: Bytes): Bytes | undefined {
  if (packed.length === 0) {
    return undefined;
  }
  scratch ??= new Uint8Array(INFLATED_BYTES_MAX + 1);
  try {
    if (packed.length > PIECE_BYTES && isFlood(packed, dictionary)) {
      return undefined;
    }
    return inflateSync(packed, { dictionary, out: scratch }) as Bytes;
  } catch {
    return undefined;
  }
}

function dictionaryOf(codec: number): Bytes {
  let dictionary = dictionaries.get(codec);
  if (dictionary === undefined) {
    dictionary = b64uDecode(TEXTS.get(codec) ?? "");
    dictionaries.set(codec, dictionary);
  }
  return dictionary;
}
