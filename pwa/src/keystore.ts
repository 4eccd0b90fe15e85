/**
 * The keys of one profile on this phone: made, stored, read back and used before anyone is told of
 * their public half.
 *
 *     1 opaque    keys that a script can use and never copy, as the browser keeps them
 *     2 wrapped   where it keeps none: keys as text, sealed under a key that a PIN opens
 *     3 refused   where it keeps nothing at all
 *
 * Browsers have lost keys silently that they could make, so nothing is believed that was not read
 * back. A lock may lie over either of the first two; see `client/lock.ts`.
 *
 * Source: docs/circle.md, "Decisions already taken".
 */
import { type Bytes, equalBytes, utf8 } from "./circle/encoding.ts";
import {
  aesKey,
  aesOpen,
  aesSeal,
  drawSeed,
  es256Verify,
  generateAgreementPair,
  generateLocalKey,
  generateSigningPair,
  hpkeSeal,
  type Kem,
  randomBytes,
  xwingPublic,
} from "./circle/envelope.ts";
import { DeviceKeys, type DeviceSecret, importDevice, type Pub } from "./circle/keys.ts";
import { type Content, fillBox, readBox, removeBox } from "./keybox.ts";

const SEED_PURPOSE = "seed of the key for key agreement";
const WRAPPED_PURPOSE = "keys of the device";

/**
 * An X-Wing key: no browser keeps one as an opaque key of its own, so its seed lies sealed, under
 * the key of the lock where there is one, else under the opaque key `local`. It is plain for the
 * moment of each use only.
 */
interface StoredSeed {
  readonly kpk: string;
  readonly sealed: Bytes;
  readonly locked?: boolean;
}

/** Rung 1. */
export interface OpaqueRow {
  readonly level: 1;
  readonly signing: CryptoKeyPair;
  readonly agreement: CryptoKeyPair | StoredSeed;
  readonly local: CryptoKey;
}

/** Rung 2: a `WrappedKeys` as JSON, sealed under the key of the lock. */
export interface WrappedRow {
  readonly level: 2;
  readonly sealed: Bytes;
}

export type DeviceRow = OpaqueRow | WrappedRow;

/** What rung 2 seals. */
export interface WrappedKeys {
  readonly secret: DeviceSecret;
  readonly pub: Pub;
  /** 32 bytes of the key for what is kept on this phone only. */
  readonly local: readonly number[];
}

/** opaque: this browser loses opaque keys, a PIN would help. none: it keeps nothing. */
export type Why = "exists" | "opaque" | "none" | "unreadable";

const REASONS: Readonly<Record<Why, string>> = {
  exists: "There are keys for this profile on this phone already.",
  opaque: "This browser cannot keep your keys safely by itself. A number would protect them.",
  none: "This browser cannot keep your keys safely. Please open the link in another browser.",
  unreadable:
    "Your keys on this phone cannot be read. Please close the other windows of this app and try again.",
};

/** The keys cannot be kept or read here; `reason` is a sentence for a person. */
export class KeyStoreError extends Error {
  override readonly name = "KeyStoreError";
  readonly why: Why;

  constructor(why: Why, cause?: unknown) {
    super(REASONS[why], { cause });
    this.why = why;
  }

  get reason(): string {
    return this.message;
  }
}

/** A lock lies over the keys: they open with its key only. */
export class ProfileLocked extends Error {
  override readonly name = "ProfileLocked";

  constructor() {
    super("this profile is locked");
  }
}

/** The device of one profile, with a key for what is kept on this phone only. */
export class ProfileKeys extends DeviceKeys {
  readonly #local: CryptoKey;
  readonly #data: CryptoKey;

  private constructor(device: DeviceKeys, local: CryptoKey, data: CryptoKey) {
    super(device);
    this.#local = local;
    this.#data = data;
  }

  /**
   * The device of stored keys.
   *
   * @param data The key of the lock, where there is one.
   */
  static async from(row: DeviceRow, data?: CryptoKey): Promise<ProfileKeys> {
    if (row.level === 2) {
      if (data === undefined) throw new ProfileLocked();
      const { secret, pub, local } = await unwrapKeys(row, data);
      const device = await importDevice(secret, pub);
      return new ProfileKeys(device, await aesKey(new Uint8Array(local)), data);
    }
    if (row.level !== 1) throw new TypeError("the keys are of another kind");
    const { signing, agreement, local } = row;
    const over = data ?? local;
    const key =
      "sealed" in agreement
        ? { kpk: agreement.kpk, seed: () => openSeed(agreement, local, data) }
        : agreement;
    return new ProfileKeys(await DeviceKeys.of(signing, key), local, over);
  }

  /** Seal what only this profile on this phone may read; `purpose` must be told to open it. */
  async localSeal(plaintext: Bytes, purpose: string): Promise<Bytes> {
    return aesSeal(this.#local, plaintext, localAad(purpose));
  }

  /**
   * What `localSeal` sealed for the same purpose.
   *
   * @throws CircleError `tag`: another profile, another purpose or a changed bit.
   */
  async localOpen(sealed: Bytes, purpose: string): Promise<Bytes> {
    return aesOpen(this.#local, sealed, localAad(purpose));
  }

  /** Seal records: under the key of the lock where there is one, else as `localSeal`. */
  async dataSeal(plaintext: Bytes, purpose: string): Promise<Bytes> {
    return aesSeal(this.#data, plaintext, localAad(purpose));
  }

  /**
   * What `dataSeal` sealed for the same purpose.
   *
   * @throws CircleError `tag`: another profile or purpose, a changed bit, a lock put on or taken off.
   */
  async dataOpen(sealed: Bytes, purpose: string): Promise<Bytes> {
    return aesOpen(this.#data, sealed, localAad(purpose));
  }
}

/**
 * Make the opaque keys of a new profile. When this resolves they are on the disk and were used from
 * there.
 *
 * @param database Name of an IndexedDB database that nothing else uses.
 * @param kem "XWING" needs code that is fetched when it is first asked for.
 * @throws KeyStoreError `exists`, or `opaque`, `none`: this browser cannot keep them. Nothing stays.
 */
export async function createKeys(database: string, kem: Kem = "P256"): Promise<ProfileKeys> {
  const [signing, local] = await Promise.all([generateSigningPair(false), generateLocalKey()]);
  const agreement = await (kem === "P256" ? generateAgreementPair(false) : drawSealedSeed(local));
  const row: OpaqueRow = { level: 1, signing, agreement, local };
  const made = await ProfileKeys.from(row);
  try {
    return await storeAndProve(database, { device: row }, made, () => loadKeys(database));
  } catch (error) {
    if (error instanceof KeyStoreError) throw error;
    throw new KeyStoreError((await keepsBytes(database)) ? "opaque" : "none", error);
  }
}

/**
 * Fill a new box, and promise that what is read from it is what was made, and works.
 *
 * @param load Reads the keys from the box.
 * @throws KeyStoreError `exists`. Any other error: they are not kept; nothing stays of them.
 */
export async function storeAndProve(
  database: string,
  content: Content,
  made: ProfileKeys,
  load: () => Promise<ProfileKeys | undefined>,
): Promise<ProfileKeys> {
  try {
    await fillBox(database, content);
  } catch (error) {
    if ((error as Error | null)?.name === "ConstraintError") {
      throw new KeyStoreError("exists", error);
    }
    await removeBox(database).catch(() => {});
    throw error;
  }
  try {
    const stored = await load();
    if (stored === undefined) throw new TypeError("stored keys are not there");
    await prove(made, stored);
    return stored;
  } catch (error) {
    await removeBox(database);
    // What `load` says of single keys says nothing to a person here.
    throw error instanceof KeyStoreError ? (error.cause ?? error) : error;
  }
}

/**
 * The keys of a profile; undefined when there are none.
 *
 * @param data The key of the lock that lies over them.
 * @throws ProfileLocked There is a lock, and its key was not given.
 * @throws KeyStoreError `unreadable`: they are there and cannot be read.
 */
export async function loadKeys(
  database: string,
  data?: CryptoKey,
): Promise<ProfileKeys | undefined> {
  try {
    const box = await readBox(database);
    if (box?.device === undefined) return undefined;
    if (box.lock !== undefined && data === undefined) throw new ProfileLocked();
    return await ProfileKeys.from(box.device as DeviceRow, data);
  } catch (error) {
    if (error instanceof ProfileLocked) throw error;
    throw new KeyStoreError("unreadable", error);
  }
}

/**
 * Promise that `stored` are the keys that were made, and that each of them works.
 *
 * @throws Error They are other keys, or one of them does not.
 */
export async function prove(made: ProfileKeys, stored: ProfileKeys): Promise<void> {
  const probe = randomBytes(32);
  const purpose = "proof";
  const [signature, unwrapped, local, data] = await Promise.all([
    stored.sign(probe),
    hpkeSeal(made.pub, probe, probe).then((wrapped) => stored.hpkeOpen(probe, wrapped)),
    made.localSeal(probe, purpose).then((sealed) => stored.localOpen(sealed, purpose)),
    stored.dataSeal(probe, purpose).then((sealed) => stored.dataOpen(sealed, purpose)),
  ]);
  const same = [unwrapped, local, data].every((bytes) => equalBytes(bytes, probe));
  if (!same || stored.id !== made.id || !(await es256Verify(made.pub.spk, probe, signature))) {
    throw new Error("stored keys do not work");
  }
}

/** The row of rung 2. */
export async function wrapKeys(keys: WrappedKeys, data: CryptoKey): Promise<WrappedRow> {
  const sealed = await aesSeal(data, utf8(JSON.stringify(keys)), localAad(WRAPPED_PURPOSE));
  return { level: 2, sealed };
}

async function unwrapKeys({ sealed }: WrappedRow, data: CryptoKey): Promise<WrappedKeys> {
  const text = new TextDecoder().decode(await aesOpen(data, sealed, localAad(WRAPPED_PURPOSE)));
  return JSON.parse(text) as WrappedKeys;
}

/**
 * The same opaque keys, with the seed among them under another key.
 *
 * @param from The key of the lock that lies over them; undefined without one.
 * @param to The key of the lock that shall; undefined without one.
 */
export async function resealed(
  row: OpaqueRow,
  from: CryptoKey | undefined,
  to: CryptoKey | undefined,
): Promise<OpaqueRow> {
  const { agreement, local } = row;
  if (!("sealed" in agreement)) return row;
  const seed = await openSeed(agreement, local, from);
  const sealed = await aesSeal(to ?? local, seed, localAad(SEED_PURPOSE));
  return { ...row, agreement: { kpk: agreement.kpk, sealed, locked: to !== undefined } };
}

async function drawSealedSeed(local: CryptoKey): Promise<StoredSeed> {
  const seed = drawSeed();
  const sealed = await aesSeal(local, seed, localAad(SEED_PURPOSE));
  return { kpk: await xwingPublic(seed), sealed };
}

async function openSeed(
  { sealed, locked }: StoredSeed,
  local: CryptoKey,
  data: CryptoKey | undefined,
): Promise<Bytes> {
  const key = locked ? data : local;
  if (key === undefined) throw new ProfileLocked();
  return aesOpen(key, sealed, localAad(SEED_PURPOSE));
}

/** Whether this browser gives bytes back as they were stored. */
async function keepsBytes(database: string): Promise<boolean> {
  const probe = randomBytes(32);
  try {
    await fillBox(database, { trial: probe });
    const kept = (await readBox(database))?.trial;
    return kept instanceof Uint8Array && equalBytes(new Uint8Array(kept), probe);
  } catch {
    return false;
  } finally {
    await removeBox(database).catch(() => {});
  }
}

/** What `localSeal` and its like bind a sealed part to. */
export function localAad(purpose: string): Bytes {
  return utf8(`rj1 local\0${purpose}`);
}
