/**
 * Reminders of one profile: what was chosen, what the server knows of it, and what was tapped.
 *
 * At each contact with the server it is looked whether all still holds: another zone, another
 * subscription, another key of the server. Once a day everything is told again, so that a server
 * that was restored, or that gave up a subscription, has it. Of the session the server hears only
 * that today's is done.
 */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Care, Draft, ProfileView, Session, SyncStatus } from "../client.ts";
import type { Plan } from "../records.gen.ts";
import { dayOf, nextReminder, type Schedule } from "../reminders.ts";
import type { Allowed, Chosen, Reminding, Told } from "../reminding.ts";
import { isQuiet } from "../reminding.ts";
import { goesOnFrom, wishOn } from "../wishes.ts";
import { localDay } from "./clock.ts";
import { type Bell, browserBell } from "./reminding-bell.ts";
import { sayAll, tagOf } from "./reminding-words.ts";
import type { RemindingRow } from "./shelf.ts";
import type { Surroundings } from "./surroundings.ts";

/** So long the phone's message service may take to make a subscription. */
const SUBSCRIBE_MS = 30_000;
/** After a no it is not asked again for so long: a no costs the data of three requests. */
const REST_MS = 3_600_000;
/** Between two looks at the clock while a banner stands for messages. */
const LOOK_MS = 60_000;
const DAY_MIN = 1_440;

/** What reminders need of their profile. */
export interface Reminded {
  readonly profile: ProfileView;
  readonly cares: ReadonlySignal<readonly Care[]>;
  readonly sync: ReadonlySignal<SyncStatus>;
  readonly today: ReadonlySignal<string>;
  write(circle: string, draft: Draft<Session>): Promise<string>;
  /** Show in the app that it is past this time; "" takes it back. */
  remind(due: string): void;
}

type Around = Pick<Surroundings, "phone" | "shelf" | "ask"> & {
  readonly keys: { readonly id: string };
};

/** The server or the message service said no; what is chosen stays on this phone. */
class NotTaken extends Error {}

export class OpenReminding implements Reminding {
  readonly chosen: Signal<Chosen | undefined>;
  readonly allowed: Signal<Allowed>;
  readonly told: Signal<Told> = signal("off");
  /** Whether today's session is done. */
  readonly done: ReadonlySignal<boolean>;
  readonly next: ReadonlySignal<number | undefined>;
  readonly #of: Reminded;
  readonly #around: Around;
  readonly #bell: Bell;
  readonly #stops: (() => void)[] = [];
  #stopTick = () => {};
  #row: RemindingRow;
  /** Until when nothing is asked, by the phone's clock. */
  #restsTill = 0;
  /** One after the other: what is left for the worker, and what it left. */
  #turn: Promise<void> = Promise.resolve();
  /** The same of the server, for which nothing on the phone waits. */
  #serverTurn: Promise<void> = Promise.resolve();

  private constructor(of: Reminded, around: Around, bell: Bell, row: RemindingRow) {
    this.#of = of;
    this.#around = around;
    this.#bell = bell;
    this.#row = row;
    this.chosen = signal(row.chosen);
    this.allowed = signal(bell.allowed());
    this.done = computed(() => caredFor(of).some((care) => isDoneOn(care, of.today.value)));
    this.next = computed(() => this.#next());
  }

  /** Open them; what was tapped while the app was closed becomes records. */
  static async open(of: Reminded, around: Around, bell = browserBell()): Promise<OpenReminding> {
    const { id } = of.profile;
    const row = (await around.shelf.get("reminding", id)) ?? { profile: id };
    const opened = new OpenReminding(of, around, bell, row);
    opened.#watch();
    return opened;
  }

  async choose(chosen: Chosen | undefined): Promise<void> {
    const isHeard = chosen?.quiet === undefined || !isQuiet(chosen.quiet, chosen.time);
    const { quiet: _, ...loud } = chosen ?? {};
    const kept = isHeard ? chosen : (loud as Chosen);
    await this.#keep({ chosen: kept });
    this.chosen.value = kept;
    this.#restsTill = 0;
    this.#settle();
  }

  async allow(): Promise<Allowed> {
    this.allowed.value = await this.#bell.ask();
    this.#settle();
    return this.allowed.value;
  }

  /** Whether the server is to know that today's session is done. */
  get tellsDone(): boolean {
    return this.chosen.peek() !== undefined && this.done.peek();
  }

  close(): void {
    this.#stopTick();
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Resolves when what was begun is through; for tests. */
  async settled(): Promise<void> {
    await this.#turn;
    await this.#serverTurn;
  }

  #watch(): void {
    const { phone } = this.#around;
    let contact = this.#of.sync.peek().lastContact;
    this.#then(() => this.#look());
    this.#stops.push(
      effect(() => {
        const { lastContact } = this.#of.sync.value;
        if (lastContact === contact) return;
        contact = lastContact;
        this.#settle();
      }),
      effect(() => {
        if (this.done.value && this.chosen.value) this.#then(() => this.#sayDone());
      }),
      effect(() => {
        // A plan that has just come lets a mark become a record.
        if (caredFor(this.#of).some((care) => planOf(care))) this.#then(() => this.#takeMarks());
      }),
      phone.on("woken", () => this.#then(() => this.#takeMarks())),
      phone.on("visible", () => this.#then(() => this.#look())),
    );
    let rest = restTill(this.#of);
    this.#stops.push(
      effect(() => {
        const now = restTill(this.#of);
        if (now === rest) return;
        rest = now;
        this.#settle();
        this.#remind();
      }),
    );
    const tick = () => {
      this.#remind();
      this.#stopTick = phone.after(LOOK_MS, tick);
    };
    tick();
    this.#settle();
  }

  /** As the server will reckon, which has heard of this phone just now and sent nothing yet. */
  #next(): number | undefined {
    const chosen = this.#standing(this.chosen.value);
    void this.#of.today.value;
    if (chosen === undefined) return undefined;
    const schedule = scheduleOf(chosen, this.#bell.zone());
    const now = Math.floor(this.#around.phone.nowMs() / 60_000);
    const heard = Math.floor(now / DAY_MIN);
    const done = this.done.value ? { done: dayOf(now, schedule.zone) } : {};
    const minute = nextReminder(now, schedule, { since: 0, heard, ...done }, {});
    return minute === undefined ? undefined : minute * 60;
  }

  /** What was chosen; at rest while the person wishes to rest, or has stopped. */
  #standing(chosen: Chosen | undefined): Chosen | undefined {
    const rest = restTill(this.#of);
    if (chosen === undefined || rest === undefined) return chosen;
    const isLonger = chosen.paused === undefined || rest === "always" || rest > chosen.paused;
    return isLonger && chosen.paused !== "always" ? { ...chosen, paused: rest } : chosen;
  }

  // -- on this phone -----------------------------------------------------------------------------

  /** In the app itself, where the phone shows no messages. */
  #remind(): void {
    const chosen = this.#standing(this.chosen.peek());
    const now = new Date(this.#around.phone.nowMs());
    const time = `${pad(now.getHours())}:${pad(now.getMinutes())}`;
    const isDue =
      chosen !== undefined &&
      this.allowed.peek() !== "yes" &&
      !isPaused(chosen, this.#of.today.peek()) &&
      chosen.weekdays.includes(now.getDay() || 7) &&
      !this.done.peek() &&
      time >= chosen.time;
    this.#of.remind(isDue ? chosen.time : "");
  }

  /** Today as the worker knows it: by the phone's own clock, right or wrong. */
  get #workerDay(): string {
    return localDay(this.#around.phone.nowMs());
  }

  /** The app is seen: what was shown for it is no news any more. */
  async #look(): Promise<void> {
    this.allowed.value = this.#bell.allowed();
    this.#remind();
    if (this.allowed.value !== "yes" || !this.#around.phone.visible()) return;
    await this.#bell.hush(tagOf("note", this.#around.keys.id));
  }

  async #sayDone(): Promise<void> {
    const device = this.#around.keys.id;
    const slip = await this.#bell.slip(device);
    const day = this.#workerDay;
    if (slip && slip.done !== day) await this.#bell.leave(device, { ...slip, done: day });
    if (this.allowed.peek() === "yes") await this.#bell.hush(tagOf("reminder", device));
    this.#remind();
  }

  /** Leave the words for the worker, in today's language. */
  async #leaveSlip(chosen: Chosen | undefined): Promise<void> {
    const device = this.#around.keys.id;
    if (chosen === undefined) return this.#bell.leave(device, undefined);
    const name = caredFor(this.#of)[0]?.name.peek() ?? "";
    const say = await sayAll(device, chosen, name);
    const done = this.done.peek() ? this.#workerDay : (await this.#bell.slip(device))?.done;
    await this.#bell.leave(device, { profile: this.#of.profile.id, say, ...(done && { done }) });
  }

  /** "Done" on a notification becomes a record; a mark goes when that is durable. */
  async #takeMarks(): Promise<void> {
    const device = this.#around.keys.id;
    for (const mark of await this.#bell.marks(device)) {
      const care = caredFor(this.#of).find((each) => planOf(each));
      if (care === undefined) return;
      const day = mark.day === this.#workerDay ? this.#of.today.peek() : mark.day;
      if (!isDoneOn(care, day)) await this.#of.write(care.circle, sessionOf(care, day, mark.at));
      await this.#bell.forget(device, mark);
    }
  }

  // -- at the server -----------------------------------------------------------------------------

  /** Leave the slip, and tell the server what it does not know yet. */
  #settle(): void {
    this.#then(async () => {
      await this.#leaveSlip(this.#row.chosen);
      this.#remind();
    });
    this.#serverTurn = this.#serverTurn
      .then(() => this.#turn)
      .then(() => this.#tellServer())
      .catch((error: unknown) => {
        if (!(error instanceof NotTaken)) return;
        this.told.value = "failed";
        this.#restsTill = this.#around.phone.nowMs() + REST_MS;
      });
  }

  async #tellServer(): Promise<void> {
    const chosen = this.#standing(this.#row.chosen);
    if (chosen === undefined) await this.#takeBack();
    else if (this.allowed.peek() === "yes") await this.#tell(chosen);
    else this.told.value = "off";
  }

  async #tell(chosen: Chosen): Promise<void> {
    const { told } = this.#row;
    const today = this.#of.today.peek();
    const now = this.#around.phone.nowMs();
    // A clock that was set back makes the rest look long.
    if (now < this.#restsTill && this.#restsTill <= now + REST_MS) return;
    const isDue = told?.day !== today;
    if (this.told.peek() !== "there") this.told.value = "waits";
    const key = isDue ? await this.#serverKey() : told.key;
    const subscription = await this.#subscribe(key);
    if (isDue || told.endpoint !== subscription.endpoint) {
      await this.#put("/push/subscription", { ...subscription, key });
    }
    const schedule = scheduleOf(chosen, this.#bell.zone());
    const text = JSON.stringify(schedule);
    if (isDue || told.schedule !== text) await this.#put("/reminders", schedule);
    const { endpoint } = subscription;
    await this.#keep({ told: { day: today, key, endpoint, schedule: text } });
    this.told.value = "there";
  }

  async #takeBack(): Promise<void> {
    this.told.value = "off";
    if (this.#row.told === undefined) return;
    for (const path of ["/reminders", "/push/subscription"]) await this.#put(path, undefined);
    const { told: _, ...rest } = this.#row;
    this.#row = rest;
    await this.#keep({});
  }

  async #serverKey(): Promise<string> {
    const { status, json } = await this.#around.ask("/push/key");
    const { key } = Object(json) as { readonly key?: unknown };
    if (status !== 200 || typeof key !== "string") throw new NotTaken();
    return key;
  }

  async #subscribe(key: string) {
    const { phone } = this.#around;
    let stop = () => {};
    const late = new Promise<never>((_, reject) => {
      stop = phone.after(SUBSCRIBE_MS, () => reject(new NotTaken()));
    });
    const made = this.#bell.subscribe(key).catch(() => Promise.reject(new NotTaken()));
    return Promise.race([made, late]).finally(() => stop());
  }

  /** Put, or with nothing to put delete. */
  async #put(path: string, value: object | undefined): Promise<void> {
    const question = value ? { method: "PUT", body: JSON.stringify(value) } : { method: "DELETE" };
    const { status } = await this.#around.ask(path, question);
    if (status >= 300 && !(status === 404 && value === undefined)) throw new NotTaken();
  }

  async #keep(part: Partial<RemindingRow>): Promise<void> {
    this.#row = { ...this.#row, ...part };
    await this.#around.shelf.put("reminding", this.#row);
  }

  /** In its turn; what does not succeed is tried again at the next start. */
  #then(act: () => Promise<void>): void {
    this.#turn = this.#turn.then(act).catch(() => {});
  }
}

const pad = (n: number) => String(n).padStart(2, "0");

function isPaused({ paused }: Chosen, today: string): boolean {
  return paused === "always" || (paused !== undefined && today < paused);
}

/** Circles in which this person exercises, or does so with somebody. */
function caredFor({ cares }: Reminded): readonly Care[] {
  return cares.value.filter(({ role }) => role === "patient" || role === "caregiver");
}

/** The day on which the programme goes on everywhere, as it was wished; undefined: it goes on now. */
function restTill(of: Reminded): string | "always" | undefined {
  const days = caredFor(of).map(({ diary }) => {
    const wish = wishOn(diary.value, of.today.value)?.value;
    return wish && goesOnFrom(wish);
  });
  if (days.length === 0 || days.includes(undefined)) return undefined;
  return days.sort()[0];
}

function isDoneOn({ sessions }: Care, day: string): boolean {
  return sessions.value.some(({ value }) => value.day === day && value.done !== "none");
}

function planOf({ plans }: Care): { readonly id: string; readonly value: Plan } | undefined {
  return [...plans.value].sort((one, other) => one.value.lam - other.value.lam).at(-1);
}

/** All of the plan was done; pain and effort were not asked. */
function sessionOf(care: Care, day: string, at: number) {
  const plan = planOf(care);
  const items = (plan?.value.items ?? []).map(({ exercise, sets }) => ({
    exercise,
    sets_done: sets,
  }));
  const done = { day, performed_at: at, done: "all", items, pain: {} } as const;
  return { type: "session", ...done, ...(plan && { plan: plan.id }) } as const;
}

/** As the server wants it: docs/protocol.md, "Reminders". */
export function scheduleOf(chosen: Chosen, zone: string): Schedule {
  const { time, weekdays, nudge, quiet, paused, notes } = chosen;
  const times = Object.fromEntries(weekdays.map((weekday) => [String(weekday), time]));
  return {
    zone,
    times,
    ...(nudge !== undefined && { nudge }),
    ...(quiet && { quiet }),
    ...(paused !== undefined && { paused }),
    notes,
  };
}
