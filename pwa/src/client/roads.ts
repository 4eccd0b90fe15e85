/**
 * The road that records take between this phone and the server.
 *
 * One request for all circles where the server offers that, else CouchDB's replication, whose code
 * is fetched when it is needed.
 */
import type { Replication } from "../replication.ts";
import type { Synced } from "../sync.ts";
import { Exchange, type Surrounding, type Traveller } from "./exchange.ts";
import type { LoggedIn } from "./login.ts";
import { keepPart } from "./offline.ts";
import { part } from "./part.ts";
import type { Parcel } from "./phone.ts";
import { type Compared, NotOffered } from "./visit.ts";

/** After so long a server that did not offer one-request sync is asked again. */
const ASK_AGAIN_MS = 3_600_000;

/** What an act on one circle needs of the road. */
export interface Road {
  /**
   * Fetch what is new in a circle; nothing is sent.
   *
   * @throws LineError CircleUnavailable: it did not come.
   */
  fetch(circle: Synced): Promise<void>;
  /** Fetch what is not here, whatever was fetched before. Throws as `fetch`. */
  fetchAgain(circle: Synced): Promise<void>;
}

export class Roads implements Road {
  readonly #around: Surrounding;
  readonly #ask: LoggedIn;
  readonly #of: Traveller;
  readonly #exchange: Exchange;
  #replication: Promise<Replication> | undefined;
  /** Until then the server is known not to offer one-request sync, by the phone's clock. */
  #standardUntilMs = 0;

  /** @param ask Asks with the login of this device. */
  constructor(around: Surrounding, ask: LoggedIn, of: Traveller) {
    this.#around = around;
    this.#ask = ask;
    this.#of = of;
    this.#exchange = new Exchange(around, of);
  }

  /**
   * Carry all circles both ways.
   *
   * @throws LineError The server was not reached.
   */
  async carry(): Promise<void> {
    if (await this.#isOffered(() => this.#exchange.carry())) {
      // What it may hide by being silent, it has to lie about when it is asked by name.
      const misread = this.#exchange.takeMisread();
      const bad = this.#of.circles().filter(({ circle }) => misread.has(circle));
      const odd = new Set([...this.#of.takeOdd(), ...bad]);
      if (odd.size > 0) await (await this.#standard()).carry([...odd], undefined);
      return;
    }
    const road = await this.#standard();
    const store = await this.#of.learn();
    this.#of.takeOdd();
    await road.carry(this.#of.circles(), store);
  }

  /** What waits, ready to be sent without this app; undefined where that cannot be. */
  async sealed(): Promise<Parcel | undefined> {
    if (this.#around.phone.nowMs() < this.#standardUntilMs) return undefined;
    return this.#exchange.sealed();
  }

  async fetch(circle: Synced): Promise<void> {
    if (await this.#isOffered(() => this.#exchange.fetch())) return;
    await (await this.#standard()).fetch(circle);
  }

  async fetchAgain(circle: Synced): Promise<void> {
    if (await this.#isOffered(() => this.#exchange.compare([circle]))) return;
    await (await this.#standard()).fetchAgain(circle);
  }

  /**
   * Compare everything with what the server has; what lacks on either side is brought.
   *
   * @returns Undefined where the server does not offer that: what lacks here was fetched.
   * @throws LineError The server was not reached.
   */
  async compare(): Promise<Compared | undefined> {
    let compared: Compared | undefined;
    const circles = this.#of.circles();
    const isOffered = await this.#isOffered(async () => {
      compared = await this.#exchange.compare(circles);
    });
    if (!isOffered) for (const circle of circles) await this.fetchAgain(circle);
    return compared;
  }

  /** Whether the server could be asked in one request. */
  async #isOffered(act: () => Promise<unknown>): Promise<boolean> {
    const { phone } = this.#around;
    if (phone.nowMs() < this.#standardUntilMs) return false;
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error;
      if (!error.isForNow) this.#standardUntilMs = phone.nowMs() + ASK_AGAIN_MS;
      return false;
    }
  }

  /** Its code comes from the server too. */
  async #standard(): Promise<Replication> {
    const { phone } = this.#around;
    this.#replication ??= import("../replication.ts").then(
      ({ Replication }) => new Replication(this.#ask, phone.origin),
    );
    try {
      const road = await part(phone, this.#replication);
      keepPart("standard");
      return road;
    } catch (error) {
      this.#replication = undefined;
      throw error;
    }
  }
}
