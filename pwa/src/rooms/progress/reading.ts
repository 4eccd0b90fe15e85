/** What the records of a circle hold for the pictures of progress. Pure. */
import type { Care, Opened } from "../../client";
import type { AnyRecord, Goal, GoalScore, Peg } from "../../records.gen";
import { daysBetween } from "../../words/dates";
import { daysDone } from "../days";
import { type Change, course, daysRing, isDue, pegTenths } from "./progress";

type Diary = Pick<Care, "diary" | "sessions" | "pains" | "plans">;

function all<T extends AnyRecord>(care: Diary, type: T["type"]): readonly Opened<T>[] {
  return care.diary.value.filter((one): one is Opened<T> => one.value.type === type);
}

/** What pain says: of the worst in sessions, or of mornings where there are more of those. */
export function painCourse(care: Diary): Change | undefined {
  const byDay = <T extends { readonly day: string; readonly performed_at: number }>(
    one: { readonly value: T },
    other: { readonly value: T },
  ) =>
    one.value.day.localeCompare(other.value.day) ||
    one.value.performed_at - other.value.performed_at;
  const during = [...care.sessions.value].sort(byDay).map(({ value }) => value.pain.worst);
  const mornings = [...care.pains.value]
    .filter(({ value }) => value.context === "morning")
    .sort(byDay)
    .map(({ value }) => value.score);
  return course(during) ?? course(mornings);
}

/** Days of the last seven. */
export interface Week {
  readonly done: number;
  readonly wanted: number;
  /** Days beyond what was wanted. */
  readonly over: number;
}

/** Undefined without a plan: then nothing is wanted. */
export function weekOf(care: Diary, today: string): Week | undefined {
  const wanted = care.plans.value.at(-1)?.value.days_per_week;
  if (wanted === undefined) return undefined;
  const [done, over] = daysRing(daysDone(care.sessions.value, today), wanted);
  return { done, wanted, over };
}

/** One thing that the person wants to do again, and how it went. */
export interface GoalLine {
  readonly goal: Opened<Goal>;
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Day of the last score; "" without one. */
  readonly day: string;
}

/** Goals in the order in which they were named. */
export function goalsOf(care: Diary): readonly GoalLine[] {
  const scores = all<GoalScore>(care, "goal_score");
  return all<Goal>(care, "goal").map((goal) => {
    const own = scores.filter(({ value }) => value.goal === goal.id);
    const said = own.flatMap(({ value }) =>
      typeof value.score === "number" ? [{ score: value.score, day: value.day }] : [],
    );
    return {
      goal,
      first: said[0]?.score,
      last: said.at(-1)?.score,
      day: said.at(-1)?.day ?? "",
    };
  });
}

/** The weekly questions: means in tenths, and whether they may be asked. */
export interface Weekly {
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** How many times all three were answered. */
  readonly count: number;
  readonly isDue: boolean;
}

export function pegOf(care: Diary, today: string): Weekly {
  const pegs = all<Peg>(care, "peg");
  const means = pegs.flatMap(({ value }) => {
    const mean = pegTenths([value.pain, value.enjoyment, value.activity]);
    return mean === undefined ? [] : [mean];
  });
  const day = pegs.at(-1)?.value.day;
  return {
    first: means[0],
    last: means.at(-1),
    count: means.length,
    isDue: isDue(day === undefined ? undefined : daysBetween(day, today)),
  };
}
