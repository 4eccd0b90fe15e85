/**
 * Who needs a therapist today, and why: from what a patient told and no clinician has looked at.
 *
 * Everybody is in one group, the first that fits; the reason is always given, so that it can be
 * checked. What was receipted ("heard") counts no more, and what is older than two weeks is for the
 * patient's page.
 *
 * Source: the order red, silent, amber, message, ready for more, rest is what this project promises its therapists;
 * the bounds are choices of this project.
 */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { Care, Opened } from "../../client";
import type { AnyRecord, Check, Pain, Session } from "../../records.gen";
import type { Light } from "../../ui/lamp";
import { wishOn } from "../../wishes";
import { dayAfter, dayOf, daysBetween } from "../../words/dates";
import { type DayLight, lightOf, lightOfDay, ruleOn, toldOf } from "../advice";
import { unheard } from "../talk";
import { unseenAlarms } from "./checks";
import { type Ready, readyFor } from "./ready";

/** The groups of the list, in their order. */
export const NEEDS = [
  "stop",
  "asks",
  "silent",
  "slow",
  "words",
  "ready",
  "waiting",
  "track",
] as const;
export type Need = (typeof NEEDS)[number];

/** So many days without a session are silence. */
export const SILENT_DAYS = 7;
/** What is older moves nobody in the list. */
const LOOK_BACK_DAYS = 14;

/** Why somebody is where they are. */
export interface Needed {
  readonly need: Need;
  /** The newest sign of danger that nobody has said to have seen. */
  readonly alarm?: Opened<Check>;
  /** The worst day that nobody has looked at. */
  readonly session?: Opened<Session>;
  /** A morning that hurt more than the rule allows. */
  readonly morning?: Opened<Pain>;
  /** Days since something was done. */
  readonly days?: number;
  /** What speaks for a plan that asks for more. */
  readonly ready?: Ready;
}

/** What a patient told and no clinician has said to have seen: sessions and pain, oldest first. */
export function unseenOf(care: Care): readonly (Opened<Session> | Opened<Pain>)[] {
  const seen = receipted(care);
  return care.diary.value.filter(
    (one): one is Opened<Session> | Opened<Pain> =>
      (one.value.type === "session" || one.value.type === "pain") && !one.mine && !seen.has(one.id),
  );
}

function receipted(care: Care): ReadonlySet<string> {
  return new Set(
    care.diary.value.flatMap(({ value, staff }) =>
      staff && value.type === "heard" ? value.targets : [],
    ),
  );
}

/** The group of one patient on `today`, with the reason. */
export function neededOf(care: Care, today: string): Needed {
  const alarm = unseenAlarms(care)[0];
  if (alarm) return { need: "stop", alarm };
  if (!care.joined.value) return { need: "waiting" };
  const told = worstTold(care, today);
  if (told?.light === "stop") return { need: "stop", ...told.why };
  if (care.asking.value > 0 || isWishOpen(care, today)) return { need: "asks" };
  const days = daysSilent(care, today);
  if (days >= SILENT_DAYS) return { need: "silent", days };
  if (told) return { need: "slow", ...told.why };
  if (unheard(care).length > 0) return { need: "words" };
  const ready = unseenOf(care).length > 0 ? readyFor(care, today) : undefined;
  return ready ? { need: "ready", ready } : { need: "track" };
}

/** A wish that waits for an answer; nobody answers one that the record was closed for. */
function isWishOpen(care: Care, today: string): boolean {
  const wish = care.closedAt.value > 0 ? undefined : wishOn(care.diary.value, today);
  return wish !== undefined && !wish.mine && !receipted(care).has(wish.id);
}

/** Days since the last session, or since there is a plan; 0 while nothing is to be done. */
function daysSilent(care: Care, today: string): number {
  const plan = care.plans.value.at(-1)?.value;
  const rests = care.closedAt.value > 0 || wishOn(care.diary.value, today) !== undefined;
  if (plan === undefined || rests) return 0;
  const begun = plan.start ?? dayOf(plan.at, plan.tz_min);
  const performed = care.sessions.value
    .filter(({ value }) => value.done !== "none")
    .map(({ value }) => value.day);
  return Math.max(0, daysBetween([begun, ...performed].sort().at(-1) ?? begun, today));
}

/** Something that was told and warns. */
export interface Warning {
  readonly light: Light;
  readonly why: Pick<Needed, "session" | "morning">;
  /** What decided: one of the tests of a day, or what was said of an exercise. */
  readonly because: DayLight["because"] | "reason";
}

/**
 * What was told, warns, and no clinician has said to have seen, the newest first.
 *
 * @param since The first day that is looked at; without it all are. A list of many looks back only
 *   so far, since each day is judged by the mornings around it.
 */
export function warningsOf(care: Care, since = ""): readonly Warning[] {
  const before = since === "" ? "" : dayAfter(since, -LOOK_BACK_DAYS);
  const isNear = ({ value }: Opened<Session> | Opened<Pain>) => value.day >= before;
  const told: Told = {
    sessions: care.sessions.value.filter(isNear),
    pains: care.pains.value.filter(isNear),
  };
  return unseenOf(care)
    .filter(({ value }) => value.day >= since)
    .flatMap((one) => judged(care, told, one) ?? [])
    .reverse();
}

/** What a day is judged from, beside its rule. */
interface Told {
  readonly sessions: readonly Opened<Session>[];
  readonly pains: readonly Opened<Pain>[];
}

/** The worst that was told in the last days, the newest of equals; undefined without a warning. */
function worstTold(care: Care, today: string): Warning | undefined {
  const found = warningsOf(care, dayAfter(today, 1 - LOOK_BACK_DAYS));
  return found.find(({ light }) => light === "stop") ?? found[0];
}

function judged(care: Care, told: Told, one: Opened<AnyRecord>): Warning | undefined {
  const { value } = one;
  const rule = "day" in value ? ruleOn(care, value.day) : undefined;
  if (value.type === "session") {
    const day = lightOfDay(toldOf(told.sessions, told.pains, value.day), rule);
    const why = { session: one as Opened<Session> };
    if (day && day.light !== "go") return { light: day.light, because: day.because, why };
    const light = strained(value);
    return light && { light, because: "reason", why };
  }
  if (value.type !== "pain" || value.context !== "morning") return undefined;
  return lightOf(value.score, rule) === "stop"
    ? { light: "stop", because: "morning", why: { morning: one as Opened<Pain> } }
    : undefined;
}

/** What went wrong with an exercise is looked at before it is done again. */
function strained(session: Session): "slow" | undefined {
  const given = [session.reason, ...session.items.map(({ reason }) => reason)];
  return given.some((reason) => reason !== undefined && reason !== "no_time") ? "slow" : undefined;
}

const groups = new WeakMap<Care, ReadonlySignal<Needed>>();

/** As `neededOf`, found anew only when the patient's records or the day have changed. */
export function needOf(care: Care, today: ReadonlySignal<string>): Needed {
  const found = groups.get(care) ?? computed(() => neededOf(care, today.value));
  groups.set(care, found);
  return found.value;
}
