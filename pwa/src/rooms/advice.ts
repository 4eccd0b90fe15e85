/**
 * The traffic light, decided on this phone from the plan's pain rule.
 *
 * A day passes three tests, and the worst of them counts: the worst pain of the session; whether it
 * had settled by the next morning; whether mornings hurt more than the week before. Until the
 * morning is told a day is not final, and so never green for good. Without a rule there is no
 * light: that is how plans after an operation or a fresh break are made.
 *
 * Source: the pain-monitoring model (Thomeé, Silbernagel); 5 is the ceiling in all its versions.
 * What one step worse means, and from which rise on a week is worse, are choices of this project.
 */
import type { Care, Opened, Pain, PainAnswer, Plan, Session } from "../client";
import type { PainRule } from "../records.gen";
import type { Light } from "../ui/lamp";
import { dayAfter, dayOf } from "../words/dates";
import { meanOf, morningOf, worstOn } from "./days";

/** So many mornings of a week have to be told before it is compared. */
const MORNINGS_MIN = 3;
/** From this rise of the mean on, a week is worse than the one before: one step of the scale. */
const RISE_MIN = 1;
const WORSE: readonly Light[] = ["go", "slow", "stop"];

/** Where the plan of a day is looked up. */
export type Planned = Pick<Care, "plans" | "pastPlans" | "sessions">;

/** What is known of a day with a session. */
export interface DayTold {
  readonly worst: PainAnswer | undefined;
  /** Pain of the morning after. */
  readonly morning: PainAnswer | undefined;
  /** Whether mornings hurt more than the week before; undefined = too few were told. */
  readonly rises: boolean | undefined;
}

export interface DayLight {
  readonly light: Light;
  /** Whether nothing that can still be told makes it better or worse. */
  readonly isFinal: boolean;
  /** The test that decided. */
  readonly because: "pain" | "morning" | "weeks";
}

/**
 * The light of the worst pain of a session, or undefined when there is nothing to decide from: no
 * rule in the plan, no answer, or not asked.
 */
export function lightOf(
  worst: PainAnswer | undefined,
  rule: PainRule | undefined,
): Light | undefined {
  if (rule === undefined || typeof worst !== "number") return undefined;
  if (worst <= rule.go_max) return "go";
  return worst <= rule.slow_max ? "slow" : "stop";
}

/** The light of a day by all three tests; undefined as in `lightOf`. */
export function lightOfDay(
  { worst, morning, rises }: DayTold,
  rule: PainRule | undefined,
): DayLight | undefined {
  const pain = lightOf(worst, rule);
  if (rule === undefined || pain === undefined) return undefined;
  const tests: Readonly<Record<DayLight["because"], Light>> = {
    pain,
    morning: morningLight(pain, morning, rule),
    weeks: rises ? "slow" : "go",
  };
  const rank = (because: DayLight["because"]) => WORSE.indexOf(tests[because]);
  const because = (["pain", "morning", "weeks"] as const).reduce((a, b) =>
    rank(b) > rank(a) ? b : a,
  );
  const light = tests[because];
  return { light, because, isFinal: light === "stop" || typeof morning === "number" };
}

/** Pain that was allowed if it settled, and did not, was too much; else it is one step worse. */
function morningLight(pain: Light, morning: PainAnswer | undefined, rule: PainRule): Light {
  if (typeof morning !== "number" || morning <= (rule.usual ?? rule.go_max)) return "go";
  return pain !== "go" || morning > rule.slow_max ? "stop" : "slow";
}

/** The pain rule that held on `day`; undefined where the plan of that day has none. */
export function ruleOn(care: Planned, day: string): PainRule | undefined {
  return planOn(care, day)?.value.pain_rule;
}

/**
 * The plan that held on `day`: the one that the last session of the day followed, as far as this
 * phone has it; else the newest that was written by then; else the first there is.
 */
export function planOn(care: Planned, day: string): Opened<Plan> | undefined {
  const plans = [...care.pastPlans.value, ...care.plans.value].sort(
    (a, b) => a.value.lam - b.value.lam,
  );
  const followed = care.sessions.value
    .filter(({ value }) => value.day === day)
    .flatMap(({ value }) => plans.find(({ id }) => id === value.plan) ?? [])
    .at(-1);
  const written = plans.filter(({ value }) => dayOf(value.at, value.tz_min) <= day).at(-1);
  return followed ?? written ?? plans[0];
}

/** What the records say of the sessions of `day`. */
export function toldOf(
  sessions: readonly Opened<Session>[],
  pains: readonly Opened<Pain>[],
  day: string,
): DayTold {
  const next = dayAfter(day, 1);
  return {
    worst: worstOn(sessions, day),
    morning: morningOf(pains, next)?.value.score,
    rises: risesUntil(pains, next),
  };
}

/** Whether the mornings of the week that ends with `day` hurt more than those of the week before. */
function risesUntil(pains: readonly Opened<Pain>[], day: string): boolean | undefined {
  const week = (from: number) =>
    Array.from({ length: 7 }, (_, i) => morningOf(pains, dayAfter(day, from - i))?.value.score);
  const [now, before] = [week(0), week(-7)];
  const isKnown = (mornings: typeof now) =>
    mornings.filter((score) => typeof score === "number").length >= MORNINGS_MIN;
  if (!isKnown(now) || !isKnown(before)) return undefined;
  return (meanOf(now) ?? 0) - (meanOf(before) ?? 0) >= RISE_MIN;
}
