/** What the answers to the questions for danger signs lead to. Pure. */
import type { Check } from "../records.gen";
import { type Level, QUESTIONS } from "./questions";

export type Said = Check["answers"][number]["answer"];
export type Answers = Check["answers"];

/**
 * The advice of these answers: the level of the first question that was not answered with no, since
 * they are asked from the most urgent on; "none" when all were; undefined while questions are open.
 * "Not sure" counts as yes.
 */
export function adviceOf(answers: Answers): Check["advice"] | undefined {
  const yes = answers.find(({ answer }) => answer !== "no");
  if (yes !== undefined) return levelOf(yes.question);
  return answers.length >= QUESTIONS.length ? "none" : undefined;
}

/** A question of a newer list counts as the most urgent. */
function levelOf(question: string): Level {
  return QUESTIONS.find(({ id }) => id === question)?.level ?? "emergency";
}
