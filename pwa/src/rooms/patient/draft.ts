/**
 * The session being told, in memory until it is saved, and what a plan makes of it. The screens ask
 * one thing at a time; this is where the answers wait.
 */
import { signal } from "@preact/signals";
import type { PainAnswer, Plan, Session, SessionInput } from "../../client";
import type { ItemDone, PlanItem } from "../../records.gen";

export type Reason = NonNullable<ItemDone["reason"]>;

interface Answer {
  readonly sets_done: number;
  readonly reason?: Reason;
}

export interface Draft {
  /** Circle and day it is about; on another day it is empty again. */
  readonly circle: string;
  readonly day: string;
  /** Whether the questions have begun. */
  readonly begun: boolean;
  /** By place in the plan. */
  readonly answers: ReadonlyMap<number, Answer>;
  readonly worst?: PainAnswer;
}

const draft = signal<Draft>({ circle: "", day: "", begun: false, answers: new Map() });

/** The draft of a circle and day; an older one is forgotten. */
export function draftOf(circle: string, day: string): Draft {
  const current = draft.value;
  if (current.circle === circle && current.day === day) return current;
  return { circle, day, begun: false, answers: new Map() };
}

export function setDraft(next: Draft): void {
  draft.value = next;
}

export function clearDraft(): void {
  draft.value = { circle: "", day: "", begun: false, answers: new Map() };
}

/** `draft` with one exercise answered. */
export function answered(current: Draft, at: number, answer: Answer): Draft {
  return { ...current, answers: new Map(current.answers).set(at, answer) };
}

/** `draft` with every exercise without an answer done in full. */
export function filled(current: Draft, items: readonly PlanItem[]): Draft {
  const answers = new Map(current.answers);
  for (const [at, item] of items.entries()) {
    if (!answers.has(at)) answers.set(at, { sets_done: item.sets });
  }
  return { ...current, begun: true, answers };
}

/** `draft` with the exercises of `done` in full and the others left out. */
export function chosen(
  current: Draft,
  items: readonly PlanItem[],
  done: ReadonlySet<number>,
): Draft {
  const answers = items.map((item, at): [number, Answer] => {
    const before = current.answers.get(at);
    if (done.has(at)) return [at, { sets_done: item.sets }];
    return [at, { ...before, sets_done: Math.min(before?.sets_done ?? 0, item.sets - 1) }];
  });
  return { ...current, begun: true, answers: new Map(answers) };
}

/** `draft` with a reason for every exercise that is not complete and has none. */
export function explained(current: Draft, items: readonly PlanItem[], reason: Reason): Draft {
  const answers = new Map(current.answers);
  for (const [at, item] of items.entries()) {
    const answer = answers.get(at) ?? { sets_done: 0 };
    if (answer.sets_done < item.sets && !answer.reason) answers.set(at, { ...answer, reason });
  }
  return { ...current, answers };
}

/** How much of the plan the answers cover. */
export function doneOf(current: Draft, items: readonly PlanItem[]): Session["done"] {
  const sets = items.map((_, at) => current.answers.get(at)?.sets_done ?? 0);
  if (sets.every((count) => count === 0)) return "none";
  return sets.every((count, at) => count >= (items[at]?.sets ?? 0)) ? "all" : "some";
}

/** Whether the exercises without a reason leave something to explain. */
export function needsReason(current: Draft, items: readonly PlanItem[]): boolean {
  return items.some((item, at) => {
    const answer = current.answers.get(at);
    return (answer?.sets_done ?? 0) < item.sets && !answer?.reason;
  });
}

/**
 * The record to write. A session of nothing was not asked for pain and effort: those stay absent.
 * `performed_at` in unix seconds as the phone says.
 */
export function sessionInput(
  current: Draft,
  plan: { readonly id: string; readonly value: Plan },
  effort: PainAnswer | undefined,
  performed_at: number,
): SessionInput {
  const { items } = plan.value;
  const done = doneOf(current, items);
  return {
    day: current.day,
    performed_at,
    plan: plan.id,
    done,
    items: items.map((item, at) => ({
      exercise: item.exercise,
      ...(current.answers.get(at) ?? { sets_done: 0 }),
    })),
    pain: done === "none" || current.worst === undefined ? {} : { worst: current.worst },
    ...(done === "none" || effort === undefined ? {} : { effort }),
  };
}
