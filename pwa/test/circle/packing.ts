/**
 * Packs and unpacks what comes in, for a test in Python: both languages read what the other wrote.
 *
 * In, as JSON: `texts` and `streams`, base64. Out: `packed`, as frames pack them; `shortest`; and
 * `opened`, the content of each stream or null where it is refused.
 */
import { readFileSync } from "node:fs";
import { deflate, inflate } from "../../src/circle/dictionary.ts";
import type { Bytes } from "../../src/circle/encoding.ts";
import { CircleError } from "../../src/circle/errors.ts";
import { packedText } from "../../src/circle/frame.ts";

const { texts, streams } = JSON.parse(readFileSync(0, "utf8")) as Record<string, string[]>;
const bytesOf = (text: string): Bytes => new Uint8Array(Buffer.from(text, "base64"));
const textOf = (bytes: Bytes) => Buffer.from(bytes).toString("base64");

function opened(stream: string): string | null {
  try {
    return textOf(inflate(bytesOf(stream), 1));
  } catch (error) {
    if (error instanceof CircleError) {
      return null;
    }
    throw error;
  }
}

const found = {
  packed: texts?.map((text) => textOf(packedText(bytesOf(text), 1))),
  shortest: texts?.map((text) => textOf(deflate(bytesOf(text), 1))),
  opened: streams?.map(opened),
};
process.stdout.write(JSON.stringify(found));
