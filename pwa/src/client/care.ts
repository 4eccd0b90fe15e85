/**
 * One circle of one profile, opened: what the screens see of it and what sync carries of it.
 *
 * The database is the truth; this is kept up to date from its changes, also those of other tabs and
 * those that a pull brings. It is read beside the first paint, which shows what was shown last.
 */
import { type Signal, signal } from "@preact/signals";
import type { CheckpointDocument } from "../circle/checkpoint.ts";
import { type SealedDocument, seal, structuralRev } from "../circle/document.ts";
import type { Bundle } from "../circle/entries.ts";
import type { BadBack, EpochSecrets } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import type { Body } from "../circle/frame.ts";
import type { Stream } from "../circle/grammar.ts";
import type { DeviceKeys } from "../circle/keys.ts";
import type { LogDocument, Membership } from "../circle/log.ts";
import type { Care, Draft, Note, Opened, Pain, Plan, Role, Session, Taken } from "../client.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Leaves, Records, StoredDocument } from "../records.ts";
import type { Synced } from "../sync.ts";
import { countAsking, findSecrets } from "./arrivals.ts";
import { CircleNote } from "./circle-row.ts";
import type { Clock } from "./clock.ts";
import { correction } from "./clock-reading.ts";
import { type Carried, Courier, type Found } from "./courier.ts";
import { Diary, type Entry, KINDS } from "./diary.ts";
import { Feeds } from "./feeds.ts";
import type { LoggedIn } from "./login.ts";
import { lacking } from "./missing-wraps.ts";
import { type Names, nameOfMember, namesOf, paperOf } from "./names.ts";
import { Reach } from "./reach.ts";
import { ALARMS, alarmOf, STOPPING, wordsOfAlarm } from "./reasons.ts";
import { Receipts } from "./receipts.ts";
import { Roster } from "./roster.ts";
import { asRecord, kindOf } from "./shapes.ts";
import type { CircleRow, SeenRow } from "./shelf.ts";
import { draw, drawWaiting } from "./shown.ts";
import type { Surroundings } from "./surroundings.ts";
import { Turn } from "./turn.ts";
import { LastView } from "./view.ts";
import { Waiting } from "./waiting.ts";

export class OpenCare implements Care, Synced, Carried {
  readonly circle: string;
  readonly purpose: "patient" | "clinic";
  readonly role: Role;
  readonly name = signal("");
  readonly therapist = signal("");
  readonly joined = signal(false);
  readonly isOut = signal(false);
  readonly closedAt = signal(0);
  readonly asking = signal(0);
  readonly checking = signal(false);
  readonly awaited: Signal<boolean>;
  /** Counts what was shown anew: for what is computed out of all of it. */
  readonly drawn = signal(0);
  readonly diary: Signal<readonly Opened<AnyRecord>[]> = signal([]);
  readonly taken: Signal<readonly Taken[]> = signal([]);
  readonly plans: Signal<readonly Opened<Plan>[]> = signal([]);
  readonly pastPlans: Signal<readonly Opened<Plan>[]> = signal([]);
  readonly sessions: Signal<readonly Opened<Session>[]> = signal([]);
  readonly pains: Signal<readonly Opened<Pain>[]> = signal([]);
  readonly notes: Signal<readonly Opened<Note>[]> = signal([]);
  readonly records: Records;
  readonly ask: LoggedIn;
  /** Resolves when all that was stored is shown. */
  readonly loaded: Promise<void>;
  readonly feeds = new Feeds();
  readonly reach: Reach;
  readonly note: CircleNote;
  readonly #waiting: Waiting;
  readonly keys: DeviceKeys;
  readonly clock: Clock;
  readonly #around: Surroundings;
  readonly courier: Courier;
  readonly #profile: string;
  readonly #roster: Roster;
  readonly #diary: Diary;
  readonly #last: LastView;
  #secrets: EpochSecrets | undefined;
  /** Links between keys that lead nowhere, as far as this device can tell. */
  #badLinks: readonly BadBack[] = [];
  #hasFalseKey = false;
  #receipts: Receipts;
  trouble: Synced["trouble"];
  readonly #turn = new Turn();
  /** Changes of the database that no step has taken yet. */
  readonly #arrived: Leaves[] = [];
  #drawing = false;
  #stop = () => {};
  #closed = false;

  private constructor(
    row: CircleRow,
    records: Records,
    around: Surroundings,
    kept: { receipts: Receipts; seen: SeenRow | undefined; waiting: Waiting },
  ) {
    const { keys, ask } = around;
    this.circle = row.circle;
    this.purpose = row.purpose;
    this.role = row.role;
    this.note = new CircleNote(around.shelf, row);
    this.awaited = this.note.awaited;
    this.#waiting = kept.waiting;
    this.records = records;
    this.ask = ask;
    this.#profile = row.profile;
    this.#receipts = kept.receipts;
    this.#around = around;
    this.keys = keys;
    this.clock = around.clock;
    this.courier = new Courier(this, around, row.profile, kept.seen);
    this.reach = new Reach(this, around);
    this.#roster = new Roster(row.circle, row.pin);
    this.#last = new LastView(this, around.folds.of(row.circle), around.phone);
    this.#diary = new Diary(keys.id, this.feeds, this.#last.fold);
    this.loaded = this.#load().finally(() => {
      this.#last.isOver = true;
      this.#draw();
    });
    this.loaded.catch(() => {});
  }

  /** Open a circle with what it showed last; the records follow by themselves. */
  static async open(row: CircleRow, around: Surroundings): Promise<OpenCare> {
    const { phone, shelf, keys } = around;
    const [{ Records }, kept, seen, waiting] = await Promise.all([
      import("../records.ts"),
      shelf.get("receipts", row.profile, row.circle),
      shelf.get("seen", row.profile, row.circle),
      Waiting.open(shelf, keys, row),
    ]);
    const name = `rejoint-${row.profile}-${row.circle}`;
    const records = new Records(name, keys.id, phone.locks);
    const receipts = new Receipts(keys.id, kept);
    const care = new OpenCare(row, records, around, { receipts, seen, waiting });
    await care.#last.shown;
    return care;
  }

  /** The circle as its log says; throws while nothing of it is here. */
  get membership(): Membership {
    const { membership } = this.#roster;
    if (membership === undefined) throw new CircleError("seq", "this circle has not arrived yet");
    return membership;
  }

  /** Its keys; throws while they are not here. */
  get secrets(): EpochSecrets {
    if (this.#secrets === undefined) {
      throw new CircleError("epoch", "the key of this circle has not arrived yet");
    }
    return this.#secrets;
  }

  get receipts(): Receipts {
    return this.#receipts;
  }
  lacking(): string[] {
    const { membership } = this.#roster;
    return membership === undefined ? [] : lacking(membership, this.keys.id, this.#secrets);
  }
  get seq(): number {
    return this.#roster.membership?.seq ?? 0;
  }
  get nextLam(): number {
    return Math.max(this.#diary.nextLam, this.courier.summaries.nextLam);
  }
  get snapshots(): ReadonlySet<string> {
    return this.#diary.snapshots;
  }
  get ordered(): readonly Entry[] {
    return this.#diary.ordered;
  }
  get isWhole(): boolean {
    const { membership } = this.#roster;
    const e = membership?.epochs.c.at(-1)?.e ?? 0;
    return membership?.live(this.keys.id) !== undefined && this.#secrets?.has("c", e) === true;
  }

  /** This person's member id here. */
  get member(): string | undefined {
    return this.#roster.membership?.devices.get(this.#around.keys.id)?.member;
  }
  get names(): Names {
    return namesOf(this.membership, this.#diary.ordered);
  }

  /** The name that this person goes by here. */
  get ownName(): string {
    return nameOfMember(this.#diary.ordered, this.member ?? "");
  }

  get alarm(): string {
    const trouble = this.trouble === undefined ? "" : ALARMS[this.trouble];
    const alarm = wordsOfAlarm(this.#roster.alarm || trouble);
    return alarm || alarmOf(this, this.#badLinks, this.#hasFalseKey);
  }

  /** What the last rounds have shown that no honest server shows. */
  get found(): readonly Found[] {
    return this.courier.found;
  }

  /** The name of the person whose device this is; "" where it is not known. */
  nameOfDevice(device: string): string {
    const member = this.#roster.membership?.devices.get(device)?.member ?? "";
    return nameOfMember(this.#diary.ordered, member);
  }
  nameOfMember(member: string): string {
    return nameOfMember(this.#diary.ordered, member);
  }

  /** When the newest record of a device was written, unix seconds; 0 = never. */
  heardFrom(device: string): number {
    return Math.max(0, ...this.#diary.ordered.map((one) => (one.device === device ? one.at : 0)));
  }

  /** A member's printed card; "" without one. */
  settingsOf(member: string): { readonly device: string; readonly rid: string } {
    return paperOf(this.#diary.ordered, member);
  }
  get isUnsettled(): boolean {
    return this.courier.isUnsettled || this.checking.value || this.#waiting.held.length > 0;
  }
  get trusted(): boolean {
    return this.#roster.isTrusted && !this.found.some(({ code }) => STOPPING.has(code));
  }

  /** Records that only this phone has. */
  get unsent(): number {
    const own = [...this.#diary.own].filter((id) => !this.#receipts.onServer(id));
    return Math.max(own.length, this.#waiting.held.length);
  }

  /** Refused records with their codes, also those whose numbers went to empty ones. */
  get refused(): ReadonlyMap<string, string> {
    return this.#receipts.kept;
  }

  /** Documents that are kept but do not open, with their codes. */
  get unreadable(): ReadonlyMap<string, string> {
    return this.#diary.closed;
  }

  /** Promise that the log can be trusted. Throws `CircleError` with words for the person. */
  checkTrusted(): void {
    if (!this.trusted) throw new CircleError("fork", this.alarm);
  }

  /** Seal and store one record; resolves with its id when it is durable. */
  async write<T extends AnyRecord>(draft: Draft<T>): Promise<string> {
    await this.loaded;
    const kind = kindOf((draft as AnyRecord).type);
    const bodyOf = (lam: number) => {
      const body = { ...draft, lam, ...this.stamp, ...correction(draft, this.clock.offS) };
      if (asRecord(kind, body) === undefined) throw new TypeError(`not a whole ${draft.type}`);
      return body;
    };
    if (!this.awaited.peek() && this.#waiting.held.length === 0) {
      return this.seal(kind, () => bodyOf(this.nextLam));
    }
    const name = await this.#waiting.hold({ kind, body: bodyOf(1) });
    this.#draw();
    this.#around.changed(this.circle);
    return name;
  }

  /** Clock and zone of what is written now. */
  get stamp(): { readonly at: number; readonly tz_min: number } {
    return this.clock.stamp;
  }

  /** Seal and store what `bodyOf` gives when its turn has come; its id, when it is durable. */
  async seal(kind: string, bodyOf: () => Body, stream: Stream = "c"): Promise<string> {
    this.checkTrusted();
    const { keys, clock } = this.#around;
    const stored = await this.records.append(stream, (n) => {
      const at = { kind, month: clock.month, n, stream };
      return seal(this.membership, keys, this.secrets, at, bodyOf()) as Promise<
        SealedDocument & StoredDocument
      >;
    });
    await this.take([stored]);
    return stored._id;
  }

  /** Own records that were stored just now: from here on they are shown, and sent. */
  async take(stored: readonly StoredDocument[]): Promise<void> {
    await this.#turn.run(() => this.#take(stored.map((doc) => [doc])));
    this.#around.changed(this.circle);
  }

  /**
   * Store what the server has taken, or will be offered first: an entry and this device's wraps.
   *
   * @param earlier The entries before it, where they are not here yet.
   */
  async adopt({ log, wraps }: Bundle, earlier: readonly LogDocument[] = []): Promise<void> {
    const own = wraps.filter(({ _id }) => _id.endsWith(`:${this.#around.keys.id}`));
    const documents = await Promise.all(
      [...earlier, log, ...own].map(async (doc) => ({ ...doc, _rev: await structuralRev(doc) })),
    );
    await this.records.write(documents);
    await this.#turn.run(() => this.#readLog());
  }

  /** Fetch what the server has, and read its log: what an act on the members begins with. */
  async catchUp(): Promise<void> {
    await this.reach.fetch();
    await this.#turn.run(() => this.#readLog());
  }

  async begin(): Promise<void> {
    await this.loaded;
    await this.courier.summaries.begin(this.#around.ask, async (docs) => {
      await this.records.write(docs);
      await this.#turn.run(() => this.#take(docs.map((doc) => [doc])));
    });
    this.#draw();
  }

  /** Bring back what the server, whose last entry is `seq`, has lost; undefined: it does not say. */
  async serverHas(seq: number | undefined): Promise<void> {
    if (this.isWhole && (seq !== undefined || this.trouble === "out")) {
      await this.courier.bringBack(seq);
    }
  }

  async moved(ids: readonly string[]): Promise<void> {
    await this.#keepReceipts();
    for (const id of ids) this.#diary.forget(id);
    const leaves = await Promise.all(ids.map((id) => this.records.read(id)));
    for (const { _rev } of leaves.flat()) {
      if (!this.#receipts.counts(_rev)) this.feeds.drop(_rev);
    }
    await this.#takeRecords(leaves);
    this.#draw();
  }

  knowsCheckpoint(id: string, rev: string): boolean {
    return this.courier.knowsCheckpoint(id, rev);
  }

  async takeCheckpoint(doc: CheckpointDocument): Promise<void> {
    if (this.#roster.membership !== undefined) await this.courier.takeCheckpoint(doc);
  }

  owed(): string[] {
    return [...this.#diary.own].filter((id) => this.#receipts.owed(id)).sort();
  }

  went(how: "well" | "out" | "gone" | "broken"): void {
    const trouble = how === "well" ? undefined : how;
    if (this.trouble === trouble) return;
    this.trouble = trouble;
    this.#around.changed(this.circle);
  }

  async caughtUp(): Promise<boolean> {
    await this.#turn.run(() => this.#readLog());
    this.#roster.check();
    await this.#waiting.release(this);
    if (this.courier.summaries.caughtUp()) this.#draw();
    return this.trusted && this.courier.arrived();
  }

  async acknowledged(ids: readonly string[]): Promise<void> {
    await this.courier.acknowledged(ids);
    if (this.#receipts.acknowledge(ids)) await this.#keepReceipts();
  }

  async refusedBy(id: string, code: string): Promise<void> {
    await this.#around.chunks.refused(id, code);
    if (this.#receipts.refuse(id, code)) await this.#keepReceipts();
  }

  /** Another tab has written receipts. */
  async rereadReceipts(): Promise<void> {
    const { shelf, keys } = this.#around;
    const row = await shelf.get("receipts", this.#profile, this.circle);
    this.#receipts = new Receipts(keys.id, row);
    this.#draw();
  }

  async close(): Promise<void> {
    await this.#halt();
    await this.records.close();
  }

  /** Close it and remove its records from this phone. */
  async discard(): Promise<void> {
    await this.#halt();
    await this.records.destroy();
  }

  async #halt(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#turn.over();
  }

  async #keepReceipts(): Promise<void> {
    await this.#around.shelf.put("receipts", this.#receipts.row(this.#profile, this.circle));
    this.#draw();
    this.#around.changed(this.circle);
  }

  async #load(): Promise<void> {
    await this.#last.painted;
    const since = await this.records.sequence();
    await this.#turn.run(() => this.#readLog());
    if (this.#closed) return;
    this.#stop = this.records.watch(since, (leaves) => this.#arrive(leaves));
    await this.#turn.run(() => this.#readAll());
  }

  async #readAll(): Promise<void> {
    for (const kind of KINDS) {
      for await (const page of this.records.range(`${kind}:`, `${kind};`)) {
        await this.#takeRecords(page);
      }
    }
    await this.courier.summaries.look();
    this.#around.changed(this.circle);
  }

  /** What comes while a step runs is taken by the next one, all of it. */
  #arrive(leaves: Leaves): void {
    if (this.#arrived.push(leaves) > 1) return;
    this.#turn.run(() => this.#take(this.#arrived.splice(0))).catch(() => this.went("broken"));
  }

  async #take(documents: readonly Leaves[]): Promise<void> {
    const isOfLog = ([leaf]: Leaves) => /^(log|wrap|req):/.test(leaf?._id ?? "");
    if (documents.some(isOfLog)) await this.#readLog();
    await this.#takeRecords(documents.filter((leaves) => !isOfLog(leaves)));
  }

  async #takeRecords(documents: readonly Leaves[]): Promise<void> {
    const counting = documents
      .map((leaves) => leaves.filter(({ _rev }) => this.#receipts.counts(_rev)))
      .filter((leaves) => leaves.length > 0);
    const changed = await this.#diary.take(counting, this.#roster.membership, this.#secrets);
    if (changed) this.#draw();
  }

  /** The log or a key is new: replay, then try again what did not open. */
  async #readLog(): Promise<void> {
    const seq = this.#roster.membership?.seq;
    const pin = await this.#roster.refresh(this.records);
    if (pin !== undefined) await this.note.put({ pin });
    this.asking.value = await countAsking(this, this.#roster.membership);
    const opened = await this.#findSecrets();
    if (opened || this.#roster.membership?.seq !== seq) {
      const { membership } = this.#roster;
      const until = membership?.devices.get(this.#around.keys.id)?.until ?? null;
      this.isOut.value = until !== null;
      this.#diary.forgetBeyondFences(membership);
      const ids = [...this.#diary.closed.keys()];
      await this.#takeRecords(await Promise.all(ids.map((id) => this.records.read(id))));
      this.#draw();
    }
  }

  /** Open this device's wraps once they are here; gives whether a key is new. */
  async #findSecrets(): Promise<boolean> {
    const { membership } = this.#roster;
    const found = await findSecrets(this, membership, this.#secrets, this.#last.fold);
    if (found === undefined) return false;
    const { secrets, bad, closed } = found;
    if (bad.length + closed.length > 0) this.#around.changed(this.circle);
    [this.#badLinks, this.#hasFalseKey] = [bad, closed.length > 0];
    if (secrets.size === (this.#secrets?.size ?? 0)) return false;
    this.#secrets = secrets;
    return true;
  }

  /** Bring the signals up to date, once for all changes of this moment. */
  #draw(): void {
    if (this.#drawing || this.#closed) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      this.#drawNow();
    });
  }

  #drawNow(): void {
    const { membership } = this.#roster;
    if (membership === undefined) drawWaiting(this, this.#waiting.held);
    if (membership === undefined || this.#closed || this.#last.stands) return;
    const { summaries } = this.courier;
    draw(this, summaries.shown(this.#diary.ordered));
    this.checking.value = summaries.isChecking;
    this.drawn.value += 1;
    this.#last.keep();
  }
}
