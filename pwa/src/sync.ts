/**
 * One runner that carries records between this phone and the server.
 *
 * One round at a time per profile, across all tabs (a Web Lock). A round is started by an own
 * write, by the network or the app coming back, by the person, and now and then while the app is
 * looked at, and by the service worker when it is woken. A round that fails is weather: it is tried
 * again after a pause that doubles up to five minutes, or seconds while somebody looks, and is
 * forgotten the moment the network returns. A circle whose log cannot be trusted is
 * left out and says so; it never stops the others.
 */
import type { ReadonlySignal } from "@preact/signals";
import type { Courier } from "./client/courier.ts";
import { LineError } from "./client/line.ts";
import type { Outcome } from "./client/outcome.ts";
import type { Phone } from "./client/phone.ts";
import { pauseMs } from "./exchange/pace.ts";
import type { Records } from "./records.ts";

/** Looks after joining: others are about to answer, by adding this device to their circles. */
const EXPECTED_MS: readonly number[] = [2_000, 4_000, 8_000, 16_000];
/** Writes that come together travel together. */
const GATHER_MS = 250;
/** Longest pause after bad weather while somebody looks at the app: nothing was sent but a greeting. */
const PAUSE_SEEN_MS = 8_000;
/** The same after silence: that alone was a pause. */
const PAUSE_SILENT_MS = 1_000;
/** A round that is older when the app comes to the front hangs on a network that is gone. */
const HANGS_MS = 10_000;
/** To be woken so soon after asking for it means nothing. */
const WOKEN_MS = 3_000;

/** One circle as it is carried, by whichever road. */
export interface Synced extends Outcome {
  readonly circle: string;
  readonly records: Records;
  /** Ids of this device's records that the server has not answered for and may still take. */
  owed(): string[];
  /** Whether the log here can be trusted; nothing is sent while it cannot. */
  readonly trusted: boolean;
  /** Records that are here and shown, in their order. */
  readonly ordered: readonly unknown[];
  /** Whether this device is in it no more, by its log. */
  readonly isOut: ReadonlySignal<boolean>;
  /** How it last went, when that was not well. */
  readonly trouble: "out" | "gone" | "broken" | undefined;
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
  /** Leave what waits where it may be sent without a page, or take it back. */
  park?(isNeeded: boolean): Promise<void>;
}

/**
 * idle: the last round was whole. offline: the server was not reached. portal: something else
 * answered. busy: the server could not. broken: this phone could not.
 */
export type RunnerState = "idle" | "working" | "offline" | "portal" | "busy" | "broken";

/** What the runner asks of the line. */
export interface Pacing {
  /** Requests in a row that were not answered. */
  readonly failures: number;
  /** Give up all open requests. */
  cut(): void;
  /** A network is back: likewise, and forget the one before. */
  returned(): void;
}

/** What a runner needs besides its rounds. */
export interface RunnerOptions {
  /** Name that is the same in all tabs of this profile. */
  readonly lock: string;
  readonly line: Pacing;
  /** Between two looks at the server while the app is in front; see `Meter.lookMs`. */
  readonly lookMs: () => number;
  /** Hears how the runner is doing. */
  readonly changed: (state: RunnerState) => void;
}

export class Runner {
  readonly #phone: Phone;
  readonly #rounds: Rounds;
  readonly #options: RunnerOptions;
  readonly #quiet: (() => void)[] = [];
  #stopTimer = () => {};
  #round: Promise<void> | undefined;
  #again = false;
  /** When the round began that is under way, by the phone's clock. */
  #begunMs = 0;
  #expected: readonly number[] = [];
  #failures = 0;
  /** The round that is under way was cut because the network is another one. */
  #isCut = false;
  /** Whether the last round failed for the weather alone, and for how long to pause then at most. */
  #isWeather = false;
  #pauseSeenMs = PAUSE_SEEN_MS;
  #closed = false;
  /** Whether something was left for the service worker; undefined: not known yet. */
  #isParked: boolean | undefined;
  #parkedMs = Number.NEGATIVE_INFINITY;

  constructor(phone: Phone, rounds: Rounds, options: RunnerOptions) {
    this.#phone = phone;
    this.#rounds = rounds;
    this.#options = options;
  }

  /** Begin to listen to the phone and make the first round. */
  start(): void {
    this.#quiet.push(
      this.#phone.on("online", () => this.#back()),
      this.#phone.on("visible", () => this.#seen()),
      this.#phone.on("woken", () => this.#woken()),
      this.#phone.on("offline", () => this.#options.changed("offline")),
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
    this.#options.line.cut();
    await this.#round;
  }

  /** A network is back: requests from before hang on one that is gone. */
  #back(): void {
    this.#options.line.returned();
    this.#failures = 0;
    this.#isCut = this.#round !== undefined;
    if (this.#isCut) this.#again = true;
    else this.#schedule(0);
  }

  /** The app came to the front. */
  #seen(): void {
    const isHanging = this.#round !== undefined && this.#phone.nowMs() - this.#begunMs > HANGS_MS;
    if (this.#failures > 0 || isHanging) this.#back();
    else this.soon();
  }

  /** Where the phone takes a dead network for a live one, it wakes whoever asks for it at once. */
  #woken(): void {
    if (this.#phone.nowMs() - this.#parkedMs > WOKEN_MS) this.#seen();
  }

  #schedule(ms: number, isLook = false): void {
    this.#stopTimer();
    this.#stopTimer = this.#phone.after(ms, () => {
      this.#run(isLook).catch(() => {});
    });
  }

  /** @param isLook Nothing waits here: a tab that is carrying looks for this one too. */
  #run(isLook = false): Promise<void> {
    if (this.#round !== undefined) return this.#round;
    if (this.#closed) return Promise.resolve();
    this.#stopTimer();
    this.#again = false;
    this.#isCut = false;
    const name = `sync ${this.#options.lock}`;
    this.#round = this.#phone.locks
      .request(name, { ifAvailable: isLook }, (lock) =>
        lock === null ? Promise.resolve() : this.#guarded(),
      )
      .finally(() => {
        this.#round = undefined;
        this.#next();
      });
    return this.#round;
  }

  #next(): void {
    if (this.#closed) return;
    if (this.#again && this.#failures === 0) this.#schedule(this.#isCut ? 0 : GATHER_MS);
    else if (this.#failures > 0) this.#schedule(this.#pause());
    else if (this.#phone.visible()) this.#schedule(this.#pauseToLook(), true);
  }

  #pauseToLook(): number {
    const [next = this.#options.lookMs(), ...later] = this.#expected;
    this.#expected = later;
    return next;
  }

  #pause(): number {
    const ms = pauseMs({ failures: this.#failures }, Math.random());
    return this.#isWeather && this.#phone.visible() ? Math.min(ms, this.#pauseSeenMs) : ms;
  }

  /** What cannot be left is in its place all the same. */
  async #park(isNeeded: boolean): Promise<void> {
    this.#parkedMs = this.#phone.nowMs();
    await this.#rounds.park?.(isNeeded).catch(() => {});
    this.#isParked = isNeeded;
  }

  async #guarded(): Promise<void> {
    const { changed, line } = this.#options;
    if (!this.#phone.online()) {
      changed("offline");
      await this.#park(true);
      return;
    }
    changed("working");
    this.#begunMs = this.#phone.nowMs();
    try {
      await this.#rounds.carry();
      this.#failures = 0;
      changed("idle");
      if (this.#isParked !== false) await this.#park(false);
    } catch (error) {
      const state = stateAfter(error);
      this.#isWeather = state === "offline";
      const isSilent = error instanceof LineError && error.why === "silent";
      this.#pauseSeenMs = isSilent ? PAUSE_SILENT_MS : PAUSE_SEEN_MS;
      // A round that brought something before it was cut begins the pauses anew.
      this.#failures = this.#isWeather ? Math.max(1, line.failures) : this.#failures + 1;
      if (this.#isCut) this.#failures = 0;
      changed(state);
      if (this.#isWeather && !this.#isCut) await this.#park(true);
    }
  }
}

function stateAfter(error: unknown): RunnerState {
  if (!(error instanceof LineError)) return "broken";
  return error.why === "portal" || error.why === "busy" ? error.why : "offline";
}
