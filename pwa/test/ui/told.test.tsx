/** What was told can be corrected, taken back, or handed to whose it was; both sides see it. */
import { render } from "preact";
import { beforeEach, describe, expect, test } from "vitest";
import type { Handed } from "../../src/elsewhere";
import {
  care,
  fakeClient,
  fakeElsewhere,
  kneePlan,
  morning,
  plan,
  session,
  TODAY,
} from "../../src/gallery/fake";
import { PatientRooms } from "../../src/rooms/patient";
import { clearDraft } from "../../src/rooms/patient/draft";
import { HandedCards } from "../../src/rooms/patient/handed";
import { More } from "../../src/rooms/patient/more";
import { Past } from "../../src/rooms/patient/past";
import { Telling } from "../../src/rooms/telling";
import { TherapistRooms } from "../../src/rooms/therapist";
import { go, startRoutes } from "../../src/ui/route";
import { dayAfter } from "../../src/words/dates";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
  void clearDraft();
});

async function enter(client: ReturnType<typeof fakeClient>): Promise<void> {
  expect([More, Past, Telling]).not.toContain(undefined);
  render(<PatientRooms client={client} />, page.root as unknown as Element);
  await settled();
}

/** The same circle as its therapist sees it. */
async function atTheDesk(circle: ReturnType<typeof care>): Promise<void> {
  page = openPage();
  startRoutes();
  const theirs = { ...circle, role: "therapist" as const };
  const client = fakeClient({ role: "therapist", cares: [theirs] });
  render(<TherapistRooms client={client} />, page.root as unknown as Element);
  await settled();
  go({ room: "patient", circle: circle.circle });
  await settled();
}

async function open(id: string): Promise<void> {
  go({ room: "told", id });
  await settled();
}

describe("a correction", () => {
  test("is reached from my days, and changes one answer and no other", async () => {
    const one = session(0, { worst: 7, effort: 5 });
    const circle = care({ sessions: [one] });
    const client = fakeClient({ cares: [circle] });
    await enter(client);
    await page.tap("open-days");
    await page.tap("told-open");
    await page.tap("told-worst");
    await page.tap("pain-0");
    expect(client.calls.at(-1)).toBe(
      `write {"type":"amend","target":"${one.id}","values":{"pain":{"worst":0}}}`,
    );
    expect(circle.sessions.peek()[0]?.value).toMatchObject({ pain: { worst: 0 }, effort: 5 });
    expect(page.text()).toContain("Worst pain: 7 → 0 No pain");
  });

  test("is seen by patient and therapist with what it said before", async () => {
    const circle = care({ circle: "c-amina", sessions: [session(0, { worst: 7 })] });
    const client = fakeClient({ cares: [circle] });
    await enter(client);
    await open(circle.sessions.peek()[0]?.id ?? "");
    await page.tap("told-worst");
    await page.tap("pain-4");
    history.back();
    await settled();
    await page.tap("open-days");
    expect(page.get("corrected").textContent).toBe("CorrectedWorst pain: 7 → 4");
    await atTheDesk(circle);
    expect(page.get("corrected").textContent).toBe("CorrectedWorst pain: 7 → 4");
  });

  test("tells not asked, not said and zero apart", async () => {
    const one = session(0, { worst: 3 });
    const circle = care({ sessions: [one] });
    await enter(fakeClient({ cares: [circle] }));
    await open(one.id);
    expect(page.get("told-before").textContent).toContain("not asked");
    await page.tap("told-before");
    await page.tap("pain-skip");
    expect(page.get("told-before").textContent).toContain("not said");
    await page.tap("told-before");
    await page.tap("pain-0");
    expect(page.get("told-before").textContent).toContain("0 No pain");
    expect(circle.sessions.peek()[0]?.value.pain).toEqual({ worst: 3, before: 0 });
  });

  test("moves it to another day", async () => {
    const circle = care({ pains: [morning(0, 2)] });
    await enter(fakeClient({ cares: [circle] }));
    await open(circle.pains.peek()[0]?.id ?? "");
    await page.tap("told-day");
    await page.tap(`day-${dayAfter(TODAY, -1)}`);
    expect(circle.pains.peek()[0]?.value).toMatchObject({ day: dayAfter(TODAY, -1), score: 2 });
  });

  test("of what was done makes all, some or none of it", async () => {
    const circle = care({ sessions: [session(0, { worst: 3, effort: 5 })] });
    await enter(fakeClient({ cares: [circle] }));
    await open(circle.sessions.peek()[0]?.id ?? "");
    const now = () => circle.sessions.peek()[0]?.value;
    await page.tap("told-done");
    await page.tap("which-1");
    await page.tap("which-next");
    expect(now()?.done).toBe("some");
    expect(now()?.items.map(({ sets_done }) => sets_done)).toEqual([3, 0, 3, 1, 1]);
    await page.tap("told-done");
    for (const at of [0, 2, 3, 4]) await page.tap(`which-${at}`);
    await page.tap("which-next");
    expect(now()).toMatchObject({ done: "none", pain: {} });
    expect(now()?.effort).toBeUndefined();
  });

  test("of what was done goes by the plan that was followed, not by the newest", async () => {
    const items = kneePlan().items.map((item) => ({ ...item, sets: 2 }));
    const before = plan({ ...kneePlan(), items });
    const told = session(0, {
      worst: 3,
      done: "none",
      items: [{ exercise: "kn02", sets_done: 0 }],
    });
    const one = { ...told, value: { ...told.value, plan: before.id } };
    const newest = plan({ ...kneePlan(), lam: before.value.lam + 1 });
    const circle = care({ plans: [newest], pastPlans: [before], sessions: [one] });
    await enter(fakeClient({ cares: [circle] }));
    await open(one.id);
    for (const tap of ["told-done", "which-0", "which-next"]) await page.tap(tap);
    expect(circle.sessions.peek()[0]?.value.items).toEqual([{ exercise: "kn02", sets_done: 2 }]);
  });

  test("that can not be written says so", async () => {
    const circle = care({ sessions: [session(0, { worst: 3 })] });
    await enter(fakeClient({ cares: [circle], broken: true }));
    await open(circle.sessions.peek()[0]?.id ?? "");
    await page.tap("told-effort");
    await page.tap("effort-2");
    expect(page.has("save-failed")).toBe(true);
  });

  test("of what somebody else entered is not offered", async () => {
    await enter(fakeClient({ cares: [care({ sessions: [session(0, { mine: false })] })] }));
    await page.tap("open-days");
    expect(page.has("told-open")).toBe(false);
  });
});

describe("taking back", () => {
  test("takes two taps, and both sides see that it was and what it said", async () => {
    const circle = care({ circle: "c-amina", sessions: [session(0, { worst: 7 })] });
    const client = fakeClient({ cares: [circle] });
    await enter(client);
    await open(circle.sessions.peek()[0]?.id ?? "");
    await page.tap("told-take-back");
    expect(circle.sessions.peek()).toHaveLength(1);
    await page.tap("told-take-back");
    expect(circle.sessions.peek()).toHaveLength(0);
    await atTheDesk(circle);
    expect(page.get("taken-back").textContent).toContain("Worst pain: 7");
  });
});

describe("this was someone else", () => {
  const LEAF = { id: "p-leaf", picture: "leaf", role: "patient" } as const;

  test("hands it to that person and takes it out of this record", async () => {
    const one = session(0, { worst: 7, effort: 5 });
    const circle = care({ circle: "c-amina", sessions: [one] });
    const elsewhere = fakeElsewhere([LEAF]);
    const client = fakeClient({ cares: [circle], elsewhere });
    await enter(client);
    await open(one.id);
    await page.tap("told-else");
    await page.tap("told-to-leaf");
    const { done, items, day, performed_at } = one.value;
    const told = { type: "session", day, performed_at, done, items, pain: { worst: 7 }, effort: 5 };
    expect(elsewhere.given).toEqual([["p-leaf", told]]);
    expect(client.calls.at(-1)).toContain('"reason":"someone_else"');
    expect(circle.sessions.peek()).toEqual([]);
    await atTheDesk(circle);
    expect(page.get("taken-back").textContent).toContain("Told by somebody else");
    expect(page.get("taken-back").textContent).not.toContain("7");
  });

  test("leaves everything where it is when it can not be handed on", async () => {
    const one = session(0, { worst: 7 });
    const circle = care({ sessions: [one] });
    const give = () => Promise.reject(new Error("full"));
    const elsewhere = { ...fakeElsewhere([LEAF]), give };
    await enter(fakeClient({ cares: [circle], elsewhere }));
    await open(one.id);
    await page.tap("told-else");
    await page.tap("told-to-leaf");
    expect(circle.sessions.peek()).toHaveLength(1);
    expect(page.has("save-failed")).toBe(true);
  });

  const TOLD: Handed = {
    type: "pain",
    day: TODAY,
    performed_at: 1_763_000_000,
    context: "morning",
    score: 0,
  };

  async function cards(told: Handed | undefined, circle = care()) {
    const elsewhere = fakeElsewhere([], [{ id: "w1", told }]);
    const client = fakeClient({ cares: [circle], elsewhere });
    const props = { client, care: circle };
    render(<HandedCards {...props} />, page.root as unknown as Element);
    await settled();
    return { circle, elsewhere };
  }

  test("is taken in by that person alone, once", async () => {
    const { circle, elsewhere } = await cards(TOLD);
    expect(page.get("handed").textContent).toContain("Pain: 0 No pain");
    await page.tap("handed-yes");
    expect(circle.pains.peek().map(({ value }) => value.score)).toEqual([0]);
    expect(await elsewhere.waiting()).toEqual([]);
    expect(page.has("handed")).toBe(false);
    // Killed before it was taken off the list: it is offered again and written no second time.
    page = openPage();
    await cards(TOLD, circle);
    await page.tap("handed-yes");
    expect(circle.pains.peek()).toHaveLength(1);
  });

  test("can be refused", async () => {
    const { circle, elsewhere } = await cards(TOLD);
    await page.tap("handed-no");
    expect(circle.pains.peek()).toEqual([]);
    expect(await elsewhere.waiting()).toEqual([]);
  });

  test("without its content only asks to tell it again", async () => {
    await cards(undefined);
    expect(page.get("handed").textContent).toContain("Tell it again.");
    expect(page.has("handed-yes")).toBe(false);
  });
});

describe("exercise by exercise", () => {
  const loaded = () => {
    const items = kneePlan().items.map((item) => ({ ...item, load: "red band" }));
    return care({ plans: [plan({ ...kneePlan(), items })] });
  };

  test("rounds, repeats, load and effort are one tap each", async () => {
    const circle = loaded();
    const client = fakeClient({ cares: [circle] });
    await enter(client);
    await page.tap("exercise-0");
    await page.tap("asks-each");
    await page.tap("exercise-done");
    expect(page.has("each")).toBe(true);
    for (const tap of ["effort-7", "each.sets-less", "each.reps-more", "load-1"])
      await page.tap(tap);
    await page.tap("each-done");
    expect(page.has("today")).toBe(true);
    await page.tap("exercise-1");
    await page.tap("asks-each");
    await page.tap("exercise-done");
    expect(page.has("each")).toBe(false);
    for (const tap of ["done-all", "pain-2", "effort-2", "save"]) await page.tap(tap);
    const { items } = circle.sessions.peek()[0]?.value ?? { items: [] };
    expect(items[0]).toEqual({
      exercise: "kn02",
      sets_done: 2,
      reps_done: 11,
      load: "lighter",
      effort: 7,
    });
    expect(items[1]).toEqual({ exercise: "kn04", sets_done: 3 });
  });

  test("what was said of one stays when others are ticked", async () => {
    const circle = loaded();
    await enter(fakeClient({ cares: [circle] }));
    for (const tap of ["log-start", "done-some", "each-0", "effort-10", "each-done"])
      await page.tap(tap);
    for (const tap of ["which-1", "which-next", "reason-no_time", "pain-2", "effort-2", "save"])
      await page.tap(tap);
    const { items } = circle.sessions.peek()[0]?.value ?? { items: [] };
    expect(items[0]).toMatchObject({ sets_done: 3, effort: 10 });
    expect(items[2]).toMatchObject({ sets_done: 0, reason: "no_time" });
  });
});
