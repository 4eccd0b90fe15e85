/**
 * What goes first, how many of these fit into one request, and what a month's budget allows.
 *
 * Decisions only. The same, on the same vectors: sync/rejoint_sync/exchange/precedence.py.
 *
 * Source: docs/adr/0026-pace-and-background-sync.md.
 */
import { MOST_BYTES } from "./pace.ts";

/** Between two looks at the server while the app is in front, in milliseconds. */
export const LOOK_MS = 30_000;
/** The same where the month's budget is used up. */
export const LOOK_SPENT_MS = 900_000;

/** Value of a kind, the smaller the more: sessions, pain and messages are `ev`; media come last. */
const RANKS: Readonly<Record<string, number>> = {
  ...{ log: 0, wrap: 0, req: 0, ev: 1, pl: 2, pr: 2, nt: 3, cp: 4, at: 5, sn: 5, ch: 6 },
};
const OTHER_RANK = 4;
const MEDIA = "ch:";
const MEDIA_PERCENT = 80;

/** Something that is to be sent. */
export interface Waiting {
  readonly circle: string;
  /** Its `_id`, or `log:` and `wrap:` with anything. */
  readonly id: string;
  /** Its bytes in a request. */
  readonly size: number;
}

/**
 * The order in which to send: log entries, sessions, pain and messages; notes; media.
 *
 * Numbered records of one feed stay in their order, else readers would see a gap in it if the link
 * broke between the two; so a feed goes by the most valuable record that waits in it. Only what is
 * larger than `most` is overtaken, so that it holds nobody up.
 *
 * @param most Bytes that the next request may have: `Turn.bytes`.
 */
export function order<W extends Waiting>(waiting: readonly W[], most: number): W[] {
  const best = new Map<string, number>();
  const placed = waiting.map((one) => ({ one, ...place(one), rank: rankOf(one) }));
  for (const { one, feed, rank } of placed) {
    if (one.size <= most) best.set(feed, Math.min(best.get(feed) ?? rank, rank));
  }
  const keyed = placed.map(({ one, feed, number, rank }) => {
    const isLarge = one.size > most;
    return { one, feed, number, class: isLarge ? 100 + rank : (best.get(feed) ?? rank) };
  });
  keyed.sort(
    (left, right) =>
      left.class - right.class ||
      (left.feed < right.feed ? -1 : Number(left.feed > right.feed)) ||
      left.number - right.number,
  );
  return keyed.map(({ one }) => one);
}

/** How many from the front go into one request of `most` bytes; at least one, if there is any. */
export function fit(sizes: readonly number[], most: number): number {
  let total = 0;
  for (const [count, size] of sizes.entries()) {
    total += size;
    if (total > most) return Math.max(1, count);
  }
  return sizes.length;
}

function rankOf({ id }: Waiting): number {
  return RANKS[id.split(":", 1)[0] ?? ""] ?? OTHER_RANK;
}

/** The feed of a numbered record and its number; anything else is alone. */
function place({ circle, id }: Waiting): { feed: string; number: number } {
  const [, , device, numbered = "", ...more] = id.split(":");
  if (more.length === 0 && /^.\d+$/.test(numbered)) {
    return { feed: `${circle} ${device} ${numbered[0]}`, number: Number(numbered.slice(1)) };
  }
  return { feed: `${circle} ${id}`, number: 0 };
}

// -- a month's budget -----------------------------------------------------------------------------

/**
 * Bytes of media that may still go this month; logs, pain and all other records always go.
 *
 * @param limit The month's budget in bytes; 0 for none.
 * @param spent Bytes that went over the network this month.
 */
export function mediaLeft(limit: number, spent: number): number {
  if (limit === 0) return MOST_BYTES;
  return Math.min(MOST_BYTES, Math.max(0, Math.floor((limit * MEDIA_PERCENT) / 100) - spent));
}

/** Whether the month's budget lets it go; `limit` and `spent` as for `mediaLeft`. */
export function mayGo({ id, size }: Waiting, limit: number, spent: number): boolean {
  return !id.startsWith(MEDIA) || size <= mediaLeft(limit, spent);
}

/** Between two looks at the server; `limit` and `spent` as for `mediaLeft`. */
export function lookMs(limit: number, spent: number): number {
  return limit > 0 && spent >= limit ? LOOK_SPENT_MS : LOOK_MS;
}
