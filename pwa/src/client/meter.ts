/**
 * The data meter: what this app has sent and received over the network, month by month, and how
 * much of a month's budget is left.
 *
 * It belongs to the phone and not to a profile, as the contract that pays for it does. The profile's
 * `Line` tells it of each request; what was told is on the shelf a second later, when the app goes to
 * the back, and when it is closed. Loading the app itself is not in it. Several windows add to the
 * same sums.
 *
 *     const meter = await Meter.open(phone, shelf, clock);
 *     new Line(phone, clock, meter);
 *     meter.spent.value, meter.limit.value     bytes of this month; 0 = no budget
 *     meter.setLimit(20_000_000)               from now on
 *     meter.mayGo({ circle, id, size })        whether it may be sent or fetched now, see `precedence.ts`
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { lookMs, mayGo, type Waiting } from "../exchange/precedence.ts";
import type { Clock } from "./clock.ts";
import type { Phone } from "./phone.ts";
import type { Shelf } from "./shelf.ts";

const LIMIT = "data-limit";
const UP = "data-up ";
const DOWN = "data-down ";
/** Sums come together for so long before they are written. */
const GATHER_MS = 1_000;
/** Months that are kept. */
const MONTHS = 12;

/** What went over the network in one month. */
export interface Spent {
  /** Year and month, `yymm`. */
  readonly month: string;
  /** Bytes sent. */
  readonly up: number;
  /** Bytes received. */
  readonly down: number;
}

export class Meter {
  /** This month, in both directions together: bytes. */
  readonly spent: ReadonlySignal<number>;
  /** The month's budget in bytes; 0 = none. */
  readonly limit: ReadonlySignal<number>;
  readonly #limit: Signal<number>;
  /** What is on the shelf of this month, and what is not yet. */
  readonly #kept: Signal<number> = signal(0);
  readonly #told: Signal<Spent>;
  readonly #shelf: Shelf;
  readonly #phone: Phone;
  readonly #clock: Clock;
  readonly #quiet: () => void;
  #stopTimer: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(phone: Phone, shelf: Shelf, clock: Clock, limit: number) {
    this.#phone = phone;
    this.#shelf = shelf;
    this.#clock = clock;
    this.#limit = signal(limit);
    this.limit = this.#limit;
    this.#told = signal(this.#nothing());
    this.spent = computed(() => this.#kept.value + this.#told.value.up + this.#told.value.down);
    this.#quiet = phone.on("hidden", () => {
      this.flush().catch(() => {});
    });
  }

  /** The meter of this phone. */
  static async open(phone: Phone, shelf: Shelf, clock: Clock): Promise<Meter> {
    const limit = await shelf.get("facts", LIMIT);
    const meter = new Meter(phone, shelf, clock, limit?.value ?? 0);
    await meter.#reread();
    return meter;
  }

  /** So many bytes went over the network just now. */
  count(up: number, down: number): void {
    const told = this.#told.peek();
    if (told.month !== this.#clock.month) this.flush().catch(() => {});
    const now = this.#told.peek();
    this.#told.value = { ...now, up: now.up + up, down: now.down + down };
    this.#stopTimer ??= this.#phone.after(GATHER_MS, () => {
      this.flush().catch(() => {});
    });
  }

  /** Set the month's budget, in bytes; 0 takes it away. Resolves when it is kept. */
  async setLimit(bytes: number): Promise<void> {
    await this.#shelf.put("facts", { name: LIMIT, value: Math.max(0, Math.floor(bytes)) });
    this.#limit.value = Math.max(0, Math.floor(bytes));
  }

  /** Whether something may go over the network this month: logs and pain always, media maybe not. */
  mayGo(waiting: Waiting): boolean {
    return mayGo(waiting, this.limit.peek(), this.spent.peek());
  }

  /** Between two looks at the server, in milliseconds: rarer where the budget is used up. */
  get lookMs(): number {
    return lookMs(this.limit.peek(), this.spent.peek());
  }

  /** The last months with anything in them, the newest first. */
  async months(): Promise<readonly Spent[]> {
    await this.flush();
    const facts = new Map((await this.#shelf.all("facts")).map(({ name, value }) => [name, value]));
    const months = new Set(
      [...facts.keys()].flatMap((name) =>
        [UP, DOWN].filter((kind) => name.startsWith(kind)).map((kind) => name.slice(kind.length)),
      ),
    );
    return [...months]
      .sort()
      .reverse()
      .map((month) => ({
        month,
        up: facts.get(UP + month) ?? 0,
        down: facts.get(DOWN + month) ?? 0,
      }));
  }

  /** Write what was counted; resolves when it is on the shelf. */
  flush(): Promise<void> {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    const told = this.#told.peek();
    this.#told.value = this.#nothing();
    this.#kept.value += told.month === this.#clock.month ? told.up + told.down : 0;
    this.#writing = this.#writing.then(() => this.#write(told));
    return this.#writing;
  }

  /** Stop for good; resolves when everything is written. */
  async close(): Promise<void> {
    this.#quiet();
    await this.flush();
  }

  async #write({ month, up, down }: Spent): Promise<void> {
    if (up + down === 0) return;
    const add = (name: string, bytes: number) =>
      this.#shelf.update("facts", [name], (row) => ({ name, value: (row?.value ?? 0) + bytes }));
    const first = (await this.#shelf.get("facts", UP + month)) === undefined;
    await add(UP + month, up);
    await add(DOWN + month, down);
    if (first) await this.#forget();
    await this.#reread();
  }

  /** What is on the shelf now; another window may have added to it. */
  async #reread(): Promise<void> {
    const { month } = this.#clock;
    const [up, down] = await Promise.all([
      this.#shelf.get("facts", UP + month),
      this.#shelf.get("facts", DOWN + month),
    ]);
    this.#kept.value = (up?.value ?? 0) + (down?.value ?? 0);
  }

  async #forget(): Promise<void> {
    for (const kind of [UP, DOWN]) {
      const names = (await this.#shelf.all("facts"))
        .map(({ name }) => name)
        .filter((name) => name.startsWith(kind));
      for (const name of names.sort().slice(0, -MONTHS)) await this.#shelf.remove("facts", name);
    }
  }

  #nothing(): Spent {
    return { month: this.#clock.month, up: 0, down: 0 };
  }
}
