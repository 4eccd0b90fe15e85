/**
 * What records say about days and times, read with what became known of their writer's clock.
 *
 * Nothing is overwritten: a `clock` record is one more fact, and this is how it is read. See
 * docs/adr/0031-clock-repair.md.
 */
import type { AnyRecord } from "../records.gen.ts";
import type { Entry } from "./diary.ts";

/** Clocks that differ by less are taken as one. */
const ALIKE_S = 600;
/** A phone may be a day ahead of, or behind, what anybody here can know. */
const UNSURE_S = 86_400;
const DAY_S = 86_400;

/** What a record carries beside its draft where the phone's clock is known to be wrong by `off_s`. */
export function correction(
  draft: object,
  off_s: number,
): { readonly off_s?: number; readonly performed_at?: number } {
  if (off_s === 0) return {};
  const { performed_at } = draft as { readonly performed_at?: number };
  if (performed_at === undefined) return { off_s };
  return { off_s, performed_at: Math.max(0, performed_at + off_s) };
}

/** Seconds by which the records of one feed are moved, by counter; the last word counts. */
type Moves = ReadonlyMap<string, readonly { first: number; last: number; shift_s: number }[]>;

function movesIn(entries: readonly Entry[]): Moves {
  const moves = new Map<string, { first: number; last: number; shift_s: number }[]>();
  for (const { value, device } of entries) {
    if (value.type !== "clock") continue;
    const { first, last, shift_s } = value;
    const feed = `${device}c`;
    moves.set(feed, [{ first, last, shift_s }, ...(moves.get(feed) ?? [])]);
  }
  return moves;
}

/** Local midnight of `unix_s`, as a number of days. */
function dayNumber(unix_s: number, tz_min: number): number {
  return Math.floor((unix_s + tz_min * 60) / DAY_S);
}

/** The record as if its clock had been right; a day that was chosen by hand moves along. */
export function moved<T extends AnyRecord>(value: T, shift_s: number): T {
  const said: { performed_at?: number; day?: string } = value as object;
  const { performed_at = value.at, day } = said;
  const at = Math.max(0, value.at + shift_s);
  const then = Math.max(0, performed_at + shift_s);
  const days = dayNumber(then, value.tz_min) - dayNumber(performed_at, value.tz_min);
  const at_day = Date.parse(`${day}T00:00:00Z`) + days * DAY_S * 1000;
  return {
    ...value,
    at,
    ...(said.performed_at === undefined ? {} : { performed_at: then }),
    ...(day === undefined ? {} : { day: new Date(at_day).toISOString().slice(0, 10) }),
  };
}

/** How a record's times stand. */
export interface Told {
  readonly shift_s: number;
  readonly clock?: "moved" | "unsure";
}

/**
 * Reads clocks of a circle.
 *
 * @param entries All that count, in order.
 * @param sinceS When the circle was founded; nothing of it is older.
 * @param nowS The reader's own time.
 * @returns What is known of the clock of an entry.
 */
export function clocksOf(
  entries: readonly Entry[],
  sinceS: number,
  nowS: number,
): (entry: Entry) => Told {
  const moves = movesIn(entries);
  const newest = new Map<string, number>();
  const told = new Map<string, Told>();
  for (const { id, device, stream, n, value } of entries) {
    const feed = `${device}${stream}`;
    const before = newest.get(feed) ?? 0;
    const move = moves.get(feed)?.find(({ first, last }) => first <= n && n <= last);
    const at = value.at + (move?.shift_s ?? 0);
    newest.set(feed, Math.max(before, at));
    const isOutside = at < sinceS - UNSURE_S || at > nowS + UNSURE_S;
    const isUnsure = isOutside || at < before - ALIKE_S;
    if (move !== undefined) told.set(id, { shift_s: move.shift_s, clock: "moved" });
    else if (isUnsure) told.set(id, { shift_s: 0, clock: "unsure" });
  }
  return ({ id }) => told.get(id) ?? AS_SAID;
}

const AS_SAID: Told = { shift_s: 0 };
