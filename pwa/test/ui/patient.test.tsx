import { render } from "preact";
import { beforeEach, describe, expect, test } from "vitest";
import type { SessionInput } from "../../src/client";
import { care, fakeClient, morning, note, plan, session, TODAY } from "../../src/gallery/fake";
import { Messages } from "../../src/rooms/messages";
import { PatientRooms } from "../../src/rooms/patient";
import { clearDraft } from "../../src/rooms/patient/draft";
import { More } from "../../src/rooms/patient/more";
import { Past } from "../../src/rooms/patient/past";
import { route, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

/** Shows the rooms of `client` with every lazily loaded part at hand. */
async function enter(client: ReturnType<typeof fakeClient>): Promise<void> {
  expect([More, Messages, Past].every(Boolean)).toBe(true);
  render(<PatientRooms client={client} />, page.root as unknown as Element);
  await settled();
}

function written(client: ReturnType<typeof fakeClient>, at = -1): SessionInput {
  const calls = client.calls.filter((call) => call.startsWith("logSession "));
  return JSON.parse((calls.at(at) ?? "").slice("logSession ".length)) as SessionInput;
}

beforeEach(() => {
  page = openPage();
  startRoutes();
  clearDraft();
});

describe("a session", () => {
  test("is told and saved in four taps", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["done-all", "pain-0", "effort-2", "save"]) await page.tap(tap);
    const session = written(client);
    expect(session).toMatchObject({ day: TODAY, done: "all", pain: { worst: 0 }, effort: 2 });
    expect(session.items).toHaveLength(5);
    expect(page.has("saved")).toBe(true);
  });

  test("pain 0 is written as 0 and not as nothing", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["log-start", "done-all", "pain-0", "effort-0", "save"]) await page.tap(tap);
    expect(written(client).pain).toEqual({ worst: 0 });
    expect(written(client).effort).toBe(0);
  });

  test("skipped answers are written as not said", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["done-all", "pain-skip", "effort-skip"]) await page.tap(tap);
    expect(written(client)).toMatchObject({ pain: { worst: "not_said" }, effort: "not_said" });
    expect(page.has("advice-none")).toBe(true);
  });

  test("of nothing has a reason and is not asked for pain or effort", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["log-start", "done-none", "reason-no_time"]) await page.tap(tap);
    const { done, pain, items, ...others } = written(client);
    expect({ done, pain }).toEqual({ done: "none", pain: {} });
    expect("effort" in others).toBe(false);
    expect(items.map(({ reason }) => reason)).toEqual(Array(5).fill("no_time"));
  });

  test("of some keeps which ones, and the reason only for the others", async () => {
    const client = fakeClient();
    await enter(client);
    const taps = ["log-start", "done-some", "which-0", "which-2", "which-next", "reason-pain"];
    for (const tap of [...taps, "pain-6", "effort-10", "save"]) await page.tap(tap);
    const { done, items } = written(client);
    expect(done).toBe("some");
    expect(items.map(({ sets_done, reason }) => [sets_done > 0, reason])).toEqual([
      [true, undefined],
      [false, "pain"],
      [true, undefined],
      [false, "pain"],
      [false, "pain"],
    ]);
  });

  test("keeps an exercise that was too hard when the rest is all done", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["exercise-1", "exercise-too-hard", "done-all"]) await page.tap(tap);
    for (const tap of ["pain-3", "effort-7", "save"]) await page.tap(tap);
    expect(written(client).done).toBe("some");
    expect(written(client).items[1]).toEqual({
      exercise: "kn04",
      sets_done: 0,
      reason: "too_hard",
    });
  });

  test("a save that fails says so and keeps the answers", async () => {
    const client = fakeClient({ broken: true });
    await enter(client);
    for (const tap of ["done-all", "pain-4", "effort-5", "save"]) await page.tap(tap);
    expect(page.has("save-failed")).toBe(true);
    expect(page.has("saved")).toBe(false);
    expect(page.get("effort-5").attributes["aria-pressed"]).toBe("true");
    expect(page.get("pain-was").textContent).toBe("Pain: 4");
  });

  test("two in a row are two records", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["done-all", "pain-0", "effort-0", "save", "saved-home"]) await page.tap(tap);
    for (const tap of ["log-start", "done-all", "pain-6", "effort-7", "save"]) await page.tap(tap);
    expect([written(client, 0).pain.worst, written(client, 1).pain.worst]).toEqual([0, 6]);
  });

  test("back from the saved screen does not tell it twice", async () => {
    const client = fakeClient();
    await enter(client);
    for (const tap of ["done-all", "pain-1", "effort-0", "save"]) await page.tap(tap);
    history.back();
    await settled();
    expect(page.has("today")).toBe(true);
    expect(page.has("log-pain")).toBe(false);
  });
});

describe("advice after saving", () => {
  test.each([
    ["pain-0", "advice-go"],
    ["pain-2", "advice-go"],
    ["pain-3", "advice-slow"],
    ["pain-5", "advice-slow"],
    ["pain-6", "advice-stop"],
    ["pain-10", "advice-stop"],
  ])("%s gives %s", async (pain, advice) => {
    await enter(fakeClient());
    for (const tap of ["done-all", pain, "effort-5", "save"]) await page.tap(tap);
    expect(page.has(advice)).toBe(true);
    expect(page.get("not-seen").textContent).toContain("Rosa has not seen this yet");
  });

  test("green and amber stay open until the morning", async () => {
    await enter(fakeClient());
    for (const tap of ["done-all", "pain-2", "effort-5", "save"]) await page.tap(tap);
    expect(page.text()).toContain("Not final yet");
  });

  test("a plan without a rule gives none", async () => {
    const { pain_rule: _, ...bare } = plan().value;
    await enter(fakeClient({ cares: [care({ plans: [plan(bare)] })] }));
    for (const tap of ["done-all", "pain-9", "effort-5", "save"]) await page.tap(tap);
    expect(page.has("advice-none")).toBe(true);
  });
});

describe("an exercise", () => {
  test("says that no clinician has approved its words, and can be made silent", async () => {
    await enter(fakeClient());
    await page.tap("exercise-1");
    expect(page.has("text-state")).toBe(true);
    expect(page.get("sounds").attributes["aria-checked"]).toBe("true");
    await page.tap("sounds");
    expect(page.get("sounds").attributes["aria-checked"]).toBe("false");
    await page.tap("sounds");
  });

  test("is on the plan on paper, with picture, dose and lines", async () => {
    await enter(fakeClient());
    await page.tap("open-more");
    await page.tap("open-print");
    const text = page.get("print").textContent ?? "";
    expect(text).toContain("Sit to stand");
    expect(text).toContain("3\u00a0×\u00a08");
    expect(text).toContain("Lean forward and stand up.");
    expect(text).toContain("not yet approved");
    let printed = 0;
    Object.assign(globalThis, { print: () => (printed += 1) });
    await page.tap("print-now");
    expect(printed).toBe(1);
  });
});

describe("today", () => {
  test("asks for the morning in two taps and shows the answer", async () => {
    const client = fakeClient();
    await enter(client);
    await page.tap("morning-open");
    await page.tap("pain-0");
    expect(client.calls.at(-1)).toContain('"context":"morning","score":0');
    expect(page.get("morning-answer").textContent).toBe("0 No pain");
  });

  test("tells morning pain that was not said apart from pain 0", async () => {
    await enter(fakeClient({ cares: [care({ pains: [morning(0, "not_said")] })] }));
    expect(page.get("morning-answer").textContent).toBe("not said");
  });

  test("says without blame that there is no network", async () => {
    await enter(fakeClient({ sync: { state: "offline", unsent: 4 } }));
    expect(page.get("net-offline").textContent).toBe("No network. All is saved on this phone.");
    expect(page.get("open-more").textContent).toContain("4 waiting");
  });

  test("shows a note until it was opened", async () => {
    const notes = [note(1, "Bend only a little.")];
    await enter(fakeClient({ cares: [care({ notes })] }));
    expect(page.get("note-card").textContent).toContain("Bend only a little.");
    await page.tap("note-card");
    expect(page.get("note-body").textContent).toBe("Bend only a little.");
    history.back();
    await settled();
    expect(page.has("note-card")).toBe(false);
  });

  test("after a restart in the middle of the questions begins at today", async () => {
    await enter(fakeClient());
    await page.tap("done-all");
    expect(page.has("log-pain")).toBe(true);
    clearDraft();
    await settled();
    expect(page.has("today")).toBe(true);
  });
});

test("my days show for every record where it is", async () => {
  const sessions = [session(1, { worst: 3 }), session(0, { worst: 0, place: "phone" })];
  await enter(fakeClient({ cares: [care({ sessions })] }));
  await page.tap("open-days");
  expect(page.all("history-row").map((row) => row.textContent)).toEqual([
    expect.stringMatching(/0 No pain.*On this phone/),
    expect.stringContaining("On the server"),
  ]);
});

test("my days begin with the last ones, and show all when asked", async () => {
  const sessions = Array.from({ length: 15 }, (_, ago) => session(ago, { worst: 0 }));
  await enter(fakeClient({ cares: [care({ sessions })] }));
  await page.tap("open-days");
  expect(page.all("history-row")[0]?.textContent).toContain("today");
  expect(page.all("history-row").length).toBeLessThan(15);
  await page.tap("days-more");
  expect(page.all("history-row")).toHaveLength(15);
  expect(page.has("days-more")).toBe(false);
});

test("the advice to stop leads to the questions for danger signs in one tap", async () => {
  await enter(fakeClient());
  for (const tap of ["done-all", "pain-8", "effort-10", "save", "saved-wrong"]) await page.tap(tap);
  expect(route.value).toEqual({ room: "wrong" });
});

test("the status says what the server refused", async () => {
  const refused = [{ id: "ev:2511:d:c000001", reason: "This phone was removed." }];
  await enter(fakeClient({ sync: { unsent: 1, refused } }));
  expect(page.has("net-refused")).toBe(true);
  await page.tap("open-more");
  await page.tap("open-status");
  expect(page.get("refused").textContent).toContain("This phone was removed.");
  await page.tap("refused-go");
  expect(route.value).toEqual({ room: "sending", step: "stuck" });
});

describe("the easier exercise", () => {
  test("is named by the library for what hurt", async () => {
    await enter(fakeClient());
    for (const tap of ["log-start", "done-some", "which-0", "which-1", "which-3", "which-4"])
      await page.tap(tap);
    for (const tap of ["which-next", "reason-pain", "pain-6", "effort-10", "save"])
      await page.tap(tap);
    expect(page.get("easier-kn04").textContent).toBe(
      "Next time do the easier one: Seated knee straighten, not Sit to stand.",
    );
  });

  test("is not named when all is well", async () => {
    await enter(fakeClient());
    for (const tap of ["done-all", "pain-0", "effort-0", "save"]) await page.tap(tap);
    expect(page.text()).not.toContain("easier one");
  });
});

describe("the morning after", () => {
  test.each([
    ["pain-0", "It settled over night."],
    ["pain-3", "It did not settle."],
    ["pain-skip", "Morning pain is saved on this phone."],
  ])("%s says: %s", async (tap, words) => {
    await enter(fakeClient({ cares: [care({ sessions: [session(1, { worst: 4 })] })] }));
    await page.tap("morning-open");
    await page.tap(tap);
    expect(page.text()).toContain(words);
  });
});

test("mornings that hurt more than the week before turn green to amber", async () => {
  const week = (from: number, score: number) => [0, 1, 2].map((i) => morning(from + i, score));
  await enter(fakeClient({ cares: [care({ pains: [...week(7, 1), ...week(0, 3)] })] }));
  for (const tap of ["done-all", "pain-0", "effort-0", "save"]) await page.tap(tap);
  expect(page.has("advice-slow")).toBe(true);
  expect(page.text()).toContain("Your mornings hurt more than last week.");
});
