/**
 * One opened profile: its circles, its writes, its sync.
 */
import { computed, type Signal, signal } from "@preact/signals";
import { loginToken } from "../circle/keys.ts";
import type {
  Care,
  Client,
  Draft,
  PainInput,
  PlanInput,
  ProfileView,
  Reminder,
  Role,
  SessionInput,
  SyncStatus,
} from "../client.ts";
import type { Elsewhere } from "../elsewhere.ts";
import type { ProfileKeys } from "../keystore.ts";
import type { Media } from "../media.ts";
import type { Card, Members } from "../members.ts";
import type { Reminding } from "../reminding.ts";
import type { Sending } from "../sending.ts";
import { type Rounds, Runner, type RunnerState } from "../sync.ts";
import { moreWords } from "../words/index.ts";
import { afterRound } from "./after-round.ts";
import { bundleOf, FOUND_PATH, Refused, settle, unnamed } from "./bundles.ts";
import { OpenCare } from "./care.ts";
import { Carriage } from "./carriage.ts";
import { Chunks } from "./chunks.ts";
import { Clock, watchToday } from "./clock.ts";
import { SealedDrafts } from "./drafts.ts";
import type { Traveller } from "./exchange.ts";
import { Folds } from "./folds.ts";
import { Line, LineError } from "./line.ts";
import { isOdd, type Listed } from "./listing.ts";
import { LogWriter } from "./log-writer.ts";
import { type LoggedIn, loggedIn, Pass } from "./login.ts";
import { Meter } from "./meter.ts";
import { homeFirst, ownIn } from "./own-devices.ts";
import type { Channel, Parcel, Phone } from "./phone.ts";
import { foldsName } from "./profiles.ts";
import { condition, reasonOfRefusal } from "./reasons.ts";
import type { OpenReminding } from "./reminding.ts";
import { Roads } from "./roads.ts";
import type { CircleRow, PendingRow, Shelf } from "./shelf.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Compared } from "./visit.ts";

const ROLES: readonly string[] = ["patient", "caregiver", "therapist", "admin"];

/** Told to the other windows of a profile: close it. */
const SHUT = "shut";

/** Close a profile in every other window of this phone. */
export function shutElsewhere(phone: Phone, profile: string): void {
  const wire = phone.channel(`rejoint ${profile}`);
  wire.send(SHUT);
  wire.close();
}

/** The ways to the server. */
interface Lines {
  readonly line: Line;
  readonly pass: Pass;
}

export class OpenProfile implements Client, Rounds, Traveller {
  readonly profile: ProfileView;
  readonly cares: Signal<readonly Care[]> = signal([]);
  readonly sync: Signal<SyncStatus>;
  readonly today;
  readonly ended = signal(false);
  readonly drafts: SealedDrafts;
  readonly reminder: Signal<Reminder> = signal({ isOffered: false, due: "" });
  readonly clock: Clock;
  readonly ask: LoggedIn;
  readonly #shelf: Shelf;
  readonly #line: Line;
  readonly #roads: Roads;
  readonly #around: Surroundings;
  readonly #runner: Runner;
  readonly #channel: Channel;
  readonly #stopToday: () => void;
  readonly #closed: () => void;
  readonly #open = new Map<string, OpenCare>();
  /** Patients whose founding got no answer, by what was typed: typing it again goes on. */
  readonly #unanswered = new Map<string, string>();
  #state: RunnerState = "idle";
  /** What the server has said of each circle, until it is compared with what came. */
  #listed: ReadonlyMap<string, Listed> | undefined;
  #ending: Promise<void> | undefined;
  #opening: Promise<OpenReminding> | undefined;
  #reminding: OpenReminding | undefined;
  #busy: ReadonlySet<string> = new Set();

  private constructor(
    profile: ProfileView,
    around: Omit<Surroundings, "changed" | "road">,
    { line, pass }: Lines,
    closed: () => void,
  ) {
    const { phone, shelf, clock, ask, keys } = around;
    this.profile = profile;
    this.drafts = new SealedDrafts(shelf, keys, profile.id);
    this.clock = clock;
    this.ask = ask;
    this.#shelf = shelf;
    this.#line = line;
    this.#closed = closed;
    const changed = (circle: string) => this.#changed(circle);
    const device = keys.id;
    const surrounding = { phone, shelf, clock, wire: line, pass, device, profile: profile.id };
    this.#roads = new Roads(surrounding, ask, this);
    this.#around = { ...around, changed, road: this.#roads };
    [this.today, this.#stopToday] = watchToday(phone, clock);
    this.sync = signal(this.#status());
    this.#channel = phone.channel(`rejoint ${profile.id}`);
    this.#channel.hear((circle) => {
      if (circle === SHUT) this.close().catch(() => {});
      else this.#hear(String(circle)).catch(() => {});
    });
    this.#runner = new Runner(phone, this, {
      lock: profile.id,
      line,
      lookMs: () => around.meter.lookMs,
      changed: (state) => {
        this.#state = state;
        this.#tell();
      },
    });
  }

  /** Open a profile with all its circles; sync starts with `start`. */
  static async open(
    phone: Phone,
    shelf: Shelf,
    profile: ProfileView,
    keys: ProfileKeys,
    closed: () => void,
  ): Promise<OpenProfile> {
    const clock = await Clock.open(phone, shelf);
    const meter = await Meter.open(phone, shelf, clock);
    const line = new Line(phone, clock, meter);
    const carriage = new Carriage(shelf, profile.id, unnamed(line));
    const pass = new Pass(
      (now) => loginToken(keys, phone.origin, now),
      () => clock.serverS,
    );
    const ask = loggedIn(line, pass);
    const writer = new LogWriter(phone, shelf, profile.id, unnamed(line));
    const folds = new Folds(foldsName(profile.id), phone, keys);
    const chunks = new Chunks(shelf, clock, meter, profile.id);
    const around = { phone, shelf, clock, keys, ask, writer, folds, meter, carriage, chunks };
    const lines = { line, pass };
    const opened = new OpenProfile(profile, around, lines, closed);
    await opened.#openAll();
    return opened;
  }

  /** Begin to sync. */
  start(): this {
    this.#runner.start();
    // What was tapped on the locked screen waits, and today's may be due.
    this.#expectReminders().catch(() => {});
    return this;
  }

  /** This device has just come: others will soon have something for it. */
  expectNews(): void {
    this.#runner.expect();
  }

  async logSession(circle: string, input: SessionInput): Promise<string> {
    return this.write(circle, { type: "session", ...input });
  }

  async logPain(circle: string, input: PainInput): Promise<string> {
    return this.write(circle, { type: "pain", ...input });
  }

  async writeNote(circle: string, text: string): Promise<string> {
    return this.write(circle, { type: "note", text });
  }

  async writePlan(circle: string, plan: PlanInput): Promise<string> {
    return this.write(circle, { type: "plan", ...plan });
  }

  async write(circle: string, draft: Draft): Promise<string> {
    const id = await this.#around.chunks.withRoom(() => this.care(circle).write(draft));
    this.#runner.soon();
    return id;
  }

  async createPatient(name: string, plan: PlanInput): Promise<{ circle: string; link: string }> {
    const typed = JSON.stringify([name, plan]);
    const circle = this.#unanswered.get(typed) ?? (await this.#foundPatient(typed, name, plan));
    await this.#settleFounding(circle);
    this.#unanswered.delete(typed);
    return { circle, link: await this.invitePatient(circle) };
  }

  async invitePatient(circle: string): Promise<string> {
    const { linkForPatient } = await import("./founding.ts");
    return linkForPatient(this.care(circle), this.#around);
  }

  async members(circle: string): Promise<Members> {
    const { openMembers } = await import("./members.ts");
    return openMembers(
      this.care(circle),
      this.#around,
      () => this.#runner.soon(),
      () => [...this.#open.values()],
    );
  }

  async setClosed(circle: string, isClosed: boolean): Promise<void> {
    const { setClosed } = await import("./care-closing.ts");
    await setClosed(this.care(circle), this.#around, isClosed);
    this.#runner.soon();
  }

  async card(): Promise<Card> {
    const cares = () => homeFirst([...this.#open.values()]);
    await Promise.all(cares().map((care) => care.loaded));
    const { OpenCard } = await import("./paper.ts");
    return new OpenCard(cares, this.#around, () => this.#runner.soon());
  }

  readonly needsCard = computed(() => {
    const open = this.cares.value.map(({ circle }) => this.care(circle));
    for (const { drawn } of open) void drawn.value;
    const [home, ...others] = homeFirst(open);
    if (home?.purpose !== "clinic" || others.length === 0) return false;
    return ownIn(home).length === 1;
  });

  async syncNow(): Promise<void> {
    await this.#runner.now();
  }

  async media(circle: string): Promise<Media> {
    const { OpenMedia } = await import("./care-media.ts");
    return OpenMedia.open(this.care(circle), this.#around, () => this.#runner.soon());
  }

  async sending(): Promise<Sending> {
    const { OpenSending } = await import("./sending.ts");
    return OpenSending.open(this, this.#around);
  }

  /** Its code is on every phone that has reminders. */
  async reminding(): Promise<Reminding> {
    this.#opening ??= import("./reminding.ts").then(({ OpenReminding }) =>
      OpenReminding.open(this, this.#around),
    );
    try {
      this.#reminding = await this.#opening;
      return this.#reminding;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  remind(due: string): void {
    this.reminder.value = { isOffered: false, due };
  }

  get isDoneToday(): boolean {
    return this.#reminding?.tellsDone === true;
  }

  async #expectReminders(): Promise<void> {
    const row = await this.#shelf.get("reminding", this.profile.id);
    if (row?.chosen) await this.reminding();
    else if (!row) this.reminder.value = { isOffered: true, due: "" };
  }

  async elsewhere(): Promise<Elsewhere> {
    const { OpenElsewhere } = await import("./care-elsewhere.ts");
    return new OpenElsewhere(this.#shelf, this.#around.keys, this.profile.id);
  }

  close(): Promise<void> {
    this.ended.value = true;
    this.#ending ??= this.#end();
    return this.#ending;
  }

  /** One circle of this profile. */
  care(circle: string): OpenCare {
    const care = this.#open.get(circle);
    if (care === undefined) throw new Error("this profile is not in that circle");
    return care;
  }

  /** Take a circle in: from now on it is shown and synced. */
  async enter(row: CircleRow): Promise<OpenCare> {
    await this.#shelf.update("circles", [row.profile, row.circle], (known) => known ?? row);
    const care = this.#open.get(row.circle) ?? (await OpenCare.open(row, this.#around));
    this.#open.set(row.circle, care);
    this.cares.value = [...this.#open.values()];
    this.#channel.send(row.circle);
    return care;
  }

  /** Let go of a circle that the server did not take. */
  async leave(circle: string): Promise<void> {
    const care = this.care(circle);
    this.#open.delete(circle);
    this.cares.value = [...this.#open.values()];
    await care.discard();
    await this.#shelf.remove("circles", this.profile.id, circle);
  }

  async carry(): Promise<void> {
    await this.#settleAll();
    await Promise.allSettled([...this.#open.values()].map((care) => care.loaded));
    await this.#around.chunks.look();
    await this.#roads.carry();
    if (await afterRound([...this.#open.values()], this.#around)) this.#runner.soon();
    await this.#around.carriage.bring();
  }

  circles(): readonly OpenCare[] {
    return [...this.#open.values()].filter(
      ({ circle, awaited }) => !this.#busy.has(circle) && !awaited.peek(),
    );
  }

  /** A profile with a number leaves nothing to be sent while it is locked. */
  async park(isNeeded: boolean): Promise<void> {
    const { phone, chunks } = this.#around;
    const waits = chunks.waits || this.circles().some((care) => care.owed().length > 0);
    let parcel: Parcel | undefined;
    if (isNeeded && waits) {
      const sealed = this.profile.locked === true ? undefined : await this.#roads.sealed();
      parcel = sealed ?? { body: new Uint8Array(), authorization: "" };
    }
    await phone.park?.(this.profile.id, parcel);
  }

  /** Compare everything with what the server has, and mend it; undefined: it cannot be compared. */
  checkAll(): Promise<Compared | undefined> {
    const lock = `sync ${this.profile.id}`;
    return this.#around.phone.locks.request(lock, {}, () => this.#roads.compare());
  }

  /** Send what waits for an answer. */
  async #settleAll(): Promise<void> {
    const waiting = await this.#shelf.all("pending", this.profile.id);
    for (const row of waiting) await this.#settleLater(row);
    const left = await this.#shelf.all("pending", this.profile.id);
    this.#busy = new Set(left.filter(({ path }) => path === FOUND_PATH).map((row) => row.circle));
  }

  takeOdd(): readonly OpenCare[] {
    const listed = this.#listed;
    this.#listed = undefined;
    if (listed === undefined) return [];
    return this.circles().filter((care) => isOdd(care, listed.get(care.circle)));
  }

  /** Learn which circles this device is in, and which store it is. */
  async learn(): Promise<string | undefined> {
    const answer = await this.ask(FOUND_PATH);
    if (answer.status !== 200) return undefined;
    const { circles, incarnation, relay } = answer.json as {
      circles: readonly Listed[];
      incarnation?: string;
      relay?: unknown;
    };
    await this.#around.carriage.hear(relay);
    this.#listed = new Map(circles.map((listed) => [listed.circle, listed]));
    for (const listed of circles) await this.#learn(listed);
    // To a server that waits the newest entry is sent as if it lacked it: that shows it.
    const last = new Map(
      circles.map(({ circle, seq, waiting }) => [
        circle,
        waiting === true && seq !== undefined ? seq - 1 : seq,
      ]),
    );
    for (const care of this.#open.values()) await care.serverHas(last.get(care.circle));
    for (const { circle, suspended } of circles) {
      const care = suspended === true ? undefined : this.#open.get(circle);
      if (care !== undefined && care.trouble !== "broken") care.went("well");
    }
    await Promise.allSettled([...this.#open.values()].map((care) => care.loaded));
    return incarnation;
  }

  async #end(): Promise<void> {
    this.#closed();
    this.#stopToday();
    (await this.#opening?.catch(() => undefined))?.close();
    this.#channel.close();
    await this.#runner.close();
    await this.#around.meter.close();
    await Promise.all([...this.#open.values()].map((care) => care.close()));
    await this.#around.folds.close();
  }

  async #openAll(): Promise<void> {
    const rows = await this.#shelf.all("circles", this.profile.id);
    const cares = await Promise.all(rows.map((row) => OpenCare.open(row, this.#around)));
    for (const care of cares) this.#open.set(care.circle, care);
    this.cares.value = cares;
    this.#tell();
    // What is wrong is said in the language of the person, as soon as its words are there.
    void moreWords("safety").then(() => this.#tell());
  }

  async #learn({ circle, purpose, role }: Listed): Promise<void> {
    const known = this.#open.get(circle);
    // The phone that was beside this one has let it in.
    if (known !== undefined) known.awaited.value = false;
    if (known !== undefined || !ROLES.includes(role)) return;
    if (purpose !== "patient" && purpose !== "clinic") return;
    await this.enter({ profile: this.profile.id, circle, purpose, role: role as Role });
  }

  async #foundPatient(typed: string, name: string, plan: PlanInput): Promise<string> {
    const clinic = [...this.#open.values()].find(({ purpose }) => purpose === "clinic");
    const { prepareFounding } = await import("./founding.ts");
    const hold = (circle: string) => {
      this.#busy = new Set([...this.#busy, circle]);
    };
    const circle = await prepareFounding(this, this.#around, { clinic, name, plan }, hold);
    this.#unanswered.set(typed, circle);
    return circle;
  }

  /** Send a founding that waits; a circle that the server refuses for good goes. */
  async #settleFounding(circle: string): Promise<void> {
    const row = await this.#shelf.get("pending", this.profile.id, circle);
    try {
      if (row !== undefined) await settle(this.#shelf, row, this.ask);
    } catch (error) {
      if (error instanceof Refused) await this.leave(circle);
      throw error;
    }
    this.#busy = new Set([...this.#busy].filter((busy) => busy !== circle));
    this.#runner.soon();
  }

  /** In a round: settle one request; a refusal ends that act, not the round. */
  async #settleLater(row: PendingRow): Promise<void> {
    try {
      if (row.path === FOUND_PATH) await this.#settleFounding(row.circle);
      else {
        await settle(this.#shelf, row, unnamed(this.#line));
        await this.#open.get(row.circle)?.adopt(bundleOf(row));
      }
    } catch (error) {
      // A circle that waits for its devices after a restore takes it when this round has shown it
      // what this phone knows.
      const isBusy = error instanceof LineError && error.why === "busy";
      if (!isBusy && !(error instanceof Refused)) throw error;
    }
  }

  /** A message of another tab: a circle is new or its receipts are. */
  async #hear(circle: string): Promise<void> {
    const care = this.#open.get(circle);
    if (care !== undefined) await care.rereadReceipts();
    else {
      const row = await this.#shelf.get("circles", this.profile.id, circle);
      if (row !== undefined) await this.enter(row);
    }
    this.#tell();
  }

  #changed(circle: string): void {
    this.#channel.send(circle);
    this.#tell();
  }

  #tell(): void {
    this.sync.value = this.#status();
  }

  #status(): SyncStatus {
    const cares = [...this.#open.values()];
    const alarm = cares.map((care) => care.alarm).find((words) => words !== "") ?? "";
    const { state, reason } = condition(this.#state, alarm);
    return {
      state,
      unsent: cares.reduce((sum, care) => sum + care.unsent, 0),
      lastContact: this.clock.lastContact,
      refused: cares.flatMap((care) =>
        [...care.refused].map(([id, code]) => ({ id, reason: reasonOfRefusal(code) })),
      ),
      reason,
    };
  }
}
