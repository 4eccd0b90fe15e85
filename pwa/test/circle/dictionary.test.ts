import { readFileSync } from "node:fs";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { deflate, inflate, isDeflated } from "../../src/circle/dictionary.ts";
import { DICTIONARY_1 } from "../../src/circle/dictionary1.ts";
import { type Bytes, b64uDecode, utf8 } from "../../src/circle/encoding.ts";
import { codeOf } from "./scene.ts";

const FILE = new URL("../../../sync/rejoint_sync/circle/dictionary1.bin", import.meta.url);
const dictionary = new Uint8Array(readFileSync(FILE));

/** Text like records, with matches in themselves and in the dictionary. */
const content: fc.Arbitrary<Bytes> = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.nat(1000).map((at) => words(at)),
    ),
  )
  .map((parts) => utf8(parts.join("")));

function words(at: number): string {
  return new TextDecoder().decode(dictionary.subarray(at, at + 40));
}

test("the dictionary is the one that Python has", () => {
  expect(b64uDecode(DICTIONARY_1)).toEqual(dictionary);
  expect([0, 1, 2].map(isDeflated)).toEqual([false, true, false]);
});

test("another program unpacks what this one packs, and the other way round", () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 0, max: 9 }), (bytes, level) => {
      const theirs = inflateRawSync(deflate(bytes, 1), { dictionary });
      expect(new Uint8Array(theirs)).toEqual(bytes);
      const packed = new Uint8Array(deflateRawSync(bytes, { dictionary, level }));
      expect(inflate(packed, 1)).toEqual(bytes);
    }),
  );
});

test("a stream that is cut, or followed by anything, is none", async () => {
  const noise = String.fromCharCode(...crypto.getRandomValues(new Uint16Array(2000)));
  const examples = ["", '{"type":"pain"}', "x".repeat(5000), words(100) + words(300), noise];
  for (const level of [0, 1, 9]) {
    for (const text of examples) {
      const packed = new Uint8Array(deflateRawSync(utf8(text), { dictionary, level }));
      const ends = Array.from(packed.keys()).filter((end) => end < 99 || end > packed.length - 99);
      for (const end of ends) {
        expect(await codeOf(() => inflate(packed.slice(0, end), 1))).toBe("frame");
      }
      for (const more of [[0], [3, 0], [...packed]]) {
        const longer = Uint8Array.from([...packed, ...more]);
        expect(await codeOf(() => inflate(longer, 1))).toBe("frame");
      }
    }
  }
});

test("a flood ends at one MiB", async () => {
  const flood = new Uint8Array(deflateRawSync(new Uint8Array(100 * 1024 * 1024), { level: 9 }));
  expect(flood.length).toBeLessThan(256 * 1024);
  const start = performance.now();
  expect(await codeOf(() => inflate(flood, 1))).toBe("frame");
  expect(performance.now() - start).toBeLessThan(20_000);
});
