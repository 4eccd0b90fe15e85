/**
 * The box of one profile's keys: a small database of its own, read and written as a whole.
 *
 * Every call opens a connection of its own, so that what is read was stored and is not what was
 * handed in. Writes are durable (`strict`) when they resolve; several members change together or
 * not at all.
 */
const STORE = "keys";

/** `device`: the keys. `lock`: what lies over them. `tries`: wrong PINs. `trial`: not proven yet. */
export type Member = "device" | "lock" | "tries" | "trial";

/** What is in the box; a member that is not there is undefined. */
export type Content = Readonly<Partial<Record<Member, unknown>>>;

/** Everything in the box; undefined when there is none, and then none is made. */
export async function readBox(name: string): Promise<Content | undefined> {
  let database: IDBDatabase;
  try {
    database = await open(name, false);
  } catch (error) {
    if ((error as Error | null)?.name === "AbortError") return undefined;
    throw error;
  }
  try {
    const store = database.transaction(STORE).objectStore(STORE);
    const members: readonly Member[] = ["device", "lock", "tries", "trial"];
    const values = await Promise.all(members.map((member) => settled(store.get(member))));
    return Object.fromEntries(members.map((member, at) => [member, values[at]]));
  } finally {
    database.close();
  }
}

/**
 * Put the first keys into a box.
 *
 * @throws DOMException `ConstraintError`: there are keys already; never written over, not even by a
 *   second window.
 */
export async function fillBox(name: string, content: Content): Promise<void> {
  await write(name, true, (store) => {
    for (const [member, value] of Object.entries(content)) store.add(value, member);
  });
}

/** Change members of a box that is there; undefined takes one out. */
export async function changeBox(
  name: string,
  content: { readonly [member in Member]?: unknown },
): Promise<void> {
  await write(name, false, (store) => {
    for (const [member, value] of Object.entries(content)) {
      if (value === undefined) store.delete(member);
      else store.put(value, member);
    }
  });
}

/** Take the box off this phone; resolves when it is gone. */
export async function removeBox(name: string): Promise<void> {
  await settled(indexedDB.deleteDatabase(name));
}

async function write(
  name: string,
  create: boolean,
  act: (store: IDBObjectStore) => void,
): Promise<void> {
  const database = await open(name, create);
  try {
    const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
    const done = ended(transaction);
    done.catch(() => {});
    act(transaction.objectStore(STORE));
    await done;
  } finally {
    database.close();
  }
}

async function open(name: string, create: boolean): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    if (create) request.result.createObjectStore(STORE);
    // A database that was only asked for does not come into being.
    else request.transaction?.abort();
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
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
