/** The rooms of members and of asking, in the states that press on them. */
import type { ComponentChildren } from "preact";
import type { CardView, MembersView } from "../members";
import { Ask } from "../rooms/door/ask";
import { BesideAnother, LookAtAnswer } from "../rooms/door/beside";
import { EnterByCard } from "../rooms/door/card";
import { MembersRoom } from "../rooms/members";
import { Answer, LetInBeside } from "../rooms/members/beside";
import { PaperRoom } from "../rooms/paper";
import { TherapistRooms } from "../rooms/therapist";
import { forPatients } from "../ui/for-patients";
import { type MembersStep, show } from "../ui/route";
import { CLINIC_STATES } from "./clinic-states";
import { care, DIGITS, fakeClient, fakeDoor, TODAY } from "./fake";
import { ANSWER, device, fakeCard, fakeMembers, membersView, person } from "./fake-members";

const LONG_NAME = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const CIRCLE = "cmembers";

function room(
  parts: Partial<MembersView> = {},
  step?: MembersStep,
  more: { readonly isOut?: boolean; readonly broken?: boolean } = {},
): () => ComponentChildren {
  return () => {
    const one = care({ circle: CIRCLE, role: "therapist", isOut: more.isOut ?? false });
    const members = fakeMembers(parts, more.broken);
    const client = fakeClient({ role: "therapist", cares: [one], members });
    show({ room: "members", circle: CIRCLE, ...(step === undefined ? {} : { step }) });
    return <MembersRoom client={client} />;
  };
}

const now = Date.parse(`${TODAY}T12:00:00Z`) / 1000;
const STRANGER = device({ id: "dstranger", since: now, heard: 0, setUnder: true, by: LONG_NAME });
const CROWD: Partial<MembersView> = {
  people: [
    ...membersView().people.slice(0, 1),
    person({ name: LONG_NAME, devices: [device({ strong: false }), STRANGER] }),
    person({ role: "caregiver", name: "", devices: [device({ heard: 0, by: "" })] }),
    person({ role: "therapist", name: "محمد عبد الرحمن", devices: [device({ isPaper: true })] }),
    person({ role: "recovery", name: "", devices: [device({ heard: 0 })] }),
  ],
  isStrong: false,
};
const REQUEST = { device: "dasks", iid: "iasks", role: "patient", digits: DIGITS } as const;

function paper(
  parts: Partial<CardView> = {},
  more: { readonly needsCard?: boolean } = {},
): () => ComponentChildren {
  return () => {
    show({ room: "paper" });
    forPatients.value = more.needsCard !== true;
    return <PaperRoom client={fakeClient({ card: fakeCard(parts), ...more })} />;
  };
}

function ask(isNo: boolean): () => ComponentChildren {
  return () => {
    const opened = isNo ? Promise.reject(new Error("no")) : new Promise<never>(() => {});
    opened.catch(() => undefined);
    return <Ask asking={{ digits: DIGITS, opened, stop: () => undefined }} />;
  };
}

export const MEMBER_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  ...CLINIC_STATES,
  members: room(),
  "members-crowd": room(CROWD),
  "members-asks": room({ requests: [{ ...REQUEST, name: LONG_NAME }] }),
  "members-out": room({ canInvite: [], canLeave: false }, undefined, { isOut: true }),
  "members-clinic": room({ purpose: "clinic", canInvite: ["therapist", "admin"] }),
  "members-add": room({}, { at: "add" }),
  "members-compare": room(
    { requests: [{ ...REQUEST, name: "Amina" }] },
    { at: "compare", device: "dasks" },
  ),
  "members-compare-long": room(
    { requests: [{ ...REQUEST, name: LONG_NAME }] },
    { at: "compare", device: "dasks" },
    { broken: true },
  ),
  "members-compare-gone": room({}, { at: "compare", device: "dasks" }),
  "members-remove": room(CROWD, { at: "remove", device: "dstranger" }, { broken: true }),
  "members-leave": room({}, { at: "leave" }),
  paper: paper(),
  "paper-staff": paper({}, { needsCard: true }),
  "paper-lost": paper({ since: now - 90_000, others: [{ id: "dlost", since: 1, heard: 0 }] }),
  "card-enter": () => (
    <EnterByCard
      door={fakeDoor({ kind: "setup" })}
      onOpen={() => undefined}
      onStuck={() => false}
      onBack={() => undefined}
    />
  ),
  "desk-needs-card": () => {
    const client = fakeClient({ role: "therapist", needsCard: true });
    show({ room: "home" });
    return <TherapistRooms client={client} />;
  },
  "door-beside": () => (
    <BesideAnother
      door={fakeDoor({ kind: "setup" })}
      onOpen={() => undefined}
      onBack={() => undefined}
    />
  ),
  "door-beside-look": () => (
    <LookAtAnswer
      beside={{ code: "", enter: async () => fakeClient() }}
      onOpen={() => undefined}
      onBack={() => undefined}
    />
  ),
  "members-beside": () => <LetInBeside members={fakeMembers()} place={{ role: "patient" }} />,
  "members-answer": () => <Answer answer={ANSWER} queued />,
  "door-ask": ask(false),
  "door-ask-no": ask(true),
};
