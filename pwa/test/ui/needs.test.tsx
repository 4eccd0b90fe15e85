/** Who needs a therapist: the group, the reason, and that a receipt takes somebody out of it. */
import { render } from "preact";
import { beforeEach, describe, expect, test } from "vitest";
import {
  at,
  byStaff,
  type CareParts,
  care,
  fakeClient,
  kneePlan,
  morning,
  note,
  plan,
  session,
  TODAY,
} from "../../src/gallery/fake";
import type { Wish } from "../../src/records.gen";
import { TherapistRooms } from "../../src/rooms/therapist";
import { neededOf } from "../../src/rooms/therapist/needs";
import { route, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const theirs = { mine: false } as const;

function needOf(parts: CareParts): string {
  return neededOf(care({ role: "therapist", ...parts }), TODAY).need;
}

const hard = session(1, {
  worst: 1,
  ...theirs,
  done: "some",
  items: [{ exercise: "kn05", sets_done: 1, reason: "too_hard" }],
});
const daily = plan({ ...kneePlan(), days_per_week: 6 });
const heard = (id: string) =>
  byStaff({ type: "heard", lam: 1, at: at(TODAY, 9), tz_min: 120, targets: [id] }, true);

describe("a patient is", () => {
  test("stopped after pain over the rule, until a clinician has looked", () => {
    const bad = session(1, { worst: 7, ...theirs });
    expect(needOf({ sessions: [bad] })).toBe("stop");
    expect(needOf({ sessions: [bad], others: [heard(bad.id)] })).toBe("track");
  });

  test("moved by the last two weeks only: what is older is on the patient's page", () => {
    const fine = session(0, { worst: 0, ...theirs });
    expect(needOf({ sessions: [session(13, { worst: 7, ...theirs }), fine] })).toBe("stop");
    expect(needOf({ sessions: [session(14, { worst: 7, ...theirs }), fine] })).toBe("track");
  });

  test("stopped after a morning over the rule", () => {
    const parts = { sessions: [session(1, { worst: 1, ...theirs })] };
    expect(needOf({ ...parts, pains: [morning(0, 6, false)] })).toBe("stop");
    expect(needOf({ ...parts, pains: [morning(0, 2, false)] })).toBe("track");
  });

  test("looked at soon after pain that may settle, or an exercise that was too hard", () => {
    expect(needOf({ sessions: [session(1, { worst: 4, ...theirs })] })).toBe("slow");
    expect(needOf({ sessions: [hard] })).toBe("slow");
    expect(needOf({ sessions: [session(1, { worst: 0, ...theirs })] })).toBe("track");
  });

  test("silent after a week without a session, but not while resting", () => {
    const old = session(7, { worst: 0, ...theirs });
    const wish: Wish = {
      ...{ type: "wish", lam: 1, at: at(TODAY, 9), tz_min: 120 },
      ...{ day: TODAY, performed_at: at(TODAY, 9), wish: "pause" },
    };
    expect(neededOf(care({ sessions: [old] }), TODAY)).toMatchObject({ need: "silent", days: 7 });
    expect(needOf({ sessions: [session(6, { worst: 0, ...theirs })] })).toBe("track");
    const rests = { ...byStaff(wish), staff: undefined as never };
    expect(needOf({ sessions: [old], others: [rests] })).toBe("asks");
    expect(needOf({ sessions: [old], others: [rests, heard(rests.id)] })).toBe("track");
  });

  describe("ready for more", () => {
    const DAYS = [12, 10, 8, 6, 4, 2];
    const easy = (ago: number, told: Parameters<typeof session>[1] = {}) =>
      session(ago, { worst: 1, effort: 2, ...theirs, ...told });
    const settled = DAYS.map((ago) => morning(ago - 1, 1, false));
    const sessions = DAYS.map((ago) => easy(ago));
    const but = (ago: number, told: Parameters<typeof session>[1]) => ({
      sessions: DAYS.map((each) => easy(each, each === ago ? told : {})),
      pains: settled,
    });

    test("when for two weeks all was done, easy, green and settled; never without being told anew", () => {
      const parts = { sessions, pains: settled };
      expect(neededOf(care({ role: "therapist", ...parts }), TODAY)).toMatchObject({
        need: "ready",
        ready: { days: 6, worst: 1 },
      });
      const seen = [...sessions, ...settled].map(({ id }) => heard(id));
      expect(needOf({ ...parts, others: seen })).toBe("track");
    });

    test.each([
      ["too few days", { sessions: sessions.slice(1), pains: settled }],
      ["a day that was not done in full", but(4, { done: "some" })],
      ["one that was not easy", but(4, { effort: 5 })],
      ["effort that was not said", but(4, { effort: "not_said" })],
      ["a plan that wants more days", { sessions, pains: settled, plans: [daily] }],
      ["mornings that nobody told", { sessions, pains: settled.slice(2) }],
      ["two plans at once", { sessions, pains: settled, plans: [plan(), plan()] }],
    ])("but not with %s", (_, parts) => {
      expect(needOf(parts)).toBe("track");
    });

    test("but not after a morning that had not settled, seen or not", () => {
      const bad = morning(3, 4, false);
      const parts = { sessions, pains: [...settled.filter((_, i) => i !== 4), bad] };
      const seen = [...sessions, ...parts.pains].slice(0, -2).map(({ id }) => heard(id));
      expect(needOf({ ...parts, others: [...seen, heard(bad.id)] })).toBe("track");
    });
  });

  test("silent when there never was a session", () => {
    expect(needOf({})).toBe("silent");
  });

  test("waited for until the phone has joined", () => {
    expect(needOf({ joined: false })).toBe("waiting");
  });
});

describe("the list", () => {
  let page: ScreenPage;
  beforeEach(() => {
    page = openPage();
    startRoutes();
  });

  async function enter(parts: readonly CareParts[]): Promise<void> {
    const cares = parts.map((each) => care({ role: "therapist", ...each }));
    render(
      <TherapistRooms client={fakeClient({ role: "therapist", cares })} />,
      page.root as unknown as Element,
    );
    await settled();
  }

  const calm = (name: string) => ({ name, sessions: [session(1, { worst: 0, ...theirs })] });

  test("has the red before the silent, the amber, the messages and the rest", async () => {
    await enter([
      { ...calm("Ana") },
      { ...calm("Ben"), notes: [] },
      { name: "Cem", sessions: [session(1, { worst: 4, ...theirs })] },
      { name: "Dan", sessions: [session(9, { worst: 0, ...theirs })] },
      { name: "Eva", sessions: [session(1, { worst: 9, ...theirs })] },
      { name: "Fay", joined: false, notes: [note(1, "x", true)] },
    ]);
    const names = page.all("patient-row").map(({ textContent }) => textContent?.slice(0, 3));
    expect(names).toEqual(["Eva", "Dan", "Cem", "Fay", "Ana", "Ben"]);
    expect(page.text()).toContain("3 of 6 patients need a look.");
  });

  test("reviews a patient in two taps: the reasons stand first, and a receipt takes them away", async () => {
    const bad = session(1, { worst: 7, ...theirs });
    const told = morning(0, 5, false);
    const own = session(2, { worst: 9 });
    const cares = [care({ role: "therapist", sessions: [own, bad], pains: [told] })];
    const client = fakeClient({ role: "therapist", cares });
    render(<TherapistRooms client={client} />, page.root as unknown as Element);
    await settled();
    await page.tap("patient-row");
    expect(page.all("since-line").map(({ textContent }) => textContent)).toEqual([
      "Worst pain: 7Morning: 5yesterday",
    ]);
    expect(page.get("since").textContent).toContain("Did exercises on 1 day");
    await page.tap("review");
    expect(client.calls.at(-1)).toBe(
      `write ${JSON.stringify({ type: "heard", targets: [bad.id, told.id] })}`,
    );
    expect(page.has("since")).toBe(false);
    history.back();
    await settled();
    expect(page.has("need-stop")).toBe(false);
  });

  test("has the clinic's rooms beside it, where there is a clinic", async () => {
    await enter([calm("Ana")]);
    expect(page.has("open-clinic")).toBe(false);
    await enter([calm("Ana"), { purpose: "clinic", role: "admin", circle: "cclinic" }]);
    await page.tap("open-clinic");
    expect(route.value).toEqual({ room: "members", circle: "cclinic" });
  });

  test("of many hides those on track, and finds one by name without accents", async () => {
    const many = ["José", "B", "C", "D", "E", "F", "G", "H", "I"].map(calm);
    await enter([...many, { name: "Eva", sessions: [session(1, { worst: 9, ...theirs })] }]);
    expect(page.all("patient-row")).toHaveLength(1);
    await page.tap("track-show");
    expect(page.all("patient-row")).toHaveLength(10);
    await page.tap("track-show");
    await page.type("find", " jose");
    expect(page.all("patient-row").map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining("José"),
    ]);
    await page.type("find", "zzz");
    expect(page.text()).toContain("Nobody has this name.");
  });
});
