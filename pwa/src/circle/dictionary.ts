/**
 * Deflate with a dictionary: what all records share costs nothing in each of them.
 *
 * A dictionary never changes: its number is the codec in every frame that it packed. Streams are raw
 * deflate with the dictionary as the bytes before them.
 *
 * Source: docs/circle.md, "Documents"; RFC 1951.
 */
import { type Goal, Packer } from "../deflate/pack.ts";
import { Unpacker } from "../deflate/unpack.ts";
import { DICTIONARY_1 } from "./dictionary1.ts";
import { type Bytes, b64uDecode } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import { INFLATED_BYTES_MAX } from "./limits.ts";

const TEXTS: ReadonlyMap<number, string> = new Map([[1, DICTIONARY_1]]);
/** Made when the first frame is packed or unpacked. */
const packers = new Map<number, Packer>();
const unpackers = new Map<number, Unpacker>();

/** Whether frames of this codec are packed by deflate. */
export function isDeflated(codec: number): boolean {
  return TEXTS.has(codec);
}

/**
 * Pack bytes; which bytes come out depends on the program, what they mean does not.
 *
 * @param goalOf So short must a stream of that many bytes become for anything to be won.
 */
export function deflate(content: Bytes, codec: number, goalOf?: Goal): Bytes {
  let packer = packers.get(codec);
  if (packer === undefined) {
    packer = new Packer(dictionaryOf(codec));
    packers.set(codec, packer);
  }
  return packer.pack(content, goalOf);
}

/**
 * Unpack what `deflate` made, by whichever program.
 *
 * @returns To be read before the next one is unpacked.
 * @throws CircleError `frame`: no deflate stream, one that is cut, one that is larger than allowed,
 *   or bytes after its end.
 */
export function inflate(packed: Bytes, codec: number): Bytes {
  let unpacker = unpackers.get(codec);
  if (unpacker === undefined) {
    unpacker = new Unpacker(dictionaryOf(codec), INFLATED_BYTES_MAX);
    unpackers.set(codec, unpacker);
  }
  try {
    return unpacker.unpack(packed);
  } catch {
    throw new CircleError("frame", "the packed content is damaged or too large");
  }
}

function dictionaryOf(codec: number): Bytes {
  return b64uDecode(TEXTS.get(codec) ?? "");
}
