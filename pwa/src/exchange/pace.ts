/**
 * How much to send at once, how long to wait for it, and when to try again.
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
 * What goes into it says `precedence.ts`. Why each is as it is stands in
 * sync/rejoint_sync/exchange/pace.py, which decides the same on the same vectors.
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

/** A link whose windows are shorter carries about one request in each. */
const FRAIL_MS = 10_000;
const GOAL_MS = 2_000;
const GOAL_MIN_MS = 1_000;
const GOAL_MAX_MS = 8_000;
/** What a request costs beside its body. */
const HEAD_BYTES = 160;
/** What a link carries before its first cut, for all that is known of it at first. */
const HOPED_BYTES = 16_000;
/** A request may always have so much where it is known when the link is cut. */
const RULED_BYTES = 2_500;
const IDLE_MS = 5_000;
const FORGET_MS = 600_000;
const LIFE_MIN_MS = 1_000;
const REST_MAX_MS = 10_000;
const LIVES = 3;
const SAMPLES = 8;
const TRIPS = 32;
const KNOWN_TRIPS = 4;

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
  /** Bytes that the first request of a window may have, since more was cut; 0 for any. */
  readonly load: number;
  /** When the last cut was. */
  readonly cutMs: number;
  /** Bytes that were answered since the first cut that is remembered, and before it. */
  readonly through: number;
  /** How often it was cut since then. */
  readonly cuts: number;
  /** How long it took to make the last connection; 0 where that is not known. */
  readonly setupMs: number;
  /** Bytes of the first request of a window when that was cut: they may have arrived. */
  readonly doubt: number;
  /** Requests in a row that were given up. */
  readonly silences: number;
  /** Requests in a row that were not answered. */
  readonly failures: number;
}

/** A link of which nothing is known. */
export const NEW_LINK: Link = {
  ...{ portion: START_BYTES, samples: [], trips: [], beganMs: 0, endedMs: 0, carried: 0 },
  ...{ lives: [], load: 0, cutMs: 0, through: 0, cuts: 0, setupMs: 0, doubt: 0 },
  ...{ silences: 0, failures: 0 },
};

/** What may be done next. */
export interface Turn {
  /**
   * How large the body of the next request may be; a single record may be larger. 0: it brings
   * nothing, and asks whether somebody is there.
   */
  readonly bytes: number;
  /**
   * For how long nothing should be begun. Who has something that somebody waits for need not keep
   * to it.
   */
  readonly waitMs: number;
  /** Bytes of records that the answer may bring, 0 for any; see `answerTo`. */
  readonly answer: number;
}

/**
 * Bytes of records that an answer may bring, 0 for any, to a request that brings records itself or
 * not: they share the time that there is. One that brings more than the link carries is never heard.
 */
export function answerTo({ answer }: Turn, brings: boolean): number {
  return brings ? Math.min(answer, LEAST_BYTES) : answer;
}

/** A request was answered, by whatever: the link carried it there and back. */
export function answered(before: Link, trip: Trip): Link {
  const link = remembering(entered(outlived(before, trip), trip), trip.beganMs);
  const size = trip.sent + trip.got;
  const tookMs = Math.max(1, trip.endedMs - trip.beganMs);
  const samples = [...link.samples, [size, tookMs] as const].slice(-SAMPLES);
  const well = { doubt: 0, silences: 0, failures: 0 };
  const timed = { ...link, ...well, samples, endedMs: trip.endedMs };
  const waitedMs = Math.max(0, tookMs - movingMs(timed, size));
  const isAtBound = 10 * trip.sent >= 9 * link.load;
  const known = {
    ...timed,
    trips: [...link.trips, waitedMs].slice(-TRIPS),
    carried: link.carried + size,
    through: link.through + size,
    // What got through at the bound raises it, little by little.
    load: isAtBound ? over(link.load * 65, 64) : link.load,
  };
  const goal = goalMs(known);
  const aimed = over(size * goal, tookMs);
  if (aimed >= link.portion) {
    // What was less than allowed says nothing of what would be too much; nor does what came down.
    const grown = Math.max(link.portion, Math.min(aimed, 2 * trip.sent));
    return { ...known, portion: Math.min(MOST_BYTES, grown) };
  }
  const isFrail = known.lives.length > 0 && least(known.lives) < FRAIL_MS;
  if (isFrail || ruleMs(known) > 0) {
    // Where each window carries one request, what came through in it was not too large, however
    // long the rest of a handshake lay before it; it may grow up to what is known to be.
    const grown = Math.min(
      over(trip.sent * 3, 2),
      Math.max(START_BYTES, over(known.load * 15, 16)),
    );
    return { ...known, portion: Math.max(link.portion, grown) };
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
  const there = remembering(entered(before, trip), trip.beganMs);
  const lifeMs = trip.endedMs - there.beganMs;
  const waitedMs = trip.endedMs - trip.beganMs;
  // So long a connection must have been made meanwhile, and was not told.
  const isLong = there.setupMs > 0 && waitedMs > 2 * expectedMs(there, trip.sent);
  const link = isLong ? { ...there, carried: 0 } : there;
  // Elsewhere connections are timed and this one was not: how long it was up is not known.
  const isTimed = link.carried > 0 || trip.setupMs > 0 || link.setupMs === 0;
  const leastMs = isTimed ? LIFE_MIN_MS : over(link.setupMs, 2) + LIFE_MIN_MS;
  const failed = {
    ...link,
    trips: silent ? [...link.trips, waitedMs].slice(-TRIPS) : link.trips,
    endedMs: trip.endedMs,
    failures: link.failures + 1,
    silences: silent ? link.silences + 1 : 0,
    beganMs: trip.endedMs,
    carried: 0,
  };
  if (link.carried === 0 && waitedMs < leastMs) return failed;
  // A question was not too large; its answer may have been.
  const isQuestion = trip.sent < LEAST_BYTES;
  const first = link.carried === 0 && !isQuestion ? trip.sent : 0;
  const doubt = isQuestion ? over(link.doubt, 2) : first;
  const isBound = first > 0 && !silent;
  return {
    ...failed,
    portion: first > 0 ? Math.max(LEAST_BYTES, over(first * 3, 4)) : link.portion,
    lives: isTimed && !silent ? [...link.lives, lifeMs].slice(-LIVES) : link.lives,
    load: isBound ? Math.max(LEAST_BYTES, over(first * 4, 5)) : link.load,
    cutMs: trip.endedMs,
    // A server that says nothing from the start is no link that is cut.
    cuts: link.cuts + Number(link.carried > 0 || !silent),
    doubt: silent ? 0 : doubt,
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
    doubt: 0,
    silences: 0,
    failures: 0,
  };
}

/** How much the next request may bring, and when; and how much its answer. */
export function allow(before: Link, nowMs: number): Turn {
  const link = remembering(before, nowMs);
  const [bytes, waitMs = 0] = allowed(link, nowMs);
  const shown = bytes || over(Math.min(link.doubt, link.portion) * 2, 3);
  return { bytes, waitMs, answer: link.cutMs > 0 ? Math.max(LEAST_BYTES, shown) : 0 };
}

function allowed(link: Link, nowMs: number): [bytes: number, waitMs?: number] {
  const lifeMs = ruleMs(link);
  const at = (...turn: [bytes: number, waitMs?: number]) => turn;
  // What may have arrived is shown by the answer to a question, which costs less than to send it.
  if (link.silences > 0 || link.doubt >= START_BYTES) return at(0);
  if (lifeMs === 0) return at(Math.min(link.portion, risk(link)));
  const most = Math.max(RULED_BYTES, 2 * even(link));
  const fresh = Math.min(link.portion, link.load || most, most);
  if (isNew(link, nowMs)) {
    // What was cut, and what came through, say more than any reckoning.
    const bound = link.load > 0 ? fresh : Math.min(fresh, within(link, lifeMs, lifeMs));
    return at(Math.max(LEAST_BYTES, bound));
  }
  const leftMs = link.beganMs + lifeMs - nowMs;
  const fits = within(link, leftMs, lifeMs);
  if (fits >= LEAST_BYTES) return at(Math.min(link.portion, most, fits));
  return at(fresh, Math.min(REST_MAX_MS, Math.max(0, link.beganMs + overMs(link) - nowMs)));
}

/**
 * How long the beginning of an answer may take.
 *
 * The slowest of the last round trips and half of it more, between 3 and 10 seconds; and the time
 * of the bytes at the measured speed. Before anything was measured, and after a time without
 * requests, when a connection may have to be made, 10 seconds; and so long as the last one took,
 * where that was long. After silence 13 seconds.
 *
 * @param sent Bytes of the request's body.
 */
export function patienceMs(link: Link, sent: number, nowMs: number): number {
  const moving = movingMs(link, sent);
  if (link.silences % (PATIENCE_AFTER + 1) === PATIENCE_AFTER) return moving + 2 * SILENCE_MAX_MS;
  if (link.samples.length === 0) return Math.max(SILENCE_MAX_MS, moving + SILENCE_MIN_MS);
  if (link.trips.length < KNOWN_TRIPS || link.failures > 0 || isNew(link, nowMs)) {
    const setupMs = link.setupMs > SILENCE_MIN_MS ? link.setupMs : 0;
    const moreMs = link.silences > 0 ? SILENCE_MIN_MS : setupMs;
    return moving + SILENCE_MAX_MS + Math.min(SILENCE_MAX_MS, moreMs);
  }
  // Nobody knows whether a connection has to be made.
  const slowestMs = Math.max(SILENCE_MIN_MS, over(Math.max(...link.trips) * 3, 2)) + link.setupMs;
  return moving + Math.min(SILENCE_MAX_MS, slowestMs);
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
  if (2 * large[0] >= 3 * quick[0]) {
    return Math.max(1, over((large[0] - quick[0]) * 1000, Math.max(1, large[1] - quick[1])));
  }
  return Math.max(1, over(large[0] * 1000, large[1]));
}

/** The window in which a request went out, a new one where it must be. */
function entered(link: Link, trip: Trip): Link {
  if (trip.setupMs === 0 && !isNew(link, trip.beganMs)) return link;
  // One that was never made says nothing of how long that takes.
  const setupMs = (trip.endedMs > trip.beganMs && trip.setupMs) || link.setupMs;
  return { ...link, beganMs: trip.beganMs, carried: 0, setupMs };
}

/** What is answered before the link is cut, with a tenth of its life to spare. */
function within(link: Link, leftMs: number, lifeMs: number): number {
  const trips = link.trips.slice(-SAMPLES).sort((one, other) => one - other);
  const slowMs = trips[over(trips.length, 2)] ?? 0;
  return over(speedBytesS(link) * Math.max(0, leftMs - over(lifeMs, 10) - slowMs), 1000);
}

/** How long a request takes on a connection that is there, half a second at least. */
function expectedMs(link: Link, size: number): number {
  return Math.max(500, movingMs(link, size) + Math.max(0, ...link.trips.slice(-SAMPLES)));
}

/** What may be lost where nobody knows when the link is cut. */
function risk(link: Link): number {
  if (link.failures > 0) return START_BYTES;
  const speed = speedBytesS(link);
  if (link.cuts === 0) return Math.max(even(link), over(speed, 4));
  return Math.max(even(link), over(speed * least(link.lives), 20_000));
}

/** Where heads of requests, and what is lost when the link is cut, cost the same. */
function even({ through, cuts }: Link): number {
  const squared = over(HEAD_BYTES * (through + HOPED_BYTES), cuts + 1);
  return Math.max(START_BYTES, Math.floor(Math.sqrt(squared)));
}

/** A connection that is up for longer than the rule said has none. */
function outlived(link: Link, trip: Trip): Link {
  const isAnother = trip.setupMs > 0 || link.setupMs === 0 || link.failures > 0;
  const isIdle = trip.beganMs - link.endedMs >= IDLE_MS;
  const lifeMs = ruleMs(link);
  const isLonger = lifeMs > 0 && trip.beganMs - link.beganMs >= overMs(link);
  return isAnother || isIdle || !isLonger ? link : { ...link, lives: [], load: 0 };
}

/** Whether a request that goes out now is the first of its window, as far as is known. */
export function isNew(link: Link, nowMs: number): boolean {
  const lifeMs = ruleMs(link);
  return (
    link.beganMs === 0 ||
    nowMs - link.endedMs >= IDLE_MS ||
    (lifeMs > 0 && nowMs - link.beganMs >= overMs(link)) ||
    (link.failures > 0 && link.carried === 0)
  );
}

function remembering(link: Link, nowMs: number): Link {
  if (link.cutMs === 0) return { ...link, through: Math.min(link.through, MOST_BYTES) };
  if (nowMs - link.cutMs <= FORGET_MS) return link;
  return { ...link, lives: [], load: 0, cutMs: 0, through: 0, cuts: 0 };
}

/** How long the link stays up, where that has a rule; else 0. */
function ruleMs({ lives, cuts }: Link): number {
  const [one, other = one] = lives.slice(-2);
  if (one === undefined || other === undefined || (lives.length === 1 && cuts > 1)) return 0;
  const shorter = Math.min(one, other);
  return Math.max(one, other) * 10 > shorter * 13 ? 0 : shorter;
}

/** After so long a window is over, where there is a rule: the longer of the last two ones. */
function overMs({ lives }: Link): number {
  return over(Math.max(...lives.slice(-2)) * 11, 10);
}

/** What a request should take. */
function goalMs(link: Link): number {
  const lifeMs = ruleMs(link);
  if (lifeMs > 0) return Math.max(GOAL_MIN_MS, over(lifeMs * 9, 10));
  const goal = Math.min(GOAL_MAX_MS, Math.max(GOAL_MS, 3 * least(link.samples.map(msOf))));
  if (link.lives.length === 0) return goal;
  return Math.min(goal, Math.max(GOAL_MIN_MS, over(least(link.lives), 4)));
}

/** Time of so many bytes at the measured speed, without the way there and back. */
function movingMs(link: Link, size: number): number {
  return over(size * 1000, speedBytesS(link));
}

function least(some: readonly number[]): number {
  return some.length === 0 ? 0 : Math.min(...some);
}

function msOf([, ms]: readonly [number, number]): number {
  return ms;
}

/** A quotient of whole numbers, rounded down. */
function over(dividend: number, divisor: number): number {
  return Math.floor(dividend / divisor);
}
