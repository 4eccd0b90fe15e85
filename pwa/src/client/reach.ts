/**
 * How far a circle was reached before an act on its members: wholly, or on a poor link its log only.
 */
import type { MarkOf } from "../circle/entries.ts";
import type { Membership } from "../circle/log.ts";
import type { Synced } from "../sync.ts";
import type { Clock } from "./clock.ts";
import type { Feeds } from "./feeds.ts";
import { LineError } from "./line.ts";
import type { Surroundings } from "./surroundings.ts";

/** The circle that is reached for. */
interface Reached extends Synced {
  readonly feeds: Feeds;
  readonly clock: Clock;
  readonly membership: Membership;
  /** Number of the last entry here; 0 = none. */
  readonly seq: number;
}

export class Reach {
  readonly #of: Reached;
  readonly #around: Surroundings;
  #isPoor = false;

  constructor(of: Reached, around: Surroundings) {
    this.#of = of;
    this.#around = around;
  }

  /**
   * Fetch what the server has; where the link does not carry all of it, the log alone.
   *
   * @throws LineError Not even that came.
   */
  async fetch(): Promise<void> {
    const { records, circle, seq } = this.#of;
    const { ask, road } = this.#around;
    this.#isPoor = false;
    try {
      await road.fetch(this.#of);
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      const { fetchLog } = await import("./poor-link.ts");
      await records.write(await fetchLog(ask, circle, seq));
      this.#isPoor = true;
    }
  }

  /** Up to where the records of devices that are `going` count, by what the last `fetch` brought. */
  async marksOf(going: readonly string[]): Promise<MarkOf> {
    const { feeds, membership, clock } = this.#of;
    const here = await feeds.marks();
    if (!this.#isPoor) return here;
    const { countedMarks } = await import("./poor-link.ts");
    return countedMarks(this.#around.ask, membership, going, here, clock.serverS);
  }
}
