/**
 * What somebody has answered and not saved yet: sealed on the shelf, one for each circle, so that a
 * phone that dies between two taps asks nothing twice. It is no record: it is sent to nobody.
 */
import { utf8 } from "../circle/encoding.ts";
import type { Drafts } from "../client.ts";
import { type HereKey, openHere, purposeOfDraft } from "./here.ts";
import type { Shelf } from "./shelf.ts";
import { Turn } from "./turn.ts";

export class SealedDrafts implements Drafts {
  readonly #shelf: Shelf;
  readonly #key: HereKey;
  readonly #profile: string;
  /** A later answer never lies under an earlier one. */
  readonly #turn = new Turn();

  constructor(shelf: Shelf, key: HereKey, profile: string) {
    this.#shelf = shelf;
    this.#key = key;
    this.#profile = profile;
  }

  async read(circle: string): Promise<string | undefined> {
    const row = await this.#shelf.get("drafts", this.#profile, circle);
    if (row === undefined) return undefined;
    try {
      const text = await openHere(this.#key, row.sealed, purposeOfDraft(circle), (sealed) =>
        this.#shelf.put("drafts", { ...row, sealed }),
      );
      return new TextDecoder().decode(text);
    } catch {
      // It is damaged, or another profile's: what was not saved is asked anew.
      return undefined;
    }
  }

  async keep(circle: string, text: string | undefined): Promise<void> {
    await this.#turn.run(async () => {
      if (text === undefined) return this.#shelf.remove("drafts", this.#profile, circle);
      const sealed = await this.#key.dataSeal(utf8(text), purposeOfDraft(circle));
      return this.#shelf.put("drafts", { profile: this.#profile, circle, sealed });
    });
  }
}
