/** From days to the marks of a chart. Pure, so that zero, "not said" and "not asked" can be tested. */
import type { PainAnswer } from "../client";

/** One day as a mark: a number, a cross (asked, not said), or nothing at all (not asked). */
export type Mark =
  | { readonly kind: "number"; readonly at: number; readonly score: number }
  | { readonly kind: "cross"; readonly at: number };

/** The marks of a series; days that were not asked leave no mark. */
export function marksOf(answers: readonly (PainAnswer | undefined)[]): Mark[] {
  return answers.flatMap((answer, at): Mark[] => {
    if (answer === undefined) return [];
    return answer === "not_said"
      ? [{ kind: "cross", at }]
      : [{ kind: "number", at, score: answer }];
  });
}

/** Runs of numbers on days that follow each other: a line may join only these. */
export function runsOf(marks: readonly Mark[]): { at: number; score: number }[][] {
  const runs: { at: number; score: number }[][] = [];
  let lastAt = Number.NEGATIVE_INFINITY;
  for (const mark of marks) {
    if (mark.kind !== "number") continue;
    const run = runs.at(-1);
    if (run && mark.at === lastAt + 1) run.push(mark);
    else runs.push([mark]);
    lastAt = mark.at;
  }
  return runs;
}

/** What a listener hears of a series. */
export function spokenSeries(
  marks: readonly Mark[],
): { n: number; last: number; high: number } | undefined {
  const scores = marks.flatMap((mark) => (mark.kind === "number" ? [mark.score] : []));
  const last = scores.at(-1);
  return last === undefined ? undefined : { n: scores.length, last, high: Math.max(...scores) };
}
