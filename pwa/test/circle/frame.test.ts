import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketBytes, frame, unframe } from "../../src/circle/frame.ts";
import { codeOf } from "./scene.ts";

test("unpacks what it packs", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
      const plain = JSON.parse(JSON.stringify(body));
      expect(unframe(frame(plain))).toEqual(plain);
      expect(unframe(frame(plain, 1))).toEqual(plain);
    }),
  );
});

test("takes the bucket that follows from the size", () => {
  const sizes = [5, 128, 129, 256, 257, 2048, 2049, 4096, 4097, 65_537, 1_000_000];
  const buckets = [128, 128, 256, 256, 512, 2048, 2176, 4096, 4352, 67_584, 1_015_808];
  expect(sizes.map(bucketBytes)).toEqual(buckets);
});

test("never costs more than an eighth above 2 KiB, and a bucket is its own bucket", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2049, max: 2 ** 20 }), (size) => {
      const bucket = bucketBytes(size);
      expect(bucket).toBeGreaterThanOrEqual(size);
      expect(bucket).toBeLessThan(size * 1.125);
      expect(bucketBytes(bucket)).toBe(bucket);
    }),
  );
});

test.each([
  ["cut in its head", new Uint8Array(4)],
  ["with a length beyond its end", Uint8Array.of(0, 0, 0, 0, 124, ...new Uint8Array(123))],
  ["with a length of 4 GiB", Uint8Array.of(0, 255, 255, 255, 255, ...new Uint8Array(123))],
  [
    "with padding that is not zero",
    Uint8Array.of(0, 0, 0, 0, 2, 123, 125, ...new Uint8Array(120), 1),
  ],
  ["of nothing", new Uint8Array(128)],
])("refuses a frame %s", async (_name, packed) => {
  expect(await codeOf(() => unframe(packed))).toBe("frame");
});

test("stays plain where packing would not make it shorter", () => {
  const noise = { a: String.fromCharCode(...crypto.getRandomValues(new Uint16Array(40))) };
  expect(frame({}, 1)[0]).toBe(0);
  expect(frame(JSON.parse(JSON.stringify(noise)), 1)[0]).toBe(0);
  expect(frame({ type: "pain", lam: 1, at: 1_821_114_001 }, 1)[0]).toBe(1);
});

test("is never longer than a reader would unpack", async () => {
  const most = 1024 * 1024 - '{"a":""}'.length;
  expect(unframe(frame({ a: "b".repeat(most) }, 1))).toEqual({ a: "b".repeat(most) });
  expect(await codeOf(() => frame({ a: "b".repeat(most + 1) }, 1))).toBe("limit");
});
