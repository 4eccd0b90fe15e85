/**
 * Records that are made before a circle can be written: this phone is not let in yet.
 *
 * They are kept in their order, sealed under the key of the profile, and become the first records
 * of this device: so how many of them are in the circle already is the number of its records, and
 * none is written twice or lost, whenever the phone dies.
 */
import { utf8 } from "../circle/encoding.ts";
import type { Body } from "../circle/frame.ts";
import type { CircleNote } from "./circle-row.ts";
import { type HereKey, openHere, purposeOfWaiting } from "./here.ts";
import type { Shelf } from "./shelf.ts";

/** One record, with the kind of document that will hold it. */
export interface Unsealed {
  readonly kind: string;
  readonly body: Body;
}

/** The circle in which they are written. */
interface Writable {
  readonly isWhole: boolean;
  readonly trusted: boolean;
  readonly nextLam: number;
  readonly records: { own(): Promise<string[]> };
  readonly note: CircleNote;
  seal(kind: string, bodyOf: () => Body): Promise<string>;
}

export class Waiting {
  readonly #shelf: Shelf;
  readonly #key: HereKey;
  readonly #row: { readonly profile: string; readonly circle: string };
  #held: readonly Unsealed[] = [];

  private constructor(shelf: Shelf, key: HereKey, row: { profile: string; circle: string }) {
    this.#shelf = shelf;
    this.#key = key;
    this.#row = row;
  }

  static async open(
    shelf: Shelf,
    key: HereKey,
    { profile, circle }: { readonly profile: string; readonly circle: string },
  ): Promise<Waiting> {
    const waiting = new Waiting(shelf, key, { profile, circle });
    const kept = await shelf.get("unsealed", profile, circle);
    if (kept !== undefined) {
      const text = await openHere(key, kept.sealed, purposeOfWaiting(circle), (sealed) =>
        shelf.put("unsealed", { ...kept, sealed }),
      );
      waiting.#held = JSON.parse(new TextDecoder().decode(text));
    }
    return waiting;
  }

  /** What waits, oldest first. */
  get held(): readonly Unsealed[] {
    return this.#held;
  }

  /** Keep one more; resolves with a name, which holds until it is sealed, when it is durable. */
  async hold(record: Unsealed): Promise<string> {
    this.#held = [...this.#held, record];
    const text = utf8(JSON.stringify(this.#held));
    const sealed = await this.#key.dataSeal(text, purposeOfWaiting(this.#row.circle));
    await this.#shelf.put("unsealed", { ...this.#row, sealed });
    return `waiting:${this.#held.length}`;
  }

  /** Seal all that waits, once this device is in. */
  async release(care: Writable): Promise<void> {
    if (this.#held.length === 0 || !care.isWhole || !care.trusted) return;
    const done = (await care.records.own()).length;
    for (const { kind, body } of this.#held.slice(done)) {
      await care.seal(kind, () => ({ ...body, lam: care.nextLam }));
    }
    const { profile, circle } = this.#row;
    await this.#shelf.remove("unsealed", profile, circle);
    this.#held = [];
    await care.note.put({ awaited: false });
  }
}
