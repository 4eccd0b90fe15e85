/** When this phone will be reminded: the vectors of Python. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Marks, minuteOf, nextReminder, type Schedule, type Sent } from "../src/reminders.ts";

interface Minutes {
  readonly zone: string;
  readonly day: string;
  readonly at: string;
  readonly minute: number | null;
}
interface Next {
  readonly now: number;
  readonly schedule: Schedule;
  readonly marks: Marks;
  readonly sent: Sent;
  readonly next: number | null;
}

const FOLDER = new URL("../../tests/vectors/reminders/", import.meta.url);

function vectors<T>(name: string): T[] {
  const found: T[] = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
  expect(found.length).toBeGreaterThan(100);
  return found;
}

test("a time of a day is the same minute in both languages", () => {
  for (const { zone, day, at, minute } of vectors<Minutes>("minutes")) {
    expect([zone, day, at, minuteOf(zone, day, at) ?? null]).toEqual([zone, day, at, minute]);
  }
});

test("the next reminder is the same in both languages", () => {
  for (const one of vectors<Next>("next")) {
    const next = nextReminder(one.now, one.schedule, one.marks, one.sent) ?? null;
    expect({ ...one, next }).toEqual(one);
  }
});
