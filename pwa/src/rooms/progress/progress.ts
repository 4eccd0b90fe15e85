/**
 * Is it getting better? What numbers from 0 to 10 say, by two rules, and which one counts. Pure.
 *
 * The same, on the same vectors: sync/rejoint_sync/progress.py, which names the sources. Lower is
 * better in all of these; a number that was not said, or not asked for, is left out.
 */
import type { PainAnswer } from "../../client";

/** So much less is a change by the first rule. */
const POINTS = 2;
/** So many tenths of the first number are one too. */
const TENTHS = 3;
/** Numbers at the beginning and at the end whose middle ones are compared. */
const COMPARED = 3;
const WEEK_DAYS = 7;

export type Verdict = "better" | "worse" | "same";

/** What two numbers say. */
export interface Change {
  readonly first: number;
  readonly last: number;
  /** By 2 points, or three tenths. */
  readonly by_points: Verdict;
  /** By where it began: the one that counts. */
  readonly by_start: Verdict;
  /** Points that the second rule asks for. */
  readonly need: number;
}

/** Points that count for who began at `first`. */
export function needed(first: number): number {
  if (first >= 8) return 3;
  return first >= 5 || first === 0 ? 2 : 1;
}

/** Compare two numbers by both rules; getting worse is measured as getting better is. */
export function change(first: number, last: number): Change {
  const moved = Math.abs(last - first);
  const need = needed(first);
  const isShare = moved > 0 && first > 0 && 10 * moved >= TENTHS * first;
  const verdict = (counts: boolean): Verdict =>
    !counts || first === last ? "same" : last < first ? "better" : "worse";
  return {
    first,
    last,
    by_points: verdict(moved >= POINTS || isShare),
    by_start: verdict(moved >= need),
    need,
  };
}

/** What a row of numbers says, oldest first; undefined for fewer than six: too few to tell. */
export function course(scores: readonly (PainAnswer | null | undefined)[]): Change | undefined {
  const said = scores.filter((score) => typeof score === "number");
  if (said.length < 2 * COMPARED) return undefined;
  return change(middle(said.slice(0, COMPARED)), middle(said.slice(-COMPARED)));
}

function middle(scores: readonly number[]): number {
  return [...scores].sort((a, b) => a - b)[Math.floor(scores.length / 2)] ?? 0;
}

/** Days of a week that fill the ring, and those beyond what was wanted. */
export function daysRing(done: number, wanted: number): readonly [inside: number, over: number] {
  return [Math.min(done, wanted), Math.max(0, done - wanted)];
}

/** The mean of three questions in tenths, rounded; undefined where one was not answered. */
export function pegTenths(scores: readonly (PainAnswer | null)[]): number | undefined {
  const said = scores.filter((score) => typeof score === "number");
  if (said.length < 3) return undefined;
  return Math.floor((10 * said.reduce((sum, score) => sum + score, 0) + 1) / 3);
}

/** Whether the weekly questions may be asked: never answered, or a week ago. */
export function isDue(daysSince: number | undefined): boolean {
  return daysSince === undefined || daysSince >= WEEK_DAYS;
}
