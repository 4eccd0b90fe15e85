/** Am I getting better, and good to know: the table of both languages, pictures, cards. */
import { readFileSync } from "node:fs";
import { render } from "preact";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Client, Opened } from "../../src/client";
import {
  at,
  care,
  fakeClient,
  kneePlan,
  morning,
  plan,
  session,
  TODAY,
} from "../../src/gallery/fake";
import { HUM } from "../../src/gallery/fake-media";
import { CARD_IDS, CARDS } from "../../src/library/cards";
import type { AnyRecord, Plan } from "../../src/records.gen";
import { Lessons } from "../../src/rooms/lessons";
import { CardPicker } from "../../src/rooms/lessons/picker";
import { weeksOf } from "../../src/rooms/lessons/weeks";
import { PatientRooms } from "../../src/rooms/patient";
import { More } from "../../src/rooms/patient/more";
import { Progress } from "../../src/rooms/progress";
import { ProgressCard } from "../../src/rooms/progress/desk";
import { change, course, daysRing, isDue, pegTenths } from "../../src/rooms/progress/progress";
import { TherapistRooms } from "../../src/rooms/therapist";
import { show, startRoutes } from "../../src/ui/route";
import { type Sound, sound } from "../../src/ui/sound-of-voice";
import { dayAfter } from "../../src/words/dates";
import { enCards } from "../../src/words/en-cards";
import { openPage, type ScreenPage, settled } from "./page";

const VECTORS = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/progress.json", import.meta.url), "utf8"),
);

let page: ScreenPage;
const real: Sound = { ...sound };

beforeEach(() => {
  page = openPage();
  startRoutes();
});

afterEach(() => {
  render(null, page.root as unknown as Element);
  Object.assign(sound, real);
});

async function enter(client: Client): Promise<void> {
  expect([More, Progress, Lessons, ProgressCard, CardPicker].every(Boolean)).toBe(true);
  const isStaff = client.profile.role === "therapist";
  const rooms = isStaff ? <TherapistRooms client={client} /> : <PatientRooms client={client} />;
  render(rooms, page.root as unknown as Element);
  await settled();
}

const drafts = (client: { calls: string[] }) =>
  client.calls
    .filter((call) => /^write(Plan)? /.test(call))
    .map((call) => JSON.parse(call.slice(call.indexOf(" "))));

let count = 0;

function told(value: object, ago = 0, hours = 9): Opened<AnyRecord> {
  count += 1;
  const day = dayAfter(TODAY, -ago);
  const stamp = { lam: count, at: at(day, hours), tz_min: 120, performed_at: at(day, hours), day };
  const id = `ev:2511:dprogress:c${String(count).padStart(6, "0")}`;
  const whole = { ...stamp, ...value } as unknown as AnyRecord;
  return { id, value: whole, place: "server", author: "me", mine: true };
}

describe("the shared table", () => {
  test.each(VECTORS.change as ReturnType<typeof change>[])("%o", (row) => {
    expect(change(row.first, row.last)).toEqual(row);
  });

  test("rows of numbers, days, questions, weeks", () => {
    for (const { scores, is } of VECTORS.course) expect(course(scores) ?? null).toEqual(is);
    for (const { done, wanted, is } of VECTORS.days_ring)
      expect(daysRing(done, wanted)).toEqual(is);
    for (const { scores, is } of VECTORS.peg_tenths) expect(pegTenths(scores) ?? null).toBe(is);
    for (const { days, is } of VECTORS.is_due) expect(isDue(days ?? undefined)).toBe(is);
  });

  test("from 9 to 7 is less, but no change that counts", () => {
    expect(change(9, 7)).toMatchObject({ by_points: "better", by_start: "same", need: 3 });
  });
});

describe("pain", () => {
  const worst = [9, 9, 8, "not_said", 8, 7, 7, 7] as const;
  const sessions = worst.map((score, i) => session(worst.length - i, { worst: score }));

  test("both rules are told, and which one counts", async () => {
    await enter(fakeClient({ cares: [care({ sessions })] }));
    await page.tap("open-better");
    expect(page.get("pain-says").textContent).toBe("Pain was 9 and is 7. That is about the same.");
    expect(page.get("rule-points").attributes["data-verdict"]).toBe("better");
    expect(page.get("rule-start").attributes["data-verdict"]).toBe("same");
    expect(page.get("rule-start").textContent).toContain("I go by this one.");
    expect(page.has("pain-chart")).toBe(true);
  });

  test("few numbers are said to be few; mornings stand in for sessions", async () => {
    const mornings = [6, 6, 6, 3, 3, 0].map((score, i) => morning(6 - i, score));
    await enter(fakeClient({ cares: [care({ sessions: [session(1, { worst: 4 })] })] }));
    await page.tap("open-better");
    expect(page.get("pain-says").textContent).toContain("Too few numbers");
    render(null, page.root as unknown as Element);
    startRoutes();
    await enter(fakeClient({ cares: [care({ pains: mornings })] }));
    await page.tap("open-better");
    expect(page.get("pain-says").textContent).toContain("from 6 to 3. That is a real change.");
  });
});

test("the ring counts days that were wanted; more days stand apart, and nothing is a percentage", async () => {
  const days = [0, 1, 2, 3, 4, 5].map((ago) => session(ago, { worst: 1 }));
  const wanted = plan({ ...kneePlan(), days_per_week: 5 });
  await enter(fakeClient({ cares: [care({ sessions: days, plans: [wanted] })] }));
  await page.tap("open-better");
  expect(page.get("days-ring").textContent).toContain("5 of 5 days done.1 day more than planned.");
  expect(page.text()).not.toContain("%");
});

describe("goals", () => {
  test("are named in writing, scored with eleven buttons, and shown from first to now", async () => {
    const client = fakeClient();
    await enter(client);
    await page.tap("open-better");
    await page.tap("goal-add");
    await page.type("goal-text", " carry water ");
    page.root.all((one) => one.localName === "form")[0]?.send("submit");
    await settled();
    await page.tap("score-0");
    const [goal, score] = drafts(client);
    expect(goal).toEqual({ type: "goal", day: TODAY, activity: "carry water" });
    expect(score).toMatchObject({ type: "goal_score", score: 0, day: TODAY });
    await page.tap("goal-now");
    await page.tap("score-4");
    expect(page.get("ladder").attributes).toMatchObject({ "data-first": "0", "data-last": "4" });
    await page.tap("goal-now");
    await page.tap("score-skip");
    expect(drafts(client).at(-1)).toMatchObject({ score: "not_said" });
    expect(page.get("ladder").attributes["data-last"]).toBe("4");
    await page.tap("goal-now");
    await page.tap("goal-drop");
    expect(page.has("goal-score")).toBe(true);
    await page.tap("goal-drop");
    expect(page.has("better")).toBe(true);
    expect(page.has("goal")).toBe(false);
  });

  test("may be spoken; five are enough", async () => {
    const take = { end: async () => HUM, drop: () => undefined };
    const silent = { over: Promise.resolve(), stop: () => undefined };
    Object.assign(sound, {
      canRecord: () => true,
      record: async () => take,
      play: async () => silent,
    } satisfies Sound);
    const others = [1, 2, 3, 4].map((n) => told({ type: "goal", activity: `goal ${n}` }));
    await enter(fakeClient({ cares: [care({ others })] }));
    await page.tap("open-better");
    await page.tap("goal-add");
    await page.tap("speak");
    await page.tap("speak-send");
    await page.tap("score-7");
    expect(page.all("goal").at(-1)?.textContent).toContain("Spoken goal");
    await page.tap("voice-play");
    expect(page.has("goal-add")).toBe(false);
  });
});

describe("the weekly questions", () => {
  test("are three taps, written as one record, and not asked again that week", async () => {
    const client = fakeClient();
    await enter(client);
    await page.tap("open-better");
    await page.tap("peg-ask");
    for (const tap of ["score-0", "score-10", "peg-skip"]) await page.tap(tap);
    expect(drafts(client)).toEqual([
      expect.objectContaining({ type: "peg", pain: 0, enjoyment: 10, activity: "not_said" }),
    ]);
    await page.tap("open-better");
    expect(page.has("peg-ask")).toBe(false);
    expect(page.has("peg-says")).toBe(false);
  });

  test("say the first mean and the last, and are due after seven days", async () => {
    const others = [
      told({ type: "peg", pain: 6, enjoyment: 6, activity: 5 }, 14),
      told({ type: "peg", pain: 3, enjoyment: 2, activity: 0 }, 7),
    ];
    await enter(fakeClient({ cares: [care({ others })] }));
    await page.tap("open-better");
    expect(page.get("peg-says").textContent).toBe("First week 5.7, now 1.7. Less is better.");
    expect(page.has("peg-ask")).toBe(true);
    expect(page.get("peg").textContent).toContain("Krebs");
  });
});

test("the therapist sees the same numbers", async () => {
  const goal = told({ type: "goal", activity: "climb stairs" });
  const others = [
    goal,
    told({ type: "goal_score", goal: goal.id, score: 2 }, 9),
    told({ type: "goal_score", goal: goal.id, score: 6 }, 1),
    told({ type: "peg", pain: 4, enjoyment: 4, activity: 4 }, 2),
    told({ type: "lesson", card: "sleep", answer: "c" }, 1),
  ];
  const sessions = [6, 6, 6, 2, 2, 2].map((worst, i) => session(6 - i, { worst }));
  const one = care({ role: "therapist", others, sessions });
  await enter(fakeClient({ role: "therapist", cares: [one] }));
  await page.tap("patient-row");
  const card = page.get("progress-card").textContent;
  expect(card).toContain("from 6 to 2. That is a real change.");
  expect(page.get("goal-line").textContent).toBe("climb stairsFirst 2, now 6, of 10.");
  expect(page.get("peg-says").textContent).toBe("This week: 4. Less is better.");
  expect(page.get("card-line").textContent).toBe("Sleep healsBadly");
});

test("the desk speaks about a person, not to them", async () => {
  const worse = [2, 2, 2, 7, 7, 7].map((worst, i) => session(6 - i, { worst }));
  const cares = [[], worse].map((sessions, i) =>
    care({ role: "therapist", name: `${i}`, circle: `c-${i}`, sessions }),
  );
  await enter(fakeClient({ role: "therapist", cares }));
  const said: string[] = [];
  for (const circle of ["c-0", "c-1"]) {
    show({ room: "patient", circle });
    await settled();
    said.push(page.get("progress-card").textContent, page.get("days-ring").textContent);
  }
  expect(said[0]).toBe("Getting better?Too few numbers to say.");
  expect(said[1]).toBe("Days this week00 of 3 days done.");
  expect(said[2]).toContain("Pain went from 2 to 7. It got worse.");
  expect(said.join()).not.toMatch(/Am I|Tell 1|the ring/);
});

describe("cards", () => {
  const withCards = (lessons: string[], start?: string): Opened<Plan> =>
    plan({ ...kneePlan(), lessons, ...(start === undefined ? {} : { start }) });

  test("every card has its words: a title, short lines, one question, two or three answers", () => {
    expect(CARDS.map(({ id }) => id)).toEqual([...CARD_IDS]);
    for (const { id, lines, answers, source, audio, reviewed } of CARDS) {
      const own = Object.entries(enCards).filter(([word]) => word.startsWith(`card.${id}.`));
      expect(own).toHaveLength(2 + lines + answers.length);
      expect(own.every(([, text]) => text.split(" ").length <= 12)).toBe(true);
      expect([source === "", audio, reviewed]).toEqual([false, `card-${id}`, ""]);
    }
  });

  test("come one a week from the plan's first day; a card of a later version is left out", () => {
    const of = (today: string) => {
      const { now, before } = weeksOf(
        withCards(["pain", "unknown", "sleep"], "2025-11-03").value,
        today,
      );
      return [now?.id, before.map(({ id }) => id)];
    };
    expect(of("2025-11-02")).toEqual([undefined, []]);
    expect(of("2025-11-03")).toEqual(["pain", []]);
    expect(of("2025-11-09")).toEqual(["pain", []]);
    expect(of("2025-11-10")).toEqual([undefined, ["pain"]]);
    expect(of("2025-11-17")).toEqual(["sleep", ["pain"]]);
    expect(of("2026-03-01")).toEqual([undefined, ["sleep", "pain"]]);
  });

  test("are read and answered; old ones stay, with what was answered", async () => {
    const plans = [withCards(["pain", "pacing", "sleep"], dayAfter(TODAY, -7))];
    const client = fakeClient({ cares: [care({ plans })] });
    await enter(client);
    await page.tap("open-cards");
    expect(page.has("card-sleep")).toBe(false);
    await page.tap("card-pacing");
    expect(page.text()).toContain("Words not yet approved by a clinician");
    await page.tap("answer-b");
    expect(drafts(client)).toEqual([
      expect.objectContaining({ type: "lesson", card: "pacing", answer: "b", day: TODAY }),
    ]);
    expect(page.has("card-thanks")).toBe(true);
    history.back();
    await settled();
    expect(page.get("card-pacing").textContent).toContain("You said: Work outside");
    expect(page.has("card-pain")).toBe(true);
  });

  test("are not offered where the plan has none", async () => {
    await enter(fakeClient());
    expect(page.has("open-cards")).toBe(false);
  });

  test("are chosen in their order; a changed plan keeps all that it says", async () => {
    const before: Plan = {
      ...kneePlan(),
      lessons: ["pain"],
      start: "2025-11-03",
      reminder: { times: ["07:00"], weekdays: [1] },
    };
    const one = care({ role: "therapist", plans: [plan(before)] });
    const client = fakeClient({ role: "therapist", cares: [one] });
    await enter(client);
    for (const tap of ["patient-row", "plan-change"]) await page.tap(tap);
    await vi.waitFor(() => expect(page.has("pick-sleep")).toBe(true), 30_000);
    for (const tap of ["pick-sleep", "pick-pain", "pick-pain"]) await page.tap(tap);
    await page.tap("plan-save");
    const [written] = drafts(client);
    expect(written).toMatchObject({
      lessons: ["sleep", "pain"],
      start: "2025-11-03",
      reminder: before.reminder,
      pain_rule: before.pain_rule,
      items: before.items,
    });
    expect(Object.keys(written)).not.toEqual(
      expect.arrayContaining(["lam", "at", "tz_min", "type"]),
    );
  });
});
