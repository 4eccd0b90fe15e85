/** What the records say about days. Pure. */
import type { Opened, Pain, PainAnswer, Plan, Session } from "../client";
import { dayAfter, daysBetween } from "../words/dates";

/** The morning answer about `day`: the last one given, or undefined when there is none. */
export function morningOf(pains: readonly Opened<Pain>[], day: string): Opened<Pain> | undefined {
  return pains.filter(({ value }) => value.context === "morning" && value.day === day).at(-1);
}

/** Exercises done in full in the sessions of `day`. */
export function doneOn(sessions: readonly Opened<Session>[], day: string, plan: Plan): Set<string> {
  const done = new Set<string>();
  for (const { value } of sessions) {
    if (value.day !== day) continue;
    for (const item of value.items) {
      const wanted = plan.items.find(({ exercise }) => exercise === item.exercise);
      if (item.sets_done > 0 && item.sets_done >= (wanted?.sets ?? 1)) done.add(item.exercise);
    }
  }
  return done;
}

/** Different days with something done, of the 7 days that end with `today`. */
export function daysDone(sessions: readonly Opened<Session>[], today: string): number {
  const days = new Set<string>();
  for (const { value } of sessions) {
    const ago = daysBetween(value.day, today);
    if (value.done !== "none" && ago >= 0 && ago < 7) days.add(value.day);
  }
  return days.size;
}

/** One day of a pain chart; undefined = not asked. */
export interface PainDay {
  readonly day: string;
  readonly during: PainAnswer | undefined;
  readonly morning: PainAnswer | undefined;
}

/**
 * The last `count` days up to `today`, oldest first. Of several sessions on a day the worst pain
 * counts; "not said" only when no session of the day has a number.
 */
export function painDays(
  sessions: readonly Opened<Session>[],
  pains: readonly Opened<Pain>[],
  today: string,
  count: number,
): PainDay[] {
  return Array.from({ length: count }, (_, i) => {
    const day = dayAfter(today, i + 1 - count);
    return { day, during: worstOn(sessions, day), morning: morningOf(pains, day)?.value.score };
  });
}

/** The worst pain of the sessions of a day; "not said" only when none of them has a number. */
export function worstOn(sessions: readonly Opened<Session>[], day: string): PainAnswer | undefined {
  let worst: PainAnswer | undefined;
  for (const { value } of sessions) {
    const answer = value.day === day ? value.pain.worst : undefined;
    if (typeof answer === "number") {
      worst = typeof worst === "number" ? Math.max(worst, answer) : answer;
    } else if (answer !== undefined && worst === undefined) worst = answer;
  }
  return worst;
}

/** Days from the first record to `today`, at least `least` and at most `most`. */
export function daysToShow(
  sessions: readonly Opened<Session>[],
  pains: readonly Opened<Pain>[],
  today: string,
  { least, most }: { least: number; most: number },
): number {
  const ages = [...sessions, ...pains].map(({ value }) => daysBetween(value.day, today) + 1);
  return Math.min(most, Math.max(least, ...ages, least));
}

/** The mean of the numbers; what was not said or not asked is no zero. Undefined without a number. */
export function meanOf(answers: readonly (PainAnswer | undefined)[]): number | undefined {
  const scores = answers.filter((answer) => typeof answer === "number");
  return scores.length === 0 ? undefined : scores.reduce((a, b) => a + b) / scores.length;
}
