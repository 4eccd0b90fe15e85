/**
 * What the room of reminders may ask for: when to remind, and how this phone can.
 *
 * What is chosen is durable on this phone first; the server hears it when there is a network. It
 * learns times, weekdays and the zone, and never what the reminder is for.
 */
import type { ReadonlySignal } from "@preact/signals";

/** Local time of a day, `HH:MM`. */
export type TimeOfDay = string;

/** Hours without a word; they may go over midnight. */
export interface Quiet {
  readonly start: TimeOfDay;
  readonly end: TimeOfDay;
}

/** What a person chose. */
export interface Chosen {
  readonly time: TimeOfDay;
  /** ISO weekdays, 1 = Monday; at least one. */
  readonly weekdays: readonly number[];
  /** Minutes until it is said once more, 15 to 720; absent = said once. */
  readonly nudge?: number;
  readonly quiet?: Quiet;
  /** "always", or the first day, `YYYY-MM-DD`, that has reminders again; absent = they are on. */
  readonly paused?: string;
  /** Whether news, a note or a message, is told too. */
  readonly notes: boolean;
  /** Whether the locked screen may say what it is for; else its words are neutral. */
  readonly plain: boolean;
}

/**
 * Whether this phone may show messages.
 *
 * ask: nobody was asked yet. yes, no: as the person answered. home: it can once the app is on the
 * home screen. never: this browser can not.
 */
export type Allowed = "ask" | "yes" | "no" | "home" | "never";

/**
 * How far it is. off: nothing is chosen, or the phone may not show messages. waits: it is on this
 * phone and goes to the server when there is a network. there: the server has it. failed: the server
 * or the phone's message service does not take it.
 */
export type Told = "off" | "waits" | "there" | "failed";

/** Reminders, of one profile. */
export interface Reminding {
  /** Undefined while nothing is chosen. */
  readonly chosen: ReadonlySignal<Chosen | undefined>;
  readonly allowed: ReadonlySignal<Allowed>;
  readonly told: ReadonlySignal<Told>;
  /** When the next one is due, unix seconds by the phone's clock; undefined while there is none. */
  readonly next: ReadonlySignal<number | undefined>;
  /** Resolves when it is durable on this phone; undefined: no reminders from now on. */
  choose(chosen: Chosen | undefined): Promise<void>;
  /** Have the phone ask the person; to be called in a tap. */
  allow(): Promise<Allowed>;
}

/** Hours in which hardly anybody wants to hear a phone. */
export const NIGHT: Quiet = { start: "21:00", end: "07:00" };

/** Whether a time of day lies in quiet hours. */
export function isQuiet({ start, end }: Quiet, at: TimeOfDay): boolean {
  return start < end ? start <= at && at < end : at >= start || at < end;
}
