/**
 * The member list of one circle, replayed as it grows, and held against what was seen before.
 *
 * A log that is shorter than the pin, or other at it, or has two entries in one place, is an alarm:
 * the circle can still be read as far as it was understood, but nothing more is sent to it. What
 * breaks a rule is no entry: it is told as long as it is all that stands in its place, and does not
 * stand in the way of the one that comes after all.
 */
import { CircleError } from "../circle/errors.ts";
import { type LogDocument, Membership } from "../circle/log.ts";
import type { Leaves, Records } from "../records.ts";
import { ALARMS, type Alarm } from "./reasons.ts";
import type { Pin } from "./shelf.ts";

export class Roster {
  /** Undefined until the first entry is here. */
  membership: Membership | undefined;
  readonly #circle: string;
  #pin: Pin | undefined;
  /** Two logs were seen; that passes no more. */
  #isForked = false;
  /** What stands in the next place and is no entry. */
  #mistake: Alarm | "" = "";
  /** How many documents stood in a place when it was read, where there were several. */
  #crowded = new Map<number, number>();

  constructor(circle: string, pin: Pin | undefined) {
    this.#circle = circle;
    this.#pin = pin;
  }

  /** What is wrong with the log; "" while all is well. */
  get alarm(): Alarm | "" {
    return this.#isForked ? ALARMS.fork : this.#mistake;
  }

  /** Whether this is the log as far as it goes; what is no entry changes nothing about it. */
  get isTrusted(): boolean {
    return !this.#isForked && this.#mistake !== ALARMS.newer;
  }

  /** Read what the database has; gives the new pin when the log has grown. */
  async refresh(records: Records): Promise<Pin | undefined> {
    this.#mistake = "";
    const read = await this.#replay(records, this.membership);
    // Two logs part at some place: what was understood before stays.
    if (!this.#isForked || this.membership === undefined) this.membership = read;
    return this.#advance();
  }

  /** All that the server has is here: say so when it is less or other than what was seen. */
  check(): void {
    if (this.#pin === undefined || this.membership === undefined) return;
    const { seq, hash } = this.#pin;
    if (this.membership.heads[seq] !== hash) this.#isForked = true;
  }

  /** Go on from `known` as far as there are entries. */
  async #replay(records: Records, known: Membership | undefined): Promise<Membership | undefined> {
    let grown = known;
    for await (const page of records.range("log:", "log;")) {
      for (const leaves of page) {
        const seq = Number(leaves[0]?._id.slice(-6) ?? -1);
        const next = grown === undefined ? 0 : grown.seq + 1;
        // Something came beside what was read before: only the whole log says what it is.
        if (seq < next && leaves.length > (this.#crowded.get(seq) ?? 1)) {
          this.#crowded.set(seq, leaves.length);
          return this.#replay(records, undefined);
        }
        if (seq < next) continue;
        // A gap: the entries before it come with a later batch.
        if (seq > next) return grown;
        if (leaves.length > 1) this.#crowded.set(seq, leaves.length);
        const after = await this.#one(grown, leaves);
        if (after === undefined) return grown;
        grown = after;
      }
    }
    return grown;
  }

  /** The log with the one entry that stands in this place; undefined where there is none, or two. */
  async #one(before: Membership | undefined, leaves: Leaves): Promise<Membership | undefined> {
    const found = new Map<string, Membership>();
    for (const leaf of leaves) {
      const after = await this.#append(before, leaf as unknown as LogDocument);
      if (after !== undefined) found.set(after.head, after);
    }
    if (found.size > 1) this.#isForked = true;
    if (found.size !== 1) return undefined;
    this.#mistake = "";
    return [...found.values()][0];
  }

  async #append(before: Membership | undefined, doc: LogDocument): Promise<Membership | undefined> {
    try {
      const grown = await (before?.append(doc) ?? Membership.founded(doc));
      if (grown.circle !== this.#circle) throw new CircleError("circle", "another circle");
      return grown;
    } catch (error) {
      const isUnknown = error instanceof CircleError && error.code === "op";
      this.#mistake = isUnknown ? ALARMS.newer : ALARMS.damaged;
      return undefined;
    }
  }

  #advance(): Pin | undefined {
    const grown = this.membership;
    if (grown === undefined) return undefined;
    this.check();
    if (!this.isTrusted || (this.#pin !== undefined && this.#pin.seq >= grown.seq)) {
      return undefined;
    }
    this.#pin = { seq: grown.seq, hash: grown.head };
    return this.#pin;
  }
}
