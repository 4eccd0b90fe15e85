/** The traffic light as a table: the worst of three tests, never green for good before the morning. */
import { describe, expect, test } from "vitest";
import { care, kneePlan, morning, plan, session, TODAY } from "../../src/gallery/fake";
import { type DayTold, lightOf, lightOfDay, ruleOn, toldOf } from "../../src/rooms/advice";
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

describe("the rule of a day", () => {
  const written = (lam: number, ago: number, go_max?: number) => {
    const day = dayAfter(TODAY, -ago);
    const at = Date.parse(`${day}T09:00:00Z`) / 1000;
    const rule = go_max === undefined ? {} : { pain_rule: { go_max, slow_max: 5 } };
    const { pain_rule: _, ...bare } = kneePlan();
    return plan({ ...bare, lam, at, tz_min: 0, ...rule });
  };
  const [first, second, newest] = [written(1, 20, 3), written(5, 9, 1), written(9, 2, 2)];
  const followed = (ago: number, id: string) => {
    const one = session(ago, { worst: 3 });
    return { ...one, value: { ...one.value, plan: id } };
  };
  const told = (...sessions: ReturnType<typeof session>[]) =>
    care({ plans: [newest], pastPlans: [first, second], sessions });

  test("is the plan's that its last session followed, though a newer one was written", () => {
    const one = told(followed(5, second.id), followed(1, first.id), followed(0, newest.id));
    expect(ruleOn(one, dayAfter(TODAY, -5))?.go_max).toBe(1);
    expect(ruleOn(one, dayAfter(TODAY, -1))?.go_max).toBe(3);
    expect(ruleOn(one, TODAY)?.go_max).toBe(2);
    const twice = told(followed(1, second.id), followed(1, newest.id));
    expect(ruleOn(twice, dayAfter(TODAY, -1))?.go_max).toBe(2);
  });

  test("is the newest that was written by then, where no session says which", () => {
    const one = told(session(12), followed(4, "pl:2511:d:c000099"));
    expect(ruleOn(one, dayAfter(TODAY, -12))?.go_max).toBe(3);
    expect(ruleOn(one, dayAfter(TODAY, -4))?.go_max).toBe(1);
    expect(ruleOn(one, dayAfter(TODAY, -30))?.go_max).toBe(3);
  });

  test("is none where that plan had none, and none without a plan", () => {
    const bare = written(3, 15);
    const one = care({ plans: [newest], pastPlans: [bare], sessions: [followed(1, bare.id)] });
    expect(ruleOn(one, dayAfter(TODAY, -1))).toBeUndefined();
    expect(ruleOn(care({ plans: [] }), TODAY)).toBeUndefined();
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
