/**
 * A client that holds what it is given and calls nobody: for the gallery and the screen tests.
 *
 * Writes land in its signals like real ones do, as records "on this phone".
 */
import { type Signal, signal } from "@preact/signals";
import type {
  Care,
  Client,
  Door,
  Draft,
  Drafts,
  LinkView,
  Locks,
  LockView,
  Note,
  Opened,
  Pain,
  PainAnswer,
  Place,
  Plan,
  ProfileView,
  Reminder,
  Role,
  Session,
  SyncStatus,
  Taken,
} from "../client";
import { kindOf } from "../client/shapes";
import type { Elsewhere, Handed, Waiting } from "../elsewhere";
import { planFrom, STARTER_PLANS } from "../library/starter";
import type { Media } from "../media";
import type { Card, Members } from "../members";
import type { AnyRecord } from "../records.gen";
import type { Reminding } from "../reminding";
import type { Sending } from "../sending";
import { dayAfter } from "../words/dates";
import { type FakeVoices, fakeMedia } from "./fake-media";
import { fakeCard, fakeMembers } from "./fake-members";
import { fakeReminding } from "./fake-reminding";
import { fakeSending } from "./fake-sending";

/** A Monday; the gallery's clock stands at 18:42 in a zone two hours east. */
export const TODAY = "2025-11-17";
const TZ_MIN = 120;

/** Unix seconds of `hours` o'clock on `day`, where the patient is. */
export function at(day: string, hours: number): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000 + hours * 3600 - TZ_MIN * 60;
}

let counter = 0;

function opened<T>(kind: string, value: T, place: Place, mine: boolean): Opened<T> {
  counter += 1;
  const id = `${kind}:2511:dgallery:c${String(counter).padStart(6, "0")}`;
  return { id, value, place, author: mine ? "me" : "m-other", mine };
}

/** The same record, written by a therapist. */
export function byStaff<T extends AnyRecord>(value: T, mine = false): Opened<T> {
  return { ...opened(kindOf(value.type), value, "server", mine), staff: true };
}

const stamp = (day: string, hours: number) => ({ lam: 1, at: at(day, hours), tz_min: TZ_MIN });

interface Told {
  readonly worst?: PainAnswer;
  readonly effort?: PainAnswer;
  readonly done?: Session["done"];
  readonly items?: Session["items"];
  readonly place?: Place;
  readonly mine?: boolean;
}

/** A session `ago` days before today. */
export function session(ago: number, told: Told = {}): Opened<Session> {
  const day = dayAfter(TODAY, -ago);
  const value: Session = {
    type: "session",
    ...stamp(day, 18.7),
    day,
    performed_at: at(day, 18.7),
    done: told.done ?? "all",
    items:
      told.items ?? kneePlan().items.map(({ exercise, sets }) => ({ exercise, sets_done: sets })),
    pain: told.worst === undefined ? {} : { worst: told.worst },
    ...(told.effort === undefined ? {} : { effort: told.effort }),
  };
  return opened("ev", value, told.place ?? "server", told.mine ?? true);
}

/** A morning answer `ago` days before today. */
export function morning(ago: number, score: PainAnswer, mine = true): Opened<Pain> {
  const day = dayAfter(TODAY, -ago);
  const value: Pain = {
    type: "pain",
    ...stamp(day, 6.2),
    day,
    performed_at: at(day, 6.2),
    context: "morning",
    score,
  };
  return opened("ev", value, "server", mine);
}

export function note(
  ago: number,
  text: string,
  mine = false,
  place: Place = "server",
): Opened<Note> {
  return opened("nt", { type: "note", ...stamp(dayAfter(TODAY, -ago), 9), text }, place, mine);
}

export function kneePlan(): Plan {
  const starter = STARTER_PLANS.find(({ id }) => id === "knee");
  if (!starter) throw new Error("no knee plan");
  return { type: "plan", ...stamp(dayAfter(TODAY, -20), 10), ...planFrom(starter, "Knee") };
}

export function plan(value: Plan = kneePlan()): Opened<Plan> {
  return opened("pl", value, "server", false);
}

export interface CareParts {
  readonly circle?: string;
  readonly purpose?: "patient" | "clinic";
  readonly role?: Role;
  readonly name?: string;
  readonly therapist?: string;
  readonly joined?: boolean;
  readonly isOut?: boolean;
  readonly closedAt?: number;
  readonly asking?: number;
  readonly checking?: boolean;
  readonly awaited?: boolean;
  readonly plans?: readonly Opened<Plan>[];
  readonly pastPlans?: readonly Opened<Plan>[];
  readonly sessions?: readonly Opened<Session>[];
  readonly pains?: readonly Opened<Pain>[];
  readonly notes?: readonly Opened<Note>[];
  /** Records of other types. */
  readonly others?: readonly Opened<AnyRecord>[];
  readonly taken?: readonly Taken[];
}

interface FakeCare extends Care {
  readonly closedAt: Signal<number>;
  readonly diary: Signal<readonly Opened<AnyRecord>[]>;
  readonly taken: Signal<readonly Taken[]>;
  readonly sessions: Signal<readonly Opened<Session>[]>;
  readonly pains: Signal<readonly Opened<Pain>[]>;
  readonly notes: Signal<readonly Opened<Note>[]>;
  readonly plans: Signal<readonly Opened<Plan>[]>;
  readonly pastPlans: Signal<readonly Opened<Plan>[]>;
}

export function care(parts: CareParts = {}): FakeCare {
  counter += 1;
  const { plans = [plan()], sessions = [], pains = [], notes = [], others = [] } = parts;
  return {
    circle: parts.circle ?? `cgallery${counter}`,
    purpose: parts.purpose ?? "patient",
    role: parts.role ?? "patient",
    name: signal(parts.name ?? "Amina"),
    therapist: signal(parts.therapist ?? "Rosa"),
    joined: signal(parts.joined ?? true),
    isOut: signal(parts.isOut ?? false),
    closedAt: signal(parts.closedAt ?? 0),
    asking: signal(parts.asking ?? 0),
    checking: signal(parts.checking ?? false),
    awaited: signal(parts.awaited ?? false),
    diary: signal([...plans, ...sessions, ...pains, ...notes, ...others]),
    taken: signal(parts.taken ?? []),
    plans: signal(plans),
    pastPlans: signal(parts.pastPlans ?? []),
    sessions: signal(sessions),
    pains: signal(pains),
    notes: signal(notes),
  };
}

export const CALM: SyncStatus = {
  state: "idle",
  unsent: 0,
  lastContact: at(TODAY, 18.5),
  refused: [],
  reason: "",
};

export interface FakeParts {
  readonly cares?: readonly FakeCare[];
  readonly sync?: Partial<SyncStatus>;
  readonly role?: Role;
  readonly members?: Members;
  readonly card?: Card;
  readonly needsCard?: boolean;
  readonly sending?: Sending;
  readonly reminding?: Reminding;
  readonly reminder?: Partial<Reminder>;
  readonly media?: FakeVoices;
  readonly elsewhere?: Elsewhere;
  /** What a phone keeps of unsaved answers, by circle. */
  readonly drafts?: Map<string, string>;
  /** Every write and every request is refused. */
  readonly broken?: boolean;
}

/** Show one more record in a circle: corrections take effect as they do in a fold. */
function appear(circle: FakeCare, record: Opened<AnyRecord>): void {
  const { value } = record;
  const before = circle.diary.peek();
  const target = value.type === "void" && before.find(({ id }) => id === value.target);
  if (target && value.type === "void") {
    const gone = { ...target, takenAt: value.at, why: value.reason ?? "mistake" };
    circle.taken.value = [...circle.taken.peek(), gone];
  }
  const others = value.type === "plan" ? before.filter((one) => one.value.type !== "plan") : before;
  circle.diary.value = corrected(others, record);
  if (value.type === "plan") {
    circle.pastPlans.value = [...circle.pastPlans.peek(), ...circle.plans.peek()];
  }
  const only = <T extends AnyRecord>(type: T["type"]) =>
    circle.diary.value.filter((one): one is Opened<T> => one.value.type === type);
  circle.plans.value = only<Plan>("plan");
  circle.sessions.value = only<Session>("session");
  circle.pains.value = only<Pain>("pain");
  circle.notes.value = only<Note>("note");
}

function corrected(
  all: readonly Opened<AnyRecord>[],
  record: Opened<AnyRecord>,
): readonly Opened<AnyRecord>[] {
  const { value } = record;
  if (value.type === "void") return all.filter(({ id }) => id !== value.target);
  if (value.type !== "amend") return [...all, record];
  const drop = new Set<string>(value.drop);
  return all.map((one) => {
    if (one.id !== value.target) return one;
    const kept = Object.entries({ ...one.value, ...value.values }).filter(
      ([name]) => !drop.has(name),
    );
    const changed = Object.fromEntries(kept) as unknown as AnyRecord;
    return { ...one, place: "phone", value: changed, was: { value: one.value, at: value.at } };
  });
}

/** A phone with these others, on which that waits. */
export function fakeElsewhere(
  others: readonly ProfileView[] = [],
  waiting: readonly Waiting[] = [],
): Elsewhere & { readonly given: [string, Handed][] } {
  let left = waiting;
  const given: [string, Handed][] = [];
  return {
    given,
    profiles: async () => others,
    give: async (profile, _, told) => {
      given.push([profile, told]);
    },
    waiting: async () => left,
    drop: async (id) => {
      left = left.filter((one) => one.id !== id);
    },
  };
}

/** Drafts in memory, or in what a phone keeps when the app is killed. */
function fakeDrafts(kept = new Map<string, string>()): Drafts {
  return {
    read: async (circle) => kept.get(circle),
    keep: async (circle, text) => {
      if (text === undefined) kept.delete(circle);
      else kept.set(circle, text);
    },
  };
}

/** A client over the given cares; writes appear in them at once. */
export function fakeClient(parts: FakeParts = {}): Client & { readonly calls: string[] } {
  const cares = signal<readonly FakeCare[]>(parts.cares ?? [care()]);
  const calls: string[] = [];
  const of = (circle: string): FakeCare => {
    const found = cares.peek().find((each) => each.circle === circle);
    if (!found) throw new Error("no such circle");
    return found;
  };
  const act = (what: string) => {
    calls.push(what);
    if (parts.broken) throw new Error("broken on purpose");
  };
  const made = new Map<string, Media>();
  const head = { lam: 2, at: at(TODAY, 18.7), tz_min: TZ_MIN };
  const put = (circle: string, draft: Draft): string => {
    const made = opened(kindOf(draft.type), { ...head, ...draft } as AnyRecord, "phone", true);
    const isStaff = of(circle).role === "therapist" || of(circle).role === "admin";
    const record = isStaff ? { ...made, staff: true as const } : made;
    appear(of(circle), record);
    return record.id;
  };
  return {
    calls,
    profile: { id: "pgallery", picture: "leaf", role: parts.role ?? "patient" },
    ended: signal(false),
    cares,
    sync: signal({ ...CALM, ...parts.sync }),
    today: signal(TODAY),
    drafts: fakeDrafts(parts.drafts),
    async logSession(circle, input) {
      act(`logSession ${JSON.stringify(input)}`);
      return put(circle, { type: "session", ...input });
    },
    async logPain(circle, input) {
      act(`logPain ${JSON.stringify(input)}`);
      return put(circle, { type: "pain", ...input });
    },
    async writeNote(circle, text) {
      act(`writeNote ${text}`);
      return put(circle, { type: "note", text });
    },
    async writePlan(circle, input) {
      act(`writePlan ${JSON.stringify(input)}`);
      return put(circle, { type: "plan", ...input });
    },
    async write(circle, draft) {
      act(`write ${JSON.stringify(draft)}`);
      return put(circle, draft);
    },
    async createPatient(name, input) {
      act(`createPatient ${name}`);
      const made = waiting(name, plan({ type: "plan", ...head, ...input }));
      cares.value = [...cares.peek(), made];
      return { circle: made.circle, link: LINK };
    },
    async invitePatient(circle) {
      act(`invitePatient ${circle}`);
      return LINK;
    },
    async members(circle) {
      act(`members ${circle}`);
      return parts.members ?? fakeMembers();
    },
    async setClosed(circle, isClosed) {
      act(`setClosed ${isClosed}`);
      of(circle).closedAt.value = isClosed ? head.at : 0;
    },
    card: async () => parts.card ?? fakeCard(),
    needsCard: signal(parts.needsCard ?? false),
    async media(circle) {
      made.set(circle, made.get(circle) ?? fakeMedia((draft) => put(circle, draft), parts.media));
      return made.get(circle) as Media;
    },
    syncNow: async () => act("syncNow"),
    sending: async () => parts.sending ?? fakeSending(),
    reminder: signal({ isOffered: false, due: "", ...parts.reminder }),
    reminding: async () => parts.reminding ?? fakeReminding(),
    elsewhere: async () => parts.elsewhere ?? fakeElsewhere(),
    close: async () => act("close"),
  };
}

/** A new patient whose phone has not joined. */
function waiting(name: string, first: Opened<Plan>): FakeCare {
  return care({ name, role: "therapist", joined: false, plans: [first] });
}

export const LINK = "https://clinic.example/#j1.c7Qm2rT0v9LkX4nBzPfA1uQ.Gk3_ZtYb0aWq9sLmN2xC4w";

/** Locks in memory: `PIN` opens, everything else is refused; without `view` there is none. */
export function fakeLocks(
  view: Partial<LockView> | undefined,
  client: Client = fakeClient(),
): Locks {
  const free = { left: 4, waitS: 0, byPhone: false, needed: false, idleS: 300, whenHidden: true };
  const check = (pin: string) => {
    if (pin !== PIN) throw Object.assign(new Error(), { name: "PinRefused", left: 3, waitS: 0 });
    return client;
  };
  return {
    view: async () => view && { digits: PIN.length, ...free, ...view },
    unlock: async (_, pin) => check(pin),
    unlockByPhone: async () => client,
    put: async (_, _pin, old = PIN) => check(old),
    take: async (_, pin) => check(pin),
    setTiming: async () => undefined,
    phoneCan: async () => true,
    setByPhone: async (_, pin) => void check(pin),
    wipe: async () => undefined,
  };
}

/** The number of every lock of the gallery. */
export const PIN = "4711";

/** Twelve digits that two people compare. */
export const DIGITS = "042719385561";

/** What a new phone shows to one beside it. */
export const BESIDE = `rj1-pub.${"eyJrZW0iOiJQMjU2Iiwia3BrIjoi".repeat(10)}`;

/** A door that shows `view` and opens `client`. */
export function fakeDoor(
  view: LinkView,
  profiles: readonly ProfileView[] = [],
  client: Client = fakeClient(),
  lock: Partial<LockView> | undefined = undefined,
): Door {
  return {
    profiles: async () => profiles,
    open: async () => client,
    locks: async () => fakeLocks(lock, client),
    look: async () => view,
    found: async () => client,
    join: async () => client,
    ask: async () => ({ digits: DIGITS, opened: new Promise(() => {}), stop: () => {} }),
    asked: async () => [],
    recover: async () => client,
    beside: async () => ({ code: BESIDE, enter: async () => client }),
  };
}
