/**
 * The questions for danger signs, as data: in the order in which they are asked, the most urgent
 * first. Their words are those of the catalogues under `flag.<id>`, with `flag.<id>.hint` where
 * there is one; nothing of them is copied from a source.
 *
 * No clinician has approved them as they are shipped. A clinic's clinician signs each version in
 * each language (`approved.ts`); until then every screen with them says so.
 */
import type { Check } from "../records.gen";

export type Level = Exclude<Check["advice"], "none">;

export interface Question {
  /** Part of a record, for ever. */
  readonly id: string;
  /** What a yes leads to. */
  readonly level: Level;
  /** Short name of where the sign comes from; see `source.…` in `words/en-safe-desk.ts`. */
  readonly source: "CES" | "CSP" | "LIST" | "FRAME";
  readonly hasHint: boolean;
  /** Name of the recording of it, in each language; without one, a voice of the phone reads it. */
  readonly audio: string;
}

/** `id source`, with "+" where there are words beside the question. */
const LINES: Readonly<Record<Level, string>> = {
  // Chest, breath and speech stand higher than in most lists: the stricter reading until one signs.
  emergency: "saddle+CES bladder+CES bowel+CES sex+CES legs+CSP chest+LIST speech+LIST",
  same_day: "head+LIST fever+LIST joint+LIST fall+LIST calf+LIST",
  tell_first:
    "cancer-FRAME weight-FRAME bones+FRAME night-FRAME pregnant-LIST operation-LIST young-LIST",
};

export const QUESTIONS: readonly Question[] = Object.entries(LINES).flatMap(([level, line]) =>
  line.split(" ").map((each) => {
    const [id = "", source] = each.split(/[+-]/);
    return {
      id,
      level: level as Level,
      source: source as Question["source"],
      hasHint: each.includes("+"),
      audio: `flag-${id}`,
    };
  }),
);
