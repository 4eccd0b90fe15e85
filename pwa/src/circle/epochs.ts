/**
 * The secret of an epoch: its commitment in the log, its wraps, its document keys.
 *
 * Source: docs/circle.md, "Epochs and wraps".
 */
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, u32be, utf8 } from "./encoding.ts";
import { hkdf, hkdfKey, hpkeSeal, randomBytes } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import type { Stream } from "./grammar.ts";
import type { DeviceKeys } from "./keys.ts";
import type { Epoch, Member, Membership } from "./log.ts";

/** An epoch's secret sealed for one device, as it is stored. */
export interface WrapDocument {
  readonly _id: string;
  readonly _rev?: string;
  readonly k: string;
}

/** Known secrets of a circle as text, to be kept under the device's own key. */
export type KnownSecrets = Readonly<Partial<Record<Stream, Readonly<Record<string, string>>>>>;

const SECRET_BYTES = 32;

/** A new secret, used in one stream, one circle, one try. */
export function drawSecret(): Bytes {
  return randomBytes(SECRET_BYTES);
}

/** What the log says of a secret: its holder can check it, nobody else learns it. */
export async function commit(es: Bytes, stream: Stream, e: number): Promise<string> {
  const info = concat(utf8(`rj1 commit\0${stream}`), u32be(e));
  return b64uEncode(await hkdf(es, "", info, SECRET_BYTES));
}

/** Id of the wrap of one epoch for one device. */
export function wrapId(stream: Stream, epoch: Epoch, device: string): string {
  return `wrap:${stream}${String(epoch.e).padStart(6, "0")}:${epoch.commit.slice(0, 16)}:${device}`;
}

/** The secret of an epoch sealed for `member`. */
export async function wrap(
  circle: string,
  stream: Stream,
  epoch: Epoch,
  member: Pick<Member, "device" | "pub">,
  es: Bytes,
): Promise<WrapDocument> {
  const info = wrapInfo(circle, stream, epoch, member.device);
  const sealed = await hpkeSeal(member.pub, info, es);
  return { _id: wrapId(stream, epoch, member.device), k: b64uEncode(sealed) };
}

/**
 * The secret that `doc` brings this device.
 *
 * @throws CircleError `schema`, `b64`: no wrap of this epoch for this device; `wrap`: not sealed for
 *   this place; `commit`: not the secret that the log speaks of.
 */
export async function unwrap(
  keys: DeviceKeys,
  circle: string,
  stream: Stream,
  epoch: Epoch,
  doc: WrapDocument,
): Promise<Bytes> {
  if (doc._id !== wrapId(stream, epoch, keys.id) || typeof doc.k !== "string") {
    throw new CircleError("schema", "a wrapped key is for another device or epoch");
  }
  const info = wrapInfo(circle, stream, epoch, keys.id);
  const es = await keys.hpkeOpen(info, b64uDecode(doc.k));
  await checkCommit(es, stream, epoch);
  return es;
}

/**
 * Promise that `es` is the secret that the log speaks of.
 *
 * @throws CircleError `commit`: it is not.
 */
export async function checkCommit(es: Bytes, stream: Stream, epoch: Epoch): Promise<void> {
  if ((await commit(es, stream, epoch.e)) !== epoch.commit) {
    throw new CircleError("commit", "a key is not the one that the member list speaks of");
  }
}

/** Ids of exactly the wraps that the last entry asks for; `before` is undefined at the founding. */
export function requiredWraps(before: Membership | undefined, after: Membership): string[] {
  const epoch = currentEpoch(after, "c");
  const isNewEpoch = before === undefined || before.epochs.c.length < after.epochs.c.length;
  return after
    .liveDevices()
    .filter(({ device }) => isNewEpoch || !before.devices.has(device))
    .map(({ device }) => wrapId("c", epoch, device));
}

/** The epoch in which a stream is written now. */
export function currentEpoch(circle: Membership, stream: Stream): Epoch {
  const epoch = circle.epochAt(stream, circle.seq);
  if (epoch === undefined) {
    throw new CircleError("epoch", "this stream was never opened");
  }
  return epoch;
}

/** The secrets of one circle that a device holds, with the document keys that follow from them. */
export class EpochSecrets {
  readonly circle: string;
  readonly #secrets = new Map<string, Bytes>();
  readonly #documentKeys = new Map<string, Promise<CryptoKey>>();

  constructor(circle: string) {
    this.circle = circle;
  }

  /** Those that `known` lists. */
  static of(circle: string, known: KnownSecrets): EpochSecrets {
    const secrets = new EpochSecrets(circle);
    for (const stream of ["c", "k"] as const) {
      for (const [e, es] of Object.entries(known[stream] ?? {})) {
        secrets.#secrets.set(stream + e, b64uDecode(es));
      }
    }
    return secrets;
  }

  /** The secret of the newest epoch of stream c, out of this device's wrap. */
  static async unlock(
    membership: Membership,
    keys: DeviceKeys,
    wraps: readonly WrapDocument[],
  ): Promise<EpochSecrets> {
    const epoch = currentEpoch(membership, "c");
    const id = wrapId("c", epoch, keys.id);
    const doc = wraps.find(({ _id }) => _id === id);
    if (doc === undefined) {
      throw new CircleError("epoch", "the key of this circle has not arrived yet");
    }
    const es = await unwrap(keys, membership.circle, "c", epoch, doc);
    return new EpochSecrets(membership.circle).with("c", epoch.e, es);
  }

  /** These and one more, whose commitment was checked. */
  with(stream: Stream, e: number, es: Bytes): EpochSecrets {
    const more = new EpochSecrets(this.circle);
    for (const [name, secret] of this.#secrets) {
      more.#secrets.set(name, secret);
    }
    more.#secrets.set(stream + e, es);
    return more;
  }

  /** Whether the secret of an epoch is held. */
  has(stream: Stream, e: number): boolean {
    return this.#secrets.has(stream + e);
  }

  /**
   * The secret of an epoch.
   *
   * @throws CircleError `epoch`: it is not held.
   */
  get(stream: Stream, e: number): Bytes {
    const es = this.#secrets.get(stream + e);
    if (es === undefined) {
      throw new CircleError("epoch", "the key of that time is not on this device");
    }
    return es;
  }

  /**
   * The key of one author's documents in one epoch.
   *
   * @throws CircleError `epoch`: its secret is not held.
   */
  documentKey(stream: Stream, e: number, device: string): Promise<CryptoKey> {
    const name = `${stream}${e}:${device}`;
    let key = this.#documentKeys.get(name);
    if (key === undefined) {
      key = hkdfKey(this.get(stream, e), this.circle, `rj1 doc\0${stream}${device}`);
      this.#documentKeys.set(name, key);
    }
    return key;
  }

  /** All of them as text; whoever reads it reads the circle. */
  toKnown(): KnownSecrets {
    const known = { c: {} as Record<string, string>, k: {} as Record<string, string> };
    for (const [name, es] of this.#secrets) {
      known[name.charAt(0) as Stream][name.slice(1)] = b64uEncode(es);
    }
    return known;
  }
}

function wrapInfo(circle: string, stream: Stream, epoch: Epoch, device: string): Bytes {
  return concat(utf8("rj1 wrap\0"), jcs([circle, stream, epoch.e, device, epoch.commit]));
}
