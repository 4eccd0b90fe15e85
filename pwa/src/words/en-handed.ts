/** The words around what was told: the way to it, and what others told for somebody, English. */
import type { Forms } from "./forms";

export const enHanded = {
  "told.open": "Change: {what}",
  "told.mineAsk": "Was this you?",
  "told.mineBody": "Somebody told this under another picture on this phone.",
  "told.mineBare": "Somebody told something of yours under another picture. Tell it again.",
  "told.mineYes": "Yes, it was me",
  "told.mineNo": "No, not me",
  "told.mineDone": "It is in your record now.",
  "days.none": "No days yet",
  "days.noneBody": "After your first session it stands here.",
  "print.now": "Print",
} as const satisfies Record<string, Forms>;
