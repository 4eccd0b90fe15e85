/**
 * One runner that carries records between this phone and the server.
 *
 * One round at a time per profile, across all tabs (a Web Lock). A round is started by an own
 * write, by the network or the app coming back, by the person, and now and then while the app is
 * looked at. A round that fails is weather: it is tried again after a pause that doubles up to five
 * minutes and is forgotten the moment the network returns. A circle whose log cannot be trusted is
 * left out and says so; it never stops the others.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Courier } from "./client/courier.ts";
import { LineError } from "./client/line.ts";
import type { Outcome } from "./client/outcome.ts";
import type { Phone } from "./client/phone.ts";
import type { Records } from "./records.ts";

/** Pause between two looks at the server while the app is in front. */
const LOOK_MS = 30_000;
/** Looks after joining: others are about to answer, by adding this device to their circles. */
const EXPECTED_MS: readonly number[] = [2_000, 4_000, 8_000, 16_000];
/** Writes that come together travel together. */
const GATHER_MS = 250;
const PAUSE_MIN_MS = 2_000;
const PAUSE_MAX_MS = 300_000;

/** One circle as it is carried, by whichever road. */
export interface Synced extends Outcome {
  readonly circle: string;
  readonly records: Records;
  /** Ids of this device's records that the server has not answered for and may still take. */
  owed(): string[];
  /** Whether the log here can be trusted; nothing is sent while it cannot. */
  readonly trusted: boolean;
  /** Records that are here and shown. */
  readonly count: number;
  /** Whether this device is in it no more, by its log. */
  readonly isOut: ReadonlySignal<boolean>;
  /** Whether the server does not serve it to this device, as far as is known. */
  readonly isAway: boolean;
  /** Whether that is not what the log says: the server may have lost something. */
  readonly isAstray: boolean;
  /** Whether `caughtUp` has something to look at although nothing came. */
  readonly isUnsettled: boolean;
  /** While nothing of it is here: fetch what shows it at once. */
  begin(): Promise<void>;
  /** Says what is to be sent. */
  readonly courier: Courier;
  /** How the round went for this circle alone. */
  went(how: "well" | "out" | "gone" | "broken"): void;
  /**
   * Everything that the server had is stored; resolves when it is checked.
   *
   * @returns Whether there is something to send now that could not be sent before.
   */
  caughtUp(): Promise<boolean>;
}

/** What belongs to the profile: everything that one round does. */
export interface Rounds {
  /**
   * Bring what waits and fetch what is new, of all circles.
   *
   * @throws LineError The server was not reached, or could not answer.
   */
  carry(): Promise<void>;
}

/**
 * idle: the last round was whole. offline: the server was not reached. portal: something else
 * answered. busy: the server could not. broken: this phone could not.
 */
export type RunnerState = "idle" | "working" | "offline" | "portal" | "busy" | "broken";

export class Runner {
  readonly #phone: Phone;
  readonly #rounds: Rounds;
  readonly #lock: string;
  readonly #cut: () => void;
  readonly #changed: (state: RunnerState) => void;
  readonly #quiet: (() => void)[] = [];
  #stopTimer = () => {};
  #round: Promise<void> | undefined;
  #again = false;
  #expected: readonly number[] = [];
  #failures = 0;
  #closed = false;

  /**
   * @param lock Name that is the same in all tabs of this profile.
   * @param cut Gives up all open requests.
   * @param changed Hears how the runner is doing.
   */
  constructor(
    phone: Phone,
    rounds: Rounds,
    options: { lock: string; cut: () => void; changed: (state: RunnerState) => void },
  ) {
    this.#phone = phone;
    this.#rounds = rounds;
    this.#lock = options.lock;
    this.#cut = options.cut;
    this.#changed = options.changed;
  }

  /** Begin to listen to the phone and make the first round. */
  start(): void {
    const back = () => {
      // Requests from before hang on a network that is gone.
      if (this.#failures > 0) this.#cut();
      this.#failures = 0;
      this.soon();
    };
    this.#quiet.push(
      this.#phone.on("online", back),
      this.#phone.on("visible", back),
      this.#phone.on("offline", () => this.#changed("offline")),
    );
    this.soon();
  }

  /** News is on its way here: look again soon and then less and less often. */
  expect(): void {
    this.#expected = EXPECTED_MS;
  }

  /** Something was written here or may be new there: make a round in a moment. */
  soon(): void {
    if (this.#closed) return;
    if (this.#round !== undefined) this.#again = true;
    else this.#schedule(GATHER_MS);
  }

  /** Make a round now; resolves when it is over, whatever came of it. */
  async now(): Promise<void> {
    if (this.#round !== undefined) {
      this.#again = true;
      await this.#round;
    }
    await this.#run();
  }

  /** Stop for good; resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer();
    for (const stop of this.#quiet) stop();
    this.#cut();
    await this.#round;
  }

  #schedule(ms: number): void {
    this.#stopTimer();
    this.#stopTimer = this.#phone.after(ms, () => {
      this.#run().catch(() => {});
    });
  }

  #run(): Promise<void> {
    if (this.#round !== undefined) return this.#round;
    if (this.#closed) return Promise.resolve();
    this.#stopTimer();
    this.#again = false;
    this.#round = this.#phone.locks
      .request(`sync ${this.#lock}`, {}, () => this.#guarded())
      .finally(() => {
        this.#round = undefined;
        this.#next();
      });
    return this.#round;
  }

  #next(): void {
    if (this.#closed) return;
    if (this.#again) this.#schedule(GATHER_MS);
    else if (this.#failures > 0) this.#schedule(this.#pause());
    else if (this.#phone.visible()) this.#schedule(this.#pauseToLook());
  }

  #pauseToLook(): number {
    const [next = LOOK_MS, ...later] = this.#expected;
    this.#expected = later;
    return next;
  }

  /** Doubles with each failure; half of it by chance, so that a clinic does not call in step. */
  #pause(): number {
    const full = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (this.#failures - 1));
    return full / 2 + Math.random() * (full / 2);
  }

  async #guarded(): Promise<void> {
    if (!this.#phone.online()) {
      this.#changed("offline");
      return;
    }
    this.#changed("working");
    try {
      await this.#rounds.carry();
      this.#failures = 0;
      this.#changed("idle");
    } catch (error) {
      this.#failures += 1;
      this.#changed(stateAfter(error));
    }
  }
}

function stateAfter(error: unknown): RunnerState {
  if (!(error instanceof LineError)) return "broken";
  return error.why === "portal" || error.why === "busy" ? error.why : "offline";
}
