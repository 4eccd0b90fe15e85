/**
 * The shelf: what this phone remembers beside the records themselves.
 *
 * One small IndexedDB of its own: who lives on this phone, which circles they belong to, how far
 * each log was seen, what the server has answered for, and what was sent without an answer yet.
 * Everything that names a person or a body is in the sealed records, never here. Writes are
 * durable (`strict`) when their promise resolves.
 */

import type { CheckpointDocument } from "../circle/checkpoint.ts";
import type { Bytes } from "../circle/encoding.ts";
import type { Pub } from "../circle/keys.ts";
import type { ProfileView, Role } from "../client.ts";
import type { StoredDocument } from "../records.ts";
import type { Chosen } from "../reminding.ts";
import type { Misread } from "./misread.ts";

const DATABASE = "rejoint";
const VERSION = 8;

/** A person on this phone; `ready` once the server has taken their first circle. */
export interface ProfileRow extends ProfileView {
  readonly device: string;
  readonly ready: boolean;
  /** It shows its keys to a phone beside it, and has no circle yet. */
  readonly beside?: boolean;
  /** It is being taken off this phone. */
  readonly wiping?: boolean;
}

/** How far a circle's log was seen; a shorter or other log is an alarm. */
export interface Pin {
  readonly seq: number;
  /** Hash of that entry. */
  readonly hash: string;
}

/** A phone whose keys were read from its screen, and where it belongs. */
export interface Admitted {
  readonly dev: Pub;
  readonly role: Role;
  readonly member: string;
}

/** One circle of one profile. */
export interface CircleRow {
  readonly profile: string;
  readonly circle: string;
  readonly purpose: "patient" | "clinic";
  readonly role: Role;
  /** A phone beside this one will let it in; until then nothing of it is at the server for us. */
  readonly awaited?: boolean;
  /** Phones that were beside this one, to be let in when there is a network. */
  readonly admitted?: readonly Admitted[];
  /** Absent until the log was seen, or told by another phone. */
  readonly pin?: Pin;
  /** Therapists whom a circle that was founded by a ticket takes in. */
  readonly wished?: readonly Pub[];
  /** Up to which number of this device its clock was looked at, and when that was, unix seconds. */
  readonly judged?: { readonly n: number; readonly at: number };
}

/** What became of the records that this device wrote; see `receipts.ts`. */
export interface ReceiptsRow {
  readonly profile: string;
  readonly circle: string;
  readonly through: number;
  readonly also: readonly number[];
  readonly refused: readonly (readonly [id: string, code: string])[];
  /** Revisions that count no more: sealed again under a newer key, or under another number. */
  readonly past?: readonly string[];
  /** Records that stay on this phone alone, with the code of why. */
  readonly aside?: readonly (readonly [id: string, rev: string, code: string])[];
  /** Records that wait, since this device was removed, until somebody takes them in. */
  readonly late?: readonly string[];
  /** Whether another device wrote under this one's name. */
  readonly twice?: boolean;
}

/** A snapshot that was held against its originals. */
export interface Known {
  readonly id: string;
  /** Number of operations that it was folded from; 0 of a false one. */
  readonly before: number;
  readonly isRight: boolean;
}

/** What others and this device said of everyone's feeds, and what was already done about it. */
export interface SeenRow {
  readonly profile: string;
  readonly circle: string;
  /** The newest checkpoint of each author and stream, one's own among them. */
  readonly checkpoints: readonly CheckpointDocument[];
  /** When this device wrote its last one, unix seconds; 0 = never. */
  readonly saidAt: number;
  /** The store of the server to which everything here was offered. */
  readonly offered: string;
  /** When it was last asked what keys others lack, unix seconds; absent = never. */
  readonly lookedAt?: number;
  readonly snapshots?: readonly Known[];
}

/** How far a device was informed by one-request sync, and what was done about it when. */
export interface ExchangeRow {
  readonly profile: string;
  /** As the server gave it; empty at first. All that it stands for is stored. */
  readonly cursor: Bytes;
  /** When it was last asked in which circles it is, unix seconds. */
  readonly listedAt: number;
  /** When what is here was last compared with what is there, unix seconds. */
  readonly comparedAt: number;
  /** Rows that came and were no documents, by the names that they gave themselves, with codes. */
  readonly misread?: readonly Misread[];
  /** When what was refused for its form was last offered again, unix seconds, and by which app. */
  readonly retriedAt?: number;
  readonly build?: string;
}

/** A request that changes a log, kept to be sent again byte by byte until it is answered. */
export interface PendingRow {
  readonly profile: string;
  readonly circle: string;
  readonly path: string;
  readonly body: string;
  /** Hash of the link that led here, so that opening it again goes on instead of beginning anew. */
  readonly link: string;
}

/** Records that are made before this phone is let in, sealed; see `waiting.ts`. */
export interface UnsealedRow {
  readonly profile: string;
  readonly circle: string;
  readonly sealed: Bytes;
}

/** Answers that are not saved yet, sealed; see `drafts.ts`. */
export interface DraftRow {
  readonly profile: string;
  readonly circle: string;
  readonly sealed: Bytes;
}

/** What somebody else on this phone has told for this profile, sealed for it alone. */
export interface HandedRow {
  readonly profile: string;
  readonly id: string;
  /** Absent where it could not be sealed: see `care-elsewhere.ts`. */
  readonly sealed?: Bytes;
}

/** A file of another phone that is carried here; without its bytes once it came to an end. */
export interface CarriedRow {
  readonly profile: string;
  readonly id: string;
  /** When it was taken in, unix seconds. */
  readonly at: number;
  readonly bytes: number;
  readonly state: "here" | "there" | "refused";
  readonly file?: Bytes;
}

/** What was told about relay files. */
export interface RelayRow {
  readonly profile: string;
  readonly name: string;
  readonly text: string;
}

/** A sealed chunk of a recording; see `chunks.ts`. */
export interface ChunkRow {
  readonly profile: string;
  readonly circle: string;
  readonly id: string;
  readonly doc: StoredDocument;
  /** When it was last used, unix seconds. */
  readonly at: number;
  /** Why the server does not take it. */
  readonly code?: string;
}

/** When a person wants to be reminded, and what the server knows of it. */
export interface RemindingRow {
  readonly profile: string;
  /** Absent where they want none. */
  readonly chosen?: Chosen | undefined;
  /** What was told last, and on which day of this phone. */
  readonly told?: {
    readonly day: string;
    /** The server's, for which this browser subscribed. */
    readonly key: string;
    readonly endpoint: string;
    readonly schedule: string;
  };
}

interface Stores {
  profiles: ProfileRow;
  circles: CircleRow;
  receipts: ReceiptsRow;
  seen: SeenRow;
  exchange: ExchangeRow;
  pending: PendingRow;
  unsealed: UnsealedRow;
  drafts: DraftRow;
  handed: HandedRow;
  carried: CarriedRow;
  relay: RelayRow;
  owed: ChunkRow;
  chunks: ChunkRow;
  reminding: RemindingRow;
  facts: { readonly name: string; readonly value: number };
}

const KEY_PATHS: Record<keyof Stores, string | string[]> = {
  profiles: "id",
  circles: ["profile", "circle"],
  receipts: ["profile", "circle"],
  seen: ["profile", "circle"],
  exchange: "profile",
  pending: ["profile", "circle"],
  unsealed: ["profile", "circle"],
  drafts: ["profile", "circle"],
  handed: ["profile", "id"],
  carried: ["profile", "id"],
  relay: ["profile", "name"],
  owed: ["profile", "circle", "id"],
  chunks: ["profile", "circle", "id"],
  reminding: "profile",
  facts: "name",
};

export type StoreName = keyof Stores;

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Rows whose keys begin so; all without a beginning. */
function under(of: readonly string[]): IDBKeyRange | null {
  return of.length === 0 ? null : IDBKeyRange.bound(of, [...of, []]);
}

/** The shelf of one phone; every method is one transaction. */
export class Shelf {
  readonly #db: IDBDatabase;

  constructor(db: IDBDatabase) {
    this.#db = db;
  }

  /** People who can be opened, in the order in which they came. */
  async profiles(): Promise<ProfileView[]> {
    const rows = await this.all("profiles");
    return rows
      .filter((row) => row.ready && !row.wiping)
      .map(({ id, picture, role, locked }) => ({ id, picture, role, locked: locked === true }));
  }

  /** One row, undefined when there is none. */
  async get<S extends keyof Stores>(store: S, ...key: string[]): Promise<Stores[S] | undefined> {
    const transaction = this.#db.transaction(store);
    return settled(transaction.objectStore(store).get(key.length === 1 ? String(key[0]) : key));
  }

  /** All rows, or those of one profile, or of one of its circles. */
  async all<S extends keyof Stores>(store: S, ...of: string[]): Promise<Stores[S][]> {
    return settled(this.#db.transaction(store).objectStore(store).getAll(under(of)));
  }

  /** The last parts of the keys of such rows. */
  async names(store: StoreName, ...of: string[]): Promise<string[]> {
    const keys = this.#db.transaction(store).objectStore(store).getAllKeys(under(of));
    return (await settled(keys)).map((key) => String([key].flat().at(-1)));
  }

  async put<S extends keyof Stores>(store: S, row: Stores[S]): Promise<void> {
    await this.#write(store, (rows) => rows.put(row));
  }

  /** Change one row by what it is now, in one transaction; `change` must not wait. */
  async update<S extends keyof Stores>(
    store: S,
    key: string[],
    change: (row: Stores[S] | undefined) => Stores[S],
  ): Promise<void> {
    await this.#write(store, (rows) => {
      const read = rows.get(key.length === 1 ? String(key[0]) : key);
      read.onsuccess = () => {
        rows.put(change(read.result));
      };
    });
  }

  async remove(store: keyof Stores, ...key: string[]): Promise<void> {
    await this.#write(store, (rows) => rows.delete(key.length === 1 ? String(key[0]) : key));
  }

  /** Take every row of a profile off the shelf, all or none. */
  async forget(profile: string): Promise<void> {
    const names = Object.keys(KEY_PATHS) as StoreName[];
    const own = names.filter((name) => Array.isArray(KEY_PATHS[name]));
    await this.#change(["profiles", "exchange", "reminding", ...own], (stores) => {
      for (const name of own) {
        stores.objectStore(name).delete(IDBKeyRange.bound([profile], [profile, []]));
      }
      stores.objectStore("exchange").delete(profile);
      stores.objectStore("reminding").delete(profile);
      stores.objectStore("profiles").delete(profile);
    });
  }

  close(): void {
    this.#db.close();
  }

  #write(store: StoreName, act: (rows: IDBObjectStore) => unknown): Promise<void> {
    return this.#change([store], (stores) => act(stores.objectStore(store)));
  }

  #change(stores: StoreName[], act: (transaction: IDBTransaction) => unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      act(transaction);
    });
  }
}

/** The shelf of this phone, made when it is not there yet. */
export async function openShelf(factory: IDBFactory): Promise<Shelf> {
  const request = factory.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    const { result } = request;
    for (const [name, keyPath] of Object.entries(KEY_PATHS)) {
      if (!result.objectStoreNames.contains(name)) result.createObjectStore(name, { keyPath });
    }
  };
  const db = await settled(request);
  // A newer version of the app in another window must not wait for this one.
  db.onversionchange = () => db.close();
  return new Shelf(db);
}
