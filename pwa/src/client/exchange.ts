/**
 * One-request sync: what this device has to tell and to hear, of all its circles, in one request.
 *
 * An answer is used item by item. The cursor is kept only when all that it stands for is stored, so
 * a cut at any byte costs what came after the last whole item and nothing else; a lost answer is
 * asked for again, and what was sent twice is there once. A receipt is the server's word for
 * exactly the rows that were sent in that item.
 *
 * Source: docs/protocol.md, "One-request sync".
 */
import type { Bytes } from "../circle/encoding.ts";
import { b64uEncode } from "../circle/encoding.ts";
import { Malformed } from "../exchange/cbor.ts";
import { Reader, write } from "../exchange/frames.ts";
import {
  type Asked,
  DONE_TODAY,
  MAY_BE_EMPTY,
  readAnswerItem,
  requestItems,
  SENDS_ONLY,
  type Told,
  WITHOUT_CHUNKS,
} from "../exchange/messages.ts";
import { answerTo, START_BYTES, type Turn } from "../exchange/pace.ts";
import { pack } from "../exchange/packing.ts";
import * as precedence from "../exchange/precedence.ts";
import type { StoredDocument } from "../records.ts";
import type { Synced } from "../sync.ts";
import type { Clock } from "./clock.ts";
import { LineError, type Reply, type Wire } from "./line.ts";
import type { Pass } from "./login.ts";
import { readRows, together } from "./misread.ts";
import type { Unavailable } from "./outcome.ts";
import { part } from "./part.ts";
import type { Parcel, Phone } from "./phone.ts";
import type { ExchangeRow, Shelf } from "./shelf.ts";
import { type Compared, NotOffered, type Question, type Sent, Visit } from "./visit.ts";

const PATH = "/sync";
/** Status of an answer that has nothing to tell. */
const EMPTY = 204;
/** Between two questions in which circles this device is, and how long their logs are. */
const LIST_S = 3_600;
/** Between two comparisons of all that is here with all that is there. */
const COMPARE_S = 7 * 86_400;
/** Between two times that what was refused for its form is offered again: the server may know it. */
const RETRY_S = 7 * 86_400;
/** The app as it was built: its files are named by what is in them. */
const BUILD = import.meta.url;
/** Codes of refusals for the form of a record, which another version may take. */
const OF_FORM = /^(frame|schema|b64|codec|op|other_version)$/;
/** Requests in one round: far more than one round needs. */
const TURNS_MAX = 1_000;
/** Bytes of a record beside what is sealed: its signature and its place. */
const ROW_BYTES = 92;
/** Circles that are shown by a summary while the rest of them comes. */
const BEGUN_MAX = 3;
const FIRST_REVISION = /^1-/;
/** Codes that are about a circle as a whole and say nothing of the record. */
const AWAY: Readonly<Record<string, Unavailable>> = {
  unauthorized: "out",
  removed: "out",
  suspended: "out",
  not_found: "gone",
};
/** Words for a server that could not: the record waits. */
const LATER =
  /^(service_unavailable|internal_server_error|insufficient_storage|too_many_requests)$/;

/** What a round needs of the profile. */
export interface Traveller {
  /** Circles that are carried now. */
  circles(): readonly Synced[];
  /**
   * Ask in which circles this device is, and bring back what the server has lost of their logs.
   *
   * @returns The server's store, where it says which.
   */
  learn(): Promise<string | undefined>;
  /** Circles of which that said something else than what came; told once. */
  takeOdd(): readonly Synced[];
  /** Whether to tell the server that today's session is done: it reminds of it no more. */
  readonly isDoneToday: boolean;
}

/** What belongs to a profile, for this. */
export interface Surrounding {
  readonly phone: Phone;
  readonly shelf: Shelf;
  readonly clock: Clock;
  readonly wire: Wire;
  readonly pass: Pass;
  readonly device: string;
  readonly profile: string;
}

export class Exchange {
  readonly #around: Surrounding;
  readonly #of: Traveller;
  /** Circles in which something happened that was not looked at yet. */
  readonly #touched = new Set<string>();
  /** Circles that the server shows and this app can not be in. */
  readonly #foreign = new Set<string>();
  /** Circles of which a row was no document. */
  #misread: Set<string> | undefined;
  #row: ExchangeRow | undefined;

  constructor(around: Surrounding, of: Traveller) {
    this.#around = around;
    this.#of = of;
  }

  /**
   * One round: bring what waits and fetch what is new, of all circles.
   *
   * @throws LineError The server was not reached. NotOffered: it does not know this.
   */
  async carry(): Promise<void> {
    await this.#begin();
    await this.#retry();
    const tried = new Set<string>();
    const halted = new Set<string>();
    for (let count = 0; count < TURNS_MAX; count += 1) {
      const turn = this.#around.wire.turn();
      const { sent, isAll } = await this.#parcel(turn, tried, halted);
      // What comes first in a round somebody may wait for.
      if (count > 0 && turn.waitMs > 0) await this.#rest(turn.waitMs);
      const visit = await this.#ask({ sent, budget: answerTo(turn, sent.length > 0) });
      for (const circle of visit.busy) halted.add(circle);
      if (visit.isUnknown) {
        await this.#beginAnew();
        continue;
      }
      const isMoved = await this.#settle(visit);
      if (isAll && !visit.hasMore && !isMoved) break;
    }
    const { clock } = this.#around;
    const row = await this.#known();
    const isDue = clock.serverS - row.listedAt >= LIST_S;
    if (isDue || this.#of.circles().some(isAstray)) await this.#learn();
    if (clock.serverS - row.comparedAt >= COMPARE_S) await this.compare(this.#of.circles());
  }

  /** Circles of which something came that was no document; told once, and once after a start. */
  takeMisread(): ReadonlySet<string> {
    const misread = this.#misread ?? new Set();
    this.#misread = new Set();
    return misread;
  }

  /**
   * What waits, as a request that may be sent without this app; its answer need not be heard.
   *
   * @returns Undefined where nothing waits, or where this device has no session.
   */
  async sealed(): Promise<Parcel | undefined> {
    const { device, pass, wire } = this.#around;
    if (!pass.hasSession) return undefined;
    const bytes = Math.max(START_BYTES, wire.turn().bytes);
    const { sent } = await this.#parcel({ bytes });
    if (sent.length === 0) return undefined;
    const records = sent.map(({ circle, docs }): Asked => {
      return { is: "records", circle: circle.circle, packed: pack(docs, device), again: false };
    });
    const { cursor } = await this.#known();
    const body = write(requestItems({ cursor, budget: 0, flags: SENDS_ONLY }, records));
    return { body, authorization: await pass.authorization() };
  }

  /**
   * Fetch what is new; nothing is sent. Throws as `carry`.
   */
  async fetch(): Promise<void> {
    for (let visit = new Visit(); !visit.isOver || visit.hasMore || visit.isUnknown; ) {
      visit = await this.#ask({ budget: answerTo(this.#around.wire.turn(), false) });
      if (visit.isUnknown) await this.#beginAnew();
    }
  }

  /**
   * Compare circles with what the server has, and bring and fetch what lacks. Throws as `carry`.
   */
  async compare(circles: readonly Synced[]): Promise<Compared> {
    const { compare } = await comparing(this.#around.phone);
    const compared = await compare(this.#comparing(false), circles);
    if (compared.lostLog) await this.#learn();
    await this.#keep({ comparedAt: this.#around.clock.serverS });
    return compared;
  }

  // -- what a request brings ---------------------------------------------------------------------

  /** At the first time: what is here already is not fetched again, what shows a circle comes first. */
  async #begin(): Promise<void> {
    this.#row = undefined;
    const { cursor, misread = [] } = await this.#known();
    this.#misread ??= new Set(misread.map(([circle]) => circle));
    if (cursor.length > 0) return;
    const circles = this.#of.circles();
    const empty = circles.filter(({ ordered }) => ordered.length === 0);
    if (empty.length <= BEGUN_MAX) for (const circle of empty) await circle.begin();
    if (empty.length < circles.length) await this.#compareAnew();
  }

  /** The server does not know how far this device was: it is another one, or another one again. */
  async #beginAnew(): Promise<void> {
    await this.#keep({ cursor: new Uint8Array() });
    await this.#learn();
    await this.#compareAnew();
  }

  async #compareAnew(): Promise<void> {
    const { compare } = await comparing(this.#around.phone);
    const { lostLog } = await compare(this.#comparing(true), this.#of.circles());
    if (lostLog) await this.#learn();
    await this.#keep({ comparedAt: this.#around.clock.serverS });
  }

  /** What another version refused for its form, or what this app was before, is offered again. */
  async #retry(): Promise<void> {
    const { build, retriedAt = 0 } = await this.#known();
    const now = this.#around.clock.serverS;
    if (build === BUILD && now - retriedAt < RETRY_S) return;
    for (const { courier, trusted } of this.#of.circles()) {
      // What can not be sealed now waits for another time.
      if (trusted) await courier.retry((code) => OF_FORM.test(code)).catch(onlyNetwork);
    }
    await this.#keep({ build: BUILD, retriedAt: now });
  }

  #comparing(isAnew: boolean) {
    const { device, wire } = this.#around;
    return {
      isAnew,
      device,
      bytes: () => wire.turn().bytes,
      ask: (question: Question, keepsCursor: (visit: Visit) => boolean) =>
        this.#ask(question, keepsCursor),
      touch: (circle: string) => this.#touched.add(circle),
    };
  }

  async #learn(): Promise<void> {
    await this.#of.learn();
    await this.#keep({ listedAt: this.#around.clock.serverS });
  }

  /**
   * What goes into the next request, the most valuable first; each record once in a round. Nothing
   * of a circle in which one waits: a later one that came before it would look like a gap.
   */
  async #parcel(
    { bytes }: Pick<Turn, "bytes">,
    tried: Set<string> = new Set(),
    halted: ReadonlySet<string> = new Set(),
  ): Promise<{ sent: Sent[]; isAll: boolean }> {
    const waiting = [];
    for (const circle of this.#of.circles()) {
      const isOpen = circle.trusted && !halted.has(circle.circle);
      const docs = isOpen ? await circle.courier.outgoing() : [];
      for (const doc of docs.filter(({ _id, _rev }) => !tried.has(_id + _rev))) {
        waiting.push({ circle: circle.circle, id: doc._id, size: sizeOf(doc), doc, of: circle });
      }
    }
    const first = precedence.order(waiting, bytes);
    const sizes = first.map(({ size }) => size);
    const count = bytes === 0 ? 0 : precedence.fit(sizes, bytes);
    const items = new Map<Synced, StoredDocument[]>();
    for (const { of, doc } of first.slice(0, count)) {
      items.set(of, [...(items.get(of) ?? []), doc]);
      tried.add(doc._id + doc._rev);
    }
    const sent = [...items].map(([circle, docs]) => ({ circle, docs, again: false }));
    return { sent, isAll: count === first.length };
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => this.#around.phone.after(ms, resolve));
  }

  // -- one request -------------------------------------------------------------------------------

  async #ask(
    { asked = [], sent = [], flags = MAY_BE_EMPTY, budget = 0 }: Question,
    keepsCursor: (visit: Visit) => boolean = () => true,
  ): Promise<Visit> {
    const { cursor } = await this.#known();
    const { device } = this.#around;
    const records = sent.map(({ circle, docs, again }): Asked => {
      return { is: "records", circle: circle.circle, packed: pack(docs, device), again };
    });
    const told = this.#of.isDoneToday ? DONE_TODAY : 0;
    const begin = { cursor, budget, flags: flags | WITHOUT_CHUNKS | told };
    const body = write(requestItems(begin, [...records, ...asked]));
    const { status, parts } = await this.#post(body);
    const visit = new Visit();
    visit.isOver = status === EMPTY;
    const reader = new Reader();
    for await (const part of parts) {
      const told: Told[] = [];
      try {
        for (const item of reader.feed(part)) {
          const one = readAnswerItem(item);
          if (one !== undefined) told.push(one);
        }
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        await this.#take(told, visit, sent, keepsCursor);
        throw new LineError("portal");
      }
      await this.#take(told, visit, sent, keepsCursor);
    }
    if (!visit.isOver) throw new LineError("down");
    return visit;
  }

  /** Post; a login that is over is made anew, once. */
  async #post(body: Bytes): Promise<Reply> {
    const { wire, pass } = this.#around;
    for (let tries = 1; ; tries += 1) {
      const reply = await wire.post(PATH, body, await pass.authorization());
      if (isAnswer(reply)) return reply;
      for await (const _ of reply.parts);
      if (reply.status === 401 && tries <= 2) {
        pass.forget();
        continue;
      }
      if (reply.status < 400) throw new LineError("portal");
      if ([404, 405, 501].includes(reply.status)) throw new NotOffered(false);
      if (reply.status >= 500 || reply.status === 429) throw new LineError("busy");
      throw new NotOffered(true);
    }
  }

  /** Store what came, then what was answered, then how far that is. */
  async #take(
    told: readonly Told[],
    visit: Visit,
    sent: readonly Sent[],
    keepsCursor: (visit: Visit) => boolean,
  ): Promise<void> {
    let cursor: Bytes | undefined;
    const given = new Map<string, Promise<StoredDocument[]>[]>();
    const receipts: Extract<Told, { is: "receipt" }>[] = [];
    for (const one of told) {
      if (one.is === "welcome" && one.session.length > 0) {
        this.#around.pass.open(b64uEncode(one.session));
      } else if (one.is === "given") {
        const documents = this.#unpacked(one.circle, one.packed);
        given.set(one.circle, [...(given.get(one.circle) ?? []), documents]);
      } else if (one.is === "receipt") receipts.push(one);
      else if (one.is === "reached") cursor = one.cursor;
      else if (one.is === "notice") visit.note(one);
      else if (one.is === "unequal" || one.is === "lacking") visit[one.is].push(one as never);
      else if (one.is === "end") [visit.isOver, visit.hasMore] = [true, one.more];
    }
    for (const [circle, documents] of given) {
      await this.#store(circle, (await Promise.all(documents)).flat(), visit);
    }
    for (const receipt of receipts) await this.#hear(receipt, sent[receipt.item - 1], visit);
    if (cursor !== undefined && keepsCursor(visit)) await this.#keep({ cursor });
  }

  /** What rows say; one that is no document is noted, and its circle goes the longer way. */
  async #unpacked(circle: string, packed: readonly unknown[]): Promise<StoredDocument[]> {
    const { documents, misread } = await readRows(packed, circle, this.#around.device);
    if (misread.length > 0) {
      this.#misread?.add(circle);
      await this.#keep({ misread: together((await this.#known()).misread ?? [], misread) });
    }
    return documents;
  }

  async #store(name: string, documents: readonly StoredDocument[], visit: Visit): Promise<void> {
    let circle = this.#find(name);
    if (circle === undefined && !this.#foreign.has(name)) {
      await this.#learn();
      circle = this.#find(name);
    }
    if (circle === undefined) {
      this.#foreign.add(name);
      return;
    }
    const isKept = ({ _id, _rev, _deleted }: StoredDocument) =>
      !/^c[ph]:/.test(_id) && FIRST_REVISION.test(_rev) && _deleted !== true;
    const kept = documents.filter(isKept);
    if (kept.length > 0) await circle.records.write(kept);
    for (const { _id, _rev, j } of documents.filter(({ _id }) => _id.startsWith("cp:"))) {
      if (circle.knowsCheckpoint(_id, _rev)) continue;
      await circle.takeCheckpoint({ _id, _rev, j: String(j) });
    }
    this.#touched.add(name);
    visit.came.set(name, (visit.came.get(name) ?? 0) + kept.length);
  }

  /** What became of the rows of one item, each for itself. */
  async #hear(
    { refused }: Extract<Told, { is: "receipt" }>,
    sent: Sent | undefined,
    visit: Visit,
  ): Promise<void> {
    if (sent === undefined || sent.again) return;
    const { circle, docs } = sent;
    const codes = new Set(refused.values());
    const [code = ""] = codes;
    const away = codes.size === 1 && refused.size >= docs.length ? AWAY[code] : undefined;
    if (away !== undefined) {
      visit.away.set(circle.circle, away);
      return;
    }
    this.#touched.add(circle.circle);
    await circle.acknowledged(docs.filter((_, row) => !refused.has(row)).map(({ _id }) => _id));
    for (const [row, why] of refused) {
      const doc = docs[row];
      if (LATER.test(why)) visit.busy.add(circle.circle);
      else if (doc !== undefined) await circle.refusedBy(doc._id, why);
    }
  }

  // -- after a request ---------------------------------------------------------------------------

  /** Look at what happened in each circle; gives whether there is something new to send. */
  async #settle(visit: Visit): Promise<boolean> {
    let isMoved = false;
    for (const circle of this.#of.circles()) {
      const isTouched = this.#touched.delete(circle.circle);
      const away = visit.away.get(circle.circle);
      try {
        if (isTouched || circle.isUnsettled) isMoved = (await circle.caughtUp()) || isMoved;
        if (away !== undefined) await this.#isAway(circle, away);
        else if (isTouched || !isAway(circle)) circle.went("well");
      } catch (error) {
        if (error instanceof LineError) throw error;
        circle.went("broken");
      }
    }
    return isMoved;
  }

  async #isAway(circle: Synced, why: Unavailable): Promise<void> {
    const isOut = why === "out" || circle.isOut.value;
    circle.went(isOut ? "out" : "gone");
    if (!isOut) return;
    // What is left with a server that no longer lets this device in may be refused too.
    await circle.courier.sendLate(LATE_BATCH).catch(onlyNetwork);
  }

  #find(name: string): Synced | undefined {
    return this.#of.circles().find(({ circle }) => circle === name);
  }

  /** How far this device is; another window may have come further. */
  async #known(): Promise<ExchangeRow> {
    const { shelf, profile, clock } = this.#around;
    const kept = await shelf.get("exchange", profile);
    const now = clock.serverS;
    const anew = { profile, cursor: new Uint8Array(), listedAt: now, comparedAt: now };
    this.#row = kept ?? this.#row ?? anew;
    return this.#row;
  }

  async #keep(part: Partial<ExchangeRow>): Promise<void> {
    const { shelf, profile } = this.#around;
    const known = await this.#known();
    await shelf.update("exchange", [profile], (kept = known) => ({ ...kept, ...part }));
  }
}

/** Records of a device that was removed, in one request. */
const LATE_BATCH = 25;

function onlyNetwork(error: unknown): void {
  if (error instanceof LineError) throw error;
}

/** Whether the server does not serve it to this device, as far as is known. */
function isAway({ trouble }: Synced): boolean {
  return trouble === "out" || trouble === "gone";
}

/** Whether that, or how long its log is, is not what is known here: it may have lost something. */
function isAstray(circle: Synced): boolean {
  return (isAway(circle) && !circle.isOut.value) || circle.courier.isShort;
}

function isAnswer({ status, isItems }: Reply): boolean {
  return isItems && (status === 200 || status === EMPTY);
}

/** Bytes of a record in a request, about. */
function sizeOf({ c, j }: StoredDocument): number {
  return ROW_BYTES + Math.ceil((String(c ?? "").length * 3) / 4) + String(j ?? "").length;
}

/** What is seldom needed; its code may have to come from the server. */
function comparing(phone: Phone): Promise<typeof import("./comparing.ts")> {
  return part(phone, import("./comparing.ts"));
}
