/** Items of a CBOR sequence: the shared vectors, and bytes as they come from a network. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ITEM_BYTES_MAX, type Item, Reader, read, write } from "../../src/exchange/frames.ts";
import { exchangeRuns } from "./runs.ts";
import { vectorsOf } from "./vectors.ts";

const items = fc.array(
  fc
    .array(fc.oneof(fc.maxSafeInteger(), fc.string({ maxLength: 30 })), { maxLength: 3 })
    .map((rest): Item => [3, ...rest]),
  { maxLength: 5 },
);

test("the vectors hold", async () => {
  await exchangeRuns.frames(vectorsOf("frames"));
});

test("items come back however they are cut", () => {
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 7 }), (any, size) => {
      const written = write(any);
      const reader = new Reader();
      const found: Item[] = [];
      for (let at = 0; at < written.length; at += size) {
        found.push(...reader.feed(written.slice(at, at + size)));
      }
      expect([found, reader.isBetween]).toEqual([any, true]);
    }),
  );
});

test("what came whole is given before what is broken", () => {
  const reader = new Reader();
  const found = reader.feed(Uint8Array.of(...write([[1, "x"]]), 0xff));
  expect(found.next().value).toEqual([1, "x"]);
  expect(() => found.next()).toThrow("definite length");
});

test("an item of the greatest size is taken, a longer one is not waited for", () => {
  const whole = write([[1, new Uint8Array(ITEM_BYTES_MAX - 7)]]);
  expect([whole.length, read(whole).length]).toEqual([ITEM_BYTES_MAX, 1]);
  expect(() => read(write([[1, new Uint8Array(ITEM_BYTES_MAX - 6)]]))).toThrow("at most");
  const endless = Uint8Array.of(0x82, 0x00, 0x5a, 0xff, 0xff, 0xff, 0xff);
  const reader = new Reader();
  expect([...reader.feed(endless)]).toEqual([]);
  expect(() => [...reader.feed(new Uint8Array(ITEM_BYTES_MAX))]).toThrow("at most");
});
