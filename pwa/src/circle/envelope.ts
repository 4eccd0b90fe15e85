/**
 * Every cipher of the circle: the only file that touches `crypto.subtle` and HPKE.
 *
 * ES256 signatures are 64 bytes r||s; AES-256-GCM is nonce 12 || ciphertext || tag 16; HPKE is base
 * mode with HKDF-SHA256, AES-256-GCM and DHKEM(P-256, HKDF-SHA256) or X-Wing, which resists quantum
 * computers. Imported verification keys are kept, since importing one costs as much as using it.
 *
 * Source: docs/circle.md, "Epochs and wraps"; RFC 9180; RFC 5869; RFC 9106; FIPS 186-5; FIPS 203;
 * draft-connolly-cfrg-xwing-kem.
 */

import { type Bytes, b64uDecode, b64uEncode, concat, utf8 } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import type { CipherSuite } from "./hpke.ts";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" } as const;
const ECDH = { name: "ECDH", namedCurve: "P-256" } as const;
const ES256 = { name: "ECDSA", hash: "SHA-256" } as const;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Length of an uncompressed P-256 point. */
export const POINT_BYTES = 65;
/** How keys are agreed on with a device. */
export type Kem = "P256" | "XWING";
/** Length of a public key for key agreement. */
export const KPK_BYTES: Readonly<Record<Kem, number>> = { P256: POINT_BYTES, XWING: 1216 };
/** Length of what HPKE puts before the ciphertext. */
const ENC_BYTES: Readonly<Record<Kem, number>> = { P256: POINT_BYTES, XWING: 1120 };
const SEED_BYTES = 32;
/** Kept verification keys; one circle has at most 1,000 devices. */
const KEPT_KEYS_MAX = 4096;

const verificationKeys = new Map<string, Promise<CryptoKey>>();
const suites = new Map<Kem, Promise<CipherSuite>>();

/** `count` random bytes. */
export function randomBytes(count: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(count));
}

/** SHA-256. */
export async function sha256(bytes: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** HKDF-SHA256; `salt` and text `info` are ASCII, `length` in bytes. */
export async function hkdf(
  secret: Bytes,
  salt: string,
  info: string | Bytes,
  length: number,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits(hkdfOf(salt, info), key, length * 8));
}

/** An AES-256-GCM key out of HKDF-SHA256 that cannot be exported. */
export async function hkdfKey(secret: Bytes, salt: string, info: string): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const aes = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(hkdfOf(salt, info), key, aes, false, ["encrypt", "decrypt"]);
}

/**
 * An AES-256-GCM key out of a secret that a person can type, by Argon2id with one lane.
 *
 * @param memory In KiB.
 */
export async function argon2Key(
  secret: string,
  cost: { readonly salt: Bytes; readonly memory: number; readonly passes: number },
): Promise<CryptoKey> {
  const { argon2id } = await import("./argon2.ts");
  const raw = await argon2id({
    password: secret,
    salt: cost.salt,
    memorySize: cost.memory,
    iterations: cost.passes,
    parallelism: 1,
    hashLength: 32,
    outputType: "binary",
  });
  return aesKey(new Uint8Array(raw));
}

/**
 * An AES-256-GCM key out of a number that a person taps, by PBKDF2-HMAC-SHA256.
 *
 * Source: RFC 8018. It is in every browser and works without a network, as unlocking must.
 */
export async function pinKey(pin: string, salt: Bytes, iterations: number): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveKey"]);
  const algorithm = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const aes = { name: "AES-GCM", length: 256 };
  return crypto.subtle.deriveKey(algorithm, key, aes, false, ["encrypt", "decrypt"]);
}

function hkdfOf(salt: string, info: string | Bytes): HkdfParams {
  const bytes = typeof info === "string" ? utf8(info) : info;
  return { name: "HKDF", hash: "SHA-256", salt: utf8(salt), info: bytes };
}

/** nonce || ciphertext || tag under AES-256-GCM; a nonce is random and used once. */
export async function aesSeal(
  key: CryptoKey,
  plaintext: Bytes,
  aad: Bytes,
  nonce: Bytes = randomBytes(NONCE_BYTES),
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return concat(nonce, new Uint8Array(await crypto.subtle.encrypt(algorithm, key, plaintext)));
}

/**
 * What `aesSeal` sealed.
 *
 * @throws CircleError `tag`: another key, another place or a changed bit.
 */
export async function aesOpen(key: CryptoKey, sealed: Bytes, aad: Bytes): Promise<Bytes> {
  const iv = sealed.subarray(0, NONCE_BYTES);
  const algorithm = { name: "AES-GCM", iv, additionalData: aad };
  try {
    const ciphertext = sealed.subarray(NONCE_BYTES);
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, ciphertext));
  } catch {
    throw new CircleError("tag", "the sealed content was changed or belongs elsewhere");
  }
}

/** How many bytes `aesSeal` adds to the plaintext. */
export const SEAL_BYTES = NONCE_BYTES + TAG_BYTES;

/** An AES-256-GCM key of 32 bytes. */
export async function aesKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A pair for ES256; extractable only where its private half must travel. */
export async function generateSigningPair(extractable: boolean): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDSA, extractable, ["sign", "verify"]);
}

/** A pair for the key agreement of HPKE that cannot be exported. */
export async function generateAgreementPair(extractable: boolean): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ECDH, extractable, ["deriveBits"]);
}

/** An AES-256-GCM key that cannot be exported. */
export async function generateLocalKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** The uncompressed point of a public key, base64url. */
export async function publicPoint(key: CryptoKey): Promise<string> {
  return b64uEncode(new Uint8Array(await crypto.subtle.exportKey("raw", key)));
}

/** The 32-byte scalar of an extractable private key, base64url. */
export async function privateScalar(key: CryptoKey): Promise<string> {
  const { d } = await crypto.subtle.exportKey("jwk", key);
  if (d === undefined) {
    throw new TypeError("a private key was expected");
  }
  return d;
}

/** The pair of a scalar and its point, neither exportable afterwards except the public half. */
export async function importPair(
  use: "sign" | "agree",
  scalar: string,
  point: string,
): Promise<CryptoKeyPair> {
  const raw = b64uDecode(point);
  const x = b64uEncode(raw.subarray(1, 33));
  const y = b64uEncode(raw.subarray(33));
  const algorithm = use === "sign" ? ECDSA : ECDH;
  const jwk = { kty: "EC", crv: "P-256", x, y };
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.importKey("jwk", { ...jwk, d: scalar }, algorithm, false, [
      use === "sign" ? "sign" : "deriveBits",
    ]),
    crypto.subtle.importKey("jwk", jwk, algorithm, true, use === "sign" ? ["verify"] : []),
  ]);
  return { privateKey, publicKey };
}

/**
 * Promise that `point` is 65 bytes of an uncompressed point on the curve.
 *
 * @throws CircleError `schema`: it is not; `b64`: it cannot be read.
 */
export async function checkPoint(point: string): Promise<void> {
  const raw = b64uDecode(point);
  try {
    if (raw.length !== POINT_BYTES || raw[0] !== 4) {
      throw new TypeError("not an uncompressed point");
    }
    await verificationKey(point);
  } catch {
    throw new CircleError("schema", "a public key is not a point of the curve P-256");
  }
}

/** ES256 over `message`, 64 bytes. */
export async function es256Sign(key: CryptoKey, message: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ES256, key, message));
}

/** Whether the holder of `spk` (base64url point, checked before) signed `message`. */
export async function es256Verify(spk: string, message: Bytes, signature: Bytes): Promise<boolean> {
  return crypto.subtle.verify(ES256, await verificationKey(spk), signature, message);
}

function verificationKey(spk: string): Promise<CryptoKey> {
  let key = verificationKeys.get(spk);
  if (key === undefined) {
    if (verificationKeys.size >= KEPT_KEYS_MAX) {
      verificationKeys.clear();
    }
    key = crypto.subtle.importKey("raw", b64uDecode(spk), ECDSA, true, ["verify"]);
    verificationKeys.set(spk, key);
  }
  return key;
}

/** Public half of a key for key agreement, base64url; checked before. */
export interface Recipient {
  readonly kem: Kem;
  readonly kpk: string;
}

/**
 * enc || ciphertext for the holder of a public key.
 *
 * A key that nothing can be sealed to gets bytes of the same length that nobody opens: a device that
 * published such a key reads nothing, and keeps nobody from changing the circle's key.
 */
export async function hpkeSeal(
  { kem, kpk }: Recipient,
  info: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  const suite = await hpke(kem);
  let sealed: { readonly enc: ArrayBuffer; readonly ct: ArrayBuffer };
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(b64uDecode(kpk));
    sealed = await suite.seal({ recipientPublicKey, info }, plaintext);
  } catch {
    const { publicKey } = await suite.kem.generateKeyPair();
    const nothing = new Uint8Array(plaintext.length);
    sealed = await suite.seal({ recipientPublicKey: publicKey }, nothing);
  }
  return concat(new Uint8Array(sealed.enc), new Uint8Array(sealed.ct));
}

/**
 * What `hpkeSeal` sealed for this key: a pair of P-256 whose private half may be opaque, or the
 * seed of an X-Wing key.
 *
 * @throws CircleError `wrap`: sealed for another key or another place, or changed.
 */
export async function hpkeOpen(
  key: CryptoKeyPair | Bytes,
  info: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  const kem = key instanceof Uint8Array ? "XWING" : "P256";
  const suite = await hpke(kem);
  const enc = sealed.slice(0, ENC_BYTES[kem]);
  const ciphertext = sealed.slice(ENC_BYTES[kem]);
  try {
    const recipientKey =
      key instanceof Uint8Array ? await suite.kem.deserializePrivateKey(key) : key;
    return new Uint8Array(await suite.open({ recipientKey, enc, info }, ciphertext));
  } catch {
    throw new CircleError("wrap", "a wrapped key does not open with this device's key");
  }
}

/** The kind of key that a new device should have: X-Wing wherever its code can be fetched. */
export async function offeredKem(): Promise<Kem> {
  return import("./xwing.ts").then(
    () => "XWING",
    () => "P256",
  );
}

/** A new seed of an X-Wing key. */
export function drawSeed(): Bytes {
  return randomBytes(SEED_BYTES);
}

/** The public half of the X-Wing key that grows from `seed`, base64url. */
export async function xwingPublic(seed: Bytes): Promise<string> {
  const { XWing } = await import("./xwing.ts");
  const kem = new XWing();
  const { publicKey } = await kem.generateKeyPairDerand(seed);
  return b64uEncode(new Uint8Array(await kem.serializePublicKey(publicKey)));
}

/** Loaded when the first key is wrapped or unwrapped: most starts of the app do neither. */
function hpke(kem: Kem): Promise<CipherSuite> {
  let suite = suites.get(kem);
  if (suite === undefined) {
    suite = kem === "P256" ? p256Suite() : xwingSuite();
    suites.set(kem, suite);
    // Without a network the code may not come now, and come later.
    suite.catch(() => suites.delete(kem));
  }
  return suite;
}

async function p256Suite(): Promise<CipherSuite> {
  const { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } = await import("./hpke.ts");
  return new CipherSuite({
    kem: new DhkemP256HkdfSha256(),
    kdf: new HkdfSha256(),
    aead: new Aes256Gcm(),
  });
}

async function xwingSuite(): Promise<CipherSuite> {
  const [{ Aes256Gcm, CipherSuite, HkdfSha256 }, { XWing }] = await Promise.all([
    import("./hpke.ts"),
    import("./xwing.ts"),
  ]);
  return new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}
