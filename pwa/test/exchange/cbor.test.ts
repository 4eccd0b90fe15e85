/** The codec against another one: what ours writes it writes, what ours reads it reads. */
import * as cborg from "cborg";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hex } from "../../src/circle/encoding.ts";
import { decode, encode, Malformed, type Value } from "../../src/exchange/cbor.ts";

const bytes = (maxLength: number) =>
  fc.uint8Array({ maxLength }).map((made) => Uint8Array.from(made));
const leaf = fc.oneof(fc.maxSafeInteger(), bytes(300), fc.string({ unit: "binary", maxLength: 9 }));
const { value } = fc.letrec<{ value: Value; array: Value[] }>((tie) => ({
  value: fc.oneof({ depthSize: "small", maxDepth: 5 }, leaf, tie("array")),
  array: fc.array(tie("value"), { maxLength: 30 }),
}));

test("writes what another codec writes, and reads it back", () => {
  fc.assert(
    fc.property(value, (any) => {
      const written = encode(any);
      expect(hex(written)).toBe(hex(Uint8Array.from(cborg.encode(any))));
      expect(decode(written, 0)).toEqual([any, written.length]);
    }),
  );
});

test("reads any bytes as another codec does, or refuses them", () => {
  let taken = 0;
  fc.assert(
    fc.property(bytes(12), (any) => {
      const found = tried(any);
      if (found === undefined) return;
      taken += 1;
      const [read, end] = found;
      expect(cborg.decode(any.slice(0, end), { rejectDuplicateMapKeys: true })).toEqual(read);
    }),
    { numRuns: 2_000 },
  );
  expect(taken).toBeGreaterThan(200);
});

test("a value that is cut is known to be cut, wherever", () => {
  fc.assert(
    fc.property(value, fc.nat(), (any, place) => {
      const written = encode(any);
      expect(decode(written.slice(0, place % written.length), 0)).toBe(undefined);
    }),
  );
});

function tried(any: Uint8Array<ArrayBuffer>): readonly [Value, number] | undefined {
  try {
    return decode(any, 0);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
