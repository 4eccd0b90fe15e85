/**
 * Starter plans: ordinary first doses, all meant to be changed by the therapist.
 *
 * The doses are common defaults, not taken from trials one by one, and await review by a
 * physiotherapist.
 */
import type { PlanInput } from "../client";
import type { PlanItem } from "../records.gen";
import type { WordId } from "../words";

export interface StarterPlan {
  readonly id: "back" | "knee" | "shoulder";
  readonly title: WordId;
  readonly days_per_week: number;
  readonly items: readonly PlanItem[];
}

type Dose = Pick<PlanItem, "sets" | "hold_s" | "rest_s"> & Partial<Pick<PlanItem, "reps" | "side">>;

function item(exercise: string, dose: Dose): PlanItem {
  return { exercise, side: "both", ...dose };
}

export const STARTER_PLANS: readonly StarterPlan[] = [
  {
    id: "back",
    title: "starter.back",
    days_per_week: 5,
    items: [
      item("bk03", { sets: 2, reps: 10, hold_s: 2, rest_s: 30 }),
      item("bk04", { sets: 3, reps: 10, hold_s: 3, rest_s: 60 }),
      item("bk06", { sets: 3, reps: 8, hold_s: 5, rest_s: 45, side: "each" }),
      { exercise: "bk10", sets: 1, time_s: 600, hold_s: 0, rest_s: 0, side: "both" },
    ],
  },
  {
    id: "knee",
    title: "starter.knee",
    days_per_week: 3,
    items: [
      item("kn02", { sets: 3, reps: 10, hold_s: 3, rest_s: 45, side: "each" }),
      item("kn04", { sets: 3, reps: 10, hold_s: 5, rest_s: 45, side: "each" }),
      item("kn05", { sets: 3, reps: 8, hold_s: 0, rest_s: 60 }),
      item("an02", { sets: 1, reps: 3, hold_s: 30, rest_s: 15, side: "each" }),
      item("ba02", { sets: 1, reps: 3, hold_s: 10, rest_s: 15, side: "each" }),
    ],
  },
  {
    id: "shoulder",
    title: "starter.shoulder",
    days_per_week: 5,
    items: [
      item("sh01", { sets: 1, reps: 20, hold_s: 0, rest_s: 30, side: "right" }),
      item("sh02", { sets: 2, reps: 10, hold_s: 5, rest_s: 30, side: "right" }),
      item("sh03", { sets: 3, reps: 10, hold_s: 2, rest_s: 45 }),
    ],
  },
];

/** Pain up to 2: carry on; up to 5: allowed if it settles; above: stop. */
export const PAIN_RULE = { go_max: 2, slow_max: 5 } as const;

/** The first version of a plan made from a starter; `title` in the words of the reader. */
export function planFrom(starter: StarterPlan, title: string): PlanInput {
  return {
    title,
    parents: [],
    days_per_week: starter.days_per_week,
    items: starter.items.map((each) => ({ ...each })),
    pain_rule: { ...PAIN_RULE },
  };
}
