/**
 * What the database needs of Node's `events`, in place of the whole of it.
 *
 * The methods are enumerable, since PouchDB takes them one by one from the prototype.
 */
type Listener = (...args: unknown[]) => void;
interface Entry {
  readonly listener: Listener;
  readonly call: Listener;
}

interface Emitter {
  on(type: string, listener: Listener): this;
  addListener(type: string, listener: Listener): this;
  once(type: string, listener: Listener): this;
  removeListener(type: string, listener: Listener): this;
  /** Without a type: all of them. */
  removeAllListeners(type?: string): this;
  /** Calls those who stood there when it began. An "error" that nobody hears is thrown. */
  emit(type: string, ...args: unknown[]): boolean;
  listeners(type: string): Listener[];
  listenerCount(type: string): number;
}

const heard = new WeakMap<object, Map<string, readonly Entry[]>>();

function all(of: object): Map<string, readonly Entry[]> {
  const known = heard.get(of) ?? new Map<string, readonly Entry[]>();
  heard.set(of, known);
  return known;
}

function at(of: object, type: string): readonly Entry[] {
  return all(of).get(type) ?? [];
}

function add(of: Emitter, type: string, entry: Entry): void {
  all(of).set(type, [...at(of, type), entry]);
}

const methods = {
  on(this: Emitter, type: string, listener: Listener) {
    add(this, type, { listener, call: listener });
    return this;
  },
  addListener(this: Emitter, type: string, listener: Listener) {
    return this.on(type, listener);
  },
  once(this: Emitter, type: string, listener: Listener) {
    let isOver = false;
    const entry: Entry = {
      listener,
      call: (...args) => {
        if (isOver) return;
        isOver = true;
        // This one itself: the same listener may stand beside it, to be called each time.
        all(this).set(
          type,
          at(this, type).filter((one) => one !== entry),
        );
        listener.apply(this, args);
      },
    };
    add(this, type, entry);
    return this;
  },
  removeListener(this: Emitter, type: string, listener: Listener) {
    const entries = at(this, type);
    const last = this.listeners(type).lastIndexOf(listener);
    all(this).set(
      type,
      entries.filter((_, index) => index !== last),
    );
    return this;
  },
  removeAllListeners(this: Emitter, type?: string) {
    if (type === undefined) all(this).clear();
    else all(this).delete(type);
    return this;
  },
  emit(this: Emitter, type: string, ...args: unknown[]) {
    const entries = at(this, type);
    if (entries.length === 0 && type === "error") throw args[0];
    for (const { call } of entries) call.apply(this, args);
    return entries.length > 0;
  },
  listeners(this: Emitter, type: string) {
    return at(this, type).map(({ listener }) => listener);
  },
  listenerCount(this: Emitter, type: string) {
    return at(this, type).length;
  },
};

/** An object to whose events one can listen. */
export const EventEmitter = class {} as new () => Emitter;
Object.assign(EventEmitter.prototype, methods);
export default EventEmitter;
