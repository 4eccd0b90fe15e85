/** The therapist's desk in the states that press on it: sixty patients, all calm, two plans at once. */
import type { ComponentChildren } from "preact";
import { TherapistRooms } from "../rooms/therapist";
import { type Route, show } from "../ui/route";
import { dayAfter } from "../words/dates";
import {
  at,
  byStaff,
  type CareParts,
  care,
  fakeClient,
  kneePlan,
  morning,
  plan,
  session,
  TODAY,
} from "./fake";

const NAMES = ["Amina", "Joseph", "Hana", "Tomas", "Mei", "Lucia", "Ibrahim", "Grace", "Omar"];
const LONG = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const THEIRS = { mine: false } as const;

function desk(parts: readonly CareParts[], route: Route = { room: "home" }) {
  return (): ComponentChildren => {
    const cares = parts.map((each) => care({ role: "therapist", ...each }));
    show(route);
    return <TherapistRooms client={fakeClient({ role: "therapist", cares })} />;
  };
}

/** Somebody on track; those of the same number have the same name. */
function calm(i: number): CareParts {
  return {
    name: `${NAMES[i % NAMES.length]} ${String.fromCharCode(65 + (i % 23))}.`,
    sessions: [session(1 + (i % 4), { worst: i % 3, effort: 2, ...THEIRS })],
  };
}

const STAMP = { lam: 1, at: at(TODAY, 9), tz_min: 120 };
const TOLD = { ...STAMP, day: TODAY, performed_at: at(TODAY, 9) };
const ALARM = {
  ...byStaff({
    ...{ type: "check", ...TOLD, texts: "x".repeat(43), advice: "emergency" },
    answers: [{ question: "bladder", answer: "not_sure" }],
  }),
  staff: undefined as never,
};
const WISH = {
  ...byStaff({ type: "wish", ...TOLD, wish: "pause", until: dayAfter(TODAY, 9), reason: "away" }),
  staff: undefined as never,
};
const TOO_HARD = session(1, {
  ...{ worst: 4, effort: 7, done: "some", ...THEIRS },
  items: [
    { exercise: "kn02", sets_done: 3 },
    { exercise: "kn05", sets_done: 1, reason: "too_hard" },
    { exercise: "an02", sets_done: 0, reason: "pain" },
  ],
});

/** Two weeks of a plan, all done, easy and settled. */
const EASY: CareParts = {
  name: "Ibrahim",
  circle: "c-ready",
  sessions: [12, 10, 8, 6, 4, 2].map((ago) =>
    session(ago, { worst: ago % 3, effort: 2, ...THEIRS }),
  ),
  pains: [11, 9, 7, 5, 3, 1].map((ago) => morning(ago, 1, false)),
};

const PRESSING: readonly CareParts[] = [
  { name: "Amina", circle: "c-alarm", others: [ALARM], sessions: [session(1, THEIRS)] },
  { name: "Joseph", sessions: [session(1, THEIRS)], pains: [morning(0, 6, false)] },
  { name: LONG, sessions: [session(0, { worst: 7, effort: 10, ...THEIRS })] },
  { name: "Hana", sessions: [session(9, { worst: 2, ...THEIRS })] },
  { name: "Tomas", sessions: [] },
  { name: "Mei", sessions: [TOO_HARD] },
  { name: "محمد عبد الرحمن", sessions: [session(2, THEIRS)], others: [WISH] },
  { name: "Grace", sessions: [session(2, THEIRS)], asking: 1 },
  EASY,
  { name: "Omar", joined: false },
];

const other = kneePlan();
const TWO_PLANS = [
  plan(),
  plan({ ...other, title: "Knee, easier", days_per_week: 5, items: other.items.slice(0, 3) }),
];

export const DESK_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  "desk-sixty": desk([...PRESSING, ...Array.from({ length: 50 }, (_, i) => calm(i))]),
  "desk-calm": desk([0, 1, 2].map(calm)),
  "desk-danger": desk(PRESSING, { room: "patient", circle: "c-alarm" }),
  "desk-ready": desk([EASY], { room: "patient", circle: "c-ready" }),
  "desk-plan-two": desk([{ name: LONG, circle: "c-two", plans: TWO_PLANS }], {
    room: "plan",
    circle: "c-two",
  }),
};
