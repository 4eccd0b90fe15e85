/**
 * How much to send at once, how long to wait for it, when to try again, and what goes first.
 *
 * Decisions only: the time is an argument, so is chance, and nothing is kept but a `Link`, which is
 * what a device knows of its connection to the server. A sender does, again and again:
 *
 *     const turn = allow(link, nowMs)       wait `turn.waitMs`; then put `turn.bytes` into a request
 *     patienceMs(link, sent, nowMs)         give up when no answer began after so long
 *     link = answered(link, trip)           it was answered
 *     link = cut(link, trip, silent)        it was not
 *     link = returned(link, nowMs)          the phone says that the network is back
 *     pauseMs(link, chance)                 after a failure: how long to leave it alone
 *
 * `order` says what goes into it, `fit` how many of these; `mediaLeft` and `lookMs` what a monthly
 * budget still allows. Why each is as it is stands in sync/rejoint_sync/exchange/pace.py, which
 * decides the same on the same vectors.
 *
 * Source: docs/protocol.md, "One-request sync".
 */

/** Body of a first request, in bytes: three records of the smallest bucket; 1 s at 8 kbit/s. */
export const START_BYTES = 1_000;
/** A request is not made smaller than this, in bytes: its headers would outweigh it. */
export const LEAST_BYTES = 500;
/** A request is not made larger, in bytes: a phone holds it in memory several times. */
export const MOST_BYTES = 512 * 1024;
/** Speed of a link that was not measured yet, in bytes a second: 8 kbit/s. */
export const SLOWEST_BYTES_S = 1_000;
/** Shortest silence that is taken for a dead link, in milliseconds. */
export const SILENCE_MIN_MS = 3_000;
/** Longest, in milliseconds; a person who waits has given up by then. */
export const SILENCE_MAX_MS = 10_000;
/** After so many silences in a row the next one may be twice as long. */
const PATIENCE_AFTER = 2;
const PAUSE_MIN_MS = 1_000;
const PAUSE_MAX_MS = 300_000;
/** Between two looks at the server while the app is in front, in milliseconds. */
export const LOOK_MS = 30_000;
/** The same where the month's budget is used up. */
export const LOOK_SPENT_MS = 900_000;

const GOAL_MS = 2_000;
const GOAL_MAX_MS = 8_000;
const IDLE_MS = 5_000;
const FORGET_MS = 600_000;
const LIFE_MIN_MS = 1_000;
const REST_MAX_MS = 10_000;
const LIVES = 3;
const SAMPLES = 8;
const TRIPS = 32;
const KNOWN_TRIPS = 4;

/** Value of a kind, the smaller the more: sessions, pain and messages are `ev`; media come last. */
const RANKS: Readonly<Record<string, number>> = {
  ...{ log: 0, wrap: 0, req: 0, ev: 1, pl: 2, pr: 2, nt: 3, cp: 4, at: 5, sn: 5, ch: 6 },
};
const OTHER_RANK = 4;
const MEDIA = "ch:";
const MEDIA_PERCENT = 80;

/** A request on its way. */
export interface Trip {
  /** Bytes of its body. */
  readonly sent: number;
  /** Bytes of the answer's body; 0 where there was none. */
  readonly got: number;
  /** When it went out, by any steady clock; after the handshakes where that is known. */
  readonly beganMs: number;
  /** When its answer was complete, or when it was cut. */
  readonly endedMs: number;
  /** How long a connection was made for it before; 0 where none was, or where it is not known. */
  readonly setupMs: number;
}

/** What is known of the connection. */
export interface Link {
  /** Bytes of body that the next request may have. */
  readonly portion: number;
  /** Bytes and milliseconds of the last answered requests, the newest last. */
  readonly samples: readonly (readonly [bytes: number, ms: number])[];
  /** How long the last answers were waited for beyond the time of their bytes. */
  readonly trips: readonly number[];
  /** When the present window began: the time since the last cut, or since a pause. */
  readonly beganMs: number;
  /** When the last request ended. */
  readonly endedMs: number;
  /** Bytes that were answered in this window. */
  readonly carried: number;
  /** Lengths of the last windows that a cut ended, in milliseconds. */
  readonly lives: readonly number[];
  /** Bytes that got through in a window; 0 where that is not known. */
  readonly load: number;
  /** When the last cut was. */
  readonly cutMs: number;
  /** Bytes that were answered since the first cut that is remembered, and before it. */
  readonly through: number;
  /** Bytes that were sent in vain since then. */
  readonly lost: number;
  /** How long it took to make the last connection; 0 where that is not known. */
  readonly setupMs: number;
  /** Requests in a row that were given up. */
  readonly silences: number;
  /** Requests in a row that were not answered. */
  readonly failures: number;
}

/** A link of which nothing is known. */
export const NEW_LINK: Link = {
  ...{ portion: START_BYTES, samples: [], trips: [], beganMs: 0, endedMs: 0, carried: 0 },
  ...{ lives: [], load: 0, cutMs: 0, through: 0, lost: 0, setupMs: 0, silences: 0, failures: 0 },
};

/** What may be done next. */
export interface Turn {
  /** How large the body of the next request may be; a single record may be larger. */
  readonly bytes: number;
  /**
   * For how long nothing should be begun. Who has something that somebody waits for need not keep
   * to it.
   */
  readonly waitMs: number;
}

/** A request was answered, by whatever: the link carried it there and back. */
export function answered(before: Link, trip: Trip): Link {
  const link = remembering(entered(before, trip), trip.beganMs);
  const size = trip.sent + trip.got;
  const tookMs = Math.max(1, trip.endedMs - trip.beganMs);
  const samples = [...link.samples, [size, tookMs] as const].slice(-SAMPLES);
  const timed = { ...link, samples, endedMs: trip.endedMs, silences: 0, failures: 0 };
  const waitedMs = Math.max(0, tookMs - movingMs(timed, size));
  const known = {
    ...timed,
    trips: [...link.trips, waitedMs].slice(-TRIPS),
    carried: link.carried + size,
    through: link.through + size,
  };
  const goal = goalMs(known);
  const aimed = over(size * goal, tookMs);
  if (aimed >= link.portion) {
    // What was less than allowed says nothing of what would be too much; nor does what came down.
    const most = Math.max(4 * START_BYTES, over(known.through, 6), over(speedBytesS(known), 4));
    const grown = Math.max(link.portion, Math.min(aimed, 2 * trip.sent, most));
    return { ...known, portion: Math.min(MOST_BYTES, grown) };
  }
  if (2 * size < link.portion && tookMs <= goal) return known;
  return { ...known, portion: Math.max(LEAST_BYTES, over(link.portion, 2), aimed) };
}

/**
 * A request was not answered.
 *
 * @param silent Whether it was given up by `patienceMs`; else the connection broke or there was
 *   none.
 */
export function cut(before: Link, trip: Trip, silent: boolean): Link {
  const link = remembering(entered(before, trip), trip.beganMs);
  const lifeMs = trip.endedMs - link.beganMs;
  const waitedMs = trip.endedMs - trip.beganMs;
  // Elsewhere connections are timed and this one was not: how long it was up is not known.
  const isTimed = link.carried > 0 || trip.setupMs > 0 || link.setupMs === 0;
  const failed = {
    ...link,
    trips: silent ? [...link.trips, waitedMs].slice(-TRIPS) : link.trips,
    endedMs: trip.endedMs,
    failures: link.failures + 1,
    silences: silent ? link.silences + 1 : 0,
    beganMs: trip.endedMs,
    carried: 0,
  };
  if (link.carried === 0 && waitedMs < LIFE_MIN_MS) return failed;
  const tried = Math.min(link.portion, Math.max(trip.sent, LEAST_BYTES));
  const half = Math.max(LEAST_BYTES, over(tried, 2));
  return {
    ...failed,
    portion: link.carried < link.portion ? Math.max(half, link.carried) : half,
    lives: silent || !isTimed ? link.lives : [...link.lives, lifeMs].slice(-LIVES),
    load: silent || !isTimed ? link.load : link.carried,
    cutMs: trip.endedMs,
    // A server that says nothing from the start is no link that is cut.
    lost: link.lost + (link.carried > 0 || !silent ? trip.sent : 0),
  };
}

/** The phone says that a network is back, maybe another one: begin anew, at once and small. */
export function returned(link: Link, nowMs: number): Link {
  return {
    ...link,
    portion: START_BYTES,
    samples: [],
    beganMs: nowMs,
    endedMs: nowMs,
    carried: 0,
    silences: 0,
    failures: 0,
  };
}

/** How much the next request may bring, and when. */
export function allow(before: Link, nowMs: number): Turn {
  const link = remembering(before, nowMs);
  const lifeMs = ruleMs(link);
  const at = (bytes: number, waitMs = 0): Turn => ({ bytes, waitMs });
  if (lifeMs === 0 || link.silences > 0) return at(Math.min(link.portion, risk(link)));
  if (link.load === 0 || isNew(link, nowMs)) {
    return at(Math.max(LEAST_BYTES, Math.min(link.portion, link.load || link.portion)));
  }
  const leftMs = link.beganMs + lifeMs - nowMs;
  const slowestMs = link.samples.length === 0 ? lifeMs : Math.max(...link.samples.map(msOf));
  if (2 * slowestMs <= leftMs) return at(link.portion);
  const left = link.load - link.carried;
  if (left >= LEAST_BYTES) return at(Math.min(link.portion, left));
  const waitMs = leftMs + over(lifeMs, 10);
  return at(Math.min(link.portion, link.load), Math.min(REST_MAX_MS, Math.max(0, waitMs)));
}

/**
 * How long the beginning of an answer may take.
 *
 * The slowest of the last round trips and half of it more, between 3 and 10 seconds; and the time
 * of the bytes at the measured speed. Before anything was measured, and after a time without
 * requests, when a connection may have to be made, 10 seconds.
 *
 * @param sent Bytes of the request's body.
 */
export function patienceMs(link: Link, sent: number, nowMs: number): number {
  const moving = movingMs(link, sent);
  if (link.silences % (PATIENCE_AFTER + 1) === PATIENCE_AFTER) return moving + 2 * SILENCE_MAX_MS;
  if (link.samples.length === 0) return Math.max(SILENCE_MAX_MS, moving + SILENCE_MIN_MS);
  if (link.trips.length < KNOWN_TRIPS || link.failures > 0 || isNew(link, nowMs)) {
    return moving + Math.max(SILENCE_MAX_MS, link.setupMs + SILENCE_MIN_MS);
  }
  const slowestMs = over(Math.max(...link.trips) * 3, 2);
  return moving + Math.min(SILENCE_MAX_MS, Math.max(SILENCE_MIN_MS, slowestMs));
}

/**
 * How long to leave the server alone after a failure; 0 without one.
 *
 * @param chance From 0 to 1; half of the pause is by chance, so that a clinic does not call in step.
 */
export function pauseMs(link: Pick<Link, "failures">, chance: number): number {
  if (link.failures === 0) return 0;
  const full = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(link.failures - 1, 20));
  return over(full, 2) + Math.floor(over(full, 2) * chance);
}

/** Measured speed in bytes a second, both ways together; `SLOWEST_BYTES_S` before there is one. */
export function speedBytesS({ samples }: Link): number {
  const [first, ...others] = samples;
  if (first === undefined) return SLOWEST_BYTES_S;
  let quick = first;
  let large = first;
  for (const sample of others) {
    const [size, ms] = sample;
    if (ms < quick[1] || (ms === quick[1] && size < quick[0])) quick = sample;
    if (size > large[0] || (size === large[0] && ms < large[1])) large = sample;
  }
  if (large[0] >= 2 * quick[0]) {
    return Math.max(1, over((large[0] - quick[0]) * 1000, Math.max(1, large[1] - quick[1])));
  }
  return Math.max(1, over(large[0] * 1000, large[1]));
}

/** The window in which a request went out, a new one where it must be. */
function entered(link: Link, trip: Trip): Link {
  if (trip.setupMs === 0 && !isNew(link, trip.beganMs)) return link;
  const lifeMs = ruleMs(link);
  // All of it arrived well before the link would have been cut: it may be more.
  const isAll = lifeMs > 0 && link.load > 0 && link.carried >= link.load;
  const isEarly = link.endedMs - link.beganMs < over(lifeMs * 7, 10);
  const load = isAll && isEarly ? over(link.carried * 5, 4) : link.load;
  // One that was never made says nothing of how long that takes.
  const setupMs = (trip.endedMs > trip.beganMs && trip.setupMs) || link.setupMs;
  return { ...link, beganMs: trip.beganMs, carried: 0, load, setupMs };
}

/** What may be lost where nobody knows when the link is cut. */
function risk(link: Link): number {
  if (link.failures > 0) return LEAST_BYTES;
  return link.lost > 0 ? Math.max(START_BYTES, small(link), spare(link)) : MOST_BYTES;
}

/** What is out for so short a time that a cut seldom meets it. */
function small(link: Link): number {
  return over(speedBytesS(link) * (link.lives.length === 0 ? 0 : Math.min(...link.lives)), 20_000);
}

/** What may be lost without more than an eighth being sent in vain. */
function spare(link: Link): number {
  return over(link.through, 8) - link.lost;
}

function isNew(link: Link, nowMs: number): boolean {
  const lifeMs = ruleMs(link);
  return (
    link.beganMs === 0 ||
    nowMs - link.endedMs >= IDLE_MS ||
    (lifeMs > 0 && nowMs - link.beganMs >= over(lifeMs * 11, 10)) ||
    (link.failures > 0 && link.carried === 0)
  );
}

function remembering(link: Link, nowMs: number): Link {
  if (link.cutMs === 0) return { ...link, through: Math.min(link.through, MOST_BYTES) };
  if (nowMs - link.cutMs <= FORGET_MS) return link;
  return { ...link, lives: [], load: 0, cutMs: 0, through: 0, lost: 0 };
}

/** How long the link stays up, where that has a rule; else 0. */
function ruleMs({ lives }: Link): number {
  const [one, other] = lives.slice(-2);
  if (one === undefined || other === undefined) return 0;
  const least = Math.min(one, other);
  return Math.max(one, other) * 10 > least * 13 ? 0 : least;
}

function goalMs(link: Link): number {
  const quickestMs = link.samples.length === 0 ? 0 : Math.min(...link.samples.map(msOf));
  let goal = Math.max(GOAL_MS, 3 * quickestMs);
  if (link.lives.length > 0) {
    const lifeMs = Math.min(...link.lives);
    const share = ruleMs(link) > 0 ? over(lifeMs * 4, 5) : over(lifeMs, 4);
    goal = Math.min(goal, Math.max(share, 1_000));
  }
  return Math.min(GOAL_MAX_MS, goal);
}

/** Time of so many bytes at the measured speed, without the way there and back. */
function movingMs(link: Link, size: number): number {
  return over(size * 1000, speedBytesS(link));
}

function msOf([, ms]: readonly [number, number]): number {
  return ms;
}

/** A quotient of whole numbers, rounded down. */
function over(dividend: number, divisor: number): number {
  return Math.floor(dividend / divisor);
}

// -- what goes first ------------------------------------------------------------------------------

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
  return Math.min(MOST_BYTES, Math.max(0, over(limit * MEDIA_PERCENT, 100) - spent));
}

/** Whether the month's budget lets it go; `limit` and `spent` as for `mediaLeft`. */
export function mayGo({ id, size }: Waiting, limit: number, spent: number): boolean {
  return !id.startsWith(MEDIA) || size <= mediaLeft(limit, spent);
}

/** Between two looks at the server; `limit` and `spent` as for `mediaLeft`. */
export function lookMs(limit: number, spent: number): number {
  return limit > 0 && spent >= limit ? LOOK_SPENT_MS : LOOK_MS;
}
