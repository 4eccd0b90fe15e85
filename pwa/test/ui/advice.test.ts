/** The traffic light as a table: the worst of three tests, never green for good before the morning. */
import { describe, expect, test } from "vitest";
import { morning, session, TODAY } from "../../src/gallery/fake";
import { type DayTold, lightOf, lightOfDay, toldOf } from "../../src/rooms/advice";
import { meanOf } from "../../src/rooms/days";
import { dayAfter } from "../../src/words/dates";

const RULE = { go_max: 2, slow_max: 5 };
const USUAL = { ...RULE, usual: 4 };

describe("a day", () => {
  const told = (worst: DayTold["worst"], next?: DayTold["morning"], rises?: boolean): DayTold => ({
    worst,
    morning: next,
    rises,
  });

  test.each([
    // worst, morning after, mornings rise -> light, final, because
    [0, undefined, undefined, "go", false, "pain"],
    [2, undefined, undefined, "go", false, "pain"],
    [2, "not_said", undefined, "go", false, "pain"],
    [2, 0, undefined, "go", true, "pain"],
    [2, 2, false, "go", true, "pain"],
    [2, 3, undefined, "slow", true, "morning"],
    [2, 6, undefined, "stop", true, "morning"],
    [0, 1, true, "slow", true, "weeks"],
    [0, undefined, true, "slow", false, "weeks"],
    [3, undefined, undefined, "slow", false, "pain"],
    [5, "not_said", undefined, "slow", false, "pain"],
    [5, 2, undefined, "slow", true, "pain"],
    [5, 3, undefined, "stop", true, "morning"],
    [6, undefined, undefined, "stop", true, "pain"],
    [6, 0, false, "stop", true, "pain"],
    [10, 10, true, "stop", true, "pain"],
  ] as const)("of pain %s, morning %s, rise %s is %s, final %s, by %s", (...row) => {
    const [worst, next, rises, light, isFinal, because] = row;
    expect(lightOfDay(told(worst, next, rises), RULE)).toEqual({ light, isFinal, because });
  });

  test.each([
    [5, 4, "slow"],
    [5, 5, "stop"],
    [1, 4, "go"],
    [1, 5, "slow"],
  ] as const)("of pain %s settles to the usual morning: %s is %s", (worst, next, light) => {
    expect(lightOfDay(told(worst, next), USUAL)?.light).toBe(light);
  });

  test("has no light without a rule, an answer, or a question", () => {
    expect(lightOfDay(told(9, 9, true), undefined)).toBeUndefined();
    expect(lightOfDay(told("not_said", 9, true), RULE)).toBeUndefined();
    expect(lightOfDay(told(undefined, 9, true), RULE)).toBeUndefined();
  });

  test("is never green for good before its morning is told", () => {
    for (let worst = 0; worst <= 10; worst += 1) {
      for (const next of [undefined, "not_said"] as const) {
        const day = lightOfDay(told(worst, next), RULE);
        expect([worst, day?.light === "go" && day.isFinal]).toEqual([worst, false]);
      }
    }
  });

  test("gets no better by its morning", () => {
    for (let worst = 0; worst <= 10; worst += 1) {
      for (let next = 0; next <= 10; next += 1) {
        const after = lightOfDay(told(worst, next), RULE)?.light ?? "go";
        const order = ["go", "slow", "stop"];
        expect(order.indexOf(after)).toBeGreaterThanOrEqual(
          order.indexOf(lightOf(worst, RULE) ?? ""),
        );
      }
    }
  });
});

describe("what the records say of a day", () => {
  const YESTERDAY = dayAfter(TODAY, -1);

  test("is the worst of its sessions, and the morning after it", () => {
    const sessions = [session(1, { worst: 0 }), session(1, { worst: 3 }), session(0, { worst: 9 })];
    expect(toldOf(sessions, [morning(0, 2), morning(1, 8)], YESTERDAY)).toEqual({
      worst: 3,
      morning: 2,
      rises: undefined,
    });
  });

  const week = (from: number, ...scores: (number | "not_said")[]) =>
    scores.map((score, i) => morning(from + i, score));

  test.each([
    ["rises by a point", week(0, 3, 3, 3), week(7, 2, 2, 2), true],
    ["rises by less", week(0, 3, 2, 2), week(7, 2, 2, 2), false],
    ["falls", week(0, 1, 1, 1), week(7, 4, 4, 4), false],
    ["has two mornings", week(0, 9, 9), week(7, 2, 2, 2), undefined],
    ["was not said on the third", week(0, 9, 9, "not_said"), week(7, 2, 2, 2), undefined],
    ["counts zeros", week(0, 1, 1, 1), week(7, 0, 0, 0), true],
  ] as const)("a week that %s", (_, now, before, rises) => {
    expect(toldOf([session(1, { worst: 1 })], [...before, ...now], YESTERDAY).rises).toBe(rises);
  });
});

describe("a mean", () => {
  test("counts zeros, and nothing that was not said or not asked", () => {
    expect(meanOf([0, 4])).toBe(2);
    expect(meanOf([0, 4, "not_said", undefined])).toBe(2);
    expect(meanOf([0])).toBe(0);
    expect(meanOf(["not_said", undefined])).toBeUndefined();
  });
});
