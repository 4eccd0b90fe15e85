/** Documents on the wire: the shared vectors, and nothing that takes another along. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CircleError } from "../../src/circle/errors.ts";
import type { Value } from "../../src/exchange/cbor.ts";
import { namesOf, pack, unpack } from "../../src/exchange/packing.ts";
import { exchangeRuns } from "./runs.ts";
import { vectorsOf } from "./vectors.ts";

const { circle, asker, documents } = vectorsOf("packing");

test("the vectors hold", async () => {
  await exchangeRuns.packing(vectorsOf("packing"));
});

test("documents come back in any order", async () => {
  for (const start of documents.keys()) {
    const turned = [...documents.slice(start), ...documents.slice(0, start)];
    expect(await unpack(pack(turned, asker), circle, asker)).toEqual(turned);
  }
});

test("each row says what it is though it may be no document", () => {
  const packed = pack(documents, asker);
  const names = documents.map(({ _id }) => _id);
  expect(namesOf(packed, asker)).toEqual(names);
  const spoilt = packed.map((row) => [...row.slice(0, -1), 7]);
  expect(namesOf(spoilt, asker)).toEqual(names);
  const none = [7, [], [7, "x"], [9, 9, 9, 9, 9, 9, 9, 9], ...packed.slice(0, 1)];
  expect(namesOf(none, asker)).toEqual(["", "", "", "", ...names.slice(0, 1)]);
});

const { junk } = fc.letrec<{ junk: Value }>((tie) => ({
  junk: fc.oneof(
    { maxDepth: 3 },
    fc.integer({ min: -9, max: 9999 }),
    fc.uint8Array({ maxLength: 16 }).map((made) => Uint8Array.from(made)),
    fc.string({ maxLength: 5 }),
    fc.constant("log:000001"),
    fc.array(tie("junk"), { maxLength: 9 }) as fc.Arbitrary<Value>,
  ),
}));

test("any rows are documents or refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(junk, { maxLength: 5 }), async (rows) => {
      const found = await unpack(rows, circle, asker);
      expect(found.length).toBe(rows.length);
      const isEither = (one: object) => one instanceof CircleError || "_rev" in one;
      expect(found.every(isEither)).toBe(true);
    }),
  );
});
