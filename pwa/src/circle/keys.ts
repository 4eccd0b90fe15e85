/**
 * A device: its keys, its id, its login token.
 *
 * The id is a hash of the public keys, so no one has to be believed about which keys are whose.
 *
 * Source: docs/circle.md, "Objects and grammar" and "The server's duties".
 */
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, utf8 } from "./encoding.ts";
import {
  checkPoint,
  drawSeed,
  es256Sign,
  generateAgreementPair,
  generateSigningPair,
  hpkeOpen,
  importPair,
  type Kem,
  privateScalar,
  publicPoint,
  sha256,
  xwingPublic,
} from "./envelope.ts";
import { CircleError } from "./errors.ts";
import { hasExactly, isHash, isScalar } from "./grammar.ts";
import { compactJws } from "./jws.ts";
import { LOGIN_SECONDS_MAX } from "./limits.ts";

/** Public half of a device, base64url: for key agreement, and a point for signatures. */
export interface Pub {
  readonly kem: Kem;
  readonly kpk: string;
  readonly spk: string;
}

/** Private half as text, base64url: 32-byte scalars, or a seed as `ksk`. On paper, on no disk. */
export interface DeviceSecret {
  readonly kem: Kem;
  readonly ksk: string;
  readonly ssk: string;
}

/** An X-Wing key whose seed is shown for each use and kept in no variable. */
export interface SeedKey {
  readonly kpk: string;
  seed(): Promise<Bytes>;
}

interface Parts {
  readonly pub: Pub;
  readonly id: string;
  readonly signing: CryptoKey;
  readonly agreement: CryptoKeyPair | SeedKey;
}

/** The id that follows from a device's public keys. */
export async function deviceId(pub: Pub): Promise<string> {
  const digest = await sha256(concat(utf8("rj1 device\0"), jcs(pub)));
  return `d${b64uEncode(digest.subarray(0, 15))}`;
}

/**
 * Promise that the points of a device's keys, whose shape was checked, are on the curve.
 *
 * Of an X-Wing key only the length is known: see `hpkeSeal`.
 *
 * @throws CircleError `schema`: they are not.
 */
export async function checkPub({ kem, kpk, spk }: Pub): Promise<void> {
  await Promise.all([spk, ...(kem === "P256" ? [kpk] : [])].map(checkPoint));
}

/** What a device can do with its keys; they themselves never come out. */
export class DeviceKeys {
  readonly pub: Pub;
  readonly id: string;
  readonly #signing: CryptoKey;
  readonly #agreement: CryptoKeyPair | SeedKey;

  /** The same device once more; see `of`. */
  protected constructor(device: DeviceKeys | Parts) {
    this.pub = device.pub;
    this.id = device.id;
    [this.#signing, this.#agreement] =
      device instanceof DeviceKeys
        ? [device.#signing, device.#agreement]
        : [device.signing, device.agreement];
  }

  /** The device that holds these keys. */
  static async of(signing: CryptoKeyPair, agreement: CryptoKeyPair | SeedKey): Promise<DeviceKeys> {
    const spk = await publicPoint(signing.publicKey);
    const pub: Pub =
      "seed" in agreement
        ? { kem: "XWING", kpk: agreement.kpk, spk }
        : { kem: "P256", kpk: await publicPoint(agreement.publicKey), spk };
    const id = await deviceId(pub);
    return new DeviceKeys({ pub, id, signing: signing.privateKey, agreement });
  }

  /** A device with fresh keys that live only as long as this object. */
  static async generate(kem: Kem = "P256"): Promise<DeviceKeys> {
    const agreement = kem === "P256" ? generateAgreementPair(false) : seedKey(drawSeed());
    return DeviceKeys.of(...(await Promise.all([generateSigningPair(false), agreement])));
  }

  /** ES256 of this device, 64 bytes. */
  async sign(message: Bytes): Promise<Bytes> {
    return es256Sign(this.#signing, message);
  }

  /**
   * What was wrapped for this device.
   *
   * @throws CircleError `wrap`: it was not, or not in this place.
   */
  async hpkeOpen(info: Bytes, sealed: Bytes): Promise<Bytes> {
    const key = "seed" in this.#agreement ? await this.#agreement.seed() : this.#agreement;
    return hpkeOpen(key, info, sealed);
  }
}

async function seedKey(seed: Bytes): Promise<SeedKey> {
  return { kpk: await xwingPublic(seed), seed: async () => seed };
}

/**
 * The bearer token that proves this device to one server.
 *
 * @param audience The server's origin, `https://host`.
 * @param now Unix seconds by the server's clock.
 */
export async function loginToken(keys: DeviceKeys, audience: string, now: number): Promise<string> {
  const payload = { aud: audience, exp: now + LOGIN_SECONDS_MAX, iat: now };
  return compactJws(keys, { kid: keys.id, typ: "rj1+auth" }, payload);
}

/**
 * Keys of a new device that are to be written down: the private half as text, and the public half.
 *
 * Whoever reads the secret is this device.
 */
export async function drawWritten(
  kem: Kem = "P256",
): Promise<{ readonly secret: DeviceSecret; readonly pub: Pub }> {
  const signing = await generateSigningPair(true);
  const [ssk, spk] = [
    await privateScalar(signing.privateKey),
    await publicPoint(signing.publicKey),
  ];
  if (kem === "XWING") {
    const seed = drawSeed();
    const pub = { kem, kpk: await xwingPublic(seed), spk };
    return { secret: { kem, ksk: b64uEncode(seed), ssk }, pub };
  }
  const agreement = await generateAgreementPair(true);
  const pub = { kem, kpk: await publicPoint(agreement.publicKey), spk };
  return { secret: { kem, ksk: await privateScalar(agreement.privateKey), ssk }, pub };
}

/**
 * A device out of its written secret and the public half that belongs to it.
 *
 * @throws CircleError `schema`, `b64`: it is no secret of a device.
 */
export async function importDevice(secret: unknown, pub: Pub): Promise<DeviceKeys> {
  const { kem, ksk, ssk } = asDeviceSecret(secret);
  const agreement = kem === "XWING" ? seedKey(b64uDecode(ksk)) : importPair("agree", ksk, pub.kpk);
  return DeviceKeys.of(...(await Promise.all([importPair("sign", ssk, pub.spk), agreement])));
}

/**
 * A written secret whose shape is right.
 *
 * @throws CircleError `schema`, `b64`: it is no secret of a device.
 */
export function asDeviceSecret(value: unknown): DeviceSecret {
  const { kem } = Object(value) as { readonly kem?: unknown };
  const isKem = (named: unknown) => named === "P256" || named === "XWING";
  const isKey = kem === "XWING" ? isHash : isScalar;
  if (!hasExactly(value, { kem: isKem, ksk: isKey, ssk: isScalar })) {
    throw new CircleError("schema", "this is not the secret of a device");
  }
  return value as DeviceSecret;
}
