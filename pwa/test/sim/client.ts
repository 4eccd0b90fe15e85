/** What a world does with one start of the app: the shipped client, and a look into what it holds. */

import type { Stream } from "../../src/circle/grammar.ts";
import { type Entrance, enter } from "../../src/client/admission.ts";
import type { OpenCare } from "../../src/client/care.ts";
import type { Phone } from "../../src/client/phone.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { openShelf } from "../../src/client/shelf.ts";
import type { Pain } from "../../src/client.ts";

/** One record as the screens show it. */
interface Row {
  readonly mark: number;
  readonly place: string;
  readonly id: string;
}

/** One start of the app on one phone. */
export class Start {
  readonly #entrance: Entrance;
  #profile: OpenProfile | undefined;

  private constructor(entrance: Entrance) {
    this.#entrance = entrance;
  }

  static async of(phone: Phone): Promise<Start> {
    const shelf = await openShelf(phone.indexedDB);
    const start = new Start(await enter(phone, shelf));
    const ready = (await shelf.all("profiles")).find((profile) => profile.ready);
    if (ready !== undefined) start.#profile = (await start.#entrance.open(ready.id)) as OpenProfile;
    return start;
  }

  async join(link: string): Promise<{ device: string }> {
    const fragment = link.split("#")[1] ?? "";
    this.#profile ??= (await this.#entrance.join(fragment)) as OpenProfile;
    return { device: (await this.#care()).keys.id };
  }

  /** Write down how much it hurts, and when: the moment is the mark of the record. */
  async put(marks: readonly number[]): Promise<void> {
    const profile = this.#opened();
    const { circle } = await this.#care();
    for (const performed_at of marks) {
      await profile.logPain(circle, { day: "2026-11-18", performed_at, context: "now", score: 1 });
    }
  }

  async sync(): Promise<{ state: string; unsent: number; refused: number }> {
    const profile = this.#opened();
    await profile.syncNow();
    const { state, unsent, refused } = profile.sync.value;
    return { state, unsent, refused: refused.length };
  }

  async show(): Promise<Row[]> {
    const { pains, notes, ordered } = await this.#care();
    // As the world gave it: what a wrong clock says is corrected when it is written, or shown.
    const written = new Map(ordered.map(({ id, value }) => [id, value as Partial<Pain>]));
    const markOf = (id: string) => {
      const { performed_at = 0, off_s = 0 } = written.get(id) ?? {};
      return performed_at - off_s;
    };
    return [
      ...pains.value.map(({ id, place }) => ({ id, place, mark: markOf(id) })),
      ...notes.value.map(({ id, place, value }) => ({ id, place, mark: Number(value.text) })),
    ];
  }

  /** All that is here, for who checks it. */
  async held(): Promise<unknown> {
    const care = await this.#care();
    const leaves: Record<string, string[]> = {};
    for await (const page of care.records.range("", "\uffff")) {
      for (const found of page) {
        // What was sealed again under a newer key stays here, and counts no more.
        const revs = found.map(({ _rev }) => _rev).filter((rev) => care.receipts.counts(rev));
        const [first] = found;
        if (first !== undefined) leaves[first._id] = revs.sort();
      }
    }
    return {
      leaves,
      rows: await this.show(),
      unsent: care.unsent,
      refused: [...care.refused.values()],
      closed: [...care.unreadable.values()],
      alarm: care.alarm,
      head: care.membership.head,
      lacksKey: care.lacking().length > 0,
    };
  }

  /** The numbers of the keys that are here, by stream. */
  async epochs(): Promise<Record<string, number[]>> {
    const care = await this.#care();
    const held = (stream: Stream) =>
      care.membership.epochs[stream].map(({ e }) => e).filter((e) => holds(care, stream, e));
    return { c: held("c"), k: held("k") };
  }

  async close(): Promise<void> {
    await this.#profile?.close();
  }

  #opened(): OpenProfile {
    if (this.#profile === undefined) throw new Error("nobody lives on this phone yet");
    return this.#profile;
  }

  async #care(): Promise<OpenCare> {
    const [care] = this.#opened().cares.value as readonly OpenCare[];
    if (care === undefined) throw new Error("there is no circle yet");
    await care.loaded;
    return care;
  }
}

function holds(care: OpenCare, stream: Stream, e: number): boolean {
  try {
    return care.secrets.get(stream, e) !== undefined;
  } catch {
    return false;
  }
}
