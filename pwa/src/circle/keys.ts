/**
 * A device: its keys, its id, its login token.
 *
 * The id is a hash of the public keys, so no one has to be believed about which keys are whose.
 *
 * Source: docs/circle.md, "Objects and grammar" and "The server's duties".
 */
import { type Bytes, b64uEncode, concat, jcs, utf8 } from "./encoding.ts";
import {
  es256Sign,
  generateAgreementPair,
  generateSigningPair,
  hpkeOpen,
  importPair,
  publicPoint,
  sha256,
} from "./envelope.ts";
import { CircleError } from "./errors.ts";
import { hasExactly, isScalar } from "./grammar.ts";
import { compactJws } from "./jws.ts";
import { LOGIN_SECONDS_MAX } from "./limits.ts";

/** Public half of a device: base64url points for key agreement and signatures. */
export interface Pub {
  readonly kem: "P256";
  readonly kpk: string;
  readonly spk: string;
}

/** Private half as text: base64url of the 32-byte scalars. A phone never has it. */
export interface DeviceSecret {
  readonly kem: "P256";
  readonly ksk: string;
  readonly ssk: string;
}

interface Parts {
  readonly pub: Pub;
  readonly id: string;
  readonly signing: CryptoKey;
  readonly agreement: CryptoKeyPair;
}

/** The id that follows from a device's public keys. */
export async function deviceId(pub: Pub): Promise<string> {
  const digest = await sha256(concat(utf8("rj1 device\0"), jcs(pub)));
  return `d${b64uEncode(digest.subarray(0, 15))}`;
}

/** What a device can do with its keys; they themselves never come out. */
export class DeviceKeys {
  readonly pub: Pub;
  readonly id: string;
  readonly #signing: CryptoKey;
  readonly #agreement: CryptoKeyPair;

  /** The same device once more; see `of`. */
  protected constructor(device: DeviceKeys | Parts) {
    this.pub = device.pub;
    this.id = device.id;
    [this.#signing, this.#agreement] =
      device instanceof DeviceKeys
        ? [device.#signing, device.#agreement]
        : [device.signing, device.agreement];
  }

  /** The device that holds these pairs. */
  static async of(signing: CryptoKeyPair, agreement: CryptoKeyPair): Promise<DeviceKeys> {
    const kpk = await publicPoint(agreement.publicKey);
    const pub: Pub = { kem: "P256", kpk, spk: await publicPoint(signing.publicKey) };
    const id = await deviceId(pub);
    return new DeviceKeys({ pub, id, signing: signing.privateKey, agreement });
  }

  /** A device with fresh keys that live only as long as this object. */
  static async generate(): Promise<DeviceKeys> {
    const pairs = [generateSigningPair(false), generateAgreementPair(false)] as const;
    return DeviceKeys.of(...(await Promise.all(pairs)));
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
    return hpkeOpen(this.#agreement, info, sealed);
  }
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
 * A device out of its written secret and the public half that belongs to it.
 *
 * @throws CircleError `schema`, `b64`: it is no secret of a device.
 */
export async function importDevice(secret: unknown, pub: Pub): Promise<DeviceKeys> {
  const isKem = (value: unknown) => value === "P256";
  if (!hasExactly(secret, { kem: isKem, ksk: isScalar, ssk: isScalar })) {
    throw new CircleError("schema", "this is not the secret of a device");
  }
  const { ksk, ssk } = secret as DeviceSecret;
  const pairs = [importPair("sign", ssk, pub.spk), importPair("agree", ksk, pub.kpk)] as const;
  return DeviceKeys.of(...(await Promise.all(pairs)));
}
