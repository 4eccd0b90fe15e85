/**
 * The member list of one circle, replayed as it grows, and held against what was seen before.
 *
 * A log that is shorter than the pin, or other at it, or has two entries in one place, is an alarm:
 * the circle can still be read as far as it was understood, but nothing more is sent to it.
 */
import { CircleError } from "../circle/errors.ts";
import { type LogDocument, Membership } from "../circle/log.ts";
import type { Leaves, Records } from "../records.ts";
import { ALARMS } from "./reasons.ts";
import type { Pin } from "./shelf.ts";

export class Roster {
  /** Undefined until the first entry is here. */
  membership: Membership | undefined;
  /** Plain words; "" while all is well. */
  alarm = "";
  readonly #circle: string;
  #pin: Pin | undefined;

  constructor(circle: string, pin: Pin | undefined) {
    this.#circle = circle;
    this.#pin = pin;
  }

  /** Read what the database has; gives the new pin when the log has grown. */
  async refresh(records: Records): Promise<Pin | undefined> {
    for await (const page of records.range("log:", "log;")) {
      for (const leaves of page) {
        if (!(await this.#take(leaves))) return this.#advance();
      }
    }
    return this.#advance();
  }

  /** All that the server has is here: say so when it is less or other than what was seen. */
  check(): void {
    if (this.#pin === undefined || this.membership === undefined) return;
    const { seq, hash } = this.#pin;
    if (this.membership.heads[seq] !== hash) this.alarm ||= ALARMS.fork;
  }

  /** One place in the log; false where replaying has to stop. */
  async #take(leaves: Leaves): Promise<boolean> {
    const [doc] = leaves;
    if (doc === undefined) return false;
    if (leaves.length > 1) {
      this.alarm = ALARMS.fork;
      return false;
    }
    const seq = Number(doc._id.slice(-6));
    const next = this.membership === undefined ? 0 : this.membership.seq + 1;
    if (seq < next) return true;
    // A gap: the entries before it come with a later batch.
    if (seq > next) return false;
    return this.#append(doc as unknown as LogDocument);
  }

  async #append(doc: LogDocument): Promise<boolean> {
    try {
      const grown = await (this.membership?.append(doc) ?? Membership.founded(doc));
      if (grown.circle !== this.#circle) throw new CircleError("circle", "another circle");
      this.membership = grown;
      return true;
    } catch (error) {
      const isUnknown = error instanceof CircleError && error.code === "op";
      this.alarm = isUnknown ? ALARMS.newer : ALARMS.damaged;
      return false;
    }
  }

  #advance(): Pin | undefined {
    const grown = this.membership;
    if (grown === undefined) return undefined;
    this.check();
    if (this.alarm !== "" || (this.#pin !== undefined && this.#pin.seq >= grown.seq)) {
      return undefined;
    }
    this.#pin = { seq: grown.seq, hash: grown.head };
    return this.#pin;
  }
}
