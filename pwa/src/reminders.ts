/**
 * When this phone will be reminded, as the server will do it.
 *
 * The twin of sync/rejoint_sync/reminders.py, of what a phone needs to know; the same vectors.
 * A minute is a count of minutes since 1970 in UTC, a day is `YYYY-MM-DD` in the schedule's zone.
 */
import { isQuiet, type Quiet, type TimeOfDay } from "./reminding.ts";

/** What the server is told: nothing in it says what the reminder is for. */
export interface Schedule {
  /** A name of the IANA database. */
  readonly zone: string;
  /** By ISO weekday, "1" for Monday. */
  readonly times: Readonly<Record<string, TimeOfDay>>;
  /** Minutes from the reminder to the nudge. */
  readonly nudge?: number;
  readonly quiet?: Quiet;
  /** "always", or the first day that has reminders again. */
  readonly paused?: string;
  /** Whether news in a circle pings too; absent = it does. */
  readonly notes?: boolean;
}

/** What the server was told since. */
export interface Marks {
  /** Minute at which the schedule was set. */
  readonly since: number;
  /** The last UTC day, counted from 1970, on which the server heard of this phone. */
  readonly heard: number;
  readonly done?: string;
  readonly snoozed?: number;
}

/** What the server sent. */
export interface Sent {
  /** The day of the last reminder. */
  readonly day?: string;
  readonly reminder?: number;
  readonly nudge?: number;
}

const GRACE_MIN = 5;
const SILENT_DAYS = 14;
const TRAVEL_MIN = 720;
const DAY_MIN = 1440;
const DAYS_AHEAD = 9;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** The wall clock of a zone in a minute, as if it were UTC. */
function wallOf(minute: number, zone: string): number {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    });
    clocks.set(zone, clock);
  }
  const shown = new Map<string, number>();
  for (const { type, value } of clock.formatToParts(60_000 * minute)) {
    shown.set(type, Number(value));
  }
  const [year = 0, month = 0, day = 0, hour = 0, past = 0] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
  ].map((part) => shown.get(part));
  return Date.UTC(year, month - 1, day, hour, past) / 60_000;
}

/** The day of a wall clock. */
const dateOf = (wall: number): string => new Date(60_000 * wall).toISOString().slice(0, 10);

/** The time of day of a wall clock. */
const timeOf = (wall: number): TimeOfDay => new Date(60_000 * wall).toISOString().slice(11, 16);

/** The day, in a zone, in which a minute lies. */
export function dayOf(minute: number, zone: string): string {
  return dateOf(wallOf(minute, zone));
}

/**
 * The first minute of a day whose local time is `at`, or is after it where `at` is skipped.
 *
 * @returns Undefined for a day that the zone skipped.
 */
export function minuteOf(zone: string, day: string, at: TimeOfDay): number | undefined {
  const wall = Date.parse(`${day}T${at}:00Z`) / 60_000;
  const shifts = [-DAY_MIN, DAY_MIN].map((away) => wallOf(wall + away, zone) - wall - away);
  let low = wall - Math.max(...shifts);
  let high = wall - Math.min(...shifts);
  for (const minute of [low, high]) if (wallOf(minute, zone) === wall) return minute;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (wallOf(middle, zone) < wall) low = middle + 1;
    else high = middle;
  }
  return dateOf(wallOf(high, zone)) === day ? high : undefined;
}

/**
 * The minute of the next reminder, nudge or snooze; undefined while there is none.
 *
 * @param now This minute; what is due and not dropped yet counts as now.
 */
export function nextReminder(
  now: number,
  schedule: Schedule,
  marks: Marks,
  sent: Sent,
): number | undefined {
  const start = now - GRACE_MIN;
  const planned = [first(start, schedule, marks, sent), second(schedule, marks, sent)].filter(
    (at) => at !== undefined && at >= start && Math.floor(at / DAY_MIN) - marks.heard < SILENT_DAYS,
  );
  return planned.length === 0 ? undefined : Math.max(now, Math.min(...(planned as number[])));
}

/** When the next reminder is, from a minute on. */
function first(from: number, schedule: Schedule, marks: Marks, sent: Sent): number | undefined {
  if (schedule.paused === "always") return undefined;
  const start = marks.since <= from + 2 * GRACE_MIN ? Math.max(from, marks.since + 1) : from;
  const today = dayOf(start, schedule.zone);
  const day = schedule.paused !== undefined && schedule.paused > today ? schedule.paused : today;
  for (let ahead = 0; ahead < DAYS_AHEAD; ahead++) {
    const name = dateOf(Date.parse(`${day}T00:00Z`) / 60_000 + DAY_MIN * ahead);
    const minute = ofDay(name, schedule, marks, sent);
    if (minute !== undefined && minute >= start) return minute;
  }
  return undefined;
}

/** When the reminder of a day is; undefined when that day has none any more. */
function ofDay(day: string, schedule: Schedule, marks: Marks, sent: Sent): number | undefined {
  const weekday = new Date(`${day}T00:00Z`).getUTCDay() || 7;
  const at = schedule.times[weekday];
  if (at === undefined || day === marks.done || day === sent.day) return undefined;
  const minute = minuteOf(schedule.zone, day, at);
  if (minute === undefined || quiet(minute, schedule)) return undefined;
  const { reminder } = sent;
  const isBack = sent.day !== undefined && reminder !== undefined && day < sent.day;
  return isBack && Math.abs(minute - reminder) < TRAVEL_MIN ? undefined : minute;
}

/** When the second ping of the day of the last reminder is. */
function second(schedule: Schedule, marks: Marks, sent: Sent): number | undefined {
  const { reminder } = sent;
  if (reminder === undefined || sent.nudge !== undefined) return undefined;
  const snoozed = (marks.snoozed ?? 0) > reminder ? marks.snoozed : undefined;
  const minute = snoozed ?? (schedule.nudge && reminder + schedule.nudge);
  if (minute === undefined || minute <= marks.since || quiet(minute, schedule)) return undefined;
  const day = dayOf(minute, schedule.zone);
  if (day !== sent.day || day === marks.done) return undefined;
  const { paused } = schedule;
  return paused !== undefined && (paused === "always" || day < paused) ? undefined : minute;
}

function quiet(minute: number, { quiet: hours, zone }: Schedule): boolean {
  return hours !== undefined && isQuiet(hours, timeOf(wallOf(minute, zone)));
}
