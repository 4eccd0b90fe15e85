/** Messages, progress and cards, in the states that press on them. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Opened, SyncStatus } from "../client";
import type { Voice } from "../media";
import type { AnyRecord } from "../records.gen";
import { Speaker, type Speaking } from "../rooms/messages/speak";
import { PatientRooms } from "../rooms/patient";
import { TherapistRooms } from "../rooms/therapist";
import { Page } from "../ui/page";
import { type Route, show } from "../ui/route";
import { type Sound, sound } from "../ui/sound-of-voice";
import { addWords } from "../words";
import { dayAfter } from "../words/dates";
import { enCare } from "../words/en-care";
import {
  at,
  type CareParts,
  care,
  fakeClient,
  kneePlan,
  morning,
  note,
  plan,
  session,
  TODAY,
} from "./fake";
import { type FakeVoices, HUM } from "./fake-media";

addWords(enCare);

type Build = () => ComponentChildren;

const LONG = "Wilhelmina-Anastasia Oluwaseun-Papadopoulou";
const SILENT: Sound = {
  canRecord: () => true,
  record: async () => ({ end: async () => HUM, drop: () => undefined }),
  play: async () => ({ over: new Promise(() => {}), stop: () => undefined }),
};

let count = 0;

/** A record of the gallery; `ago` days before today. */
function told(value: object, more: Partial<Opened<AnyRecord>> = {}, ago = 0): Opened<AnyRecord> {
  count += 1;
  const day = dayAfter(TODAY, -ago);
  const stamp = { lam: count, at: at(day, 9), tz_min: 120, day, performed_at: at(day, 9) };
  return {
    id: `ev:2511:dgallery:c9${String(count).padStart(5, "0")}`,
    value: { ...stamp, ...value } as unknown as AnyRecord,
    place: "server",
    author: "me",
    mine: true,
    ...more,
  };
}

function said(
  text: string | undefined,
  more: Partial<Opened<AnyRecord>> = {},
  ago = 0,
): Opened<AnyRecord> {
  return told({ type: "message", ...(text === undefined ? {} : { text }) }, more, ago);
}

const THEIRS = { mine: false, staff: true } as const;
const OWN_VOICE = said(undefined, {}, 1);
const WAITING = said(undefined, { place: "phone" });
const NEW_VOICE = said(undefined, THEIRS);
const SEEN = said("Thank you. I will try.", {}, 2);
const HEARD = told({ type: "heard", targets: [SEEN.id, OWN_VOICE.id] }, THEIRS, 1);
const TALK: CareParts = {
  notes: [note(2, "Good work this week. The squat may be too deep. Bend only a little.")],
  others: [
    SEEN,
    OWN_VOICE,
    HEARD,
    NEW_VOICE,
    said("Pain 7 in the squat. I stopped."),
    WAITING,
    said("It is better since the morning.", { place: "phone" }),
  ],
};
const VOICES: ReadonlyMap<string, Partial<Voice>> = new Map([
  [OWN_VOICE.id, { seconds: 14 }],
  [NEW_VOICE.id, { seconds: 23, toFetch: 34_400 }],
  [WAITING.id, { seconds: 9, place: "phone" }],
]);

function patient(
  route: Route,
  parts: CareParts = {},
  more: Partial<SyncStatus> = {},
  media: FakeVoices = { voices: VOICES },
): Build {
  return () => {
    Object.assign(sound, SILENT);
    show(route);
    return <PatientRooms client={fakeClient({ cares: [care(parts)], sync: more, media })} />;
  };
}

function speaking(state: Speaking): Build {
  return () => {
    Object.assign(sound, SILENT);
    return (
      <Page
        canGoBack
        foot={<Speaker care={care()} state={signal(state)} send={async () => undefined} />}
      >
        <h1>Rosa</h1>
      </Page>
    );
  };
}

const TAKE = { end: async () => HUM, drop: () => undefined };
const WEEKS: CareParts = {
  sessions: [18, 16, 13, 11, 10, 8, 6, 4, 3, 1, 0].map((ago, i) =>
    session(ago, { worst: ([6, 6, 5, 6, "not_said", 5, 4, 3, 3, 2, 2] as const)[i] ?? 2 }),
  ),
  pains: [17, 15, 12, 9, 7, 5, 2, 0].map((ago, i) =>
    morning(ago, [4, 4, 3, 3, 2, 2, 1, 0][i] ?? 0),
  ),
};
const GOAL = told({ type: "goal", activity: "Carry water, 2 cans, from the well" }, {}, 20);
const SPOKEN = told({ type: "goal" }, {}, 10);
const BETTER: CareParts = {
  ...WEEKS,
  others: [
    GOAL,
    told({ type: "goal_score", goal: GOAL.id, score: 2 }, {}, 20),
    told({ type: "goal_score", goal: GOAL.id, score: 6 }, {}, 1),
    SPOKEN,
    told({ type: "goal_score", goal: SPOKEN.id, score: 0 }, {}, 10),
    told({ type: "peg", pain: 6, enjoyment: 7, activity: 6 }, {}, 15),
    told({ type: "peg", pain: 3, enjoyment: 3, activity: 2 }, {}, 8),
    told({ type: "lesson", card: "pain", answer: "a" }, {}, 12),
  ],
};
const FIVE: CareParts = {
  ...WEEKS,
  therapist: LONG,
  others: [
    LONG,
    "Donaudampfschifffahrtsgesellschaftskapitän werden und jeden Tag die ganze Treppe hinauf",
    "أن أحمل الماء من البئر إلى البيت",
    "Sleep",
    "Walk to the market",
  ].flatMap((activity, n) => {
    const goal = told({ type: "goal", activity }, {}, 20);
    const scores = [9 - 2 * n, n + 1].map((score, at) =>
      told({ type: "goal_score", goal: goal.id, score }, {}, 9 - at),
    );
    return n === 4 ? [goal] : [goal, ...scores];
  }),
};
const SPOKEN_VOICE: FakeVoices = { voices: new Map([[SPOKEN.id, { seconds: 6 }]]) };
const WITH_CARDS: CareParts = {
  ...BETTER,
  therapist: LONG,
  plans: [
    plan({ ...kneePlan(), lessons: ["pain", "flare", "sleep"], start: dayAfter(TODAY, -15) }),
  ],
};

/** The same from the other side: what was mine is theirs. */
function turned<T extends Opened<unknown>>(records: readonly T[] = []): T[] {
  return records.map((one) => ({
    ...one,
    mine: !one.mine,
    place: one.mine ? "server" : one.place,
  }));
}

function desk(route: Route, parts: CareParts): Build {
  return () => {
    Object.assign(sound, SILENT);
    show(route);
    const { sessions, pains, notes, others } = parts;
    const theirs = { sessions: turned(sessions), pains: turned(pains), notes: turned(notes) };
    const all = { ...parts, ...theirs, others: turned(others) };
    const one = care({ role: "therapist", circle: "c-amina", ...all });
    const media = { voices: VOICES };
    return <TherapistRooms client={fakeClient({ role: "therapist", cares: [one], media })} />;
  };
}

export const CARE_STATES: Readonly<Record<string, Build>> = {
  "today-news": patient({ room: "home" }, { ...TALK, plans: WITH_CARDS.plans ?? [] }),
  messages: patient({ room: "messages" }, TALK),
  "messages-offline": patient({ room: "messages" }, TALK, { state: "offline", unsent: 2 }),
  "messages-empty": patient({ room: "messages" }, { therapist: LONG }),
  "messages-ready": patient({ room: "messages", step: "ready" }),
  "messages-write": patient({ room: "messages", step: "write" }),
  "messages-awaited": patient({ room: "messages" }, { awaited: true }),
  "speak-speaking": speaking({ at: "speaking", take: TAKE, seconds: 0 }),
  "speak-said": speaking({ at: "said", recording: HUM }),
  "speak-mic": speaking({ at: "rest", trouble: "mic" }),
  better: patient({ room: "better" }, BETTER, {}, SPOKEN_VOICE),
  "better-empty": patient({ room: "better" }),
  "better-five": patient({ room: "better" }, FIVE),
  "better-goal": patient({ room: "better", step: { at: "goal" } }),
  "better-score": patient({ room: "better", step: { at: "score", goal: GOAL.id } }, BETTER),
  "better-peg": patient({ room: "better", step: { at: "peg", question: 0 } }),
  cards: patient({ room: "cards" }, WITH_CARDS),
  "cards-none": patient({ room: "cards" }),
  card: patient({ room: "cards", card: "flare" }, WITH_CARDS),
  "desk-talk": desk({ room: "patient", circle: "c-amina" }, { ...TALK, ...WEEKS }),
  "desk-better": desk({ room: "patient", circle: "c-amina" }, WITH_CARDS),
  "desk-cards": desk({ room: "plan", circle: "c-amina" }, WITH_CARDS),
};
