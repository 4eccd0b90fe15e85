import { describe, expect, test } from "vitest";
import { kneePlan, morning, session, TODAY } from "../../src/gallery/fake";
import { lightOf } from "../../src/rooms/advice";
import { daysDone, daysToShow, doneOn, morningOf, painDays } from "../../src/rooms/days";
import { marksOf, runsOf, spokenSeries } from "../../src/ui/chart-lines";

describe("pain over days", () => {
  test("zero, not said and not asked stay three things", () => {
    const sessions = [session(2, { worst: 0 }), session(1, { worst: "not_said" })];
    const days = painDays(sessions, [], TODAY, 3);
    expect(days.map(({ during }) => during)).toEqual([0, "not_said", undefined]);
    expect(marksOf(days.map(({ during }) => during))).toEqual([
      { kind: "number", at: 0, score: 0 },
      { kind: "cross", at: 1 },
    ]);
  });

  test("of several sessions on a day the worst counts, a number before not said", () => {
    const told = [
      session(0, { worst: "not_said" }),
      session(0, { worst: 0 }),
      session(0, { worst: 4 }),
    ];
    expect(painDays(told, [], TODAY, 1)[0]?.during).toBe(4);
    expect(painDays([...told].reverse(), [], TODAY, 1)[0]?.during).toBe(4);
    expect(painDays(told.slice(0, 2), [], TODAY, 1)[0]?.during).toBe(0);
  });

  test("the last morning answer of a day counts", () => {
    expect(morningOf([morning(0, 3), morning(0, 5), morning(1, 9)], TODAY)?.value.score).toBe(5);
  });

  test("a line joins only days that follow each other", () => {
    const marks = marksOf([1, 2, undefined, 3, "not_said", 4]);
    expect(runsOf(marks).map((run) => run.map(({ at }) => at))).toEqual([[0, 1], [3], [5]]);
  });

  test("a listener hears how many, the last and the highest", () => {
    expect(spokenSeries(marksOf([7, "not_said", 0]))).toEqual({ n: 2, last: 0, high: 7 });
    expect(spokenSeries(marksOf(["not_said", undefined]))).toBeUndefined();
  });

  test("the picture begins with the first record, within bounds", () => {
    const bounds = { least: 7, most: 21 };
    expect(daysToShow([], [], TODAY, bounds)).toBe(7);
    expect(daysToShow([session(11)], [], TODAY, bounds)).toBe(12);
    expect(daysToShow([session(90)], [], TODAY, bounds)).toBe(21);
  });
});

describe("days done", () => {
  test("counts each day once, the last seven only, and no day of nothing", () => {
    const sessions = [
      session(7, { worst: 1 }),
      session(6, { worst: 1 }),
      session(1, { worst: 1 }),
      session(1, { worst: 2 }),
      session(0, { done: "none", items: [] }),
    ];
    expect(daysDone(sessions, TODAY)).toBe(2);
  });

  test("an exercise is done when all its rounds are", () => {
    const items = [
      { exercise: "kn02", sets_done: 3 },
      { exercise: "kn04", sets_done: 2 },
      { exercise: "kn05", sets_done: 0 },
    ];
    const done = doneOn([session(0, { done: "some", items })], TODAY, kneePlan());
    expect([...done]).toEqual(["kn02"]);
  });
});

test("the light follows the bounds of the plan", () => {
  const rule = { go_max: 2, slow_max: 5 };
  const lights = [0, 2, 3, 5, 6, 10].map((worst) => lightOf(worst, rule));
  expect(lights).toEqual(["go", "go", "slow", "slow", "stop", "stop"]);
  expect(lightOf(4, { go_max: 4, slow_max: 6 })).toBe("go");
});

test("without a number, an answer or a rule there is no light", () => {
  const rule = { go_max: 2, slow_max: 5 };
  expect([lightOf("not_said", rule), lightOf(undefined, rule), lightOf(3, undefined)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
