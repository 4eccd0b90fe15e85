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

/** A link to the epoch before that does not lead there: its signer broke the chain. */
export interface BadBack {
  readonly stream: Stream;
  /** The epoch that carries it. */
  readonly e: number;
  /** Who signed it. */
  readonly device: string;
}

/** Known secrets of a circle as text, to be kept under the device's own key. */
export type KnownSecrets = Readonly<Partial<Record<Stream, Readonly<Record<string, string>>>>>;

const SECRET_BYTES = 32;
const STREAMS = ["c", "k"] as const;

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
  if (es.length !== SECRET_BYTES || (await commit(es, stream, epoch.e)) !== epoch.commit) {
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
 * @throws CircleError `back`: there is none, or it leads elsewhere, which only the signer of its
 *   entry can have done.
 */
export async function unback(
  circle: string,
  stream: Stream,
  later: Epoch,
  es: Bytes,
  earlier: Epoch,
): Promise<Bytes> {
  try {
    const key = await backKey(circle, stream, es);
    const sealed = b64uDecode(later.back ?? "");
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

/** A wrap that an entry asks for, or may bring along. */
export interface NamedWrap {
  readonly id: string;
  readonly stream: Stream;
  readonly epoch: Epoch;
  readonly member: Member;
}

/**
 * Exactly the wraps that the last entry asks for; `before` is undefined at the founding.
 *
 * A new epoch needs one for each live device of the stream; a device that comes in, or is given the
 * clinicians' stream, needs the current epoch of each stream that is new to it.
 */
export function requiredWraps(before: Standing | undefined, after: Standing): NamedWrap[] {
  return STREAMS.flatMap((stream) => {
    const epoch = after.epochs[stream].at(-1);
    if (epoch === undefined) {
      return [];
    }
    const isOpened = epoch.at === after.seq;
    return after
      .entitled(stream)
      .filter((member) => isOpened || isNewTo(before, member, stream))
      .map((member) => named(stream, epoch, member));
  });
}

/**
 * The wraps that an entry may bring along beyond `requiredWraps`.
 *
 * Who lets a device in knows which links are broken and hands it the newest secret of each piece
 * beyond one. The server cannot tell, so any epoch that is linked to the current one may be wrapped;
 * beyond an end of history on purpose none is.
 */
export function repairWraps(before: Standing | undefined, after: Standing): NamedWrap[] {
  return STREAMS.flatMap((stream) => {
    const [, ...older] = linked(after, stream);
    return after
      .entitled(stream)
      .filter((member) => isNewTo(before, member, stream))
      .flatMap((member) => older.map((epoch) => named(stream, epoch, member)));
  });
}

function isNewTo(before: Standing | undefined, { device }: Member, stream: Stream): boolean {
  const known = before?.devices.get(device);
  return known === undefined || !holds(known, stream);
}

function named(stream: Stream, epoch: Epoch, member: Member): NamedWrap {
  return { id: wrapId(stream, epoch, member.device), stream, epoch, member };
}

/** The current epoch, and those before it up to where history was made to end. */
function linked(circle: Standing, stream: Stream): Epoch[] {
  const newestFirst = [...circle.epochs[stream]].reverse();
  const end = newestFirst.findIndex((epoch) => epoch.back === undefined);
  return end === -1 ? newestFirst : newestFirst.slice(0, end + 1);
}

/**
 * The epochs whose secrets a new device must be handed beside the current one.
 *
 * Each is the newest behind a broken link. Behind an end of history on purpose there is none.
 */
export function pieces(
  circle: Standing,
  bad: readonly BadBack[],
): { readonly stream: Stream; readonly e: number }[] {
  return bad
    .map(({ stream, e }) => ({ stream, e: e - 1 }))
    .filter(({ stream, e }) => linked(circle, stream).some((epoch) => epoch.e === e));
}

/** Write wraps; `secrets` holds the secret of each of their epochs. */
export function makeWraps(
  circle: Standing,
  wraps: readonly NamedWrap[],
  secrets: EpochSecrets,
): Promise<WrapDocument[]> {
  return Promise.all(
    wraps.map(({ stream, epoch, member }) =>
      wrap(circle.circle, stream, epoch, member, secrets.get(stream, epoch.e)),
    ),
  );
}

/** The epoch in which a stream is written now. */
export function currentEpoch(circle: Standing, stream: Stream): Epoch {
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
    for (const stream of STREAMS) {
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
   * @returns Beside them the links that are broken, and the names of the wraps that do not open or
   *   hold another secret: a holder must write them again.
   */
  async unlocked(
    membership: Standing,
    keys: DeviceKeys,
    wraps: readonly WrapDocument[],
  ): Promise<{
    readonly secrets: EpochSecrets;
    readonly bad: readonly BadBack[];
    readonly closed: readonly string[];
  }> {
    const byId = new Map(wraps.map((doc) => [doc._id, doc]));
    const closed: string[] = [];
    let opened: EpochSecrets = this;
    for (const stream of STREAMS) {
      for (const epoch of membership.epochs[stream]) {
        const id = wrapId(stream, epoch, keys.id);
        const doc = byId.get(id);
        if (doc === undefined || opened.has(stream, epoch.e)) {
          continue;
        }
        const es = await orCode(unwrap(keys, this.circle, stream, epoch, doc));
        if (es instanceof Uint8Array) {
          opened = opened.with(stream, epoch.e, es);
        } else {
          closed.push(id);
        }
      }
    }
    return { ...(await opened.walked(membership)), closed };
  }

  /**
   * These, and all that follow along the links of every epoch whose secret is held.
   *
   * @returns Beside them the links that are broken, also where the secret before is held already:
   *   who has it is the one who can tell the others. What is held stays usable.
   */
  async walked(
    membership: Standing,
  ): Promise<{ readonly secrets: EpochSecrets; readonly bad: readonly BadBack[] }> {
    let secrets: EpochSecrets = this;
    const bad: BadBack[] = [];
    for (const stream of STREAMS) {
      const chain = membership.epochs[stream];
      for (const epoch of [...chain].reverse()) {
        const before = chain[epoch.e - 2];
        if (epoch.back === undefined || before === undefined || !secrets.has(stream, epoch.e)) {
          continue;
        }
        const es = secrets.get(stream, epoch.e);
        const older = await orCode(unback(this.circle, stream, epoch, es, before));
        if (older instanceof Uint8Array) {
          secrets = secrets.with(stream, before.e, older);
        } else {
          const device = membership.stamps[epoch.at]?.device ?? "";
          bad.push({ stream, e: epoch.e, device });
        }
      }
    }
    return { secrets, bad };
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
