/** A phone in memory: its clock, its network and its storage are in the test's hands. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import type { Channel, Phone, PhoneEvent } from "../../src/client/phone.ts";

interface Server {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

export class FakePhone implements Phone {
  readonly origin: string;
  readonly indexedDB = new IDBFactory();
  readonly locks = navigator.locks as Phone["locks"];
  /** How wrong the phone's clock is. */
  offsetMs = 0;
  isOnline = true;
  /** Milliseconds of the phone for one real one, so that time-outs come soon. */
  haste = 1;
  /** A clock that nobody sets, where a test brings one. */
  steadyMs?: () => number;
  timing?: NonNullable<Phone["timing"]>;
  dial?: NonNullable<Phone["dial"]>;
  readonly #server: Server;
  readonly #serverMs: () => number;
  readonly #listeners = new Map<PhoneEvent, Set<() => void>>();

  constructor(server: Server, origin = "http://clinic.test", serverMs = () => Date.now()) {
    this.#server = server;
    this.origin = origin;
    this.#serverMs = serverMs;
  }

  fetch(url: string, init: RequestInit): Promise<Response> {
    if (!this.isOnline) return Promise.reject(new TypeError("offline"));
    return this.#server.fetch(url, init);
  }

  nowMs(): number {
    return this.#serverMs() + this.offsetMs;
  }

  online(): boolean {
    return this.isOnline;
  }

  visible(): boolean {
    return false;
  }

  on(event: PhoneEvent, listener: () => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Let an event happen. */
  happen(event: PhoneEvent): void {
    for (const listener of this.#listeners.get(event) ?? []) listener();
  }

  after(ms: number, due: () => void): () => void {
    const timer = setTimeout(due, ms / this.haste);
    return () => clearTimeout(timer);
  }

  channel(name: string): Channel {
    const wire = new BroadcastChannel(name);
    (wire as unknown as { unref?: () => void }).unref?.();
    return {
      send: (message) => wire.postMessage(message),
      hear: (listener) => {
        wire.onmessage = (event) => listener((event as MessageEvent).data);
      },
      close: () => wire.close(),
    };
  }
}
