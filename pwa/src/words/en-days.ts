/** The words of the pain line and of what was corrected or taken back, English; fetched with them. */
import type { Forms } from "./forms";

export const enDays = {
  "mark.corrected": "Corrected",
  "mark.change": "{what}: {from} → {to}",
  "mark.taken": "Taken back",
  "mark.else": "Told by somebody else",
  "mark.day": "Day",
  "mark.done": "How much",
  "mark.before": "Pain before",
  "mark.worst": "Worst pain",
  "mark.after": "Pain after",
  "mark.effort": "Effort",
  "mark.score": "Pain",

  "chart.title": { one: "Pain, {n} day", other: "Pain, {n} days" },
  "chart.during": "during exercise",
  "chart.morning": "next morning",
  "chart.notSaid": "not said",
  "chart.gap": "gap: not asked",
  "chart.read": "Gap: you were not asked. Cross: you did not say.",
  "chart.label": "During exercise: {during}. Mornings: {morning}.",
  "chart.labelSeries": {
    one: "{n} answer, last {last}, highest {high}",
    other: "{n} answers, last {last}, highest {high}",
  },
  "chart.labelNone": "no answers",
  "chart.today": "today",
  "chart.none": "No pain numbers yet.",
} as const satisfies Record<string, Forms>;
