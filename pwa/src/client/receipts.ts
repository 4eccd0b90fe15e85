/**
 * Receipts: for which of its own records this device has the server's answer.
 *
 * A device numbers its records without gaps, so what is on the server is one number and a few
 * exceptions, however long the history. A record is "on the server" only after the server said so
 * for that record; a refused one is kept here with the code of the refusal and blocks no other.
 *
 * A record that must be sealed again keeps its number, so its name then has two revisions here: which
 * of them counts no more is remembered too.
 */
import type { ReceiptsRow } from "./shelf.ts";

/** Kind, month, device, stream and counter of a record's id. */
const DOCUMENT_ID = /^([a-z]{2}):(\d{4}):(d[A-Za-z0-9_-]{20}):([ck])(\d{6})$/;

export interface RecordName {
  readonly kind: string;
  readonly device: string;
  readonly stream: string;
  readonly n: number;
}

/** Added to the counters of the clinicians' stream: they count apart, and stay below it. */
const K_BASE = 1_000_000;

/** One number for stream and counter of a record. */
function numberIn(id: string): number {
  return Number(id.slice(-6)) + (id.at(-7) === "k" ? K_BASE : 0);
}

/** The parts of a record's id; undefined for documents that are no records. */
export function recordName(id: string): RecordName | undefined {
  const parts = DOCUMENT_ID.exec(id);
  if (parts === null) return undefined;
  const [, kind = "", , device = "", stream = "", n = ""] = parts;
  return { kind, device, stream, n: Number(n) };
}

/** Refusals that may pass by themselves: the log there is behind, or the server is. */
const PASSING = new Set(["newer-log", "stale", "limit", "author", "closed"]);

/** A record that stays on this phone alone. */
export interface Aside {
  readonly id: string;
  readonly rev: string;
  readonly code: string;
}

export class Receipts {
  readonly #device: string;
  #through: number;
  readonly #also: Set<number>;
  readonly #refused: Map<string, string>;
  readonly #past: Set<string>;
  readonly #aside: Aside[];
  readonly #late: Set<string>;
  /** Whether another device wrote under this one's name: a copy of it, or a restored backup. */
  twice: boolean;

  constructor(device: string, row?: Omit<ReceiptsRow, "profile" | "circle">) {
    this.#device = device;
    this.#through = row?.through ?? 0;
    this.#also = new Set(row?.also ?? []);
    this.#refused = new Map(row?.refused ?? []);
    this.#past = new Set(row?.past ?? []);
    this.#aside = (row?.aside ?? []).map(([id, rev, code]) => ({ id, rev, code }));
    this.#late = new Set(row?.late ?? []);
    this.twice = row?.twice ?? false;
  }

  /** Refused records with their codes. */
  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  /** Records that stay here, whose numbers were given to empty ones. */
  get aside(): readonly Aside[] {
    return this.#aside;
  }

  /** All that the server did not take, with codes, also those whose numbers were given away. */
  get kept(): ReadonlyMap<string, string> {
    return new Map([...this.#refused, ...this.#aside.map(({ id, code }) => [id, code] as const)]);
  }

  /** Records that wait at the server until somebody takes them in. */
  get late(): ReadonlySet<string> {
    return this.#late;
  }

  /** Greatest number up to which the server has all of this device's records. */
  get through(): number {
    return this.#through;
  }

  /** The same for one stream. */
  upTo(stream: string): number {
    let n = this.#through;
    if (stream === "k") for (n = 0; this.#also.has(K_BASE + n + 1); ) n += 1;
    return n;
  }

  /** Whether a revision stands for its record, and no newer one in its place. */
  counts(rev: string): boolean {
    return !this.#past.has(rev);
  }

  /** Another revision, or another record, has taken this one's place. */
  replace(rev: string): void {
    this.#past.add(rev);
  }

  /** The record stays on this phone for good; its number goes to an empty one. */
  setAside(aside: Aside): void {
    this.#aside.push(aside);
    this.#refused.delete(aside.id);
    this.replace(aside.rev);
  }

  /** These wait at the server until somebody takes them in. */
  wait(ids: Iterable<string>): void {
    for (const id of ids) this.#late.add(id);
  }

  /** Whether the server answered for this record, or it is another device's and came from there. */
  onServer(id: string): boolean {
    const name = recordName(id);
    if (name === undefined || name.device !== this.#device) return true;
    const number = numberIn(id);
    return number <= this.#through || this.#also.has(number);
  }

  /** Whether this record should be offered to the server (again). */
  owed(id: string): boolean {
    if (this.onServer(id) || this.#late.has(id)) return false;
    const code = this.#refused.get(id);
    return code === undefined || PASSING.has(code);
  }

  /** Let what was refused with such codes be offered once more; true when there is something. */
  retry(isChosen: (code: string) => boolean): boolean {
    const chosen = [...this.#refused].filter(([, code]) => isChosen(code));
    for (const [id] of chosen) this.#refused.delete(id);
    return chosen.length > 0;
  }

  /** Let this one be offered once more. */
  offer(id: string): void {
    this.#refused.delete(id);
  }

  /** It stays here no more: it goes under another number. */
  takeUp({ rev }: Aside): void {
    const at = this.#aside.findIndex((one) => one.rev === rev);
    if (at >= 0) this.#aside.splice(at, 1);
  }

  /** The server has these; true when that is news. */
  acknowledge(ids: Iterable<string>): boolean {
    let news = false;
    for (const id of ids) {
      if (this.onServer(id)) continue;
      this.#also.add(numberIn(id));
      this.#refused.delete(id);
      this.#late.delete(id);
      news = true;
    }
    while (this.#also.delete(this.#through + 1)) this.#through += 1;
    return news;
  }

  /** The server does not take this one; true when that is news. */
  refuse(id: string, code: string): boolean {
    if (recordName(id)?.device !== this.#device || this.onServer(id)) return false;
    if (this.#refused.get(id) === code) return false;
    this.#refused.set(id, code);
    return true;
  }

  /** What to put on the shelf. */
  row(profile: string, circle: string): ReceiptsRow {
    return {
      profile,
      circle,
      through: this.#through,
      also: [...this.#also],
      refused: [...this.#refused],
      past: [...this.#past],
      aside: this.#aside.map(({ id, rev, code }) => [id, rev, code] as const),
      late: [...this.#late],
      twice: this.twice,
    };
  }
}
