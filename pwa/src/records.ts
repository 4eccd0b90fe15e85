/**
 * The records of one circle on this phone. Nobody else knows PouchDB, but `replication.ts`.
 *
 * What it promises: a record is durable when `append` resolves; a counter is never given out
 * twice, whatever dies in between and however many tabs write, because it is read from the
 * database itself under a lock; documents are stored exactly as sealed (`new_edits: false`), so
 * the same document is the same on every phone.
 *
 * PouchDB's adapter is `idb`: `indexeddb` breaks when two tabs write (apache/pouchdb #8494).
 */
import idbAdapter from "pouchdb-adapter-idb";
import PouchDB, { type PouchChange, type PouchDocument, type PouchReplication } from "pouchdb-core";
import type { Locks } from "./client/phone.ts";
import { recordName } from "./client/receipts.ts";

PouchDB.plugin(idbAdapter);

/** Rows read at once when the database is opened. */
const PAGE = 200;

/** A document as it is stored and sent. */
export interface StoredDocument {
  readonly _id: string;
  readonly _rev: string;
  readonly [member: string]: unknown;
}

/** All that is stored under one id: one document, or several when a server showed two. */
export type Leaves = readonly StoredDocument[];

/**
 * Ask for a flush to the disk at each commit. Chromium's default may lose the newest records when
 * the battery is pulled, and a lost record that was already sent would free its number.
 */
function commitStrictly(): void {
  if (typeof IDBDatabase === "undefined") return;
  const relaxed = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const strict = mode === "readwrite" ? { durability: "strict" as const, ...options } : options;
    const begun = relaxed.call(this, stores, mode, strict);
    return begun.objectStoreNames.contains(BLOB_STORE) ? writingNews(begun) : begun;
  };
}

/** What the adapter tries out, and what it notes about a database, whenever it opens one. */
const BLOB_STORE = "detect-blob-support";
const META_STORE = "meta-store";

/**
 * The adapter's opening of a database, without writing what is there already: on a phone without
 * room every write fails, and records have to be read there all the same.
 */
function writingNews(opening: IDBTransaction): IDBTransaction {
  if (opening.mode !== "readwrite") return opening;
  const trial = opening.objectStore(BLOB_STORE);
  trial.put = () => trial.get("key");
  const meta = opening.objectStore(META_STORE);
  const put = meta.put.bind(meta);
  let before = "";
  meta.get = (key) => {
    const read = IDBObjectStore.prototype.get.call(meta, key);
    read.addEventListener("success", () => {
      before = JSON.stringify(read.result);
    });
    return read;
  };
  meta.put = (noted) =>
    (JSON.stringify(noted) === before
      ? meta.getKey(META_STORE)
      : put(noted)) as IDBRequest<IDBValidKey>;
  return opening;
}
commitStrictly();

function isStored(document: PouchDocument | undefined): document is PouchDocument {
  return document !== undefined && document._deleted !== true;
}

function bare({ _conflicts, ...document }: PouchDocument): StoredDocument {
  return document;
}

function open(name: string): PouchDB {
  return new PouchDB(name, { adapter: "idb", auto_compaction: false, revs_limit: 10 });
}

export class Records {
  /** Name of the database, for locks and messages between tabs. */
  readonly name: string;
  readonly #locks: Locks;
  readonly #device: string;
  /** Opened when it is first asked for: a start shows today before that. */
  #database: PouchDB | undefined;
  readonly #watchers = new Set<() => void>();
  #running: PouchReplication | undefined;
  /** Greatest counter of this device per stream among all changes up to `#countedTo`. */
  readonly #counters = new Map<string, number>();
  #countedTo = 0;

  /** @param device Whose counters `append` gives out. */
  constructor(name: string, device: string, locks: Locks) {
    this.name = name;
    this.#device = device;
    this.#locks = locks;
  }

  /** For a replication, and nothing else. */
  get database(): PouchDB {
    this.#database ??= open(this.name);
    return this.#database;
  }

  /**
   * Number, build and store one record of this device; resolves when it is durable.
   *
   * @param stream Letter of the stream whose next counter is wanted.
   * @param build Seals the record under the counter; when it throws, nothing happened.
   */
  async append(
    stream: string,
    build: (n: number) => Promise<StoredDocument>,
  ): Promise<StoredDocument> {
    const [document] = await this.appendAll(stream, async (n) => [await build(n)]);
    return document as StoredDocument;
  }

  /**
   * The same for records that follow one another from `n` on: they are stored all or none, since a
   * bulk is one transaction of the adapter.
   */
  appendAll(
    stream: string,
    build: (n: number) => Promise<readonly StoredDocument[]>,
  ): Promise<readonly StoredDocument[]> {
    return this.#locks.request(`append ${this.name}`, {}, async () => {
      await this.#count();
      const documents = await build((this.#counters.get(stream) ?? 0) + 1);
      await this.write(documents);
      return documents;
    });
  }

  /** Store documents as they are; those that are there already change nothing. */
  async write(documents: readonly StoredDocument[]): Promise<void> {
    const rows = await this.database
      .bulkDocs([...documents], { new_edits: false })
      .catch(async (error: unknown) => {
        // The adapter is of no use after a failure, as when the phone is full; the database is. Closed
        // first: the adapter would else go on with the connection that has failed.
        await this.database.close().catch(() => {});
        this.#database = open(this.name);
        for (const watchAgain of this.#watchers) watchAgain();
        throw error;
      });
    const failed = rows.find((row) => row.error);
    if (failed !== undefined) throw new Error(`not stored: ${failed.message ?? "unknown"}`);
  }

  /** Everything with `from <= id < to`, in pages. */
  async *range(from: string, to: string): AsyncGenerator<Leaves[]> {
    let start = from;
    for (;;) {
      const { rows } = await this.database.allDocs({
        startkey: start,
        endkey: to,
        inclusive_end: false,
        include_docs: true,
        conflicts: true,
        limit: PAGE,
      });
      if (rows.length === 0) return;
      yield await Promise.all(rows.map((row) => this.#leaves(row.id, row.doc)));
      start = `${rows.at(-1)?.id}\0`;
    }
  }

  /** One document in all its leaves; none when it is not there. */
  async read(id: string): Promise<Leaves> {
    const document = await this.database.get(id, { conflicts: true }).catch(missing);
    return this.#leaves(id, document);
  }

  /** Ids of this device's records, oldest counter first. */
  async own(): Promise<string[]> {
    const { rows } = await this.database.allDocs({});
    const ids = rows.map((row) => row.id).filter((id) => recordName(id)?.device === this.#device);
    return ids.sort((left, right) => (left.slice(-7) < right.slice(-7) ? -1 : 1));
  }

  /** Number of the newest change here. */
  async sequence(): Promise<number> {
    return (await this.database.info()).update_seq;
  }

  /** Call `changed` for every change after `since`, also those of other tabs; gives the way to stop. */
  watch(since: number, changed: (leaves: Leaves) => void): () => void {
    let seen = since;
    const start = () => {
      const feed = this.database.changes({
        since: seen,
        live: true,
        include_docs: true,
        conflicts: true,
        return_docs: false,
      });
      feed.on("change", ({ id, doc, seq }) => {
        seen = Math.max(seen, seq);
        this.#leaves(id, doc).then(changed, () => {});
      });
      feed.on("error", () => {});
      return feed;
    };
    let feed = start();
    const again = () => {
      feed.cancel();
      feed = start();
    };
    this.#watchers.add(again);
    return () => {
      this.#watchers.delete(again);
      feed.cancel();
    };
  }

  /** Wait for a replication of this database; closing it stops the replication. */
  async run(replication: PouchReplication): Promise<void> {
    this.#running = replication;
    try {
      await replication;
    } finally {
      this.#running = undefined;
    }
  }

  async close(): Promise<void> {
    this.#running?.cancel();
    await this.#database?.close();
  }

  /** Remove the database from this phone. */
  async destroy(): Promise<void> {
    this.#running?.cancel();
    await this.database.destroy();
  }

  async #leaves(id: string, winner: PouchDocument | undefined): Promise<Leaves> {
    const revisions = winner?._conflicts ?? [];
    const others = await Promise.all(
      revisions.map((rev) => this.database.get(id, { rev }).catch(missing)),
    );
    return [winner, ...others].filter(isStored).map(bare);
  }

  /** Look through the changes since the last time for counters of this device. */
  async #count(): Promise<void> {
    const { results, last_seq } = await this.database.changes({ since: this.#countedTo });
    for (const change of results) this.#countOne(change);
    this.#countedTo = last_seq;
  }

  #countOne({ id }: PouchChange): void {
    const name = recordName(id);
    if (name?.device !== this.#device) return;
    const known = this.#counters.get(name.stream) ?? 0;
    if (name.n > known) this.#counters.set(name.stream, name.n);
  }
}

function missing(error: { status?: number }): undefined {
  if (error.status !== 404) throw error;
}
