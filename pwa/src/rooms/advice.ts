/**
 * The traffic light of a session, decided on this phone from the plan's pain rule.
 *
 * A day is never final here: green and amber wait for the next morning's answer.
 */
import type { PainAnswer } from "../client";
import type { PainRule } from "../records.gen";
import type { Light } from "../ui/lamp";

/**
 * The light of the worst pain of a session, or undefined when there is nothing to decide from: no
 * rule in the plan, no answer, or not asked.
 */
export function lightOf(
  worst: PainAnswer | undefined,
  rule: PainRule | undefined,
): Light | undefined {
  if (rule === undefined || typeof worst !== "number") return undefined;
  if (worst <= rule.go_max) return "go";
  return worst <= rule.slow_max ? "slow" : "stop";
}
