/**
 * What one circle sends and compares in a round: keys that are due, own records, what a restored
 * server has lost, checkpoints; and what it finds wrong when all that the server has is here.
 */
import {
  type CheckpointDocument,
  checkAfter,
  claimsOf,
  isCheckpointDue,
  readCheckpoint,
  writeCheckpoint,
} from "../circle/checkpoint.ts";
import { CircleError, type Code } from "../circle/errors.ts";
import { type Claim, endOf } from "../circle/feed.ts";
import type { Stream } from "../circle/grammar.ts";
import { REKEYS, STREAMS_OF_S } from "../circle/roles.ts";
import type { Member } from "../circle/standing.ts";
import type { StoredDocument } from "../records.ts";
import type { Synced } from "../sync.ts";
import { Refused } from "./bundles.ts";
import { type Feeds, fenceClaims } from "./feeds.ts";
import type { Growing } from "./log-writer.ts";
import { reportMissing, writeMissing } from "./missing-wraps.ts";
import { Outbox, type Sending } from "./outbox.ts";
import { part } from "./part.ts";
import { recordName } from "./receipts.ts";
import type { SeenRow } from "./shelf.ts";
import { Summaries, type Summing } from "./summaries.ts";
import type { Surroundings } from "./surroundings.ts";
import { letGo, type Told } from "./taken-back.ts";

/** After so long the key of a stream is changed, whatever happened. */
const REKEY_SECONDS = 365 * 86_400;
/** Between two looks at what keys others lack. */
const MISSING_SECONDS = 3_600;
/** What may only be on its way; it is told when it is missing twice, and asked for again. */
const LATE: ReadonlySet<string> = new Set(["gap", "newer-log"]);
/** What no honest server gives: under entries that are not here, of another log, or forged. */
const TOLD: ReadonlySet<string> = new Set(["newer-log", "fork", "sig"]);

/** Something that an honest server and honest members never show; `device` is whose it concerns. */
export interface Found {
  readonly code: Code | "rollback";
  readonly device: string;
}

/** The circle that is carried. */
export interface Carried extends Synced, Sending, Growing, Summing, Told {
  readonly feeds: Feeds;
  readonly ordered: Sending["ordered"];
  /** Log and keys are here, and this device is in the circle. */
  readonly isWhole: boolean;
  /** Documents that do not open, with their codes. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Names of wraps that this device should have and can not open. */
  lacking(): string[];
}

export class Courier {
  readonly summaries: Summaries;
  readonly #of: Carried;
  readonly #around: Surroundings;
  readonly #outbox: Outbox;
  #seen: SeenRow;
  /** Read checkpoints; a claim stays known when its author has signed a newer one. */
  readonly #claims = new Map<string, Claim>();
  #found: readonly Found[] = [];
  /** What was missing in the last round: what is late only is there in this one. */
  #missed: ReadonlySet<string> = new Set();
  #compared: unknown;
  #isShort = false;
  /** The server was sent what its log lacks; it has not shown it since. */
  #broughtBack = false;
  /** When everything was last asked for again, unix seconds. */
  #askedAgainAt = 0;
  /** When everything was last looked at, unix seconds. */
  #arrivedAt = 0;
  /** Checkpoints that could not be read yet. */
  #unread: CheckpointDocument[] = [];
  /** Wraps that were told to be missing since the app was opened. */
  readonly #said = new Set<string>();
  /** A checkpoint that is due, and the last ones that were handed out to be sent. */
  #due: StoredDocument[] = [];
  #handedOut: readonly StoredDocument[] = [];

  constructor(of: Carried, around: Surroundings, profile: string, seen: SeenRow | undefined) {
    this.#of = of;
    this.#around = around;
    this.#outbox = new Outbox(of);
    const nothing = { profile, circle: of.circle, checkpoints: [], saidAt: 0, offered: "" };
    this.#seen = seen ?? nothing;
    this.summaries = new Summaries(of, this.#seen.snapshots, (snapshots) =>
      this.#keep({ snapshots }),
    );
  }

  /** Whether the server's log was shorter than the one here when it was last asked. */
  get isShort(): boolean {
    return this.#isShort || this.#broughtBack;
  }

  /** Whether there is something to look at although nothing came. */
  get isUnsettled(): boolean {
    const isLong = this.#of.clock.serverS - this.#arrivedAt >= MISSING_SECONDS;
    return isLong || !this.#of.isWhole || this.#missed.size > 0 || this.found.length > 0;
  }

  /** What the last whole round has shown; the gravest first. */
  get found(): readonly Found[] {
    return this.#isShort ? [{ code: "rollback", device: "" }, ...this.#found] : this.#found;
  }

  /** What is to be sent now, under keys that are in use. */
  async outgoing(): Promise<readonly StoredDocument[]> {
    if (!this.#of.isWhole) return [];
    await this.#renewKeys();
    await this.#outbox.tidy();
    this.#handedOut = this.#due;
    this.#due = [];
    await letGo(this.#of, this.#around.chunks);
    const chunks = this.#around.chunks.owed(this.#of.circle);
    return [...(await this.#outbox.ready()), ...this.#handedOut, ...chunks];
  }

  /** Offer again what was refused for good with such codes; see `Outbox.retry`. */
  async retry(isChosen: (code: string) => boolean = () => true): Promise<void> {
    if (this.#of.isWhole) await this.#outbox.retry(isChosen);
  }

  /** The server has these; what of them is a checkpoint is remembered. */
  async acknowledged(ids: readonly string[]): Promise<void> {
    await this.#around.chunks.acknowledged(this.#of.circle, ids);
    const said = this.#handedOut.filter(({ _id }) => ids.includes(_id));
    if (said.length === 0) return;
    const newest = said.map(({ _id, _rev, j }) => ({ _id, _rev, j: String(j) }));
    const others = this.#seen.checkpoints.filter(({ _id }) => !ids.includes(_id));
    const saidAt = this.#of.clock.serverS;
    await this.#keep({ checkpoints: [...others, ...newest], saidAt });
  }

  /** The server may have lost some of what is kept here beside the records. */
  async askAfterChunks(): Promise<void> {
    await this.#around.chunks.askAfter(this.#of.circle, this.#around.ask);
  }

  /** The server's store to which everything here was offered. */
  get offered(): string {
    return this.#seen.offered;
  }

  async offeredTo(store: string): Promise<void> {
    await this.#keep({ offered: store });
  }

  /** Records that the server has answered for, or that came from there, in pages. */
  async *answered(): AsyncGenerator<readonly StoredDocument[]> {
    const { records, receipts } = this.#of;
    for await (const page of records.range("a", "{")) {
      yield page.flat().filter(({ _id, _rev }) => receipts.onServer(_id) && receipts.counts(_rev));
    }
  }

  /**
   * All that the server has is here: compare.
   *
   * @returns Whether there is something to send that could not be sent before.
   */
  async arrived(): Promise<boolean> {
    if (!this.#of.isWhole) {
      await this.#sayMissing();
      return false;
    }
    this.#arrivedAt = this.#of.clock.serverS;
    for (const doc of this.#unread.splice(0)) await this.takeCheckpoint(doc, true);
    const more = await this.#outbox.tidy();
    const isStale = [...this.#of.receipts.refused.values()].includes("stale");
    for (const claim of await this.summaries.check()) this.#know(claim);
    await this.#compare();
    const isSettled = this.found.length + this.#missed.size === 0;
    const hasWritten = isSettled && (await this.summaries.sumUp());
    await this.#makeCheckpoints();
    await this.#askAgain();
    return more || isStale || hasWritten || this.#due.length > 0;
  }

  /** This device was removed: what it wrote before goes where somebody may take it in. */
  async sendLate(batch: number): Promise<void> {
    const docs = await this.#outbox.ready();
    if (docs.length === 0) return;
    const { leaveLate } = await part(this.#around.phone, import("./aftermath.ts"));
    for (let at = 0; at < docs.length; at += batch) {
      await leaveLate(this.#of, this.#around.ask, docs.slice(at, at + batch));
    }
  }

  /**
   * The server's log is shorter than the one here: bring back what it lost.
   *
   * @param known Its last entry; undefined where it does not say: this device may be out of it,
   *   and then it refuses.
   */
  async bringBack(known: number | undefined): Promise<void> {
    const { membership } = this.#of;
    const seq = known ?? 0;
    if (seq >= membership.seq) {
      this.#isShort = false;
      this.#broughtBack = false;
      return;
    }
    const { entryAsSent } = await part(this.#around.phone, import("./aftermath.ts"));
    const lost = await Promise.all(
      Array.from({ length: membership.seq - seq }, (_, i) => entryAsSent(this.#of, seq + 1 + i)),
    );
    const body = JSON.stringify({ again: true, entries: lost });
    const answer = await this.#around.ask(`/circles/${this.#of.circle}/log`, { body });
    // One that says yes and shows the shorter log again is not to be believed.
    this.#isShort = known !== undefined && (answer.status >= 300 || this.#broughtBack);
    this.#broughtBack = true;
    this.#around.changed(this.#of.circle);
  }

  /** A checkpoint that the server shows; whatever is wrong with it, nothing of it is believed. */
  async takeCheckpoint(doc: CheckpointDocument, isLast = false): Promise<void> {
    const { membership } = this.#of;
    try {
      const next = await readCheckpoint(membership, doc);
      const pinned = this.#seen.checkpoints.find(({ _id }) => _id === doc._id);
      if (pinned !== undefined) checkAfter(next, await readCheckpoint(membership, pinned));
      for (const claim of claimsOf(next)) this.#know(claim);
    } catch (error) {
      if (!(error instanceof CircleError)) throw error;
      // The entry that it speaks of may be on its way.
      if (!isLast) this.#unread.push(doc);
      return;
    }
    await this.#keep({
      checkpoints: [...this.#seen.checkpoints.filter(({ _id }) => _id !== doc._id), doc],
    });
  }

  knowsCheckpoint(id: string, rev: string): boolean {
    return this.#seen.checkpoints.some(({ _id, _rev }) => _id === id && _rev === rev);
  }

  #know(claim: Claim): void {
    const { device, stream, mark, by } = claim;
    this.#claims.set(`${stream}${device}${mark.n}${mark.d}${by}`, claim);
    this.#compared = undefined;
  }

  async #keep(change: Partial<SeenRow>): Promise<void> {
    this.#seen = { ...this.#seen, ...change };
    await this.#around.shelf.put("seen", this.#seen);
  }

  get #me(): Member {
    return this.#of.membership.author(this.#of.keys.id);
  }

  /** A stream is written under a key that nobody has who is gone, and that is not too old. */
  async #renewKeys(): Promise<void> {
    if (this.#dueKeys().length === 0) return;
    const { keys, clock } = this.#of;
    try {
      await this.#around.writer.append(this.#of, async () => {
        const streams = this.#dueKeys();
        if (streams.length === 0) return undefined;
        const { membership, secrets } = this.#of;
        const markOf = await this.#of.feeds.marks();
        const entries = await import("../circle/entries.ts");
        return entries.rekey(keys, membership, secrets, { streams, markOf }, clock.serverS);
      });
    } catch (error) {
      // Somebody else may have to do it; what is owed waits for that.
      if (!(error instanceof Refused || error instanceof CircleError)) throw error;
    }
  }

  #dueKeys(): Stream[] {
    const { membership, clock } = this.#of;
    const me = this.#me;
    const waiting = new Set(this.#of.owed().map((id) => recordName(id)?.stream));
    return STREAMS_OF_S[me.s].filter((stream) => {
      if (membership.isStale(stream)) return waiting.has(stream);
      const last = membership.epochs[stream].at(-1);
      const openedAt = last === undefined ? clock.serverS : (membership.stamps[last.at]?.ts ?? 0);
      const isOwnDuty = stream === "c" ? REKEYS.includes(me.role) : me.role === "therapist";
      return isOwnDuty && clock.serverS - openedAt >= REKEY_SECONDS;
    });
  }

  /** The newest key did not come, or does not open: said once, somebody will write it again. */
  async #sayMissing(): Promise<void> {
    const names = this.#of.lacking().filter((name) => !this.#said.has(name));
    if (names.length === 0) return;
    await reportMissing(this.#around.ask, this.#of.circle, names);
    for (const name of names) this.#said.add(name);
  }

  /** Hold everyone's word against what is here; what is missing twice in a row is told. */
  async #compare(): Promise<void> {
    const { feeds, membership, keys, unreadable } = this.#of;
    await this.#readPinned();
    const chained = await feeds.chained();
    const ends = chained.map(({ device, stream, start, marks, isTorn, twice }) =>
      [device, stream, endOf({ start, marks }).d, isTorn, twice.length].join(),
    );
    const state = [
      ...ends,
      ...this.summaries.false,
      membership.seq,
      this.#claims.size,
      unreadable.size,
    ].join();
    if (state === this.#compared && this.#missed.size === 0) return;
    this.#compared = state;
    const claims = [...fenceClaims(membership, keys.id), ...this.#claims.values()];
    const all: Found[] = await feeds.alarms(claims);
    for (const [id, code] of unreadable) {
      const device = recordName(id)?.device ?? "";
      if (TOLD.has(code)) all.push({ code: code as Code, device });
    }
    for (const device of this.summaries.false) all.push({ code: "snapshot", device });
    const nameOf = ({ code, device }: Found) => code + device;
    const isLate = ({ code }: Found) => LATE.has(code);
    this.#found = all.filter((each) => !isLate(each) || this.#missed.has(nameOf(each)));
    this.#missed = new Set(all.filter(isLate).map(nameOf));
    this.#around.changed(this.#of.circle);
  }

  /** What was kept back may be shown by now, but replication asks for nothing twice. */
  async #askAgain(): Promise<void> {
    const { clock } = this.#of;
    const isMissing = this.#found.some(({ code }) => LATE.has(code));
    if (!isMissing || clock.serverS - this.#askedAgainAt < MISSING_SECONDS) return;
    this.#askedAgainAt = clock.serverS;
    await this.#around.road.fetchAgain(this.#of);
  }

  /** At the first comparison after a start: what was seen on earlier days. */
  async #readPinned(): Promise<void> {
    if (this.#compared !== undefined || this.#claims.size > 0) return;
    for (const doc of this.#seen.checkpoints) {
      const read = await readCheckpoint(this.#of.membership, doc).catch(() => undefined);
      for (const claim of read === undefined ? [] : claimsOf(read)) this.#know(claim);
    }
  }

  /** Sign how far everyone's feeds have come, once a day when they moved; to be sent. */
  async #makeCheckpoints(): Promise<void> {
    this.#due = [];
    const { membership, keys, clock, feeds, receipts } = this.#of;
    const me = this.#me;
    if (me.role === "recovery" || this.found.length > 0) return;
    if (clock.serverS - (this.#seen.lookedAt ?? 0) >= MISSING_SECONDS) {
      await this.#keep({ lookedAt: clock.serverS });
      await writeMissing(this.#around.ask, membership, this.#of.secrets);
    }
    for (const stream of STREAMS_OF_S[me.s]) {
      const id = `cp:${stream}:${keys.id}`;
      const kept = this.#seen.checkpoints.find(({ _id }) => _id === id);
      const last = kept && (await readCheckpoint(membership, kept).catch(() => undefined));
      const most = (device: string) => (device === keys.id ? receipts.upTo(stream) : Infinity);
      const vec = await feeds.ends(stream, most);
      const age = clock.serverS - this.#seen.saidAt;
      if (!isCheckpointDue(last?.vec ?? new Map(), vec, age)) continue;
      const doc = await writeCheckpoint(membership, keys, { stream, i: (last?.i ?? 0) + 1, vec });
      const start = Number.parseInt(doc._rev, 10);
      const ids = [doc._rev, last?.rev].flatMap((rev) => rev?.split("-")[1] ?? []);
      this.#due.push({ ...doc, _revisions: { start, ids } });
    }
  }
}
