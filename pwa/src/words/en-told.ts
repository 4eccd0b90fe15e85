/** The words of correcting, taking back and telling exercise by exercise, English. */
import type { Forms } from "./forms";

export const enTold = {
  "told.title": "What you told",
  "told.body": "Tap what is not right. Both are kept: what you said first, and the correction.",
  "told.which": "Which ones did you do that day?",
  "told.dayAsk": "Which day was it?",
  "told.takeBack": "Take it back",
  "told.takeSure": "Tap again: this counts no more",
  "told.taken": "Taken back. It counts no more.",
  "told.changed": "Corrected.",
  "told.else": "This was someone else",
  "told.elseAsk": "Who was it?",
  "told.elseBody":
    "It leaves your record. It waits locked on this phone, till that person says it was theirs.",
  "told.elseSeen": "What was on the server may have been read by those in your care.",
  "told.elseNobody": "There is nobody else on this phone. You can take it back.",
  "told.elseDone": "Taken out. It waits for {picture}.",
  "each.sets": "Rounds done",
  "each.reps": "Repeats in the last round",
  "each.load": "With how much?",
  "each.asPlanned": "As in the plan: {load}",
  "each.lighter": "Lighter",
  "each.heavier": "Heavier",
  "each.less": "{what}: less",
  "each.more": "{what}: more",
} as const satisfies Record<string, Forms>;
