/** What the shelf holds of one circle beside its records: how it was come by, and whom it awaits. */
import { type Signal, signal } from "@preact/signals";
import type { Pub } from "../circle/keys.ts";
import type { Admitted, CircleRow, Shelf } from "./shelf.ts";

export class CircleNote {
  /** Whether a phone beside this one has still to let it in. */
  readonly awaited: Signal<boolean>;
  /** Therapists whom this circle is to take in. */
  readonly wished: readonly Pub[];
  readonly #shelf: Shelf;
  readonly #row: CircleRow;
  #admitted: readonly Admitted[];
  #judged: { readonly n: number; readonly at: number };

  constructor(shelf: Shelf, row: CircleRow) {
    this.#shelf = shelf;
    this.#row = row;
    this.#admitted = row.admitted ?? [];
    this.wished = row.wished ?? [];
    this.#judged = row.judged ?? { n: 0, at: 0 };
    this.awaited = signal(row.awaited === true);
  }

  /** Phones that were beside this one, to be let in. */
  get admitted(): readonly Admitted[] {
    return this.#admitted;
  }

  /** Up to which number of this device its clock was looked at, and when. */
  get judged(): { readonly n: number; readonly at: number } {
    return this.#judged;
  }

  async judge(judged: { readonly n: number; readonly at: number }): Promise<void> {
    await this.put({ judged });
    this.#judged = judged;
  }

  /** Let a phone in, whose keys were read from its screen, when there is a network. */
  async admitLater(wish: Admitted): Promise<void> {
    this.#admitted = [...this.#admitted, wish];
    await this.put({ admitted: this.#admitted });
  }

  async forget(wish: Admitted): Promise<void> {
    this.#admitted = this.#admitted.filter((one) => one !== wish);
    await this.put({ admitted: this.#admitted });
  }

  /** Resolves when it is durable. */
  async put(part: Partial<CircleRow>): Promise<void> {
    const { profile, circle } = this.#row;
    await this.#shelf.update("circles", [profile, circle], (kept = this.#row) => ({
      ...kept,
      ...part,
    }));
  }
}
