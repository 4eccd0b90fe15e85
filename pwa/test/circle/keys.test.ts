import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { b64uDecode, b64uEncode, parseJcs, utf8 } from "../../src/circle/encoding.ts";
import { es256Verify, hpkeSeal } from "../../src/circle/envelope.ts";
import { DeviceKeys, deviceId, loginToken } from "../../src/circle/keys.ts";
import { codeOf } from "./scene.ts";

test("a device's id follows from its keys, in whatever order they are written", async () => {
  const { pub, id } = await DeviceKeys.generate();
  expect(id).toMatch(/^d[\w-]{20}$/);
  expect(await deviceId({ spk: pub.spk, kpk: pub.kpk, kem: "P256" })).toBe(id);
});

test("a signature is 64 bytes and belongs to its message", async () => {
  const keys = await DeviceKeys.generate();
  const signature = await keys.sign(utf8("m"));
  expect(signature.length).toBe(64);
  expect(await es256Verify(keys.pub.spk, utf8("m"), signature)).toBe(true);
  expect(await es256Verify(keys.pub.spk, utf8("n"), signature)).toBe(false);
});

test("what is wrapped for a device opens there, in its place only", async () => {
  const keys = await DeviceKeys.generate();
  const other = await DeviceKeys.generate();
  const sealed = await hpkeSeal(keys.pub, utf8("place"), utf8("secret"));
  expect(await keys.hpkeOpen(utf8("place"), sealed)).toEqual(utf8("secret"));
  expect(await codeOf(() => keys.hpkeOpen(utf8("elsewhere"), sealed))).toBe("wrap");
  expect(await codeOf(() => other.hpkeOpen(utf8("place"), sealed))).toBe("wrap");
  expect(await codeOf(() => keys.hpkeOpen(utf8("place"), sealed.subarray(0, 40)))).toBe("wrap");
});

test("a login token is a plain JWT that others can check", async () => {
  const keys = await DeviceKeys.generate();
  const [head = "", body = "", tail = ""] = (
    await loginToken(keys, "https://example.org", 1000)
  ).split(".");
  expect(parseJcs(b64uDecode(head))).toEqual({ alg: "ES256", kid: keys.id, typ: "rj1+auth" });
  const payload = { aud: "https://example.org", exp: 1300, iat: 1000 };
  expect(parseJcs(b64uDecode(body))).toEqual(payload);
  const raw = b64uDecode(keys.pub.spk);
  const x = b64uEncode(raw.subarray(1, 33));
  const y = b64uEncode(raw.subarray(33));
  const key = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
  const input = Buffer.from(`${head}.${body}`);
  const signed = verify("sha256", input, { key, dsaEncoding: "ieee-p1363" }, b64uDecode(tail));
  expect(signed).toBe(true);
});

test("a device of either kind opens what was wrapped for it, and no other's", async () => {
  const [p256, xwing] = [await DeviceKeys.generate(), await DeviceKeys.generate("XWING")];
  expect(b64uDecode(xwing.pub.kpk).length).toBe(1216);
  const sealed = await hpkeSeal(xwing.pub, utf8("place"), utf8("secret"));
  expect(await xwing.hpkeOpen(utf8("place"), sealed)).toEqual(utf8("secret"));
  expect(await codeOf(() => p256.hpkeOpen(utf8("place"), sealed))).toBe("wrap");
  const other = await DeviceKeys.generate("XWING");
  expect(await codeOf(() => other.hpkeOpen(utf8("place"), sealed))).toBe("wrap");
  const cut = sealed.subarray(0, 1000);
  expect(await codeOf(() => xwing.hpkeOpen(utf8("place"), cut))).toBe("wrap");
});
