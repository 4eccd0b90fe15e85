/**
 * The opaque keys of one profile on this phone: made, stored, read back and used before anyone is
 * told of their public half.
 *
 * Browsers have lost keys silently that they could make, so nothing is believed that was not read
 * back. The private keys of P-256 are non-extractable: a script can use them, never copy them.
 *
 * Source: docs/circle.md, "Decisions already taken".
 */
import { type Bytes, utf8 } from "./circle/encoding.ts";
import {
  aesOpen,
  aesSeal,
  drawSeed,
  generateAgreementPair,
  generateLocalKey,
  generateSigningPair,
  type Kem,
  proveKeys,
  publicPoint,
  xwingPublic,
} from "./circle/envelope.ts";
import { DeviceKeys } from "./circle/keys.ts";

const STORE = "keys";
const RECORD = "device";
const SEED_PURPOSE = "seed of the key for key agreement";
/** Level 1: opaque keys. There is no other: keys as text would need a passphrase over them. */
const LEVEL = 1;

/**
 * An X-Wing key: no browser keeps one as an opaque key of its own, so its seed lies under the opaque
 * key `local`. It is plain for the moment of each use only.
 */
interface StoredSeed {
  readonly kpk: string;
  readonly sealed: Bytes;
}

interface StoredKeys {
  readonly level: typeof LEVEL;
  readonly signing: CryptoKeyPair;
  readonly agreement: CryptoKeyPair | StoredSeed;
  readonly local: CryptoKey;
}

/** The keys cannot be kept or read here; `reason` is a sentence for a person. */
export class KeyStoreError extends Error {
  override readonly name = "KeyStoreError";
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** The device of one profile, with a key for what is kept on this phone only. */
export class ProfileKeys extends DeviceKeys {
  readonly #local: CryptoKey;

  private constructor(device: DeviceKeys, local: CryptoKey) {
    super(device);
    this.#local = local;
  }

  /** The device of stored keys. */
  static async from({ signing, agreement, local }: StoredKeys): Promise<ProfileKeys> {
    const key =
      "sealed" in agreement
        ? { kpk: agreement.kpk, seed: () => openSeed(agreement, local) }
        : agreement;
    return new ProfileKeys(await DeviceKeys.of(signing, key), local);
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
}

/**
 * Make the keys of a new profile. When this resolves they are on the disk and were used from there.
 *
 * @param database Name of an IndexedDB database that nothing else uses.
 * @param kem "XWING" needs code that is fetched when it is first asked for.
 * @throws KeyStoreError There are keys already, or this browser cannot keep them. Nothing stays.
 */
export async function createKeys(database: string, kem: Kem = "P256"): Promise<ProfileKeys> {
  const [signing, local] = await Promise.all([generateSigningPair(false), generateLocalKey()]);
  const agreement = await (kem === "P256" ? generateAgreementPair(false) : drawSealedSeed(local));
  await store(database, { level: LEVEL, signing, agreement, local });
  try {
    const stored = await read(database);
    if (stored === undefined) {
      throw new TypeError("stored keys are not there");
    }
    await prove(stored);
    return await ProfileKeys.from(stored);
  } catch (error) {
    await remove(database);
    throw new KeyStoreError(CANNOT_KEEP, error);
  }
}

/**
 * The keys of a profile; undefined when there are none.
 *
 * @throws KeyStoreError They are there and cannot be read.
 */
export async function loadKeys(database: string): Promise<ProfileKeys | undefined> {
  try {
    const stored = await read(database);
    return stored && (await ProfileKeys.from(stored));
  } catch (error) {
    throw new KeyStoreError(CANNOT_READ, error);
  }
}

async function prove({ signing, agreement, local }: StoredKeys): Promise<void> {
  if ("sealed" in agreement) {
    await proveKeys(signing, await openSeed(agreement, local), agreement.kpk, local);
  } else {
    await proveKeys(signing, agreement, await publicPoint(agreement.publicKey), local);
  }
}

async function drawSealedSeed(local: CryptoKey): Promise<StoredSeed> {
  const seed = drawSeed();
  const sealed = await aesSeal(local, seed, localAad(SEED_PURPOSE));
  return { kpk: await xwingPublic(seed), sealed };
}

function openSeed({ sealed }: StoredSeed, local: CryptoKey): Promise<Bytes> {
  return aesOpen(local, sealed, localAad(SEED_PURPOSE));
}

const CANNOT_KEEP =
  "This browser cannot keep your keys safely. Please open the link in another browser.";
const CANNOT_READ =
  "Your keys on this phone cannot be read. Please close the other windows of this app and try again.";
const EXISTS = "There are keys for this profile on this phone already.";

async function store(name: string, keys: StoredKeys): Promise<void> {
  let database: IDBDatabase | undefined;
  try {
    database = await openDatabase(name, true);
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    // `add` and not `put`: keys that are there are never written over, not even by a second window.
    transaction.objectStore(STORE).add(keys, RECORD);
    await ended(transaction);
  } catch (error) {
    const isThere = (error as Error | null)?.name === "ConstraintError";
    throw new KeyStoreError(isThere ? EXISTS : CANNOT_KEEP, error);
  } finally {
    database?.close();
  }
}

/** Opens a connection of its own, so that what comes was stored and is not what was handed in. */
async function read(name: string): Promise<StoredKeys | undefined> {
  let database: IDBDatabase;
  try {
    database = await openDatabase(name, false);
  } catch (error) {
    if ((error as Error | null)?.name === "AbortError") {
      return undefined;
    }
    throw error;
  }
  try {
    const request = database.transaction(STORE).objectStore(STORE).get(RECORD);
    const value = (await succeeded(request)) as StoredKeys | undefined;
    if (value !== undefined && value.level !== LEVEL) {
      throw new TypeError("the keys are of another kind");
    }
    return value;
  } finally {
    database.close();
  }
}

async function openDatabase(name: string, create: boolean): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    if (create) {
      request.result.createObjectStore(STORE);
    } else {
      // A database that was only asked for does not come into being.
      request.transaction?.abort();
    }
  };
  return succeeded(request);
}

async function remove(name: string): Promise<void> {
  await succeeded(indexedDB.deleteDatabase(name));
}

function succeeded<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function localAad(purpose: string): Bytes {
  return utf8(`rj1 local\0${purpose}`);
}
