/** Every screen in the states that press on it: full, empty, offline, refused, very long names. */
import type { ComponentChildren } from "preact";
import type { Client, LinkView, LockView, ProfileView, SyncStatus } from "../client";
import { DoorRoom, type DoorState } from "../rooms/door/door";
import { KeysNeeded, Locked, LockRoom, SomeoneNew } from "../rooms/lock";
import type { Step } from "../rooms/lock/room";
import { PatientRooms } from "../rooms/patient";
import { answered, type Draft, draftOf, filled, setDraft } from "../rooms/patient/draft";
import { lastSaved } from "../rooms/patient/log";
import { TherapistRooms } from "../rooms/therapist";
import { rememberLink } from "../rooms/therapist/links";
import { hide } from "../ui/hide";
import { type Route, show } from "../ui/route";
import { addWords, t } from "../words";
import { enAlarms } from "../words/en-alarms";
import { CARE_STATES } from "./care-states";
import { CHECK_STATES } from "./check-states";
import { DESK_STATES } from "./desk-states";
import {
  at,
  type CareParts,
  care,
  fakeClient,
  fakeDoor,
  LINK,
  morning,
  note,
  plan,
  session,
  TODAY,
} from "./fake";
import { Figures } from "./figures";
import { MEMBER_STATES } from "./member-states";
import { RECORD_STATES } from "./record-states";
import { REMINDERS_STATES } from "./reminders-states";
import { SENDING_STATES } from "./sending-states";
import { TELLING_STATES } from "./telling-states";

export const LONG_NAME = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const LONG_NOTE = `Good work this week. The squat may be too deep, so bend only a little.\n\n${"Sit on the higher chair for now. ".repeat(6)}Donaudampfschifffahrtsgesellschaftskapitän`;

const WEEK = {
  sessions: [
    session(18, { worst: 6, effort: 7 }),
    session(16, { worst: 5, effort: 5 }),
    session(14, { worst: "not_said", effort: "not_said" }),
    session(12, { worst: 4, effort: 5 }),
    session(11, { worst: 5, effort: 5 }),
    session(10, { worst: 3, effort: 2 }),
    session(7, {
      worst: 7,
      effort: 10,
      done: "some",
      items: [
        { exercise: "kn02", sets_done: 3 },
        { exercise: "kn04", sets_done: 3 },
        { exercise: "kn05", sets_done: 1, reason: "too_hard" },
        { exercise: "an02", sets_done: 0, reason: "pain" },
        { exercise: "ba02", sets_done: 1 },
      ],
    }),
    session(5, {
      done: "none",
      items: [
        { exercise: "kn02", sets_done: 0, reason: "no_time" },
        { exercise: "kn04", sets_done: 0, reason: "no_time" },
      ],
    }),
    session(3, { worst: 2, effort: 2 }),
    session(1, { worst: 0, effort: 0, place: "phone" }),
  ],
  pains: [17, 15, 13, 11, 10, 9, 6, 4, 2].map((ago, i) =>
    morning(ago, [4, 4, 3, 3, "not_said", 2, 5, 2, 1][i] as number),
  ),
};

const theirs = <T extends { mine: boolean }>(records: readonly T[]): T[] =>
  records.map((record) => ({ ...record, mine: false, place: "server" }));
const HERS = { sessions: theirs(WEEK.sessions), pains: theirs(WEEK.pains) };

interface Scene {
  readonly client: Client;
  readonly route?: Route;
  readonly draft?: (draft: Draft) => Draft;
  readonly saved?: Parameters<typeof setSaved>[0];
}

type Build = () => ComponentChildren;

function patient(
  parts: CareParts,
  route: Route = { room: "home" },
  more: Partial<SyncStatus> = {},
  draft?: Scene["draft"],
): Build {
  return () => {
    const one = care(parts);
    const client = fakeClient({ cares: [one], sync: more });
    show(route);
    if (draft) setDraft(draft(draftOf(one.circle, TODAY)));
    return <PatientRooms client={client} />;
  };
}

function setSaved(
  done: "all" | "some" | "none",
  worst: number | "not_said" | undefined,
  id: string,
): void {
  lastSaved.value = { id, done, worst, at: at(TODAY, 18.7) };
}

function saved(
  worst: number | "not_said" | undefined,
  place: "phone" | "server",
  done: "all" | "none" = "all",
  parts: CareParts = {},
): Build {
  return () => {
    const record = session(0, { ...(worst === undefined ? {} : { worst }), place, done });
    const client = fakeClient({
      cares: [care({ ...WEEK, sessions: [...WEEK.sessions, record], ...parts })],
    });
    setSaved(done, worst, record.id);
    show({ room: "log", step: "saved" });
    return <PatientRooms client={client} />;
  };
}

function begun(draft: Draft): Draft {
  return { ...filled(draft, plan().value.items), worst: 3 };
}

const TWO_DONE = (draft: Draft): Draft =>
  answered(answered(answered(draft, 0, { sets_done: 3 }), 1, { sets_done: 3 }), 2, {
    sets_done: 1,
    reason: "too_hard",
  });

function door(state: DoorState): Build {
  return () => (
    <DoorRoom
      door={fakeDoor({ kind: "setup" })}
      state={state}
      onOpen={() => undefined}
      onProfile={() => undefined}
      onRetry={() => undefined}
      onLeave={() => undefined}
      onSomeone={() => undefined}
      onCard={() => undefined}
      onBeside={() => undefined}
      onStuck={() => false}
    />
  );
}

/** A locked profile at the door. */
function locked(view: Partial<LockView>, several = false): Build {
  return () => (
    <Locked
      door={fakeDoor({ kind: "setup" }, [], fakeClient(), view)}
      profile={{ id: "leaf", picture: "leaf", role: "patient", locked: true }}
      then={undefined}
      onOpen={() => undefined}
      onLeave={several ? () => undefined : undefined}
      onGone={() => undefined}
    />
  );
}

function lockRoom(begin: Step, view?: Partial<LockView>, more: Partial<SyncStatus> = {}): Build {
  return () => {
    const client = fakeClient({ sync: more });
    hide.value = () => undefined;
    const door = fakeDoor({ kind: "setup" }, [], client, view);
    return <LockRoom door={door} client={client} onOpen={() => undefined} begin={begin} />;
  };
}

function keysNeeded(why: "opaque" | "none"): Build {
  return () => <KeysNeeded why={why} again={async () => fakeClient()} onOpen={() => undefined} />;
}

const FAMILY: readonly ProfileView[] = ["hill", "leaf", "river", "sun", "boat", "bird"].map(
  (picture) => ({ id: picture, picture, role: "patient" }),
);

function link(view: LinkView, profiles: readonly ProfileView[] = []): Build {
  return door({ at: "link", view, fragment: "j1.x.y", profiles });
}

const PATIENTS: readonly CareParts[] = [
  {
    ...HERS,
    name: "Amina",
    circle: "c-amina",
    notes: [note(2, LONG_NOTE, true), note(0, "Thank you. Call me on Thursday.", true, "phone")],
  },
  {
    name: "Joseph",
    sessions: theirs([session(0, { worst: 7, effort: 10 })]),
    pains: theirs([morning(0, 6)]),
  },
  { name: LONG_NAME, sessions: theirs([session(9, { worst: "not_said" })]) },
  { name: "محمد عبد الرحمن", sessions: theirs([session(1, { worst: 0, effort: 2 })]) },
  { name: "Mei", sessions: [] },
  { name: "Tomas", joined: false, circle: "c-tomas" },
  { name: "", joined: false },
];

function desk(
  route: Route = { room: "home" },
  parts: readonly CareParts[] = PATIENTS,
  more: Partial<SyncStatus> = {},
  before?: (client: Client) => void,
): Build {
  return () => {
    const cares = parts.map((each) => care({ role: "therapist", ...each }));
    const client = fakeClient({ role: "therapist", cares, sync: more });
    before?.(client);
    show(route);
    return <TherapistRooms client={client} />;
  };
}

const OFFLINE: Partial<SyncStatus> = {
  state: "offline",
  unsent: 4,
  lastContact: at("2025-11-14", 10.5),
};
// What the phone says of the network, in the language that the picture is in.
addWords(enAlarms);
const REFUSED: Partial<SyncStatus> = {
  unsent: 1,
  refused: [
    {
      id: "ev:2511:d8Kq:c000007",
      get reason() {
        return t("refused.removed");
      },
    },
  ],
};
const TROUBLE: Partial<SyncStatus> = {
  state: "trouble",
  get reason() {
    return t("alarm.busy");
  },
};
/** Getters stay getters: the words are there when the screen is. */
const both = <A extends object, B extends object>(one: A, other: B): A & B =>
  Object.defineProperties({} as A & B, {
    ...Object.getOwnPropertyDescriptors(one),
    ...Object.getOwnPropertyDescriptors(other),
  });

/** Screens by name; the name is the address of the gallery and of the picture. */
export const STATES: Readonly<Record<string, Build>> = {
  "door-starting": door({ at: "starting" }),
  "door-failed": door({ at: "failed", retry: () => undefined }),
  "door-none": door({ at: "chooser", profiles: [] }),
  "door-who": door({ at: "chooser", profiles: FAMILY }),
  "door-who-locked": door({
    at: "chooser",
    profiles: FAMILY.map((each, i) => ({ ...each, locked: i % 2 === 0 })),
  }),
  "door-someone": () => <SomeoneNew onBack={() => undefined} />,
  locked: locked({}, true),
  "locked-long": locked({ digits: 8, byPhone: true }),
  "locked-wait": locked({ left: 0, waitS: 28 }, true),
  "lock-none": lockRoom("home"),
  "lock-set": lockRoom("home", { byPhone: false }),
  "lock-set-needed": lockRoom("home", { needed: true, idleS: 60, whenHidden: false }),
  "lock-new": lockRoom("new"),
  "lock-old": lockRoom("old", {}),
  "lock-take": lockRoom("take", {}),
  wipe: lockRoom("wipe", {}),
  "wipe-unsent": lockRoom("wipe", {}, { unsent: 3 }),
  "keys-pin": keysNeeded("opaque"),
  "keys-none": keysNeeded("none"),
  "door-join": link({ kind: "join", role: "patient", purpose: "patient" }),
  ...CARE_STATES,
  ...CHECK_STATES,
  ...DESK_STATES,
  ...TELLING_STATES,
  ...MEMBER_STATES,
  ...REMINDERS_STATES,
  ...RECORD_STATES,
  ...SENDING_STATES,
  "door-join-ask": link({ kind: "join", role: "patient", purpose: "patient", mode: "approve" }),
  "today-awaited": patient({ plans: [], therapist: "", awaited: true }),
  "today-checking": patient({ ...WEEK, checking: true }),
  "today-asks": patient({ ...WEEK, asking: 1 }),
  "today-out": patient({ ...WEEK, isOut: true }),
  "door-join-shared": link(
    { kind: "join", role: "patient", purpose: "patient" },
    FAMILY.slice(0, 3),
  ),
  "door-join-therapist": link({ kind: "join", role: "therapist", purpose: "patient" }),
  "door-setup": link({ kind: "setup" }),
  "door-incomplete": link({ kind: "broken", why: "incomplete" }),
  "door-used": link({ kind: "broken", why: "used" }, FAMILY.slice(0, 1)),
  "door-expired": link({ kind: "broken", why: "expired" }),
  "door-unknown": link({ kind: "broken", why: "unknown" }),
  "door-offline": link({ kind: "broken", why: "offline" }, FAMILY.slice(0, 1)),
  "today-first": patient({}),
  install: patient({}, { room: "install" }),
  "today-offline": patient(
    {
      ...WEEK,
      notes: [note(0, "Good work this week. The squat may be too deep. Bend only a little.")],
    },
    { room: "home" },
    OFFLINE,
    TWO_DONE,
  ),
  "today-finish": patient(
    { ...WEEK, pains: [...WEEK.pains, morning(0, 0)] },
    { room: "home" },
    {},
    begun,
  ),
  "today-saved": patient({ sessions: [session(0, { worst: 1 })], pains: [morning(0, 2)] }),
  "today-refused": patient(
    { therapist: LONG_NAME, notes: [note(3, LONG_NOTE)] },
    { room: "home" },
    REFUSED,
  ),
  "today-trouble": patient({ plans: [plan(), plan()] }, { room: "home" }, TROUBLE),
  more: patient({}, { room: "more" }, OFFLINE),
  "today-no-plan": patient({ plans: [], therapist: "" }, { room: "home" }, OFFLINE),
  exercise: patient({}, { room: "exercise", at: 1 }, {}, TWO_DONE),
  "figures-right": () => <Figures side="right" />,
  "figures-left": () => <Figures side="left" />,
  "plan-on-paper": patient({}, { room: "print" }),
  "exercise-walk": patient(
    {
      plans: [
        plan({
          ...plan().value,
          items: [
            {
              exercise: "bk10",
              sets: 1,
              time_s: 600,
              hold_s: 0,
              rest_s: 0,
              side: "both",
              note: "Flat road only.",
            },
          ],
        }),
      ],
    },
    { room: "exercise", at: 0 },
  ),
  "exercise-no-figure": patient(
    {
      plans: [
        plan({
          ...plan().value,
          items: [{ exercise: "hp01", sets: 3, reps: 12, hold_s: 1, rest_s: 45, side: "left" }],
        }),
      ],
    },
    { room: "exercise", at: 0 },
  ),
  "log-done": patient({}, { room: "log", step: "done" }),
  "log-which": patient({}, { room: "log", step: "which" }, {}, (d) => ({
    ...TWO_DONE(d),
    begun: true,
  })),
  "log-why": patient({}, { room: "log", step: "why" }, {}, (d) => ({
    ...TWO_DONE(d),
    begun: true,
  })),
  "log-pain": patient({}, { room: "log", step: "pain" }, {}, (d) => filled(d, plan().value.items)),
  "log-pain-back": patient({}, { room: "log", step: "pain" }, {}, begun),
  "log-effort": patient({}, { room: "log", step: "effort" }, {}, begun),
  "saved-go": saved(2, "phone"),
  "saved-go-zero": saved(0, "server"),
  "saved-slow": saved(4, "server"),
  "saved-stop": saved(7, "phone"),
  "saved-none": saved(undefined, "phone", "none"),
  "saved-not-said": saved("not_said", "phone", "all", { therapist: LONG_NAME }),
  morning: patient({}, { room: "morning" }),
  "morning-again": patient({ pains: [morning(0, 2)] }, { room: "morning" }),
  days: patient(WEEK, { room: "days" }),
  "days-empty": patient({}, { room: "days" }),
  "days-one": patient(
    { sessions: [session(0, { worst: 0, effort: 5, place: "phone" })] },
    { room: "days" },
  ),
  notes: patient(
    {
      therapist: LONG_NAME,
      notes: [
        note(9, LONG_NOTE),
        note(1, "Thank you, I will try.", true, "phone"),
        note(0, "Good. See you Thursday."),
      ],
    },
    { room: "messages" },
  ),
  "notes-empty": patient({ notes: [] }, { room: "messages" }),
  "status-offline": patient({}, { room: "status" }, OFFLINE),
  "status-refused": patient({}, { room: "status" }, both(TROUBLE, REFUSED)),
  "status-calm": patient({}, { room: "status" }),
  "which-care": () => {
    show({ room: "home" });
    return (
      <PatientRooms client={fakeClient({ cares: [care(), care({ therapist: LONG_NAME })] })} />
    );
  },
  "desk-patients": desk(),
  "desk-empty": desk({ room: "home" }, []),
  "desk-offline": desk({ room: "home" }, PATIENTS, OFFLINE),
  "desk-patient": desk({ room: "patient", circle: "c-amina" }),
  "desk-patient-long": desk(
    { room: "patient", circle: "c-long" },
    [{ ...HERS, name: LONG_NAME, circle: "c-long", plans: [plan(), plan()] }],
    TROUBLE,
  ),
  "desk-waiting": desk({ room: "patient", circle: "c-tomas" }),
  "desk-invite": desk({ room: "patient", circle: "c-tomas" }, PATIENTS, {}, () =>
    rememberLink("c-tomas", LINK),
  ),
  "desk-invite-local": desk({ room: "patient", circle: "c-tomas" }, PATIENTS, {}, () =>
    rememberLink("c-tomas", LINK.replace("clinic.example", "127.0.0.1:8000")),
  ),
  "desk-add": desk({ room: "add" }),
  "desk-plan": desk({ room: "plan", circle: "c-amina" }),
  "desk-status": desk({ room: "status" }, PATIENTS, { ...OFFLINE, ...REFUSED }),
};
