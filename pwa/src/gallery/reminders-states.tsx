/** The room of reminders, in the states that press on its screens. */
import type { ComponentChildren } from "preact";
import type { Chosen } from "../reminding";
import { PatientRooms } from "../rooms/patient";
import { RemindersRoom } from "../rooms/reminders";
import { FIRST } from "../rooms/reminders/choose";
import { type Route, show } from "../ui/route";
import { at, care, fakeClient, kneePlan, plan } from "./fake";
import { type FakeRemindingParts, fakeReminding } from "./fake-reminding";

type Step = Extract<Route, { room: "reminders" }>["step"];

const PROPOSED = { times: ["07:30", "19:00"], weekdays: [1, 3, 5] };
export const CHOSEN: Chosen = { ...FIRST, time: "18:30", weekdays: [1, 2, 4, 6] };

/** The room with what is chosen and allowed; `proposed` by somebody with a long name. */
function room(step: Step, parts: FakeRemindingParts, isProposed = false) {
  return (): ComponentChildren => {
    show({ room: "reminders", ...(step && { step }) });
    const plans = [plan({ ...kneePlan(), ...(isProposed && { reminder: PROPOSED }) })];
    const therapist = "Maria Rosa Fernández de la Cruz";
    const cares = [care({ plans, ...(isProposed && { therapist }) })];
    return <RemindersRoom client={fakeClient({ cares, reminding: fakeReminding(parts) })} />;
  };
}

const yes = { chosen: CHOSEN, allowed: "yes", next: at("2025-11-18", 18.5) } as const;

export const REMINDERS_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  "remind-choose": room("choose", {}),
  "remind-proposed": room(undefined, {}, true),
  "remind-ask": room("ask", { chosen: CHOSEN }),
  "remind-there": room(undefined, { ...yes, told: "there" }),
  "remind-waits": room(undefined, { ...yes, told: "waits" }),
  "remind-failed": room(undefined, { ...yes, told: "failed" }),
  "remind-paused": room(undefined, { ...yes, chosen: { ...CHOSEN, paused: "2025-11-24" } }),
  "remind-not-yet": room(undefined, { chosen: CHOSEN, allowed: "ask" }),
  "remind-denied": room(undefined, { chosen: CHOSEN, allowed: "no" }),
  "remind-home": room(undefined, { chosen: CHOSEN, allowed: "home" }),
  "remind-never": room(undefined, { chosen: CHOSEN, allowed: "never" }),
  "remind-more": room("more", { ...yes, told: "there" }),
  "today-due": () => {
    show({ room: "home" });
    return <PatientRooms client={fakeClient({ reminder: { due: "18:30" } })} />;
  },
};
