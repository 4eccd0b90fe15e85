/** A wrong clock: nothing is overwritten, no order is lost, and days come out right to one day. */
import { describe, expect, test } from "vitest";
import { type Repair, repairsOf, type Written } from "../../src/client/care-clock.ts";
import { clocksOf, correction, moved } from "../../src/client/clock-reading.ts";
import type { Entry } from "../../src/client/diary.ts";
import type { AnyRecord, Session } from "../../src/records.gen.ts";
import { dayOf } from "../../src/words/dates.ts";
import { newScene, session, until } from "./scene.ts";

const DAY = 86_400;
const NOON = Date.UTC(2026, 10, 1, 12) / 1000;
const TZ_MIN = 180;

/** What a phone says of moments, when its clock was wrong by `wrongS(moment)`. */
function said(moments: readonly number[], wrongS: (moment: number) => number): Written[] {
  return moments.map((moment, i) => ({ n: i + 1, at: moment + wrongS(moment), off_s: 0 }));
}

function read(written: readonly Written[], repairs: readonly Repair[]): number[] {
  return written.map(({ n, at }) => {
    const repair = repairs.find(({ first, last }) => first <= n && n <= last);
    return at + (repair?.shift_s ?? 0);
  });
}

/** What a clock is wrong by that was set anew every three days. */
function jumping(moment: number, wrong: readonly number[]): number {
  return wrong[Math.min(Math.floor((moment - NOON) / (3 * DAY)), wrong.length - 1)] ?? 0;
}

const DAILY = Array.from({ length: 10 }, (_, i) => NOON + i * DAY);
const CONTACT_S = NOON + 10 * DAY;

/** All records read after a contact at which the clock was wrong by `wrongS`. */
function afterContact(moments: readonly number[], wrongS: (moment: number) => number): number[] {
  const written = said(moments, wrongS);
  const contact = { serverS: CONTACT_S, offsetS: -wrongS(CONTACT_S), sinceS: NOON - DAY };
  return read(written, repairsOf(written, contact));
}

describe.each<[string, (moment: number) => number, number]>([
  ["right", () => 0, 0],
  ["seven minutes fast, which is right enough", () => 420, 420],
  ["an hour slow, as without daylight saving", () => -3600, 0],
  ["at 1970", () => -NOON, 0],
  ["three years ahead", () => 3 * 365 * DAY, 0],
  ["set to 1970 after four days", (moment) => (moment < NOON + 4 * DAY ? 0 : -NOON), 0],
  ["three years ahead after four days", (m) => (m < NOON + 4 * DAY ? 0 : 3 * 365 * DAY), 0],
  ["at 1970 and then right", (moment) => (moment < NOON + 4 * DAY ? -NOON : 0), 0],
  ["three years ahead and then right", (m) => (m < NOON + 4 * DAY ? 3 * 365 * DAY : 0), 0],
  ["at 1970, then three years ahead", (m) => (m < NOON + 4 * DAY ? -NOON : 3 * 365 * DAY), 0],
  ["set three times, at last right", (moment) => jumping(moment, [-NOON, 3 * 365 * DAY, 0]), 0],
  ["set four times", (m) => jumping(m, [-NOON, 0, 3 * 365 * DAY, -NOON + DAY]), 0],
])("a clock that is %s", (_name, wrongS, mostOff) => {
  test("keeps the order, and each day as near as can be known", () => {
    const told = afterContact(DAILY, wrongS);
    expect(told).toEqual([...told].sort((one, other) => one - other));
    for (const [i, moment] of told.entries()) {
      expect(Math.abs(moment - (DAILY[i] ?? 0))).toBeLessThanOrEqual(mostOff);
    }
  });
});

test("what nobody knows is put between what came before and what came after", () => {
  const one = (n: number, at: number) => ({ n, at, off_s: 0 });
  // Three days in two stretches of a clock that began again at 1970, and an hour of one at 2029.
  const written = [
    ...[one(1, NOON), one(2, 100), one(3, 100 + DAY), one(4, 50)],
    ...[one(5, NOON + 1100 * DAY), one(6, NOON + 1100 * DAY + 3600), one(7, NOON + 20 * DAY)],
  ];
  const contact = { serverS: NOON + 21 * DAY, offsetS: 0, sinceS: NOON - DAY };
  const told = read(written, repairsOf(written, contact));
  expect(told).toEqual([...told].sort((first, second) => first - second));
  expect([told[0], told[6]]).toEqual([NOON, NOON + 20 * DAY]);
  expect((told[2] ?? 0) - (told[1] ?? 0)).toBe(DAY);
  const gaps = [1, 3, 4, 6].map((i) => (told[i] ?? 0) - (told[i - 1] ?? 0));
  expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(4);
});

test("before the first contact what nobody knows stands next to what came after it", () => {
  const written = [NOON + 900 * DAY, NOON].map((at, i) => ({ n: i + 1, at, off_s: 0 }));
  const contact = { serverS: NOON + DAY, offsetS: 0, sinceS: 0 };
  expect(read(written, repairsOf(written, contact))).toEqual([NOON, NOON]);
});

test("set back in the middle of a session it moves only what came after", () => {
  const moments = [0, 300, 600, 900].map((later) => NOON + later);
  const back = (moment: number) => (moment < NOON + 600 ? 0 : -7200);
  const written = said(moments, back);
  const contact = { serverS: NOON + 1000, offsetS: 7200, sinceS: NOON - DAY };
  expect(repairsOf(written, contact)).toEqual([{ first: 3, last: 4, shift_s: 7200 }]);
});

test("what was already added to the clock is not added twice", () => {
  const written = [
    { n: 4, at: NOON, off_s: 7200 },
    { n: 5, at: NOON + DAY, off_s: 7200 },
  ];
  const contact = { serverS: NOON + 2 * DAY, sinceS: NOON - DAY };
  expect(repairsOf(written, { ...contact, offsetS: 7200 })).toEqual([]);
  // Its owner has put it right meanwhile.
  expect(repairsOf(written, { ...contact, offsetS: 0 })).toEqual([
    { first: 4, last: 5, shift_s: -7200 },
  ]);
});

const RECORD: Session = {
  type: "session",
  lam: 1,
  at: NOON,
  tz_min: TZ_MIN,
  day: dayOf(NOON, TZ_MIN),
  performed_at: NOON,
  done: "all",
  items: [],
  pain: { worst: 0 },
};

test("a day that was chosen by hand moves with the clock, pain 0 stays 0", () => {
  const yesterday = { ...RECORD, day: dayOf(NOON - DAY, TZ_MIN) };
  const right = moved(yesterday, 2 * DAY);
  expect(right.day).toBe(dayOf(NOON + DAY, TZ_MIN));
  expect(right.performed_at).toBe(NOON + 2 * DAY);
  expect(right.pain).toEqual({ worst: 0 });
});

test("a traveller's day is the one where it was performed", () => {
  const late = Date.UTC(2026, 10, 1, 23, 30) / 1000;
  expect(dayOf(late, 60)).toBe("2026-11-02");
  expect(dayOf(late, -300)).toBe("2026-11-01");
  // Through daylight saving the hour changes, the moment does not: nothing is repaired.
  const written = [late - 3600, late].map((at, i) => ({ n: i + 1, at, off_s: 0 }));
  expect(repairsOf(written, { serverS: late, offsetS: 0, sinceS: 0 })).toEqual([]);
});

test("what is made under a clock that is known to be wrong says so", () => {
  expect(correction({ performed_at: 100 }, 0)).toEqual({});
  expect(correction({ performed_at: 100 }, 7200)).toEqual({ off_s: 7200, performed_at: 7300 });
  expect(correction({}, -7200)).toEqual({ off_s: -7200 });
});

function entry(n: number, value: AnyRecord): Entry {
  const id = `ev:2611:dphone:c${String(n).padStart(6, "0")}`;
  const { lam, at } = value;
  const author = {
    author: "m",
    role: "patient",
    device: "dphone",
    stream: "c",
    digest: id,
  } as const;
  return { id, n, value, lam, at, ...author };
}

test("before it is known a clock that cannot be right is unsure; then it is moved", () => {
  const old = entry(1, { ...RECORD, at: 86_400 });
  const good = entry(2, RECORD);
  const back = entry(3, { ...RECORD, at: NOON - 7200 });
  const told = (...more: Entry[]) => {
    const tell = clocksOf([old, good, back, ...more], NOON - DAY, NOON + DAY);
    return [old, good, back].map((one) => tell(one).clock);
  };
  expect(told()).toEqual(["unsure", undefined, "unsure"]);
  const word = { type: "clock", lam: 4, at: NOON, tz_min: 0, measured_at: NOON } as const;
  const first = entry(4, { ...word, first: 1, last: 1, shift_s: NOON - DAY });
  const third = entry(5, { ...word, first: 3, last: 3, shift_s: 7200 });
  expect(told(first, third)).toEqual(["moved", undefined, "moved"]);
});

describe("between two phones", () => {
  test.each([
    ["1970", -Date.UTC(2026, 10, 21)],
    ["three years ahead", 3 * 365 * DAY * 1000],
  ])(
    "a phone at %s: the therapist reads the true day, the record stays as it was",
    async (_, off) => {
      const { server, therapist, patient, patientPhone, care, circle, close } = await newScene();
      patientPhone.isOnline = false;
      patientPhone.offsetMs = off;
      const now = () => Math.floor(patientPhone.nowMs() / 1000);
      const day = () => dayOf(now(), 0);
      const first = await patient.logSession(circle, {
        ...session(0),
        day: day(),
        performed_at: now(),
      });
      await until(() => care.sessions.value.length === 1);
      server.nowMs += DAY * 1000;
      patientPhone.isOnline = true;
      await patient.syncNow();
      await until(() => care.sessions.value[0]?.clock === "moved");
      await patient.syncNow();
      await therapist.syncNow();
      const seen = therapist.care(circle).sessions;
      await until(() => seen.value[0]?.clock === "moved");
      expect(seen.value[0]?.value.day).toBe("2026-11-21");
      expect(seen.value[0]?.value.pain.worst).toBe(0);
      const words = care.diary.value.filter(({ value }) => value.type === "clock");
      expect(words.length).toBe(1);
      const stored = patient.care(circle).ordered.find(({ id }) => id === first);
      expect(stored?.value).not.toMatchObject({ day: "2026-11-21" });
      // A later contact has nothing to add.
      await patient.syncNow();
      expect(care.diary.value.filter(({ value }) => value.type === "clock").length).toBe(1);
      await close();
    },
  );
});
