/**
 * What this phone needs to be carried for, and to carry: the server's relay key, kept for the time
 * without a network, and files of other phones, brought at the end of a round.
 */
import { checkPoint } from "../circle/envelope.ts";
import type { LoggedIn } from "./login.ts";
import { keepPart } from "./offline.ts";
import type { Shelf } from "./shelf.ts";

/** Under which name the key stands on the shelf. */
export const RELAY_KEY = "key";

export class Carriage {
  /** Asks the server without a login. */
  readonly ask: LoggedIn;
  /** Whether files of other phones may wait here. */
  waits = true;
  readonly #shelf: Shelf;
  readonly #profile: string;

  constructor(shelf: Shelf, profile: string, ask: LoggedIn) {
    this.#shelf = shelf;
    this.#profile = profile;
    this.ask = ask;
  }

  /** The key as it is kept, undefined before the server told it. */
  async key(): Promise<string | undefined> {
    return (await this.#shelf.get("relay", this.#profile, RELAY_KEY))?.text;
  }

  /** Keep what the server tells as its key; what is none is left. */
  async hear(told: unknown): Promise<void> {
    if (typeof told !== "string" || told === (await this.key())) return;
    const isKey = await checkPoint(told).then(
      () => true,
      () => false,
    );
    if (!isKey) return;
    await this.#shelf.put("relay", { profile: this.#profile, name: RELAY_KEY, text: told });
    // Who has the key can seal a file, and needs the screens without a network.
    keepPart("sending");
  }

  /** Bring the files that wait here; what could not be brought waits for the next round. */
  async bring(): Promise<void> {
    if (!this.waits) return;
    try {
      const { bringAll } = await import("./carried.ts");
      await bringAll(this.#shelf, this.#profile, this.ask);
      this.waits = false;
    } catch {
      // One's own records are carried, and that is what a round is told by.
    }
  }
}
