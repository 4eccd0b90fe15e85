/**
 * The session being told: the answers of the screens that ask one thing at a time, and what a plan
 * makes of them. Every answer is kept, sealed, before the next screen shows; a phone that dies
 * between two taps goes on where it was.
 */
import { signal } from "@preact/signals";
import type { Client, Opened, PainAnswer, Plan, Session, SessionInput } from "../../client";
import type { ItemDone, PlanItem, SessionPain } from "../../records.gen";
import { go, type LogStep, type Route, route } from "../../ui/route";

export type Reason = NonNullable<ItemDone["reason"]>;

export type Answer = Omit<ItemDone, "exercise">;

export interface Draft {
  /** Circle and day it is about; on another day it is empty again. */
  readonly circle: string;
  readonly day: string;
  /** Whether the questions have begun. */
  readonly begun: boolean;
  /** By place in the plan. */
  readonly answers: ReadonlyMap<number, Answer>;
  readonly before?: PainAnswer;
  readonly worst?: PainAnswer;
  readonly after?: PainAnswer;
  /** The question that was reached. */
  readonly step?: LogStep;
  /** Tried to save with this time: it is saved when a session of this time is there. */
  readonly saving?: number;
}

const EMPTY: Draft = { circle: "", day: "", begun: false, answers: new Map() };
const draft = signal<Draft>(EMPTY);
let keeper: Client["drafts"] | undefined;
/** The circle whose kept draft was read; what it says is not to be written over before. */
let readFrom = "";

/** The draft of a circle and day; an older one is forgotten. */
export function draftOf(circle: string, day: string): Draft {
  const current = draft.value;
  if (current.circle === circle && current.day === day) return current;
  return { ...EMPTY, circle, day };
}

/** Resolves when it would outlive a kill, or cannot be kept: then it lives in memory alone. */
export async function setDraft(next: Draft): Promise<void> {
  draft.value = next;
  const { answers, ...others } = next;
  const text = JSON.stringify({ ...others, answers: [...answers] });
  await keeper?.keep(next.circle, text).catch(() => undefined);
}

/** Keep the answer, then show the next screen; a second tap meanwhile changes nothing more. */
export async function keepAndGo(next: Draft, to: Route): Promise<void> {
  const from = route.peek();
  await setDraft(to.room === "log" ? { ...next, step: to.step } : next);
  if (route.peek() === from) go(to);
}

/** Nothing is told any more; resolves when that would outlive a kill. */
export async function clearDraft(): Promise<void> {
  const { circle } = draft.peek();
  draft.value = EMPTY;
  if (circle !== "") await keeper?.keep(circle, undefined).catch(() => undefined);
}

/** The app was killed: what is in memory is gone, what was kept is not. */
export function forgetMemory(): void {
  draft.value = EMPTY;
  keeper = undefined;
  readFrom = "";
}

/**
 * Take up what was kept for a circle; what was tapped before it was read stands over it.
 *
 * @param sessions What is saved: a draft whose last step was done counts no more.
 */
export async function resumeDraft(
  { drafts }: Client,
  circle: string,
  day: string,
  sessions: readonly Opened<Session>[],
): Promise<void> {
  keeper = drafts;
  if (readFrom === circle) return;
  readFrom = circle;
  const kept = read(await drafts.read(circle).catch(() => undefined));
  const here = draft.peek();
  if (kept === undefined || kept.day !== day) {
    // What was tapped before anything could be kept is kept from now on.
    if (here.circle === circle && here.day === day) await setDraft(here);
    return;
  }
  const isSaved = sessions.some(({ mine, value }) => mine && value.performed_at === kept.saving);
  if (isSaved) return drafts.keep(circle, undefined);
  const now = draftOf(circle, day);
  const answers = new Map([...kept.answers, ...now.answers]);
  await setDraft({ ...kept, ...now, answers, begun: kept.begun || now.begun });
}

function read(text: string | undefined): Draft | undefined {
  if (text === undefined) return undefined;
  const { answers, ...others } = JSON.parse(text) as Omit<Draft, "answers"> & {
    readonly answers: readonly (readonly [number, Answer])[];
  };
  return { ...others, answers: new Map(answers) };
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
    if (done.has(at)) {
      const { reason: _, ...others } = before ?? {};
      return [at, { ...others, sets_done: item.sets }];
    }
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
 * The record to write. A session of nothing was not asked for worst pain and effort: those stay
 * absent. `performed_at` in unix seconds as the phone says.
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
    pain: painOf(current, done),
    ...(done === "none" || effort === undefined ? {} : { effort }),
  };
}

/** What was not asked is absent. */
function painOf({ before, worst, after }: Draft, done: Session["done"]): SessionPain {
  return {
    ...(before !== undefined && { before }),
    ...(worst !== undefined && done !== "none" && { worst }),
    ...(after !== undefined && done !== "none" && { after }),
  };
}
