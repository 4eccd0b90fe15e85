/** A dose in words. */
import type { PlanItem } from "../records.gen";
import { isolate, t } from "../words";

/**
 * "3 × 10, hold 5 s, left · 2 kg". It runs as the language does, also where it has no letters: one who
 * reads from the right reads "10 × 3" as three times ten.
 */
export function doseText(item: PlanItem): string {
  const held =
    item.hold_s > 0 ? t("dose.hold", { dose: amount(item), s: item.hold_s }) : amount(item);
  const sided = item.side === "both" ? held : t(`dose.${item.side}`, { dose: held });
  return item.load ? `${sided} · ${isolate(item.load)}` : sided;
}

function amount({ sets, reps, time_s }: PlanItem): string {
  if (time_s === undefined) return t("dose.reps", { sets, reps: reps ?? 1 });
  return time_s >= 120
    ? t("dose.minutes", { sets, m: Math.round(time_s / 60) })
    : t("dose.seconds", { sets, s: time_s });
}
