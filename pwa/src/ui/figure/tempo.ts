/**
 * The dose as a timetable: which round, which repeat and which part of it, at every second. Pure.
 *
 * One repeat is up, hold, down and a short breath; after each round there is a rest. A dose "each
 * side" has every round twice, first right, then left. A dose by time goes up and down until the
 * time of the round is over.
 */
import type { PlanItem } from "../../records.gen";

const UP_S = 2;
const DOWN_S = 2;
const BREATH_S = 0.8;
/** Pause to change sides when no rest is prescribed. */
const CHANGE_S = 5;

export type Phase = "up" | "hold" | "down" | "breath" | "rest" | "end";

/** One instant of a dose. */
export interface Moment {
  readonly phase: Phase;
  /** Pose between start (0) and end (1) of the movement. */
  readonly u: number;
  /** 1-based; the round that is done, or that comes next while resting. */
  readonly round: number;
  /** 1-based. */
  readonly repeat: number;
  /** Whole seconds left of this phase, or of the round in a dose by time. */
  readonly left_s: number;
  /** Share of the phase that is over, 0..1. */
  readonly share: number;
  readonly side: "both" | "left" | "right";
}

/** Rounds to perform: a dose for each side has twice its sets. */
export function roundsOf(item: PlanItem): number {
  return item.side === "each" ? item.sets * 2 : item.sets;
}

/** Seconds of one round without rest. */
function roundSeconds(item: PlanItem): number {
  return item.time_s ?? (item.reps ?? 1) * repeatSeconds(item);
}

function repeatSeconds(item: PlanItem): number {
  return UP_S + item.hold_s + DOWN_S + BREATH_S;
}

function restSeconds(item: PlanItem, afterRound: number): number {
  if (item.side === "each" && afterRound % 2 === 1) return CHANGE_S;
  return item.rest_s;
}

/** Seconds of the whole dose, rests between rounds included. */
export function doseSeconds(item: PlanItem): number {
  let sum = 0;
  const rounds = roundsOf(item);
  for (let round = 1; round <= rounds; round++) {
    sum += roundSeconds(item) + (round < rounds ? restSeconds(item, round) : 0);
  }
  return sum;
}

/** Minutes of several doses, at least 1. */
export function minutesOf(items: readonly PlanItem[]): number {
  return Math.max(1, Math.round(items.reduce((sum, item) => sum + doseSeconds(item), 0) / 60));
}

/** Which side works in a round. */
function sideOf(item: PlanItem, round: number): "both" | "left" | "right" {
  if (item.side !== "each") return item.side;
  return round % 2 === 1 ? "right" : "left";
}

/** Where the dose is after `elapsed_s` seconds of performing. */
export function momentAt(item: PlanItem, elapsed_s: number): Moment {
  const rounds = roundsOf(item);
  const long = roundSeconds(item);
  let rest = Math.max(0, elapsed_s);
  for (let round = 1; round <= rounds; round++) {
    if (rest < long) return within(item, round, rest, long);
    rest -= long;
    if (round === rounds) break;
    const pause = restSeconds(item, round);
    if (rest < pause) {
      const next = { round: round + 1, repeat: 1, side: sideOf(item, round + 1) };
      return { phase: "rest", u: 0, ...next, left_s: Math.ceil(pause - rest), share: rest / pause };
    }
    rest -= pause;
  }
  const repeat = item.reps ?? 1;
  return {
    phase: "end",
    u: 0,
    round: rounds,
    repeat,
    left_s: 0,
    share: 1,
    side: sideOf(item, rounds),
  };
}

function within(item: PlanItem, round: number, at_s: number, long_s: number): Moment {
  const one = repeatSeconds(item);
  const repeat = Math.floor(at_s / one) + 1;
  const base = { round, repeat, side: sideOf(item, round) };
  const [phase, t, length] = phaseAt(item, at_s % one);
  const u = phase === "up" ? ease(t / length) : phase === "down" ? ease(1 - t / length) : 0;
  const pose = phase === "hold" ? 1 : u;
  if (item.time_s !== undefined) {
    return { phase, u: pose, ...base, left_s: Math.ceil(long_s - at_s), share: at_s / long_s };
  }
  return { phase, u: pose, ...base, left_s: Math.ceil(length - t), share: t / length };
}

/** The part of a repeat at `t` seconds: [phase, seconds into it, its length]. */
function phaseAt(item: PlanItem, t: number): [Phase, number, number] {
  if (t < UP_S) return ["up", t, UP_S];
  const afterUp = t - UP_S;
  if (afterUp < item.hold_s) return ["hold", afterUp, item.hold_s];
  const afterHold = afterUp - item.hold_s;
  if (afterHold < DOWN_S) return ["down", afterHold, DOWN_S];
  return ["breath", afterHold - DOWN_S, BREATH_S];
}

/** Gentle start and stop. */
function ease(t: number): number {
  return t * t * (3 - 2 * t);
}
