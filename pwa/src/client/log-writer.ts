/**
 * Appending to a circle's log: pull, make, store, send, adopt; made anew when someone was faster.
 *
 * The bundle is on the disk before it leaves, and with it the new keys, as the signer's own wraps.
 * Without an answer the same bytes are sent again, in this try or at a later start. On `seq` bundle
 * and keys are dropped together and everything is made anew on the longer log.
 */
import type { Bundle, Proposal } from "../circle/entries.ts";
import { bundleOf, logPath, Refused, settle } from "./bundles.ts";
import type { LoggedIn } from "./login.ts";
import type { Phone } from "./phone.ts";
import type { PendingRow, Shelf } from "./shelf.ts";

/** How often an act is made anew because someone else was faster. */
const TRIES = 5;
/** Longest pause between two tries; half of it by chance, so that two do not keep in step. */
const JITTER_MS = 400;
const FASTER = /^(seq|prev|ts)$/;

/** A circle whose log grows. */
export interface Growing {
  readonly circle: string;
  /** Fetch what the server has, and replay. */
  catchUp(): Promise<void>;
  /** Take in a bundle that the server has. */
  adopt(bundle: Bundle): Promise<void>;
}

export class LogWriter {
  readonly #phone: Phone;
  readonly #shelf: Shelf;
  readonly #profile: string;
  readonly #ask: LoggedIn;

  /** @param ask Without a login: the entry's own signature decides. */
  constructor(phone: Phone, shelf: Shelf, profile: string, ask: LoggedIn) {
    this.#phone = phone;
    this.#shelf = shelf;
    this.#profile = profile;
    this.#ask = ask;
  }

  /**
   * Append what `make` makes of the log as it is then; resolves when the server has it.
   *
   * @param make Gives undefined when the act is no longer needed.
   * @throws LineError No answer: what was made is kept and sent again by itself.
   * @throws Refused The server does not take it; five others in a row were faster (`seq`).
   */
  append<P extends Proposal>(
    care: Growing,
    make: () => Promise<P | undefined>,
  ): Promise<P | undefined> {
    const lock = `log ${this.#profile} ${care.circle}`;
    return this.#phone.locks.request(lock, {}, () => this.#append(care, make));
  }

  async #append<P extends Proposal>(
    care: Growing,
    make: () => Promise<P | undefined>,
  ): Promise<P | undefined> {
    for (let tries = 1; ; tries += 1) {
      await this.settle(care);
      await care.catchUp();
      const proposal = await make();
      if (proposal === undefined) return undefined;
      const row: PendingRow = {
        profile: this.#profile,
        circle: care.circle,
        path: logPath(care.circle),
        body: JSON.stringify(proposal.bundle),
        link: "",
      };
      await this.#shelf.put("pending", row);
      try {
        await settle(this.#shelf, row, this.#ask);
        await care.adopt(proposal.bundle);
        return proposal;
      } catch (error) {
        const overtaken = error instanceof Refused && FASTER.test(error.code);
        if (!overtaken || tries >= TRIES) throw error;
        await this.#pause();
      }
    }
  }

  /** Send again what got no answer; a refusal ends that act. */
  async settle(care: Growing): Promise<void> {
    const row = await this.#shelf.get("pending", this.#profile, care.circle);
    if (row === undefined || row.path !== logPath(care.circle)) return;
    try {
      await settle(this.#shelf, row, this.#ask);
      await care.adopt(bundleOf(row));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#phone.after(JITTER_MS * (0.5 + Math.random() / 2), resolve);
    });
  }
}
