/** Telling a session survives a kill between any two taps, and nothing is told twice. */
import { render } from "preact";
import { beforeEach, describe, expect, test } from "vitest";
import type { SessionInput } from "../../src/client";
import { care, fakeClient } from "../../src/gallery/fake";
import { PatientRooms } from "../../src/rooms/patient";
import { forgetMemory } from "../../src/rooms/patient/draft";
import { More } from "../../src/rooms/patient/more";
import { startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

/** A phone: what it keeps, and the circle whose records are durable. */
function phone() {
  const drafts = new Map<string, string>();
  const circle = care({ circle: "c-amina" });
  const client = () => fakeClient({ cares: [circle], drafts });
  return { drafts, circle, client };
}

async function start(client: ReturnType<typeof fakeClient>): Promise<void> {
  expect(More).toBeDefined();
  page = openPage();
  startRoutes();
  forgetMemory();
  render(<PatientRooms client={client} />, page.root as unknown as Element);
  await settled();
}

function told(circle: ReturnType<typeof care>): readonly Partial<SessionInput>[] {
  return circle.sessions
    .peek()
    .map(({ value: { done, items, pain, effort } }) => ({ done, items, pain, effort }) as object);
}

const wholes = new Map<string, readonly object[]>();

/** What these taps write when nothing happens in between. */
async function undisturbed(taps: readonly string[]): Promise<readonly object[]> {
  const known = wholes.get(taps.join());
  if (known) return known;
  const one = phone();
  await start(one.client());
  for (const each of taps) await page.tap(each);
  expect(told(one.circle)).toHaveLength(1);
  wholes.set(taps.join(), told(one.circle));
  return told(one.circle);
}

beforeEach(() => forgetMemory());

const SOME = ["log-start", "done-some", "which-0", "which-2", "which-next"];
const WAYS: Readonly<Record<string, readonly string[]>> = {
  "all done": ["done-all", "pain-0", "effort-2", "save"],
  "some, with a reason": [...SOME, "reason-pain", "pain-6", "effort-10", "save"],
  "with pain before and after": [
    "exercise-start",
    "pain-4",
    "exercise-done",
    "done-all",
    "pain-5",
    "pain-2",
    "effort-7",
    "save",
  ],
};
/** Taps that were no answer yet, or that lead back to the question that was reached. */
const AGAIN: Readonly<Record<string, readonly string[]>> = {
  "exercise-start": ["exercise-start"],
  "pain-4": ["exercise-start"],
  "effort-2": ["effort-2"],
  "effort-7": ["effort-7"],
  "effort-10": ["effort-10"],
};

describe.each(Object.entries(WAYS))("telling %s", (_, taps) => {
  test.each(taps.slice(0, -1).map((tap, at) => [at + 1, tap] as const))(
    "survives a kill after tap %i, %s",
    async (killed, tap) => {
      const whole = await undisturbed(taps);
      const other = phone();
      await start(other.client());
      for (const each of taps.slice(0, killed)) await page.tap(each);
      await start(other.client());
      expect(page.has("today")).toBe(true);
      const left = [...(AGAIN[tap] ?? []), ...taps.slice(killed)];
      const isInQuestions = page.has("done-all") && !page.has("exercise-start");
      if (isInQuestions && left[0] !== "done-all") await page.tap("done-all");
      else if (!isInQuestions && tap === "log-start") await page.tap("log-start");
      for (const each of left) await page.tap(each);
      expect(told(other.circle)).toEqual(whole);
      expect(other.drafts.size).toBe(0);
    },
  );
});

test("what was saved before the kill is not offered again", async () => {
  const one = phone();
  await start(one.client());
  for (const tap of ["done-all", "pain-0", "effort-2"]) await page.tap(tap);
  await page.tap("save");
  // Killed after the record was durable and before its draft was taken away.
  const performed_at = one.circle.sessions.peek()[0]?.value.performed_at;
  const day = one.circle.sessions.peek()[0]?.value.day;
  const stale = { circle: "c-amina", day, begun: true, saving: performed_at, answers: [] };
  one.drafts.set("c-amina", JSON.stringify(stale));
  await start(one.client());
  expect(page.text()).toContain("Today is saved.");
  expect(one.drafts.size).toBe(0);
});

test("a draft of yesterday is not asked about today", async () => {
  const one = phone();
  const old = {
    circle: "c-amina",
    day: "2025-11-16",
    begun: true,
    answers: [[0, { sets_done: 3 }]],
  };
  one.drafts.set("c-amina", JSON.stringify(old));
  await start(one.client());
  expect(page.text()).toContain("0 of 5 done");
});

test("a tap before what is stored was read is kept, and stands over it", async () => {
  const drafts = new Map<string, string>();
  let open = () => {};
  const loaded = new Promise<void>((resolve) => {
    open = resolve;
  });
  const circle = { ...care({ circle: "c-amina" }), loaded };
  const before = { circle: "c-amina", day: "2025-11-17", begun: false, before: 4, answers: [] };
  drafts.set("c-amina", JSON.stringify(before));
  await start(fakeClient({ cares: [circle], drafts }));
  await page.tap("done-all");
  await page.tap("pain-3");
  expect(page.has("log-effort")).toBe(true);
  open();
  await settled();
  expect(JSON.parse(drafts.get("c-amina") ?? "")).toMatchObject({
    before: 4,
    worst: 3,
    begun: true,
  });
});

test("a phone that can keep nothing still lets one tell a session", async () => {
  const circle = care({ circle: "c-amina" });
  const client = fakeClient({ cares: [circle] });
  const full = { ...client, drafts: { read: async () => undefined, keep: () => Promise.reject() } };
  await start(full);
  for (const tap of ["done-all", "pain-0", "effort-2", "save"]) await page.tap(tap);
  expect(told(circle)).toHaveLength(1);
});
