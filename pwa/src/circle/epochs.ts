/**
 * The secret of an epoch: its commitment in the log, its wraps, its link to the one before, its
 * document keys.
 *
 * Source: docs/circle.md, "Epochs".
 */
import { type Bytes, b64uDecode, b64uEncode, concat, jcs, u32be, utf8 } from "./encoding.ts";
import { aesOpen, aesSeal, hkdf, hkdfKey, hpkeSeal, randomBytes } from "./envelope.ts";
import { CircleError } from "./errors.ts";
import type { Stream } from "./grammar.ts";
import type { DeviceKeys } from "./keys.ts";
import { STREAMS_OF_S } from "./roles.ts";
import { type Epoch, holds, type Member, type Standing } from "./standing.ts";

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

/** The secret of the epoch before, sealed for whoever has that of epoch `e`. */
export async function back(
  circle: string,
  stream: Stream,
  e: number,
  es: Bytes,
  before: Bytes,
  nonce?: Bytes,
): Promise<string> {
  const key = await backKey(circle, stream, es);
  return b64uEncode(await aesSeal(key, before, backAad(circle, stream, e), nonce));
}

/**
 * The secret of the epoch before `later`, out of the link that `later` has to it.
 *
 * @throws CircleError `epoch`: history begins at `later`; `back`: the link leads elsewhere, which
 *   only the signer of its entry can have done.
 */
export async function unback(
  circle: string,
  stream: Stream,
  later: Epoch,
  es: Bytes,
  earlier: Epoch,
): Promise<Bytes> {
  if (later.back === undefined) {
    throw new CircleError("epoch", "the history of this circle begins here for this device");
  }
  try {
    const key = await backKey(circle, stream, es);
    const sealed = b64uDecode(later.back);
    const before = await aesOpen(key, sealed, backAad(circle, stream, later.e));
    await checkCommit(before, stream, earlier);
    return before;
  } catch (error) {
    if (!(error instanceof CircleError)) {
      throw error;
    }
    throw new CircleError("back", "the link to an earlier key does not lead to it");
  }
}

function backKey(circle: string, stream: Stream, es: Bytes): Promise<CryptoKey> {
  return hkdfKey(es, circle, `rj1 back\0${stream}`);
}

function backAad(circle: string, stream: Stream, e: number): Bytes {
  return concat(utf8("rj1 back\0"), jcs([circle, stream, e]));
}

/** A wrap that an entry asks for. */
export interface RequiredWrap {
  readonly id: string;
  readonly stream: Stream;
  readonly epoch: Epoch;
  readonly member: Member;
}

/**
 * Exactly the wraps that the last entry asks for; `before` is undefined at the founding.
 *
 * A new epoch needs one for each live device of the stream; a device that is new to a stream needs
 * its current epoch.
 */
export function requiredWraps(before: Standing | undefined, after: Standing): RequiredWrap[] {
  return (["c", "k"] as const).flatMap((stream) => {
    const epoch = after.epochs[stream].at(-1);
    if (epoch === undefined) {
      return [];
    }
    return after
      .entitled(stream)
      .filter((member) => {
        const known = before?.devices.get(member.device);
        return epoch.at === after.seq || known === undefined || !holds(known, stream);
      })
      .map((member) => ({ id: wrapId(stream, epoch, member.device), stream, epoch, member }));
  });
}

/** The epoch in which a stream is written now. */
export function currentEpoch(circle: Standing, stream: Stream): Epoch {
  const epoch = circle.epochAt(stream, circle.seq);
  if (epoch === undefined) {
    throw new CircleError("epoch", "this stream was never opened");
  }
  return epoch;
}

/** A link to an earlier secret that does not lead there. */
export interface BadBack {
  readonly stream: Stream;
  readonly e: number;
  /** The device that signed it. */
  readonly by: string;
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

  /**
   * All that a device can know that knows nothing yet.
   *
   * @throws CircleError `epoch`: not even the newest secret of stream c has arrived.
   */
  static async unlock(
    membership: Standing,
    keys: DeviceKeys,
    wraps: readonly WrapDocument[],
  ): Promise<EpochSecrets> {
    const nothing = new EpochSecrets(membership.circle);
    const { secrets } = await nothing.unlocked(membership, keys, wraps);
    secrets.get("c", currentEpoch(membership, "c").e);
    return secrets;
  }

  /**
   * All that this device can know now: out of its wraps, and along the links from there.
   *
   * A wrap that does not open is as good as none. A bad link costs the secrets behind it, unless
   * they are known or wrapped; the later ones stay usable.
   */
  async unlocked(
    membership: Standing,
    keys: DeviceKeys,
    wraps: readonly WrapDocument[],
  ): Promise<{ readonly secrets: EpochSecrets; readonly bad: readonly BadBack[] }> {
    const byId = new Map(wraps.map((doc) => [doc._id, doc]));
    const { s = "c" } = membership.devices.get(keys.id) ?? {};
    let secrets: EpochSecrets = this;
    const bad: BadBack[] = [];
    for (const stream of STREAMS_OF_S[s]) {
      let later: Epoch | undefined;
      for (const epoch of [...membership.epochs[stream]].reverse()) {
        const doc = byId.get(wrapId(stream, epoch, keys.id));
        const found = await secrets.#find(keys, stream, epoch, doc, later);
        if (found === "bad" || (await secrets.#isBad(stream, epoch, later, this))) {
          bad.push({
            stream,
            e: later?.e ?? 0,
            by: membership.stamps[later?.at ?? 0]?.device ?? "",
          });
        }
        secrets = found instanceof Uint8Array ? secrets.with(stream, epoch.e, found) : secrets;
        later = epoch;
      }
    }
    return { secrets, bad };
  }

  /** A secret that is not known yet: out of its wrap, or along the link of the one after it. */
  async #find(
    keys: DeviceKeys,
    stream: Stream,
    epoch: Epoch,
    doc: WrapDocument | undefined,
    later: Epoch | undefined,
  ): Promise<Bytes | "known" | "none" | "bad"> {
    if (this.has(stream, epoch.e)) {
      return "known";
    }
    const wrapped = doc && (await orCode(unwrap(keys, this.circle, stream, epoch, doc)));
    if (wrapped instanceof Uint8Array) {
      return wrapped;
    }
    if (later === undefined || !this.has(stream, later.e)) {
      return "none";
    }
    const es = this.get(stream, later.e);
    const linked = await orCode(unback(this.circle, stream, later, es, epoch));
    if (linked instanceof Uint8Array) {
      return linked;
    }
    return linked === "back" ? "bad" : "none";
  }

  /** Whether a link that has just arrived leads elsewhere than to the secret that was known. */
  async #isBad(
    stream: Stream,
    epoch: Epoch,
    later: Epoch | undefined,
    before: EpochSecrets,
  ): Promise<boolean> {
    const isNew = later?.back !== undefined && !before.has(stream, later.e);
    if (!isNew || !this.has(stream, later.e) || !before.has(stream, epoch.e)) {
      return false;
    }
    const es = this.get(stream, later.e);
    return (await orCode(unback(this.circle, stream, later, es, epoch))) === "back";
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

  /** How many secrets are held. */
  get size(): number {
    return this.#secrets.size;
  }

  /** Whether a device that reads these streams has every secret that the log speaks of. */
  isComplete(membership: Standing, device: string): boolean {
    const { s = "c" } = membership.devices.get(device) ?? {};
    return STREAMS_OF_S[s].every((stream) =>
      membership.epochs[stream].every(({ e }) => this.has(stream, e)),
    );
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

/** What comes, or the code of the refusal. */
async function orCode(result: Promise<Bytes>): Promise<Bytes | string> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof CircleError) {
      return error.code;
    }
    throw error;
  }
}

function wrapInfo(circle: string, stream: Stream, epoch: Epoch, device: string): Bytes {
  return concat(utf8("rj1 wrap\0"), jcs([circle, stream, epoch.e, device, epoch.commit]));
}
