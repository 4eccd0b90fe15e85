import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import type { Client, PlanInput } from "../../src/client";
import { care, fakeClient, LINK, morning, plan, session } from "../../src/gallery/fake";
import { TalkCard } from "../../src/rooms/messages/desk";
import { PlanningRoom } from "../../src/rooms/planning";
import { firstOf } from "../../src/rooms/planning/library";
import { TherapistRooms } from "../../src/rooms/therapist";
import { startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

async function enter(client: Client): Promise<void> {
  // Fetched beside the desk: asked for here, so that they stand at once.
  expect([TalkCard, PlanningRoom]).toHaveLength(2);
  render(<TherapistRooms client={client} />, page.root as unknown as Element);
  await settled();
}

function desk(parts: Parameters<typeof care>[0], more: Parameters<typeof fakeClient>[0] = {}) {
  const one = care({ role: "therapist", ...parts });
  return fakeClient({ role: "therapist", cares: [one], ...more });
}

beforeEach(() => {
  page = openPage();
  startRoutes();
});

test("a new patient gets name, plan and a link that can be read", async () => {
  const client = fakeClient({ role: "therapist", cares: [] });
  await enter(client);
  await page.tap("add-patient");
  await page.type("patient-name", "  Amina  ");
  await page.tap("starter-back");
  await page.tap("patient-save");
  expect(client.calls).toEqual(["createPatient Amina"]);
  expect(page.get("invite-link").textContent).toBe(LINK);
  expect(client.cares.value[0]?.plans.value[0]?.value.title).toBe("Back");
});

test("a patient without a name is not made", async () => {
  const client = fakeClient({ role: "therapist", cares: [] });
  await enter(client);
  await page.tap("add-patient");
  await page.tap("patient-save");
  expect(client.calls).toEqual([]);
  expect(page.text()).toContain("A name is needed.");
});

test("another starter plan drops what was changed only when that is said once more", async () => {
  await enter(fakeClient({ role: "therapist", cares: [] }));
  await page.tap("add-patient");
  const first = () => page.all("plan-item")[0]?.textContent;
  const chosen = (id: string) => page.get(`starter-${id}`).attributes["aria-pressed"];
  await page.tap("starter-back");
  const back = first();
  page.all("item-open")[0]?.send("click");
  await settled();
  await page.tap("item-remove");
  const changed = first();
  expect(changed).not.toBe(back);
  const isOpen = (row: { attributes: Readonly<Record<string, string>> }) =>
    row.attributes["aria-expanded"] === "true";
  expect(page.all("item-open").filter(isOpen)).toEqual([]);
  await page.tap("starter-shoulder");
  expect([chosen("back"), first()]).toEqual(["true", changed]);
  await page.tap("starter-keep");
  expect([page.all("starter-drop").length, first()]).toEqual([0, changed]);
  await page.tap("starter-shoulder");
  await page.tap("starter-drop");
  expect([chosen("shoulder"), page.all("starter-drop").length]).toEqual(["true", 0]);
  expect([changed, back]).not.toContain(first());
  await page.tap("starter-back");
  expect([chosen("back"), first()]).toEqual(["true", back]);
});

test("why a plan is changed is said by a tap, is seen, and is not that of the next change", async () => {
  const client = desk({ sessions: [session(1)] });
  await enter(client);
  const reasons = () => client.cares.value[0]?.plans.value.map(({ value }) => value.reason);
  const change = async (...why: string[]) => {
    await page.tap("plan-change");
    for (const each of why) await page.tap(`plan-why-${each}`);
    await page.tap("plan-save");
    await settled();
  };
  await page.tap("patient-row");
  expect(page.all("plan-reason")).toEqual([]);
  await change("pain", "too_hard");
  expect(reasons()).toEqual(["too_hard"]);
  expect(page.get("plan-reason").textContent).toContain("too hard");
  await change("pain", "pain");
  expect([reasons(), page.all("plan-reason")]).toEqual([[undefined], []]);
});

test("without network the form stays as it was filled in", async () => {
  const client = fakeClient({
    role: "therapist",
    cares: [],
    broken: true,
    sync: { state: "offline" },
  });
  await enter(client);
  await page.tap("add-patient");
  await page.type("patient-name", "Amina");
  await page.tap("patient-save");
  expect(page.get("save-failed").textContent).toContain("There is no network.");
  expect(page.get("patient-name").value).toBe("Amina");
});

test("the sessions tell zero, not said and not asked apart", async () => {
  const sessions = [
    session(3, { worst: 0, effort: 0, mine: false }),
    session(2, { worst: "not_said", effort: "not_said", mine: false }),
    session(1, { done: "none", items: [], mine: false }),
  ];
  await enter(desk({ sessions }));
  await page.tap("patient-row");
  expect(page.all("session-pain").map((cell) => cell.textContent)).toEqual([
    "not asked",
    "not said",
    "0 No pain",
  ]);
  const [none, skipped, zero] = page.all("session-pain");
  expect(none?.all((each) => each.localName === "svg")).toHaveLength(0);
  expect(skipped?.all((each) => each.localName === "svg")).toHaveLength(1);
  expect(zero?.all((each) => each.localName === "strong")[0]?.textContent).toBe("0");
});

test("the day is the patient's own, newest first", async () => {
  await enter(desk({ sessions: [session(2, { worst: 1 }), session(1, { worst: 6 })] }));
  await page.tap("patient-row");
  expect(page.all("session-row").map((row) => row.attributes["data-day"])).toEqual([
    "2025-11-16",
    "2025-11-15",
  ]);
  expect(page.all("session-day")[0]?.textContent).toMatch(/Sun.*16 Nov/);
});

test("reasons are named with their exercise, or once for the whole", async () => {
  const part = [
    { exercise: "kn05", sets_done: 1, reason: "too_hard" as const },
    { exercise: "an02", sets_done: 3 },
  ];
  const whole = ["kn05", "an02"].map((exercise) => ({
    exercise,
    sets_done: 0,
    reason: "no_time" as const,
  }));
  const sessions = [
    session(1, { done: "some", items: part, worst: 2 }),
    session(2, { done: "none", items: whole }),
  ];
  await enter(desk({ sessions }));
  await page.tap("patient-row");
  expect(page.all("session-reasons").map((cell) => cell.textContent)).toEqual([
    "Sit to stand: Too hard",
    "No time",
  ]);
  expect(page.all("session-done").map((cell) => cell.textContent)).toEqual([
    "1 of 2 done",
    "Not done",
  ]);
});

test("the chart draws zero on the ground, a cross for not said and nothing for not asked", async () => {
  const sessions = [session(4, { worst: 0 }), session(2, { worst: "not_said" })];
  await enter(desk({ sessions, pains: [morning(1, 3)] }));
  await page.tap("patient-row");
  const chart = page.get("pain-chart");
  const drawn = (name: string, kind: string) =>
    chart.all((each) => each.localName === name && (each.attributes.class ?? "").startsWith(kind));
  expect(drawn("circle", "p1").map((dot) => dot.attributes.cy)).toEqual(["142"]);
  expect(drawn("path", "no")).toHaveLength(1);
  expect(drawn("rect", "p2")).toHaveLength(1);
});

test("a note is saved, cleared from the field and listed as on this phone", async () => {
  const client = desk({});
  await enter(client);
  await page.tap("patient-row");
  await page.type("note-text", "Bend only a little.");
  page.root.all((each) => each.localName === "form")[0]?.send("submit");
  await settled();
  expect(client.calls).toEqual(["writeNote Bend only a little."]);
  expect(page.get("note-text").value).toBe("");
  expect(page.get("note-body").textContent).toBe("Bend only a little.");
  expect(page.has("state-phone")).toBe(true);
});

test("who has not joined can be shown a new link", async () => {
  const client = desk({ joined: false, circle: "c-wait", name: "Tomas" });
  await enter(client);
  expect(page.get("patient-row").textContent).toContain("Waiting to join");
  await page.tap("patient-row");
  await page.tap("invite-make");
  expect(client.calls).toEqual(["invitePatient c-wait"]);
  expect(page.get("invite-link").textContent).toBe(LINK);
});

test("new records are counted until the patient was looked at", async () => {
  await enter(desk({ circle: "c-new", sessions: [session(1, { worst: 2, mine: false })] }));
  expect(page.get("patient-row").textContent).toContain("1 new");
  await page.tap("patient-row");
  await page.tap("room-home");
  expect(page.get("patient-row").textContent).not.toContain("new");
});

test("a changed plan replaces every head it was made from", async () => {
  const plans = [plan(), plan()];
  const client = desk({ plans });
  await enter(client);
  await page.tap("patient-row");
  expect(page.has("two-plans")).toBe(true);
  await page.tap("plan-change");
  await page.tap("plan-save");
  const call = client.calls[0] ?? "";
  expect(JSON.parse(call.slice("writePlan ".length)).parents).toEqual(plans.map(({ id }) => id));
});

test("the pain rule of a plan is set, kept in order, and switched off", async () => {
  const client = desk({});
  await enter(client);
  await page.tap("patient-row");
  await page.tap("plan-change");
  const rule = () => page.get("pain-rule");
  const press = async (name: string) => {
    const [button] = rule().all(({ attributes }) => attributes["aria-label"] === name);
    button?.send("click");
    await settled();
  };
  for (let i = 0; i < 9; i += 1) await press("Carry on up to of Pain rule: more");
  await press("Usual morning pain of Pain rule: less");
  await page.tap("plan-save");
  expect(client.calls.at(-1)).toContain('"pain_rule":{"go_max":5,"slow_max":5,"usual":4}');
  await page.tap("plan-change");
  await page.tap("rule-use");
  await page.tap("plan-save");
  expect(client.calls.at(-1)).not.toContain("pain_rule");
});

test("an exercise is added with its ordinary first dose", () => {
  expect(firstOf("kn05")).toMatchObject({ sets: 3, reps: 8, side: "both" });
  expect(firstOf("bk10")).toMatchObject({ sets: 1, time_s: 600 });
  expect(firstOf("bk10").reps).toBeUndefined();
  expect(firstOf("newer")).toMatchObject({ sets: 2, reps: 10 });
});

async function change(client: Client): Promise<void> {
  await enter(client);
  await page.tap("patient-row");
  await page.tap("plan-change");
}

const written = (client: ReturnType<typeof fakeClient>) =>
  JSON.parse((client.calls.at(-1) ?? "").slice("writePlan ".length)) as PlanInput;

test("load and words of an exercise are set by a tap or typed, and seen in its dose", async () => {
  const client = desk({});
  await change(client);
  page.all("item-open")[0]?.send("click");
  await settled();
  page.all("load-offer")[2]?.send("click");
  await settled();
  await page.type("item-note", "Slowly.");
  expect(page.all("item-open")[0]?.textContent).toContain("2 kg");
  await page.tap("plan-save");
  expect(written(client).items[0]).toMatchObject({ load: "2 kg", note: "Slowly." });
  expect(written(client).items[1]).not.toHaveProperty("load");
});

test("a load that is taken away again is no load", async () => {
  const [first] = plan().value.items;
  if (!first) throw new Error("no exercise");
  const client = desk({ plans: [plan({ ...plan().value, items: [{ ...first, load: "2 kg" }] })] });
  await change(client);
  await page.tap("item-open");
  page.all("load-offer")[2]?.send("click");
  await settled();
  await page.tap("plan-save");
  expect(written(client).items[0]).not.toHaveProperty("load");
});

test("exercises are found by name, added, moved and removed", async () => {
  const client = desk({});
  await change(client);
  const before = plan().value.items.map(({ exercise }) => exercise);
  await page.tap("library-open");
  expect(page.has("exercise-kn07")).toBe(true);
  expect(page.has("exercise-sh06")).toBe(false);
  await page.tap("region-sh");
  expect(page.has("exercise-sh06")).toBe(true);
  await page.type("exercise-find", "wall sit");
  await page.tap("exercise-kn08");
  await page.tap("plan.earlier");
  await page.tap("plan-save");
  const ids = written(client).items.map(({ exercise }) => exercise);
  expect(ids).toEqual([...before.slice(0, -1), "kn08", before.at(-1)]);
  await page.tap("plan-change");
  page.all("item-open")[0]?.send("click");
  await settled();
  await page.tap("item-remove");
  await page.tap("plan-save");
  expect(written(client).items).toHaveLength(before.length);
});

test("the first day and a reminder are proposed, and taken back", async () => {
  const client = desk({});
  await change(client);
  await page.type("plan-start", "2025-11-20");
  await page.tap("plan-remind");
  await page.tap("plan-day-2");
  await page.type("plan-remind-time", "06:30");
  await page.tap("plan-save");
  expect(written(client)).toMatchObject({
    start: "2025-11-20",
    reminder: { times: ["06:30"], weekdays: [1, 2, 3, 5] },
  });
  await page.tap("plan-change");
  await page.tap("plan-remind");
  await page.tap("plan-save");
  expect(written(client)).not.toHaveProperty("reminder");
});

test("of two plans written at once one is chosen to go on from, and both are replaced", async () => {
  const other = { ...plan().value, title: "Easier", items: plan().value.items.slice(0, 2) };
  const plans = [plan({ ...other }), plan()];
  const client = desk({ plans });
  await change(client);
  page.all("plan-head")[0]?.send("click");
  await settled();
  await page.tap("plan-save");
  expect(written(client)).toMatchObject({ title: "Easier", parents: plans.map(({ id }) => id) });
  expect(written(client).items).toHaveLength(2);
});
