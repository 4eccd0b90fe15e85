/** One request of one-request sync, as it is asked, and what its answer brought so far. */
import type { Asked, Told } from "../exchange/messages.ts";
import type { StoredDocument } from "../records.ts";
import type { Synced } from "../sync.ts";
import type { Unavailable } from "./outcome.ts";

/** The server does not offer it; `isForNow`: it did not take this one request. */
export class NotOffered extends Error {
  override readonly name = "NotOffered";
  readonly isForNow: boolean;

  constructor(isForNow: boolean) {
    super("the server does not offer one-request sync");
    this.isForNow = isForNow;
  }
}

/** What an item of a request brought. */
export interface Sent {
  readonly circle: Synced;
  readonly docs: readonly StoredDocument[];
  /** Carried again: what becomes of it changes nothing here. */
  readonly again: boolean;
}

/** A request beside its cursor. */
export interface Question {
  readonly asked?: readonly Asked[];
  readonly sent?: readonly Sent[];
  readonly flags?: number;
  readonly budget?: number;
}

/** What one answer brought, as far as it came. */
export class Visit {
  /** How it is with circles that were not served. */
  readonly away = new Map<string, Unavailable>();
  /** Circles of which something waits for a better moment of the server. */
  readonly busy = new Set<string>();
  /** Documents that came, by circle. */
  readonly came = new Map<string, number>();
  readonly unequal: Extract<Told, { is: "unequal" }>[] = [];
  readonly lacking: Extract<Told, { is: "lacking" }>[] = [];
  /** The cursor is not known there. */
  isUnknown = false;
  isOver = false;
  hasMore = false;

  note({ circle, what }: Extract<Told, { is: "notice" }>): void {
    if (circle === "") this.isUnknown ||= what === "cursor";
    else if (what === "suspended") this.away.set(circle, "out");
    else if (what === "gone") this.away.set(circle, "gone");
  }
}

/** What a comparison of everything has found. */
export interface Compared {
  /** Documents that came. */
  readonly came: number;
  /** Documents that the server had lost. */
  readonly sent: number;
  /** The server lacks entries of a log. */
  readonly lostLog: boolean;
}
