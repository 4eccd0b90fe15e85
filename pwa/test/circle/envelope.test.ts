import { describe, expect, test } from "vitest";
import { b64uEncode, hex, utf8 } from "../../src/circle/encoding.ts";
import {
  aesOpen,
  aesSeal,
  checkPoint,
  generateLocalKey,
  generateSigningPair,
  hkdf,
  importPair,
  privateScalar,
  publicPoint,
  randomBytes,
  SEAL_BYTES,
} from "../../src/circle/envelope.ts";
import { codeOf } from "./scene.ts";

test("HKDF gives what RFC 5869, test case 3, says", async () => {
  const derived = await hkdf(new Uint8Array(22).fill(0x0b), "", "", 42);
  const expected =
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8";
  expect(hex(derived)).toBe(expected);
});

describe("AES-GCM", () => {
  test("opens with the same key and place only", async () => {
    const [key, other] = await Promise.all([generateLocalKey(), generateLocalKey()]);
    const sealed = await aesSeal(key, utf8("pain 0"), utf8("here"));
    expect(sealed.length).toBe(6 + SEAL_BYTES);
    expect(await aesOpen(key, sealed, utf8("here"))).toEqual(utf8("pain 0"));
    expect(await codeOf(() => aesOpen(key, sealed, utf8("there")))).toBe("tag");
    expect(await codeOf(() => aesOpen(other, sealed, utf8("here")))).toBe("tag");
    expect(await codeOf(() => aesOpen(key, sealed.subarray(0, 20), utf8("here")))).toBe("tag");
    expect(await codeOf(() => aesOpen(key, new Uint8Array(0), utf8("here")))).toBe("tag");
  });

  test("does not open with any one bit flipped", async () => {
    const key = await generateLocalKey();
    const sealed = await aesSeal(key, utf8("pain 0"), utf8("here"));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = new Uint8Array(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await codeOf(() => aesOpen(key, changed, utf8("here")))).toBe("tag");
    }
  });
});

describe("a point", () => {
  test("of the curve is taken, in its uncompressed form only", async () => {
    const pair = await generateSigningPair(false);
    const point = await publicPoint(pair.publicKey);
    expect(await codeOf(() => checkPoint(point))).toBe("none");
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const compressed = raw.slice(0, 33);
    compressed[0] = 2 + ((raw[64] ?? 0) & 1);
    const hybrid = raw.slice();
    hybrid[0] = 6 + ((raw[64] ?? 0) & 1);
    const beside = raw.slice();
    beside[64] = (beside[64] ?? 0) ^ 1;
    const infinity = new Uint8Array(65);
    for (const wrong of [compressed, hybrid, beside, infinity, new Uint8Array(0)]) {
      expect(await codeOf(() => checkPoint(b64uEncode(wrong)))).toBe("schema");
    }
  });
});

test("private keys cannot be copied out of a device, and travel out of an invitation", async () => {
  const device = await generateSigningPair(false);
  expect(device.privateKey.extractable).toBe(false);
  const travelling = await generateSigningPair(true);
  const scalar = await privateScalar(travelling.privateKey);
  const point = await publicPoint(travelling.publicKey);
  const arrived = await importPair("sign", scalar, point);
  expect(arrived.privateKey.extractable).toBe(false);
  expect(await publicPoint(arrived.publicKey)).toBe(point);
  await expect(importPair("sign", b64uEncode(randomBytes(31)), point)).rejects.toThrow();
});
