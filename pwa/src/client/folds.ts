/**
 * Cached folds: what the records of a circle said when they were opened, kept sealed on this phone.
 *
 * Checking and opening a record costs two ciphers; after the first time its name and revision, which
 * is a hash of its content, say all of that again. So at a start every document still passes the same
 * way as at the first one, and only the ciphers are left out where document, revision and the head
 * of the member list are those under which it was opened. Another head, and everything is opened
 * anew: who may write what depends on it. That the shown record has the right shape is looked at
 * each time.
 *
 * Beside them are kept, as long as that head holds, the keys of the circle, so that a start opens no
 * wrap again, and the view: what the patient's screens showed last, so that today stands before the
 * database is read. The view decides nothing: what is read replaces it, and nothing is written by it.
 *
 * On the disk is one sealed row for each circle, under the key of the profile's lock where it has
 * one. A row that does not open, or is of another version of this file, counts as none. See
 * docs/locks.md, "Cached folds".
 */
import { type Bytes, b64uDecode, b64uEncode, utf8 } from "../circle/encoding.ts";
import type { KnownSecrets } from "../circle/epochs.ts";
import type { Role } from "../circle/grammar.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Phone } from "./phone.ts";
import type { View } from "./view.ts";

const VERSION = 3;
const STORE = "folds";
/** A row is written when nothing new was opened for so long, or at the end. */
const PAUSE_MS = 1_000;

/** What checking and opening one document gave. */
export interface Opening {
  /** The whole hash of its content. */
  readonly hash: Bytes;
  /** Member and role of its author. */
  readonly member: string;
  readonly role: Role;
  /** Undefined: a kind that is checked and not shown. */
  readonly value: AnyRecord | undefined;
}

type Row = readonly [key: string, hash: string, member: string, role: Role, value?: AnyRecord];

interface Content {
  readonly version: number;
  readonly head: string;
  readonly rows: readonly Row[];
  readonly secrets?: KnownSecrets | undefined;
  readonly view?: View | undefined;
}

/** Seals and opens what only this profile may read. */
export interface DataKey {
  dataSeal(plaintext: Bytes, purpose: string): Promise<Bytes>;
  dataOpen(sealed: Bytes, purpose: string): Promise<Bytes>;
}

/** The cached fold of one circle. */
export class Fold {
  #head = "";
  #openings = new Map<string, Opening>();
  #secrets: KnownSecrets | undefined;
  #view: View | undefined;
  /** As it was written last. */
  #writtenView = "";
  #news = false;
  readonly #changed: () => void;
  /** Resolves when what was on the disk is here; never rejects. */
  readonly ready: Promise<void>;

  /**
   * @param load Gives what `text` gave once.
   * @param changed Called when there is something to write.
   */
  constructor(load: () => Promise<string | undefined>, changed: () => void) {
    this.#changed = changed;
    this.ready = load()
      .then((text) => text !== undefined && this.#read(text))
      .then(
        () => {},
        () => {},
      );
  }

  /** What follows holds for this head of the member list; under another one, nothing is known. */
  beginAt(head: string): void {
    if (head === this.#head) return;
    this.#head = head;
    if (this.#openings.size > 0) this.#note();
    this.#openings = new Map();
    this.#secrets = undefined;
  }

  /** The keys of the circle under this head, where all of them were found and nothing was wrong. */
  get secrets(): KnownSecrets | undefined {
    return this.#secrets;
  }

  set secrets(known: KnownSecrets | undefined) {
    this.#secrets = known;
    this.#note();
  }

  /** What was shown last; undefined when that is not known. */
  get view(): View | undefined {
    return this.#view;
  }

  set view(view: View | undefined) {
    this.#view = view;
    this.#changed();
  }

  get(id: string, rev: string): Opening | undefined {
    return this.#openings.get(`${id} ${rev}`);
  }

  set(id: string, rev: string, opening: Opening): void {
    this.#openings.set(`${id} ${rev}`, opening);
    this.#note();
  }

  /** What to keep, when there is something that was not kept yet. */
  text(): string | undefined {
    const view = JSON.stringify(this.#view) ?? "";
    if (!this.#news && view === this.#writtenView) return undefined;
    this.#news = false;
    this.#writtenView = view;
    const rows = [...this.#openings].map(([key, { hash, member, role, value }]): Row => {
      const row = [key, b64uEncode(hash), member, role] as const;
      return value === undefined ? row : [...row, value];
    });
    const kept = { secrets: this.#secrets, view: this.#view };
    return JSON.stringify({ version: VERSION, head: this.#head, rows, ...kept } satisfies Content);
  }

  #note(): void {
    this.#news = true;
    this.#changed();
  }

  #read(text: string): void {
    const { version, head, rows, secrets, view } = JSON.parse(text) as Content;
    if (version !== VERSION) return;
    const openings = rows.map(([key, hash, member, role, value]) => {
      return [key, { hash: b64uDecode(hash), member, role, value }] as const;
    });
    this.#head = head;
    this.#openings = new Map(openings);
    this.#secrets = secrets;
    this.#view = view;
    this.#writtenView = JSON.stringify(view) ?? "";
  }
}

/** The cached folds of one profile. */
export class Folds {
  readonly #database: string;
  readonly #phone: Phone;
  readonly #key: DataKey;
  readonly #folds = new Map<string, Fold>();
  #opened: Promise<IDBDatabase> | undefined;
  #stopTimer: (() => void) | undefined;

  /** @param database Name of a database that nothing else uses. */
  constructor(database: string, phone: Phone, key: DataKey) {
    this.#database = database;
    this.#phone = phone;
    this.#key = key;
  }

  /** The cached fold of one circle, loading. */
  of(circle: string): Fold {
    const known = this.#folds.get(circle);
    if (known !== undefined) return known;
    const fold = new Fold(
      () => this.#load(circle),
      () => this.#soon(),
    );
    this.#folds.set(circle, fold);
    return fold;
  }

  /** Write what is new and let go of the disk. */
  async close(): Promise<void> {
    this.#stopTimer?.();
    await this.#write();
    (await this.#opened?.catch(() => undefined))?.close();
    this.#opened = undefined;
  }

  #soon(): void {
    this.#stopTimer?.();
    this.#stopTimer = this.#phone.after(PAUSE_MS, () => void this.#write());
  }

  /** A cache that cannot be written costs time at the next start and nothing else. */
  async #write(): Promise<void> {
    for (const [circle, fold] of this.#folds) {
      const text = fold.text();
      if (text === undefined) continue;
      try {
        const sealed = await this.#key.dataSeal(utf8(text), purposeOf(circle));
        const database = await this.#disk();
        const rows = database.transaction(STORE, "readwrite").objectStore(STORE);
        await settled(rows.put(sealed, circle));
      } catch {
        // See above.
      }
    }
  }

  async #load(circle: string): Promise<string | undefined> {
    const database = await this.#disk();
    const rows = database.transaction(STORE).objectStore(STORE);
    const sealed = (await settled(rows.get(circle))) as Bytes | undefined;
    if (sealed === undefined) return undefined;
    return new TextDecoder().decode(await this.#key.dataOpen(sealed, purposeOf(circle)));
  }

  #disk(): Promise<IDBDatabase> {
    this.#opened ??= openDatabase(this.#database, () => {
      this.#opened = undefined;
    });
    return this.#opened;
  }
}

async function openDatabase(name: string, gone: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const database = await settled(request);
  database.onversionchange = () => {
    database.close();
    gone();
  };
  return database;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function purposeOf(circle: string): string {
  return `fold of ${circle}`;
}
