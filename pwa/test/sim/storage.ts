/** What a phone keeps when the app is closed or killed: its databases; and who writes to them now. */
import { IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";

/** The one who opened a connection. */
export interface Owner {
  readonly isOver: boolean;
  /** Called before each write: the owner may end here. */
  gate(): void;
}

interface Inner {
  owner?: Owner;
  storage?: PhoneStorage;
  close(): void;
  _rawDatabase?: { transactions: { _state: string; db: unknown; _abort(name: string): void }[] };
}

export class PhoneStorage {
  readonly factory = new IDBFactory();
  /** How many of the next writes find no room. */
  full = 0;
  readonly #open = new Map<Owner, Inner[]>();
  readonly #held = new Map<string, Promise<unknown>>();
  readonly #listeners = new Set<{ owner: Owner; name: string; hear: (message: unknown) => void }>();

  /** The databases as one start of the app sees them. */
  view(owner: Owner): IDBFactory {
    const opened: Inner[] = [];
    this.#open.set(owner, opened);
    return new Proxy(this.factory, {
      get: (factory, name: keyof IDBFactory) => {
        const real = factory[name];
        if (typeof real !== "function") return real;
        if (name !== "open") return real.bind(factory);
        return (...all: [string, number?]) => {
          if (owner.isOver) throw new Error("this page is gone");
          const asked = factory.open(...all);
          const note = () => {
            const database = asked.result as unknown as Inner;
            database.owner = owner;
            database.storage = this;
            if (!opened.includes(database)) opened.push(database);
          };
          asked.addEventListener("upgradeneeded", note);
          asked.addEventListener("success", note);
          return asked;
        };
      },
    });
  }

  /** The owner is gone: what it had not finished did not happen. */
  drop(owner: Owner): void {
    for (const database of this.#open.get(owner) ?? []) {
      for (const transaction of database._rawDatabase?.transactions ?? []) {
        if (transaction.db === database && transaction._state !== "finished") {
          transaction._abort("AbortError");
        }
      }
      database.close();
    }
    this.#open.delete(owner);
    for (const one of this.#listeners) if (one.owner === owner) this.#listeners.delete(one);
  }

  /** Locks between the tabs of the phone; one that is gone holds none. */
  request<T>(
    owner: Owner,
    gone: Promise<unknown>,
    name: string,
    held: () => Promise<T>,
  ): Promise<T> {
    const before = this.#held.get(name) ?? Promise.resolve();
    const mine = before.then(() => (owner.isOver ? new Promise<T>(() => {}) : held()));
    const end = () => {};
    this.#held.set(
      name,
      before.then(() => Promise.race([mine.then(end, end), gone])),
    );
    return mine;
  }

  /** A wire between the tabs. */
  hear(owner: Owner, name: string, hear: (message: unknown) => void): () => void {
    const one = { owner, name, hear };
    this.#listeners.add(one);
    return () => this.#listeners.delete(one);
  }

  send(owner: Owner, name: string, message: unknown): void {
    for (const one of this.#listeners) {
      if (one.owner !== owner && one.name === name) setImmediate(() => one.hear(message));
    }
  }
}

type Write = (
  this: { transaction: { db: Inner; _abort(name: string): void } },
  ...all: never[]
) => unknown;

for (const name of ["put", "add", "delete"] as const) {
  const real = IDBObjectStore.prototype[name] as unknown as Write;
  const gated: Write = function (...all) {
    const { owner, storage } = this.transaction.db;
    owner?.gate();
    const asked = real.apply(this, all);
    if (name !== "delete" && storage !== undefined && storage.full > 0) {
      storage.full -= 1;
      const { transaction } = this;
      queueMicrotask(() => transaction._abort("QuotaExceededError"));
    }
    return asked;
  };
  IDBObjectStore.prototype[name] = gated as never;
}

export { IDBKeyRange };
