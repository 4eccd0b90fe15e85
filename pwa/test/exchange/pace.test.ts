/** Requests fit the link: the vectors of Python, and links simulated by arithmetic. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as pace from "../../src/exchange/pace.ts";
import * as precedence from "../../src/exchange/precedence.ts";

interface Decided {
  readonly now_ms: number;
  readonly allow: readonly [bytes: number, waitMs: number, answer: number];
  readonly patience_ms: readonly number[];
  readonly pause_ms: readonly number[];
  readonly speed: number;
  readonly link: readonly unknown[];
}
type Went = readonly [number, number, number, number, number];
interface Step extends Decided {
  readonly answered?: Went;
  readonly cut?: Went;
  readonly silent?: boolean;
  readonly returned?: number;
}
type Named = readonly [circle: string, id: string, size: number];
interface Vectors {
  readonly start: Decided;
  readonly walks: readonly (readonly Step[])[];
  readonly order: readonly {
    readonly most: number;
    readonly waiting: readonly Named[];
    readonly order: readonly number[];
  }[];
  readonly fit: readonly {
    readonly sizes: number[];
    readonly most: number;
    readonly count: number;
  }[];
  readonly months: readonly {
    readonly limit: number;
    readonly spent: number;
    readonly media_left: number;
    readonly may_go: readonly boolean[];
    readonly look_ms: number;
  }[];
}

const FILE = new URL("../../../tests/vectors/exchange/pace.json", import.meta.url);
const vectors = JSON.parse(readFileSync(FILE, "utf8")) as Vectors;

function tripOf([sent, got, beganMs, endedMs, setupMs]: Went): pace.Trip {
  return { sent, got, beganMs, endedMs, setupMs };
}

/** The members in the order in which Python names them. */
function shown(link: pace.Link): unknown[] {
  const { portion, samples, trips, beganMs, endedMs, carried, lives, load } = link;
  const { cutMs, through, cuts, setupMs, doubt, silences, failures } = link;
  const first = [portion, samples, trips, beganMs, endedMs, carried, lives, load];
  return [...first, cutMs, through, cuts, setupMs, doubt, silences, failures];
}

function expectDecided(link: pace.Link, decided: Decided): void {
  const nowMs = decided.now_ms;
  const turn = pace.allow(link, nowMs);
  expect(shown(link)).toEqual(decided.link);
  expect([turn.bytes, turn.waitMs, turn.answer]).toEqual(decided.allow);
  const least = Math.min(turn.answer, pace.LEAST_BYTES);
  expect([true, false].map((brings) => pace.answerTo(turn, brings))).toEqual([least, turn.answer]);
  const patience = [0, 1_000, 100_000].map((sent) => pace.patienceMs(link, sent, nowMs));
  expect(patience).toEqual(decided.patience_ms);
  expect([0, 0.5, 1].map((chance) => pace.pauseMs(link, chance))).toEqual(decided.pause_ms);
  expect(pace.speedBytesS(link)).toBe(decided.speed);
}

test("a link through good and bad times is treated as in Python", () => {
  expectDecided(pace.NEW_LINK, vectors.start);
  expect(vectors.walks.flat().length).toBeGreaterThan(100);
  for (const walk of vectors.walks) {
    let link = pace.NEW_LINK;
    for (const step of walk) {
      if (step.returned !== undefined) link = pace.returned(link, step.returned);
      if (step.answered) link = pace.answered(link, tripOf(step.answered));
      if (step.cut) link = pace.cut(link, tripOf(step.cut), step.silent === true);
      expectDecided(link, step);
    }
  }
});

const waitingOf = ([circle, id, size]: Named): precedence.Waiting => ({ circle, id, size });

test("what waits goes in the order of Python", () => {
  for (const { most, waiting, order } of vectors.order) {
    const all = waiting.map(waitingOf);
    expect(precedence.order(all, most).map((one) => all.indexOf(one))).toEqual(order);
  }
  for (const { sizes, most, count } of vectors.fit) expect(precedence.fit(sizes, most)).toBe(count);
});

test("a month's budget allows what it allows in Python", () => {
  const chunk = waitingOf(["c", "ch:d:x", 60_000]);
  const pain = waitingOf(["c", "ev:2611:d:c000001", 300]);
  for (const { limit, spent, ...decided } of vectors.months) {
    expect({
      media_left: precedence.mediaLeft(limit, spent),
      may_go: [chunk, pain].map((one) => precedence.mayGo(one, limit, spent)),
      look_ms: precedence.lookMs(limit, spent),
    }).toEqual(decided);
  }
});

const RECORD = 235;
const ANSWER = 60;

/** A link as it is: bytes a second each way, a connection lives `lifeMs` after its handshake. */
interface Road {
  readonly speed: number;
  readonly rttMs: number;
  readonly lifeMs: number;
  readonly setupMs: number;
  readonly tells: boolean;
}

/** Send so many records; what it took. */
function send(road: Road, records: number): { sent: number; ms: number } {
  const startMs = 1_000_000;
  let [link, left, nowMs, diesMs, sent] = [pace.NEW_LINK, records, startMs, 0, 0];
  while (left > 0 && nowMs < startMs + 3_600_000) {
    const turn = pace.allow(link, nowMs);
    nowMs += turn.waitMs;
    const count = turn.bytes === 0 ? 0 : precedence.fit(Array(left).fill(RECORD), turn.bytes);
    const size = count * RECORD;
    const askedMs = nowMs;
    const endMs = askedMs + pace.patienceMs(link, size, askedMs);
    if (nowMs >= diesMs) {
      nowMs += road.setupMs;
      diesMs = nowMs + road.lifeMs;
    }
    const beganMs = nowMs;
    const doneMs = beganMs + Math.floor(((size + ANSWER) * 1000) / road.speed) + road.rttMs;
    nowMs = Math.min(doneMs, diesMs, endMs);
    sent += Math.min(size, Math.floor((Math.max(0, nowMs - beganMs) * road.speed) / 1000));
    const trip = {
      sent: size,
      got: nowMs === doneMs ? ANSWER : 0,
      beganMs: road.tells ? beganMs : askedMs,
      endedMs: nowMs,
      setupMs: road.tells ? beganMs - askedMs : 0,
    };
    if (nowMs === doneMs) {
      left -= count;
      link = pace.answered(link, trip);
      continue;
    }
    if (nowMs !== endMs) diesMs = nowMs;
    link = pace.cut(link, trip, nowMs === endMs);
    nowMs += pace.pauseMs(link, 0.5);
  }
  expect(left).toBe(0);
  return { sent, ms: nowMs - startMs };
}

test("windows of 3 s at 8 kbit/s carry everything and waste little", () => {
  for (const rttMs of [50, 200, 400, 700]) {
    for (const tells of [false, true]) {
      const road = { speed: 1_000, rttMs, lifeMs: 3_000, setupMs: 5_000, tells };
      const { sent, ms } = send(road, 300);
      expect(sent).toBeLessThanOrEqual(1.15 * 300 * RECORD);
      expect(ms).toBeLessThanOrEqual(720_000);
    }
  }
});

test("16 kbit/s cut every 20 s take no more than three times the time of the bytes", () => {
  for (const rttMs of [100, 300, 600]) {
    for (const tells of [false, true]) {
      const road = { speed: 2_000, rttMs, lifeMs: 20_000, setupMs: 3 * rttMs + 1_000, tells };
      const { sent, ms } = send(road, 300);
      expect(sent).toBeLessThanOrEqual(1.15 * 300 * RECORD);
      expect(ms).toBeLessThanOrEqual((3 * 300 * RECORD) / 2);
    }
  }
});

test("links that are cut by a rule get everything and waste little", () => {
  const road = fc.record({
    speed: fc.integer({ min: 1_000, max: 16_000 }),
    rttMs: fc.integer({ min: 20, max: 800 }),
    lifeMs: fc.integer({ min: 3_000, max: 60_000 }),
    setupMs: fc.integer({ min: 0, max: 5_000 }),
    tells: fc.boolean(),
  });
  fc.assert(
    fc.property(road, (one) => {
      expect(send(one, 300).sent).toBeLessThanOrEqual(1.2 * 300 * RECORD);
    }),
  );
});

test("small records of a feed stay in their order, and none is lost", () => {
  const one = fc
    .tuple(
      fc.constantFrom("a", "b"),
      fc.constantFrom("ev", "nt", "pl", "sn", "at"),
      fc.integer({ min: 1, max: 999 }),
      fc.integer({ min: 200, max: 5_000 }),
    )
    .map(([circle, kind, n, size]) => {
      return { circle, id: `${kind}:2611:d:c${String(n).padStart(6, "0")}`, size };
    });
  const all = fc.uniqueArray(one, { selector: ({ circle, id }) => circle + id.slice(-7) });
  fc.assert(
    fc.property(all, fc.integer({ min: 500, max: 5_000 }), (waiting, most) => {
      const ordered = precedence.order(waiting, most);
      expect(new Set(ordered)).toEqual(new Set(waiting));
      for (const circle of ["a", "b"]) {
        const numbers = ordered
          .filter((each) => each.circle === circle && each.size <= most)
          .map(({ id }) => id.slice(-6));
        expect(numbers).toEqual([...numbers].sort());
      }
    }),
  );
});
