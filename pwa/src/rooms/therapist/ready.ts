/**
 * Who may be ready for more: everything was done, it was easy, it did not hurt and mornings had
 * settled, for two weeks. It is a hint for the therapist, who alone changes a plan.
 *
 * Source: the rules by which loads are raised at home (two sessions or more above the target, after
 * which it gets heavier; ACSM 2009) and the pain-monitoring model, held more tightly here: the
 * bounds are choices of this project.
 */
import type { Care, Opened } from "../../client";
import type { PainAnswer, Session } from "../../records.gen";
import { dayAfter } from "../../words/dates";
import { type DayLight, lightOfDay, planOn, ruleOn, toldOf } from "../advice";
import { alarmsOf } from "./checks";

/** Days that are looked at, today among them. */
export const READY_DAYS = 14;
/** So many of them, at least, with a session by the newest plan. */
export const READY_LEAST = 6;
/** Part of the days a plan wants that were done, and of the days done that were green. */
const MOST = 0.8;
/** Highest effort that is easy, of 10. */
const EASY_MAX = 4;

/** What was told that speaks for more. */
export interface Ready {
  /** Days with a session by the newest plan. */
  readonly days: number;
  /** The worst pain of them, 0 to 10. */
  readonly worst: number;
}

/** What speaks for more on `today`; undefined where anything speaks against it. */
export function readyFor(care: Care, today: string): Ready | undefined {
  const [plan, other] = care.plans.value;
  if (plan === undefined || other !== undefined) return undefined;
  const from = dayAfter(today, 1 - READY_DAYS);
  if (alarmsOf(care).some(({ value }) => value.day >= from)) return undefined;
  const told = care.sessions.value.filter(({ value }) => value.day >= from && value.day <= today);
  const lights = lightsOf(care, told);
  const isSettled = [...lights.values()].every((day) => day && isAllowed(day));
  const followed = told.filter(({ value }) => planOn(care, value.day)?.id === plan.id);
  const days = new Set(followed.map(({ value }) => value.day));
  const green = [...days].filter((day) => isGreen(lights.get(day)));
  const wanted = (plan.value.days_per_week * READY_DAYS) / 7;
  const isEnough = days.size >= Math.max(READY_LEAST, wanted * MOST);
  if (!isSettled || !isEnough || green.length < days.size * MOST) return undefined;
  if (!followed.every(({ value }) => isEasy(value))) return undefined;
  const pains = followed.flatMap(({ value }) => numbered(value.pain.worst));
  return { days: days.size, worst: Math.max(...pains) };
}

function numbered(pain: PainAnswer | undefined): number[] {
  return typeof pain === "number" ? [pain] : [];
}

function lightsOf(care: Care, told: readonly Opened<Session>[]): Map<string, DayLight | undefined> {
  const days = new Set(told.map(({ value }) => value.day));
  const lightOn = (day: string) =>
    lightOfDay(toldOf(care.sessions.value, care.pains.value, day), ruleOn(care, day));
  return new Map([...days].map((day) => [day, lightOn(day)]));
}

/** Not stopped, and no morning that had not settled. */
function isAllowed({ light, because }: DayLight): boolean {
  return light === "go" || (light === "slow" && because === "pain");
}

/** Green for good: until the morning is told no day is. */
function isGreen(day: DayLight | undefined): boolean {
  return day?.light === "go" && day.isFinal;
}

function isEasy({ done, effort }: Session): boolean {
  return done === "all" && typeof effort === "number" && effort <= EASY_MAX;
}
