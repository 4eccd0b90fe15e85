/**
 * Days and times as people say them.
 *
 * A day is a local date `YYYY-MM-DD` and never passes through the reader's time zone: the patient's
 * Monday is Monday on every screen.
 */
import { locale, t } from "./index";

const DAY_MS = 86_400_000;

/** Midnight of `day` on a clock without zones. */
function dayMs(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function format(ms: number, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" }).format(ms);
}

/** Days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((dayMs(to) - dayMs(from)) / DAY_MS);
}

/** The date `days` after `day`. */
export function dayAfter(day: string, days: number): string {
  return new Date(dayMs(day) + days * DAY_MS).toISOString().slice(0, 10);
}

/** "today", "yesterday", "Monday", "3 Nov": the shortest name that is clear from `today`. */
export function sayDay(day: string, today: string): string {
  const ago = daysBetween(day, today);
  if (ago === 0) return t("day.today");
  if (ago === 1) return t("day.yesterday");
  if (ago > 1 && ago < 7) return format(dayMs(day), { weekday: "long" });
  return sayDate(day);
}

/** "Monday". */
export function sayWeekday(day: string): string {
  return format(dayMs(day), { weekday: "long" });
}

/** "3 Nov". */
export function sayDate(day: string): string {
  return format(dayMs(day), { day: "numeric", month: "short" });
}

/** "Mon 3 Nov". */
export function sayFullDate(day: string): string {
  return format(dayMs(day), { weekday: "short", day: "numeric", month: "short" });
}

/** "18:42", on one line, where it was performed: `unix_s` seconds seen `tz_min` minutes east of UTC. */
export function sayTimeThere(unix_s: number, tz_min: number): string {
  const ms = (unix_s + tz_min * 60) * 1000;
  return format(ms, { hour: "numeric", minute: "2-digit" }).replace(/\s/g, "\u00a0");
}

/** Minutes east of UTC of this device at `unix_s`. */
export function zoneHere(unix_s: number): number {
  return -new Date(unix_s * 1000).getTimezoneOffset();
}

/** The local date of `unix_s` seconds, `tz_min` minutes east of UTC. */
export function dayOf(unix_s: number, tz_min: number): string {
  return new Date((unix_s + tz_min * 60) * 1000).toISOString().slice(0, 10);
}

/** "today, 18:42", "Friday, 09:10" on this device's clock. */
export function sayMoment(unix_s: number, today: string): string {
  const zone = zoneHere(unix_s);
  return t("day.moment", {
    day: sayDay(dayOf(unix_s, zone), today),
    time: sayTimeThere(unix_s, zone),
  });
}
