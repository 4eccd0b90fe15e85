/** The words of the advice after a session that a clinician signs. */
import type { WordId } from "../words";

export const LIGHT_WORDS: readonly WordId[] = [
  "saved.go",
  "saved.goZero",
  "saved.goBody",
  "saved.slow",
  "saved.slowBody",
  "saved.slowNext",
  "saved.stop",
  "saved.stopBody",
  "saved.stopNext",
  "saved.open",
  "saved.weeks",
  "saved.easier",
  "morning.settled",
  "morning.notSettled",
];
