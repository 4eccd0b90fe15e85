/** The room of one's own record, in the states that press on its screens. */
import type { ComponentChildren } from "preact";
import type { Opened } from "../client";
import { keepSpare, spareOf } from "../client/care-spare";
import type { AnyRecord, Wish } from "../records.gen";
import { DoorRoom } from "../rooms/door/door";
import { PatientRooms } from "../rooms/patient";
import { RecordRoom } from "../rooms/record";
import { unopened } from "../rooms/record/unopened";
import { SendingRoom } from "../rooms/sending";
import { TherapistRooms } from "../rooms/therapist";
import type { Space } from "../sending";
import { later } from "../ui/later";
import { type RecordStep, show } from "../ui/route";
import { at, care, fakeClient, fakeDoor, session, TODAY } from "./fake";
import { fakeSending } from "./fake-sending";

const LONG_NAME = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const CIRCLE = "cown";

function wished(wish: Wish["wish"], more: Partial<Wish> = {}): Opened<AnyRecord> {
  const value = { type: "wish", lam: 9, at: at(TODAY, 9), tz_min: 120, day: TODAY, wish } as const;
  const id = "ev:2511:dgallery:c000900";
  return { id, value: { ...value, ...more }, place: "phone", author: "me", mine: true };
}

type Parts = Parameters<typeof care>[0];

function room(parts: Parts = {}, step?: RecordStep, broken = false): () => ComponentChildren {
  return () => {
    const one = care({ circle: CIRCLE, ...parts });
    show({ room: "record", circle: CIRCLE, ...(step === undefined ? {} : { step }) });
    return <RecordRoom client={fakeClient({ cares: [one], role: one.role, broken })} />;
  };
}

const RESTING = wished("pause", { until: "2025-11-24", reason: "away" });

const ASKED: Opened<AnyRecord> = {
  ...wished("erase", { reason: "better" }),
  mine: false,
  place: "server",
  entered: { role: "caregiver", name: LONG_NAME },
};

function roomHere(space: Space, waiting: number): ComponentChildren {
  show({ room: "sending", step: "room" });
  return <SendingRoom client={fakeClient({ sending: fakeSending({ space, waiting }) })} />;
}

const shut = later(unopened);

function Shut() {
  return <shut.Part onBack={() => undefined} />;
}

/** What two people of this phone had last, put where the room looks for it. */
const laid = later(async () => {
  const client = fakeClient();
  for (const [at, picture] of ["leaf", "river"].entries()) {
    const shown = { ...client, profile: { ...client.profile, picture } };
    await keepSpare(`pgallery${at}`, spareOf(shown, care()));
  }
  return Shut;
});

function ShutWithPlan() {
  return <laid.Part />;
}

export const RECORD_STATES: Readonly<Record<string, () => ComponentChildren>> = {
  record: room(),
  "record-resting": room({ others: [RESTING] }),
  "record-asked": room({ others: [wished("erase")] }),
  "record-closed": room({ closedAt: at(TODAY, 9) }),
  "record-rest": room({ others: [RESTING], therapist: LONG_NAME }, "rest"),
  "record-stopped": room({ others: [wished("stop")] }, "rest"),
  "record-end": room({}, "end"),
  "record-end-other": room({ role: "caregiver", therapist: LONG_NAME }, "end"),
  notice: room({}, "notice"),
  "notice-other": room({ role: "caregiver", name: LONG_NAME }, "notice"),
  "record-copy": room({}, "copy"),
  "room-here": () => roomHere({ used: 1_240_000, all: 96_000_000, isKept: false }, 0),
  "room-near": () => roomHere({ used: 8_400_000, all: 9_600_000, isKept: true }, 12),
  unopened: () => (
    <DoorRoom
      door={fakeDoor({ kind: "setup" })}
      state={{ at: "failed", retry: () => undefined }}
      onOpen={() => undefined}
      onProfile={() => undefined}
      onRetry={() => undefined}
      onLeave={() => undefined}
      onSomeone={() => undefined}
      onCard={() => undefined}
      onBeside={() => undefined}
      onStuck={() => false}
    />
  ),
  "unopened-more": () => <Shut />,
  "unopened-plan": () => <ShutWithPlan />,
  "patient-wish": () => {
    const one = care({
      circle: CIRCLE,
      role: "therapist",
      others: [ASKED],
      sessions: [session(1)],
    });
    show({ room: "patient", circle: CIRCLE });
    return <TherapistRooms client={fakeClient({ cares: [one], role: "therapist" })} />;
  },
  "today-resting": () => {
    show({ room: "home" });
    return <PatientRooms client={fakeClient({ cares: [care({ others: [RESTING] })] })} />;
  },
  "days-marked": () => {
    const told = { ...session(2, { worst: 3 }), clock: "moved" as const };
    const other = { ...session(1, { worst: 0, mine: false }), clock: "unsure" as const };
    const entered = { role: "caregiver", name: LONG_NAME } as const;
    show({ room: "days" });
    const one = care({ sessions: [told, { ...other, entered }] });
    return <PatientRooms client={fakeClient({ cares: [one] })} />;
  },
};
