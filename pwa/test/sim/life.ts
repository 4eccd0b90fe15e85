/** One start of the app on one phone of a world, until it is closed or killed. */
import type { PhoneEvent } from "../../src/client/phone.ts";
import { IDBKeyRange, type Owner, type PhoneStorage } from "./storage.ts";
import { seededCrypto, soon, streams } from "./surroundings.ts";

export type Said = (message: Record<string, unknown>) => void;

/** The script of `build.ts`. */
export type Script = (exports: Record<string, unknown>, ...surroundings: unknown[]) => void;

interface Waiting {
  readonly resolve: (response: Response) => void;
  readonly reject: (error: unknown) => void;
  body?: ReadableStreamDefaultController<Uint8Array>;
}

type Act = (...all: unknown[]) => Promise<unknown>;

let numbers = 0;

export class Life implements Owner {
  /** What the script names and this gives. */
  static readonly names: readonly string[] = [
    "indexedDB",
    "IDBKeyRange",
    "IDBDatabase",
    "crypto",
    "navigator",
    "setTimeout",
    "clearTimeout",
    "setImmediate",
    "setInterval",
    "fetch",
    "BroadcastChannel",
    "MutationObserver",
    "CompressionStream",
    "DecompressionStream",
  ];
  /** The world's time. */
  static nowMs = 0;

  isOver = false;
  /** Gates until it is killed; 0 for not at all. */
  killIn = 0;
  #aheadMs = 0;
  #online = true;
  readonly #name: string;
  readonly #storage: PhoneStorage;
  readonly #say: Said;
  readonly #gone: Promise<void>;
  #go = () => {};
  readonly #due = new Map<number, () => void>();
  readonly #asked = new Map<number, Waiting>();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #start: Promise<Record<string, Act>>;

  constructor(name: string, phone: string, storage: PhoneStorage, say: Said, make: Script) {
    this.#name = name;
    this.#storage = storage;
    this.#say = say;
    this.#gone = new Promise((resolve) => {
      this.#go = resolve;
    });
    const exports: Record<string, unknown> = {};
    const around = this.#surroundings(phone);
    const all = Object.create(globalThis, Object.getOwnPropertyDescriptors(around));
    make(exports, all, ...Life.names.map((one) => around[one]));
    const start = exports.Start as { of(phone: unknown): Promise<Record<string, Act>> };
    this.#start = start.of(this.#phone(around));
    this.#start.catch(() => {});
  }

  /** It may end here. */
  gate(): void {
    if (this.killIn > 0) {
      this.killIn -= 1;
      if (this.killIn === 0) this.kill();
    }
    if (this.isOver) throw new Error("this page is gone");
  }

  kill(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#storage.drop(this);
    this.#go();
    this.#say({ killed: this.#name });
  }

  act(id: number, name: string, all: readonly unknown[]): void {
    const run = async () => {
      const start = await this.#start;
      return (start[name] as Act).apply(start, [...all]);
    };
    const tell = (message: Record<string, unknown>) => {
      if (!this.isOver) this.#say({ ...message, id, life: this.#name });
    };
    run().then(
      (value) => tell({ done: value ?? true }),
      (error: unknown) =>
        tell({
          failed: named(error),
          stack: `${(error as Error)?.stack} ${((error as Error)?.cause as Error)?.stack}`,
        }),
    );
  }

  /** What the world has for it. */
  hear(op: string, id: number, told: Readonly<Record<string, unknown>>): void {
    if (this.isOver) return;
    if (op === "due") {
      const due = this.#due.get(id);
      this.#due.delete(id);
      due?.();
    } else if (op === "clock") this.#aheadMs = id;
    else if (op === "event") this.#happen(String(told.event) as PhoneEvent);
    else this.#answer(op, id, told);
  }

  #happen(event: PhoneEvent): void {
    if (event === "online") this.#online = true;
    if (event === "offline") this.#online = false;
    for (const listener of this.#listeners.get(event) ?? []) listener();
  }

  #answer(op: string, id: number, told: Readonly<Record<string, unknown>>): void {
    const waiting = this.#asked.get(id);
    if (waiting === undefined) return;
    if (op === "head") {
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          waiting.body = controller;
        },
      });
      const status = Number(told.status);
      const headers = new Headers(told.headers as [string, string][]);
      const none = status === 204 || status === 304;
      waiting.resolve(new Response(none ? null : body, { status, headers }));
    } else if (op === "part") {
      waiting.body?.enqueue(new Uint8Array(Buffer.from(String(told.body), "base64")));
    } else {
      this.#asked.delete(id);
      if (op === "end") waiting.body?.close();
      else if (waiting.body === undefined) waiting.reject(new TypeError("Failed to fetch"));
      else waiting.body.error(new TypeError("network error"));
    }
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    this.gate();
    numbers += 1;
    const id = numbers;
    const headers = [...new Headers(init.headers)];
    const { body = "", signal, method = "GET" } = init;
    const bytes = typeof body === "string" ? Buffer.from(body) : Buffer.from(body as Uint8Array);
    this.#say({
      fetch: id,
      life: this.#name,
      method,
      url,
      headers,
      body: bytes.toString("base64"),
    });
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      const stop = () => {
        const waiting = this.#asked.get(id);
        if (!this.#asked.delete(id)) return;
        this.#say({ abort: id, life: this.#name });
        const aborted = new DOMException("aborted", "AbortError");
        waiting?.body?.error(aborted);
        reject(aborted);
      };
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop);
    });
  }

  #after(ms: number, due: () => void): () => void {
    if (this.isOver) return () => {};
    numbers += 1;
    const id = numbers;
    this.#due.set(id, due);
    this.#say({ after: id, life: this.#name, ms });
    return () => {
      if (this.#due.delete(id)) this.#say({ cancel: id, life: this.#name });
    };
  }

  #surroundings(phone: string): Record<string, unknown> {
    const stops = new Map<number, () => void>();
    const setTimeout = (run: (...all: unknown[]) => void, ms = 0, ...all: unknown[]) => {
      numbers += 1;
      if (ms <= 4) soon(() => !this.isOver && run(...all));
      else
        stops.set(
          numbers,
          this.#after(ms, () => run(...all)),
        );
      return numbers;
    };
    const crypto = seededCrypto(() => this.isOver);
    return {
      indexedDB: this.#storage.view(this),
      IDBKeyRange,
      crypto,
      navigator: { userAgent: `world ${phone}`, onLine: true },
      setTimeout,
      clearTimeout: (id: number) => stops.get(id)?.(),
      setImmediate: (run: () => void) => soon(() => !this.isOver && run()),
      ...streams(),
    };
  }

  #phone(around: Record<string, unknown>): Record<string, unknown> {
    return {
      origin: "http://clinic.example",
      indexedDB: around.indexedDB,
      locks: {
        request: <T>(name: string, _: unknown, held: () => Promise<T>) =>
          this.#storage.request(this, this.#gone, name, held),
      },
      fetch: async (url: string, init: RequestInit) => this.#fetch(url, init),
      nowMs: () => Life.nowMs + this.#aheadMs,
      steadyMs: () => Life.nowMs,
      online: () => this.#online,
      visible: () => false,
      on: (event: string, listener: () => void) => {
        const listeners = this.#listeners.get(event) ?? new Set();
        this.#listeners.set(event, listeners.add(listener));
        return () => listeners.delete(listener);
      },
      after: (ms: number, due: () => void) => this.#after(ms, due),
      channel: (name: string) => {
        let stop = () => {};
        return {
          send: (message: unknown) => this.#storage.send(this, name, message),
          hear: (listener: (message: unknown) => void) => {
            stop = this.#storage.hear(this, name, (message) => !this.isOver && listener(message));
          },
          close: () => stop(),
        };
      },
    };
  }
}

function named(error: unknown): string {
  const { name, code, why } = (error ?? {}) as { name?: string; code?: string; why?: string };
  return [name, code ?? why].filter((part) => part !== undefined).join(" ");
}
