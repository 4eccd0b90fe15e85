/** Which card is of this week, which were before, and what was answered. Pure. */
import type { Care, Opened, Plan } from "../../client";
import { cardOf, type EducationCard } from "../../library/cards";
import type { Lesson } from "../../records.gen";
import { dayOf, daysBetween } from "../../words/dates";

const WEEK_DAYS = 7;

/** The cards of a plan up to a day; a card that this version does not know is left out. */
export interface Weeks {
  /** Undefined before the first week and after the last. */
  readonly now: EducationCard | undefined;
  /** Those of earlier weeks, the newest first; they stay. */
  readonly before: readonly EducationCard[];
}

/** Weeks count from the plan's first day; without one, from the day on which it was written. */
export function weeksOf(
  plan: Pick<Plan, "lessons" | "start" | "at" | "tz_min">,
  today: string,
): Weeks {
  const { lessons = [], start = dayOf(plan.at, plan.tz_min) } = plan;
  const days = daysBetween(start, today);
  if (days < 0) return { now: undefined, before: [] };
  const week = Math.floor(days / WEEK_DAYS);
  const known = (ids: readonly string[]) => ids.flatMap((id) => cardOf(id) ?? []);
  return {
    now: known(lessons.slice(week, week + 1))[0],
    before: known(lessons.slice(0, week)).reverse(),
  };
}

/** The newest answer to each card, by its id. */
export function answersIn(care: Pick<Care, "diary">): ReadonlyMap<string, Opened<Lesson>> {
  return new Map(
    care.diary.value
      .filter((one): one is Opened<Lesson> => one.value.type === "lesson")
      .map((one) => [one.value.card, one]),
  );
}
