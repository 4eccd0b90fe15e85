/** Correcting, taking back, handing on, exercise by exercise; and what clinicians do for safety. */
import type { ComponentChildren } from "preact";
import type { Check } from "../records.gen";
import { PatientRooms } from "../rooms/patient";
import { SigningRoom } from "../rooms/signing";
import { TherapistRooms } from "../rooms/therapist";
import { type Route, show } from "../ui/route";
import { CARD } from "./check-states";
import {
  at,
  byStaff,
  care,
  fakeClient,
  fakeElsewhere,
  kneePlan,
  morning,
  plan,
  session,
  TODAY,
} from "./fake";

const ONE = {
  ...session(0, { worst: 4, effort: 5 }),
  was: { value: session(0, { worst: 7, effort: 5 }).value, at: at(TODAY, 19) },
};
const GONE = { ...session(2, { worst: 8 }), takenAt: at(TODAY, 19), why: "mistake" } as const;
const ELSE = { ...GONE, id: "ev:2", why: "someone_else" } as const;
const LEAF = { id: "p-leaf", picture: "leaf", role: "patient" } as const;
const BOAT = { id: "p-boat", picture: "boat", role: "patient" } as const;
const WAITING = {
  type: "session",
  day: TODAY,
  performed_at: at(TODAY, 8),
  done: "all",
  items: [],
  pain: { worst: 0 },
} as const;

function loaded() {
  const items = kneePlan().items.map((item) => ({ ...item, load: "red band" }));
  return plan({ ...kneePlan(), items });
}

function patient(route: Route, others = [LEAF, BOAT] as readonly (typeof LEAF | typeof BOAT)[]) {
  return (): ComponentChildren => {
    const circle = care({
      plans: [loaded()],
      sessions: [ONE],
      pains: [morning(0, "not_said")],
      taken: [GONE, ELSE],
    });
    const waiting = [{ id: "w", told: { ...WAITING, items: [] } }];
    const elsewhere = fakeElsewhere(others, route.room === "home" ? waiting : []);
    show(route);
    return <PatientRooms client={fakeClient({ cares: [circle], elsewhere })} />;
  };
}

const CHECKED: Check = {
  type: "check",
  lam: 1,
  at: at(TODAY, 9),
  tz_min: 120,
  day: TODAY,
  performed_at: at(TODAY, 9),
  texts: "x".repeat(43),
  answers: [{ question: "bladder", answer: "not_sure" }],
  advice: "emergency",
};

function desk(route: Route) {
  return (): ComponentChildren => {
    const { staff: _, ...alarm } = byStaff(CHECKED);
    const clinic = care({
      purpose: "clinic",
      role: "admin",
      name: "Hill Road",
      others: [byStaff(CARD)],
    });
    const amina = care({
      circle: "c-alarm",
      role: "therapist",
      sessions: [{ ...ONE, mine: false }],
      pains: [morning(0, 6, false)],
      others: [alarm],
      taken: [GONE, ELSE],
    });
    const calm = care({ role: "therapist", name: "Zuri", sessions: [session(0, { mine: false })] });
    const client = fakeClient({ role: "therapist", cares: [clinic, calm, amina] });
    show(route);
    const isSigning = route.room === "contacts" || route.room === "texts";
    return isSigning ? <SigningRoom client={client} /> : <TherapistRooms client={client} />;
  };
}

export const TELLING_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  told: patient({ room: "told", id: ONE.id }),
  "told-worst": patient({ room: "told", id: ONE.id, step: "worst" }),
  "told-which": patient({ room: "told", id: ONE.id, step: "done" }),
  "told-when": patient({ room: "told", id: ONE.id, step: "day" }),
  "told-else": patient({ room: "told", id: ONE.id, step: "else" }),
  "told-else-nobody": patient({ room: "told", id: ONE.id, step: "else" }, []),
  "days-corrected": patient({ room: "days" }),
  "today-handed": patient({ room: "home" }),
  each: patient({ room: "each", at: 2 }),
  "log-before": patient({ room: "log", step: "before" }),
  "signing-contacts": desk({ room: "contacts" }),
  "signing-texts": desk({ room: "texts" }),
  "signing-read": desk({ room: "texts", set: "red-flags", language: "ar" }),
  "desk-alarm": desk({ room: "home" }),
  "desk-alarm-patient": desk({ room: "patient", circle: "c-alarm" }),
};
