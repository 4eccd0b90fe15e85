/**
 * The road that records take between this phone and the server.
 *
 * One request for all circles where the server offers that, else CouchDB's replication, whose code
 * is fetched when it is needed.
 */
import type { Replication } from "../replication.ts";
import type { Synced } from "../sync.ts";
import { LineError } from "./line.ts";
import type { LoggedIn } from "./login.ts";
import { keepPart } from "./offline.ts";

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
  readonly #ask: LoggedIn;
  readonly #origin: string;
  #replication: Promise<Replication> | undefined;

  /** @param ask Asks with the login of this device. */
  constructor(ask: LoggedIn, origin: string) {
    this.#ask = ask;
    this.#origin = origin;
  }

  /**
   * Carry circles both ways.
   *
   * @param incarnation The server's store, where it says which.
   * @throws LineError The server was not reached.
   */
  async carry(circles: readonly Synced[], incarnation: string | undefined): Promise<void> {
    await (await this.#standard()).carry(circles, incarnation);
  }

  async fetch(circle: Synced): Promise<void> {
    await (await this.#standard()).fetch(circle);
  }

  async fetchAgain(circle: Synced): Promise<void> {
    await (await this.#standard()).fetchAgain(circle);
  }

  /** Its code comes from the server too. */
  async #standard(): Promise<Replication> {
    try {
      this.#replication ??= import("../replication.ts").then(
        ({ Replication }) => new Replication(this.#ask, this.#origin),
      );
      const road = await this.#replication;
      keepPart("standard");
      return road;
    } catch {
      this.#replication = undefined;
      throw new LineError("down");
    }
  }
}
