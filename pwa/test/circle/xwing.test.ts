import { expect, test } from "vitest";
import { b64uDecode, b64uEncode, hex, utf8 } from "../../src/circle/encoding.ts";
import { drawSeed, hpkeOpen, hpkeSeal, sha256, xwingPublic } from "../../src/circle/envelope.ts";
import { XWing } from "../../src/circle/xwing.ts";

test("a key grows from its seed as the draft says", async () => {
  // First test vector of draft-connolly-cfrg-xwing-kem: seed and the begin of the public key.
  const seed = "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26";
  const bytes = Uint8Array.from(seed.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  const kpk = b64uDecode(await xwingPublic(bytes));
  expect(kpk.length).toBe(new XWing().publicKeySize);
  expect(hex(kpk.slice(0, 16))).toBe("e2236b35a8c24b39b10aa1323a96a919");
});

test("two seeds give two keys, and each opens its own", async () => {
  const [seed, other] = [drawSeed(), drawSeed()];
  const kpk = await xwingPublic(seed);
  expect(await sha256(b64uDecode(kpk))).not.toEqual(
    await sha256(b64uDecode(await xwingPublic(other))),
  );
  const sealed = await hpkeSeal({ kem: "XWING", kpk }, utf8("i"), utf8("secret"));
  expect(await hpkeOpen(seed, utf8("i"), sealed)).toEqual(utf8("secret"));
});

test("a key that nothing can be sealed to keeps nobody from sealing to others", async () => {
  // No coefficient of a public key of ML-KEM is 4095.
  const kpk = b64uEncode(new Uint8Array(1216).fill(255));
  const sealed = await hpkeSeal({ kem: "XWING", kpk }, utf8("i"), utf8("secret"));
  expect(sealed.length).toBe(1120 + 6 + 16);
});
