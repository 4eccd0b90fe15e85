/**
 * What one circle does with snapshots: shows the newest while its originals come, holds each against
 * them once, and writes the next one when there is much to read.
 */
import type { Claim } from "../circle/feed.ts";
import type { Body } from "../circle/frame.ts";
import type { DeviceKeys } from "../circle/keys.ts";
import type { Entry } from "./diary.ts";
import type { Feeds } from "./feeds.ts";
import type { LoggedIn } from "./login.ts";
import { recordName } from "./receipts.ts";
import type { Known } from "./shelf.ts";
import type { Preview, Summed } from "./snapshots.ts";

/** Records beyond a quarter more than the last snapshot has, after which the next one is written. */
const SUM_UP_AFTER = 10;

/** The circle that is summed up, as far as its code needs not be fetched. */
export interface Summing extends Summed {
  readonly circle: string;
  readonly feeds: Feeds;
  readonly keys: DeviceKeys;
  /** Log and keys are here, and this device is in the circle. */
  readonly isWhole: boolean;
  /** Ids of the snapshots that are here. */
  readonly snapshots: ReadonlySet<string>;
  /** Records that are here and shown. */
  readonly ordered: readonly unknown[];
  /** Clock and zone of what is written now. */
  readonly stamp: { readonly at: number; readonly tz_min: number };
  owed(): string[];
  seal(kind: string, bodyOf: () => Body): Promise<string>;
}

export class Summaries {
  readonly #of: Summing;
  readonly #keep: (known: readonly Known[]) => Promise<void>;
  #known: readonly Known[];
  #preview: Preview | undefined;
  #hasBegun = false;
  #isLate = false;

  /** @param keep Puts on the shelf which snapshots were held against their originals. */
  constructor(
    of: Summing,
    known: readonly Known[] | undefined,
    keep: (known: readonly Known[]) => Promise<void>,
  ) {
    this.#of = of;
    this.#known = known ?? [];
    this.#keep = keep;
  }

  /** Devices whose snapshots say something else than the records that they are of. */
  get false(): string[] {
    return this.#known
      .filter(({ isRight }) => !isRight)
      .map(({ id }) => recordName(id)?.device ?? "");
  }

  /** Whether what is shown is still being checked. */
  get isChecking(): boolean {
    return this.#preview !== undefined;
  }

  /** The `lam` after everything that the snapshot holds; 0 where none is shown. */
  get nextLam(): number {
    return this.#preview?.nextLam ?? 0;
  }

  /** What to show, where this is here of the originals. */
  shown(ordered: readonly Entry[]): readonly Entry[] {
    if (this.#preview === undefined) return ordered;
    if (this.#of.feeds.covers(this.#preview.feeds)) this.#preview = undefined;
    return this.#preview?.with(ordered) ?? ordered;
  }

  /**
   * All that the server has is stored, and read before the next round ends: what is missing then
   * does not come, and is told. Gives whether something else is shown from now on.
   */
  caughtUp(): boolean {
    if (this.#preview === undefined) return false;
    if (this.#isLate) this.#preview = undefined;
    this.#isLate = true;
    return !this.isChecking;
  }

  /**
   * While nothing of the circle is here: fetch what shows it at once, once.
   *
   * @param take Stores it.
   */
  async begin(
    ask: LoggedIn,
    take: (docs: Awaited<ReturnType<typeof import("./snapshots.ts").fetchFirst>>) => Promise<void>,
  ): Promise<void> {
    if (this.#hasBegun || this.#of.ordered.length > 0) return;
    const { fetchFirst } = await import("./snapshots.ts");
    await take(await fetchFirst(ask, this.#of.circle));
    this.#hasBegun = true;
    await this.look();
  }

  /** Show the newest snapshot if its originals are not all here. */
  async look(): Promise<void> {
    if (!this.#of.isWhole || this.#news.length === 0) return;
    const snapshots = await import("./snapshots.ts").catch(() => undefined);
    // Not on this phone yet, and no network: the originals show by themselves.
    if (snapshots === undefined) return;
    const { Preview, readSnapshots } = snapshots;
    const newest = (await readSnapshots(this.#of, this.#of.snapshots)).at(-1);
    if (newest === undefined || this.#of.feeds.covers(newest.snapshot.feeds)) return;
    this.#preview = new Preview(newest, this.#of.membership);
  }

  get #news(): string[] {
    const known = new Set(this.#known.map(({ id }) => id));
    return [...this.#of.snapshots].filter((id) => !known.has(id));
  }

  /** Hold each snapshot once against its originals; gives what those say that are new. */
  async check(): Promise<Claim[]> {
    const news = this.#news;
    if (news.length === 0) return [];
    const { checkSnapshots, claimsOfSnapshot, readSnapshots } = await import("./snapshots.ts");
    const found = await readSnapshots(this.#of, news);
    const whole = found.filter(({ snapshot }) => this.#of.feeds.covers(snapshot.feeds));
    const checked = await checkSnapshots(this.#of, whole);
    if (checked.length > 0) {
      this.#known = [...this.#known, ...checked];
      await this.#keep(this.#known);
    }
    return found.flatMap(claimsOfSnapshot);
  }

  /** Write a snapshot where a new phone would have much to read; gives whether it did. */
  async sumUp(): Promise<boolean> {
    const { membership, receipts, feeds, keys, ordered, stamp } = this.#of;
    const last = Math.max(0, ...this.#known.map(({ before }) => before));
    const isDue = ordered.length >= last + SUM_UP_AFTER + last / 4;
    const { role } = membership.author(keys.id);
    if (!isDue || this.#news.length > 0 || !membership.mayWrite("sn", role)) return false;
    if (this.#of.owed().length > 0) return false;
    const { summary } = await import("./snapshots.ts");
    const most = (device: string) => (device === keys.id ? receipts.through : Infinity);
    const body = await summary(this.#of, await feeds.ends("c", most), stamp);
    await this.#of.seal("sn", () => body);
    return true;
  }
}
