/**
 * What is known of each exercise beside its picture and its lines: what it needs, what is easier and
 * what is harder, when to take care, where it comes from, and an ordinary first dose.
 *
 * One line per exercise: `region equipment easier harder cautions sources sets x amount hold rest
 * side times days`, "-" = none. Doses are common defaults, not taken from trials one by one. Nothing
 * here has been approved by a clinician; that is said with every text, see `textOf`.
 */
const LINES: Readonly<Record<string, string>> = {
  bk01: "back none - bk04 - LBP 2x10 5 30 both 1 7",
  bk02: "back none - - hip_replacement LBP 1x5 15 15 each 2 7",
  bk03: "back none - - wrist_pain,knee_pain_kneeling LBP 2x10 2 30 both 1 7",
  bk04: "back none bk01 bk05 - LBP 3x10 3 60 both 1 3",
  bk05: "back none bk04 - - LBP 3x8 3 60 each 1 3",
  bk06: "back none - - wrist_pain LBP 3x8 5 45 each 1 3",
  bk07: "back none - bk08 - LBP 3x8 0 45 each 1 3",
  bk08: "back none bk07 - shoulder_pain LBP 2x3 15 30 each 1 3",
  bk09: "back none - - leg_pain_spreads_stop LBP 1x10 5 15 both 3 7",
  bk10: "back none - - - LBP,OA 1x600s 0 0 both 1 5",
  nk01: "neck chair - nk04 - NECK 2x10 5 30 both 2 7",
  nk02: "neck chair - - dizzy_stop NECK 1x5 5 10 each 2 7",
  nk03: "neck chair - - dizzy_stop NECK 1x3 20 10 each 2 7",
  nk04: "neck none nk01 - dizzy_stop NECK 3x5 5 45 both 1 3",
  nk05: "neck chair - - - NECK 1x5 6 15 each 1 5",
  nk06: "neck chair - sh06 - NECK,SH 3x10 5 30 both 1 5",
  sh01: "shoulder table - sh02 - SH 1x20 0 30 affected 3 7",
  sh02: "shoulder table sh01 sh03 - SH 2x10 5 30 affected 2 7",
  sh03: "shoulder wall sh02 sh07 - SH 3x10 2 45 both 1 5",
  sh04: "shoulder wall - sh05 - SH 3x5 10 30 affected 1 5",
  sh05: "shoulder band sh04 - check_band SH 3x10 0 60 affected 1 3",
  sh06: "shoulder band nk06 - check_band SH,NECK 3x10 1 60 both 1 3",
  sh07: "shoulder wall sh03 - wrist_pain SH 3x10 0 60 both 1 3",
  hp01: "hip none - hp02 - OA 3x12 1 45 each 1 3",
  hp02: "hip chair hp01 - fall_risk_use_chair OA,OEP 3x10 2 45 each 1 3",
  hp03: "hip chair - - fall_risk_use_chair OA 3x10 2 45 each 1 3",
  hp04: "hip chair - - hip_replacement OA 2x20 0 30 both 2 7",
  hp05: "hip chair - - fall_risk_use_chair OA 1x3 30 15 each 1 7",
  hp06: "hip chair - - leg_pain_spreads_stop,hip_replacement LBP,OA 1x3 30 15 each 1 7",
  kn01: "knee towel - kn02 - OA 3x10 5 30 affected 2 7",
  kn02: "knee none kn01 kn04 - OA 3x10 3 45 affected 1 5",
  kn03: "knee none - - - OA 2x10 3 30 affected 2 7",
  kn04: "knee chair kn02 kn05 - OA,OEP 3x10 5 45 each 1 3",
  kn05: "knee chair kn04 kn06 chair_against_wall OA,OEP 3x8 0 60 both 1 3",
  kn06: "knee table kn05 kn08 fall_risk_support OA,OEP 3x10 0 60 both 1 3",
  kn07: "knee step kn08 - fall_risk_use_rail OA 3x10 0 60 each 1 3",
  kn08: "knee wall kn06 kn07 - OA 3x5 10 45 both 1 3",
  an01: "ankle chair - an04 - ANK 2x20 0 30 affected 3 7",
  an02: "ankle wall - - - ANK,ACH 1x3 30 15 each 2 7",
  an03: "ankle chair - an05 fall_risk_use_chair ACH,OEP 3x15 0 60 both 1 7",
  an04: "ankle band an01 - check_band ANK 3x12 1 45 affected 1 5",
  an05: "ankle chair an03 - fall_risk_use_chair ACH,OEP 3x12 0 60 each 1 3",
  ba01: "balance table - ba02 fall_risk_support OEP 1x3 10 15 each 1 5",
  ba02: "balance table ba01 ba03 fall_risk_support OEP,ANK 1x3 10 15 each 1 5",
  ba03: "balance table ba02 - fall_risk_support OEP 2x10 0 30 both 1 3",
  ba04: "balance table - - fall_risk_support OEP 2x10 0 30 both 1 3",
};

/** When to take care; the words for it are the therapist's. */
export const CAUTIONS = [
  "chair_against_wall",
  "check_band",
  "dizzy_stop",
  "fall_risk_support",
  "fall_risk_use_chair",
  "fall_risk_use_rail",
  "hip_replacement",
  "knee_pain_kneeling",
  "leg_pain_spreads_stop",
  "shoulder_pain",
  "wrist_pain",
] as const;

/** Where the choice of an exercise comes from, by short name. */
export const SOURCES = {
  LBP: "WHO guideline on chronic low back pain, 2023: exercise programmes",
  OA: "Cochrane review of exercise for osteoarthritis of the knee",
  OEP: "Otago exercise programme against falls",
  ACH: "Silbernagel: loading of the Achilles tendon with a pain rule",
  SH: "GRASP trial on rotator cuff, Lancet 2021",
  NECK: "JOSPT guideline on neck pain, 2017",
  ANK: "JOSPT guideline on ankle sprain, 2021",
} as const;

export type Caution = (typeof CAUTIONS)[number];
export type SourceId = keyof typeof SOURCES;

/** An ordinary first dose. */
export interface FirstDose {
  /** Rounds. */
  readonly sets: number;
  /** Repeats a round; absent when `time_s` is given. */
  readonly reps?: number;
  /** Seconds a round. */
  readonly time_s?: number;
  readonly hold_s: number;
  readonly rest_s: number;
  /** "affected": the side that hurts, to be chosen by the therapist. */
  readonly side: "both" | "each" | "affected";
  readonly times_per_day: number;
  readonly days_per_week: number;
}

/** One exercise of the library. */
export interface Entry {
  readonly region: string;
  readonly equipment: string;
  /** The exercise to go back to when this one is too hard. */
  readonly easier: string | undefined;
  /** The exercise that comes next. */
  readonly harder: string | undefined;
  readonly cautions: readonly Caution[];
  readonly sources: readonly SourceId[];
  readonly dose: FirstDose;
}

/** What is known of an exercise; undefined for one of a newer library. */
export function entryOf(exercise: string): Entry | undefined {
  const line = LINES[exercise];
  if (line === undefined) return undefined;
  const [region = "", equipment = "", easier, harder, cautions, sources, ...dose] = line.split(" ");
  return {
    region,
    equipment,
    easier: idOf(easier),
    harder: idOf(harder),
    cautions: listOf(cautions) as Caution[],
    sources: listOf(sources) as SourceId[],
    dose: doseOf(dose),
  };
}

function idOf(text: string | undefined): string | undefined {
  return text === "-" ? undefined : text;
}

function listOf(text: string | undefined): string[] {
  return text === undefined || text === "-" ? [] : text.split(",");
}

function doseOf([rounds = "", hold, rest, side, times, days]: readonly string[]): FirstDose {
  const [sets, amount = ""] = rounds.split("x");
  return {
    sets: Number(sets),
    ...(amount.endsWith("s") ? { time_s: Number.parseInt(amount, 10) } : { reps: Number(amount) }),
    hold_s: Number(hold),
    rest_s: Number(rest),
    side: side as FirstDose["side"],
    times_per_day: Number(times),
    days_per_week: Number(days),
  };
}
