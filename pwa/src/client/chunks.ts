/**
 * Sealed chunks of recordings on this phone, beside the records.
 *
 * A chunk that was made here is owed until the server has it: it is on the shelf before the record
 * that names it, goes after everything else, and only as far as the month's budget allows. What the
 * server has, or what came from there, is kept to be heard again and is the first to go when room
 * is needed: it can be fetched once more.
 */
import { type Signal, signal } from "@preact/signals";
import { isFull } from "../full.ts";
import type { StoredDocument } from "../records.ts";
import type { Clock } from "./clock.ts";
import type { LoggedIn } from "./login.ts";
import type { Meter } from "./meter.ts";
import { unavailable } from "./outcome.ts";
import type { ChunkRow, Shelf } from "./shelf.ts";

/** How the name of every chunk begins. */
export const CHUNK = "ch:";

export class Chunks {
  /** Counts changes: of what is here, and of what the server has. */
  readonly changed: Signal<number> = signal(0);
  readonly #shelf: Shelf;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #profile: string;
  /** Those that are owed, as they were last looked at. */
  #owed = new Map<string, ChunkRow>();

  constructor(shelf: Shelf, clock: Clock, meter: Meter, profile: string) {
    this.#shelf = shelf;
    this.#clock = clock;
    this.#meter = meter;
    this.#profile = profile;
  }

  /** Look at what is owed; another window may have made some. */
  async look(): Promise<void> {
    const rows = await this.#shelf.all("owed", this.#profile);
    this.#owed = new Map(rows.map((row) => [row.id, row]));
  }

  /** Whether something waits that may go now. */
  get waits(): boolean {
    return [...this.#owed.values()].some((row) => this.#mayGo(row));
  }

  /** What of a circle may go now. */
  owed(circle: string): StoredDocument[] {
    const rows = [...this.#owed.values()].filter((row) => row.circle === circle);
    return rows.filter((row) => this.#mayGo(row)).map(({ doc }) => doc);
  }

  /** Names of those that the server does not have, with its reason where it refused one. */
  async owing(circle: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#shelf.all("owed", this.#profile, circle);
    return new Map(rows.map(({ id, code = "" }) => [id, code]));
  }

  /** Names of those that are kept beside these. */
  kept(circle: string): Promise<string[]> {
    return this.#shelf.names("chunks", this.#profile, circle);
  }

  /** New ones of this device; resolves when they are durable. */
  async owe(circle: string, docs: readonly StoredDocument[]): Promise<void> {
    for (const doc of docs) {
      const row = this.#row(circle, doc);
      await this.#shelf.put("owed", row);
      this.#owed.set(row.id, row);
    }
    this.changed.value += 1;
  }

  /** They belong to nothing: the record that was to name them could not be stored. */
  async forget(circle: string, docs: readonly StoredDocument[]): Promise<void> {
    for (const { _id } of docs) {
      this.#owed.delete(_id);
      await this.#shelf.remove("owed", this.#profile, circle, _id);
    }
    this.changed.value += 1;
  }

  async read(circle: string, id: string): Promise<StoredDocument | undefined> {
    const key = [this.#profile, circle, id] as const;
    const owed = await this.#shelf.get("owed", ...key);
    if (owed !== undefined) return owed.doc;
    const kept = await this.#shelf.get("chunks", ...key);
    if (kept === undefined) return undefined;
    await this.#shelf.put("chunks", { ...kept, at: this.#clock.serverS }).catch(() => {});
    return kept.doc;
  }

  /** Keep one that came from the server; without room it is not kept. */
  async keep(circle: string, doc: StoredDocument): Promise<void> {
    await this.withRoom(() => this.#shelf.put("chunks", this.#row(circle, doc))).catch(() => {});
    this.changed.value += 1;
  }

  /** The server has these. */
  async acknowledged(circle: string, ids: readonly string[]): Promise<void> {
    for (const id of ids.filter((each) => each.startsWith(CHUNK))) {
      const row = await this.#shelf.get("owed", this.#profile, circle, id);
      if (row === undefined) continue;
      await this.#shelf.put("chunks", row);
      await this.#shelf.remove("owed", this.#profile, circle, id);
      this.#owed.delete(id);
      this.changed.value += 1;
    }
  }

  /** The server does not take this one: it stays here and is not sent again. */
  async refused(id: string, code: string): Promise<void> {
    const row = this.#owed.get(id);
    if (row === undefined) return;
    this.#owed.set(id, { ...row, code });
    await this.#shelf.put("owed", { ...row, code });
    this.changed.value += 1;
  }

  /** Ask whether the server still has what is kept here; what it lost is owed again. */
  async askAfter(circle: string, ask: LoggedIn): Promise<void> {
    const rows = await this.#shelf.all("chunks", this.#profile, circle);
    if (rows.length === 0) return;
    const asked = Object.fromEntries(rows.map(({ id, doc }) => [id, [doc._rev]]));
    const answer = await ask(`/db/${circle}/_revs_diff`, { body: JSON.stringify(asked) });
    if (unavailable(answer) !== undefined || answer.status >= 300) return;
    const lost = rows.filter(({ id }) => Object.hasOwn(answer.json as object, id));
    await this.owe(
      circle,
      lost.map(({ doc }) => doc),
    );
  }

  /**
   * Write something; where there is no room for it, again after what can be had again was let go:
   * recordings, then the reserve, then code of rooms that no day needs.
   *
   * @throws What the last try has thrown.
   */
  async withRoom<T>(write: () => Promise<T>): Promise<T> {
    const ways = [
      () => this.clear(),
      () => spaceMaker("useReserve"),
      () => spaceMaker("shedParts"),
    ];
    let first: unknown;
    for (;;) {
      try {
        const written = await write();
        isFull.value = false;
        return written;
      } catch (error) {
        first ??= error;
        // What fails after the first time fails for the same reason, whatever it is called.
        isFull.value = isOfRoom(first);
        const makeRoom = isFull.value ? ways.shift() : undefined;
        if (makeRoom === undefined) throw first;
        // On a full phone even letting go may fail.
        await makeRoom().catch(() => undefined);
      }
    }
  }

  /** Let go of all that can be fetched again; how many those were. */
  async clear(): Promise<number> {
    const rows = await this.#shelf.all("chunks", this.#profile);
    for (const { circle, id } of rows) {
      await this.#shelf.remove("chunks", this.#profile, circle, id);
    }
    this.changed.value += 1;
    return rows.length;
  }

  #mayGo({ circle, doc, code }: ChunkRow): boolean {
    const size = Math.ceil((String(doc.c ?? "").length * 3) / 4);
    return code === undefined && this.#meter.mayGo({ circle, id: doc._id, size });
  }

  #row(circle: string, doc: StoredDocument): ChunkRow {
    return { profile: this.#profile, circle, id: doc._id, doc, at: this.#clock.serverS };
  }
}

/** Its code is on every phone after the first start. */
async function spaceMaker(way: "useReserve" | "shedParts"): Promise<unknown> {
  const space = await import("./care-space.ts");
  return space[way]();
}

/** Whether a write failed for want of room: the database and its adapter say it in several ways. */
function isOfRoom(error: unknown): boolean {
  const said = (error ?? {}) as { name?: string; message?: string; reason?: string };
  const { name = "", message = "", reason = "" } = said;
  return /quota|space|disk|storage/i.test(`${name} ${message} ${reason}`);
}
