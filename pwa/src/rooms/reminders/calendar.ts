/**
 * Reminders as a file for the phone's own calendar: it reminds without this app and without a network.
 *
 * The words in it are neutral, and the times are the phone's own wherever it is.
 *
 * Source: RFC 5545.
 */
import type { Chosen } from "../../reminding";

const NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
/** Bytes in a line, beyond which it goes on in the next. */
const LINE_BYTES = 75;
const DAY_MS = 86_400_000;

/** Commas, semicolons and backslashes have a meaning of their own. */
function escaped(text: string): string {
  return text.replace(/[\\;,]/g, (sign) => `\\${sign}`).replace(/\n/g, "\\n");
}

/** A line that is longer than allowed goes on behind a space; a letter is never torn. */
function folded(line: string): string {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  const lines = [""];
  for (const letter of line) {
    const last = lines.length - 1;
    if (bytes(`${lines[last]}${letter}`) > LINE_BYTES) lines.push(` ${letter}`);
    else lines[last] += letter;
  }
  return lines.join("\r\n");
}

/** The first day from `today` on that is one of the weekdays. */
function firstDay(today: string, weekdays: readonly number[]): string {
  for (let ahead = 0; ahead < 7; ahead += 1) {
    const day = new Date(Date.parse(today) + ahead * DAY_MS);
    if (weekdays.includes(day.getUTCDay() || 7)) return day.toISOString().slice(0, 10);
  }
  return today;
}

/**
 * A calendar with one appointment that comes again and again, each with an alarm.
 *
 * @param today `YYYY-MM-DD`, the first day that may have one.
 * @param now Unix seconds.
 * @param words What the calendar shows.
 */
export function calendarOf(chosen: Chosen, today: string, now: number, words: string): string {
  const { time, weekdays } = chosen;
  const days = [...weekdays].sort((one, other) => one - other).map((day) => NAMES[day - 1]);
  const start = `${firstDay(today, weekdays).replaceAll("-", "")}T${time.replace(":", "")}00`;
  const stamp = new Date(now * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
  const text = escaped(words);
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Rejoint//Routine//EN",
    "BEGIN:VEVENT",
    // The same whenever the file is made: a calendar takes it in the place of the one before.
    "UID:routine@rejoint.invalid",
    `DTSTAMP:${stamp}`,
    `DTSTART:${start}`,
    "DURATION:PT15M",
    `RRULE:FREQ=WEEKLY;BYDAY=${days.join(",")}`,
    `SUMMARY:${text}`,
    "CLASS:PRIVATE",
    "TRANSP:TRANSPARENT",
    "BEGIN:VALARM",
    "ACTION:DISPLAY",
    `DESCRIPTION:${text}`,
    "TRIGGER:PT0M",
    "END:VALARM",
    "END:VEVENT",
    "END:VCALENDAR",
  ];
  return `${lines.map(folded).join("\r\n")}\r\n`;
}

/** Lay a calendar file among the downloads, from where the phone's calendar opens it. */
export function giveCalendar(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/calendar" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "routine.ics";
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
