/**
 * How far a circle was reached before an act on its members: wholly, or on a poor link its log only.
 */
import type { MarkOf } from "../circle/entries.ts";
import type { Membership } from "../circle/log.ts";
import type { Records } from "../records.ts";
import type { Clock } from "./clock.ts";
import type { Feeds } from "./feeds.ts";
import { LineError } from "./line.ts";
import type { LoggedIn, RemoteCircle } from "./remote.ts";

/** Documents that are fetched at once before an act. */
const BATCH = 100;

/** The circle that is reached for. */
interface Reached {
  readonly circle: string;
  readonly records: Records;
  readonly remote: RemoteCircle;
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly membership: Membership;
  /** Number of the last entry here; 0 = none. */
  readonly seq: number;
}

export class Reach {
  readonly #of: Reached;
  readonly #ask: LoggedIn;
  #isPoor = false;

  /** @param ask Asks with the login of this device. */
  constructor(of: Reached, ask: LoggedIn) {
    this.#of = of;
    this.#ask = ask;
  }

  /**
   * Fetch what the server has; where the link does not carry all of it, the log alone.
   *
   * @throws LineError Not even that came.
   */
  async fetch(): Promise<void> {
    const { records, remote, circle, seq } = this.#of;
    this.#isPoor = false;
    try {
      await records.pull(remote, BATCH);
    } catch (error) {
      const cause = remote.takeFailure() ?? error;
      if (!(cause instanceof LineError)) throw cause;
      const { fetchLog } = await import("./poor-link.ts");
      await records.write(await fetchLog(this.#ask, circle, seq));
      this.#isPoor = true;
    }
  }

  /** Up to where the records of devices that are `going` count, by what the last `fetch` brought. */
  async marksOf(going: readonly string[]): Promise<MarkOf> {
    const { feeds, membership, clock } = this.#of;
    const here = await feeds.marks();
    if (!this.#isPoor) return here;
    const { countedMarks } = await import("./poor-link.ts");
    return countedMarks(this.#ask, membership, going, here, clock.serverS);
  }
}
