/** Times of day and weekdays, as people say them. */
import type { Chosen, TimeOfDay } from "../../reminding";
import { locale, t } from "../../words";
import { sayTimeThere } from "../../words/dates";

export const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
const DAY_MIN = 1_440;
/** A Monday. */
const MONDAY_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/** Minutes since midnight. */
function minutesOf(time: TimeOfDay): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** `time`, so many minutes later; over midnight it begins anew. */
export function shifted(time: TimeOfDay, minutes: number): TimeOfDay {
  const total = (minutesOf(time) + minutes + DAY_MIN) % DAY_MIN;
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(total / 60))}:${two(total % 60)}`;
}

/** "18:00", "6:00 pm". */
export function sayTime(time: TimeOfDay): string {
  return sayTimeThere(minutesOf(time) * 60, 0);
}

/** "Mon", 1 = Monday. */
export function sayShortDay(weekday: number): string {
  const form = new Intl.DateTimeFormat(locale(), { weekday: "short", timeZone: "UTC" });
  return form.format(MONDAY_MS + (weekday - 1) * DAY_MS);
}

/** "every day", "Mon, Wed, Fri". */
export function sayDays(weekdays: readonly number[]): string {
  if (weekdays.length === EVERY_DAY.length) return t("remind.every");
  const sorted = [...weekdays].sort((one, other) => one - other);
  const list = new Intl.ListFormat(locale(), { type: "unit", style: "short" });
  return list.format(sorted.map((weekday) => sayShortDay(weekday)));
}

/** "every day, 18:00". */
export function sayChosen({ time, weekdays }: Pick<Chosen, "time" | "weekdays">): string {
  return t("day.moment", { day: sayDays(weekdays), time: sayTime(time) });
}
