/** The words of a copy of one's record, English; fetched with it. */
import type { Forms } from "./forms";

export const enCopy = {
  "copy.open": "Anybody who has this file can read it. Think who gets it.",
  "copy.read": "To read and print",
  "copy.readBody": "A page that every phone shows.",
  "copy.data": "For another program",
  "copy.dataBody": "The same as data (FHIR).",
  "copy.given": "The copy is made.",
  "copy.all": "All that this phone has is in it.",
  "copy.alsoWaiting": {
    one: "All that this phone has is in it, also {n} record that was not sent yet.",
    other: "All that this phone has is in it, also {n} records that were not sent yet.",
  },
  "copy.title": "Record of {name}",
  "copy.made": "Made on {day}",
  "copy.before": "Pain before",
  "copy.worst": "Worst pain",
  "copy.after": "Pain after",
  "copy.voice": "(spoken)",
  "copy.plan": "Plan",
  "copy.goal": "Goal",
} as const satisfies Record<string, Forms>;
