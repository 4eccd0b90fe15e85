/**
 * Other people's libraries read what ours wrote, and ours what theirs wrote: `jose` for signatures,
 * `hpke` (by another author than the one that the app uses) for wraps.
 */
import * as other from "hpke";
import { CompactSign, compactVerify, importJWK, type JWK, jwtVerify, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { headerOf } from "../../src/circle/document.ts";
import { b64uDecode, b64uEncode, concat, jcs, utf8, utf8Text } from "../../src/circle/encoding.ts";
import { hpkeOpen, hpkeSeal, importPair, type Kem } from "../../src/circle/envelope.ts";
import { unwrap, wrapId } from "../../src/circle/epochs.ts";
import { parseJws, verifyJws } from "../../src/circle/jws.ts";
import { DeviceKeys, drawWritten, importDevice, loginToken } from "../../src/circle/keys.ts";
import { type Case, deviceOf } from "./cases.ts";
import { codeOf } from "./scene.ts";
import { cases } from "./vectors.ts";

const ORIGIN = "https://clinic.example";
const named = (name: string) => cases.find((one) => one.name === `${name}.json`) as Case;

function jwkOf(spk: string, ssk?: string): JWK {
  const raw = b64uDecode(spk);
  const [x, y] = [b64uEncode(raw.slice(1, 33)), b64uEncode(raw.slice(33))];
  return { kty: "EC", crv: "P-256", x, y, ...(ssk === undefined ? {} : { d: ssk }) };
}

describe("jose", () => {
  test("reads our login, for our server and its time only", async () => {
    const keys = await DeviceKeys.generate();
    const token = await loginToken(keys, ORIGIN, 1_000_000);
    const key = await importJWK(jwkOf(keys.pub.spk), "ES256");
    const at = { currentDate: new Date(1_000_100_000), typ: "rj1+auth", algorithms: ["ES256"] };
    const { payload, protectedHeader } = await jwtVerify(token, key, { ...at, audience: ORIGIN });
    expect(payload).toEqual({ aud: ORIGIN, exp: 1_000_300, iat: 1_000_000 });
    expect(protectedHeader.kid).toBe(keys.id);
    await expect(jwtVerify(token, key, { ...at, audience: "https://x" })).rejects.toThrow();
  });

  test("signs a login that the shared vectors would take", async () => {
    const { pub, secret } = await drawWritten();
    const key = await importJWK(jwkOf(pub.spk, secret.ssk), "ES256");
    const token = await new SignJWT({ aud: ORIGIN, exp: 1300, iat: 1000 })
      .setProtectedHeader({ alg: "ES256", kid: "d", typ: "rj1+auth" })
      .sign(key);
    const jws = parseJws(token, "rj1+auth");
    await verifyJws(jws, pub.spk);
    expect(jws.payload).toEqual({ aud: ORIGIN, exp: 1300, iat: 1000 });
  });

  test("reads an entry of the log and refuses it with one bit changed, as we do", async () => {
    const { log, entry } = named("membership-close-taken");
    const { dev } = JSON.parse(utf8Text(b64uDecode(log[0].j.split(".")[1])));
    const { kid } = JSON.parse(utf8Text(b64uDecode(entry.j.split(".")[0])));
    const pubs = log.map(
      ({ j }: { j: string }) => JSON.parse(utf8Text(b64uDecode(j.split(".")[1] as string))).dev,
    );
    const spks = pubs.filter(Boolean).map(({ spk }: { spk: string }) => spk) as string[];
    expect(spks).toContain(dev.spk);
    const reads = async (token: string) => {
      for (const spk of spks) {
        try {
          return await compactVerify(token, await importJWK(jwkOf(spk), "ES256"));
        } catch {
          // another device's
        }
      }
      return undefined;
    };
    const found = await reads(entry.j);
    expect(found?.protectedHeader).toEqual({ alg: "ES256", kid, typ: "rj1+log" });
    const signature = b64uDecode(entry.j.split(".")[2]);
    signature[40] = (signature[40] as number) ^ 1;
    const input = entry.j.slice(0, entry.j.lastIndexOf("."));
    expect(await reads(`${input}.${b64uEncode(signature)}`)).toBeUndefined();
  });

  test("reads a document as a token whose header is rebuilt", async () => {
    const { circle, doc, seal } = named("document-patient");
    const keys = await deviceOf(seal.secret);
    const token = `${headerOf(circle, doc, keys.id)}.${doc.c}.${doc.s}`;
    const { payload } = await compactVerify(token, await importJWK(jwkOf(keys.pub.spk), "ES256"));
    expect(payload).toEqual(b64uDecode(doc.c));
  });

  test("signs what we read, whatever it is", async () => {
    const { pub, secret } = await drawWritten();
    const key = await importJWK(jwkOf(pub.spk, secret.ssk), "ES256");
    const payload = { cir: `c${"0".repeat(40)}`, dev: "d" };
    const token = await new CompactSign(jcs(payload))
      .setProtectedHeader({ alg: "ES256", kid: "i", typ: "rj1+join" })
      .sign(key);
    const jws = parseJws(token, "rj1+join");
    expect(jws.payload).toEqual(payload);
    await verifyJws(jws, pub.spk);
    expect(await codeOf(() => parseJws(token, "rj1+log"))).toBe("header");
  });
});

/** The suite that both libraries are asked for. Source: docs/circle.md, "Building blocks". */
function suiteOf(kem: Kem): other.CipherSuite {
  const factory = kem === "P256" ? other.KEM_DHKEM_P256_HKDF_SHA256 : other.KEM_MLKEM768_X25519;
  return new other.CipherSuite(factory as never, other.KDF_HKDF_SHA256, other.AEAD_AES_256_GCM);
}

describe.each(["P256", "XWING"] as const)("hpke, %s", (kem) => {
  const info = utf8("rj1 wrap\0place");
  const secret = utf8("an epoch's secret of 32 bytes ok");

  test("opens what we sealed", async () => {
    const { pub, secret: written } = await drawWritten(kem);
    const sealed = await hpkeSeal(pub, info, secret);
    const suite = suiteOf(kem);
    const key = await suite.DeserializePrivateKey(b64uDecode(written.ksk));
    const publicKey = await suite.DeserializePublicKey(b64uDecode(pub.kpk));
    const [enc, text] = [sealed.slice(0, suite.KEM.Nenc), sealed.slice(suite.KEM.Nenc)];
    expect(await suite.Open({ privateKey: key, publicKey }, enc, text, { info })).toEqual(secret);
    const elsewhere = { info: utf8("elsewhere") };
    await expect(
      suite.Open({ privateKey: key, publicKey }, enc, text, elsewhere),
    ).rejects.toThrow();
  });

  test("seals what we open", async () => {
    const { pub, secret: written } = await drawWritten(kem);
    const suite = suiteOf(kem);
    const publicKey = await suite.DeserializePublicKey(b64uDecode(pub.kpk));
    const { encapsulatedSecret, ciphertext } = await suite.Seal(publicKey, secret, { info });
    const sealed = concat(new Uint8Array(encapsulatedSecret), new Uint8Array(ciphertext));
    const key =
      kem === "XWING" ? b64uDecode(written.ksk) : await importPair("agree", written.ksk, pub.kpk);
    expect(await hpkeOpen(key, info, sealed)).toEqual(secret);
    expect(await codeOf(() => hpkeOpen(key, utf8("elsewhere"), sealed))).toBe("wrap");
  });

  test("seals a wrap of an epoch that its device opens", async () => {
    const { pub, secret: written } = await drawWritten(kem);
    const keys = await importDevice(written, pub);
    const { circle, stream, es, epoch } = named("wrap-opens");
    const bound = concat(utf8("rj1 wrap\0"), jcs([circle, stream, epoch.e, keys.id, epoch.commit]));
    const suite = suiteOf(kem);
    const publicKey = await suite.DeserializePublicKey(b64uDecode(pub.kpk));
    const sealed = await suite.Seal(publicKey, b64uDecode(es), { info: bound });
    const k = concat(new Uint8Array(sealed.encapsulatedSecret), new Uint8Array(sealed.ciphertext));
    const place = { ...epoch, at: 0 };
    const doc = { _id: wrapId(stream, place, keys.id), k: b64uEncode(k) };
    expect(b64uEncode(await unwrap(keys, circle, stream, place, doc))).toBe(es);
  });
});
