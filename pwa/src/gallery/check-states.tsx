/** Something is wrong: the questions, the cards, with and without numbers to call. */
import type { ComponentChildren } from "preact";
import type { Contacts } from "../records.gen";
import { PatientRooms } from "../rooms/patient";
import { QUESTIONS } from "../safety/questions";
import { type CheckStep, show } from "../ui/route";
import { at, byStaff, type CareParts, care, fakeClient, TODAY } from "./fake";

const STAMP = { lam: 1, at: at(TODAY, 9), tz_min: 120 };

export const CARD: Contacts = {
  type: "contacts",
  ...STAMP,
  emergency: "112",
  contacts: [
    { name: "Hill Road Clinic", phone: "+254 20 123 4567", hours: "8 to 17, not on Sunday" },
    { name: "Wilhelmina-Anastasia Oluwaseun-Papadopoulou", phone: "+254 733 000 111" },
  ],
};

/** A question by its place. */
function asked(step: CheckStep, parts: CareParts = {}): () => ComponentChildren {
  return () => {
    show({ room: "wrong", step });
    return <PatientRooms client={fakeClient({ cares: [care(parts)] })} />;
  };
}

/** As `asked`, after the answers were tapped: a no to all before `place`, there not sure. */
function answered(place: number, parts: CareParts = {}): () => ComponentChildren {
  return () => {
    show({ room: "wrong" });
    const tap = (name: string) =>
      document.querySelector<HTMLElement>(`[data-testid="check-${name}"]`)?.click();
    const next = (left: number) => {
      if (document.querySelector('[data-testid="check"]') === null) {
        setTimeout(() => next(left), 20);
        return;
      }
      tap(left > 0 ? "no" : "not_sure");
      if (left > 0) setTimeout(() => next(left - 1), 20);
    };
    setTimeout(() => next(place), 20);
    return <PatientRooms client={fakeClient({ cares: [care(parts)] })} />;
  };
}

const WITH_CARD: CareParts = { others: [byStaff(CARD)] };
const placeOf = (level: string) => QUESTIONS.findIndex((one) => one.level === level);

export const CHECK_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  wrong: asked(0),
  "wrong-help": asked("call", WITH_CARD),
  "wrong-help-none": asked("call"),
  "wrong-emergency": answered(0, WITH_CARD),
  "wrong-emergency-none": answered(0),
  "wrong-same-day": answered(placeOf("same_day"), WITH_CARD),
  "wrong-tell-first": answered(placeOf("tell_first"), WITH_CARD),
};
