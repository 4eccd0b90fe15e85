/** What a faulty or hostile member seals never reaches a screen. */
import { expect, test } from "vitest";
import { asRecord, kindOf } from "../../src/client/shapes.ts";

const STAMP = { lam: 1, at: 1_795_262_400, tz_min: 180 };
const SESSION = {
  ...STAMP,
  type: "session",
  day: "2026-11-21",
  performed_at: 1,
  done: "all",
  items: [{ exercise: "kn01", sets_done: 3 }],
  pain: { worst: 0 },
};
const PLAN = {
  ...STAMP,
  type: "plan",
  title: "Knee",
  parents: [],
  days_per_week: 5,
  items: [{ exercise: "kn01", sets: 3, reps: 10, hold_s: 0, rest_s: 30, side: "left" }],
};

test("records as they are written are taken, unknown members too", () => {
  const pain = { ...STAMP, type: "pain", day: "2026-11-21", performed_at: 1, context: "now" };
  expect(asRecord("ev", SESSION)).toBe(SESSION);
  expect(asRecord("ev", { ...SESSION, mood: "later version" })).toBeDefined();
  expect(asRecord("ev", { ...pain, score: 0 })).toBeDefined();
  expect(asRecord("ev", { ...pain, score: "not_said" })).toBeDefined();
  expect(asRecord("pl", PLAN)).toBeDefined();
  expect(asRecord("nt", { ...STAMP, type: "note", text: "Hi", about: ["x"] })).toBeDefined();
  const profile = { ...STAMP, type: "profile", about: "clinic", name: "Hill" };
  expect(asRecord("pr", profile)).toBeDefined();
});

test.each([
  ["a record of another kind", "nt", SESSION],
  ["an unknown type", "ev", { ...SESSION, type: "constructor" }],
  ["a pain of 11", "ev", { ...SESSION, pain: { worst: 11 } }],
  ["a pain of 2.5", "ev", { ...SESSION, pain: { worst: 2.5 } }],
  ["a pain of null", "ev", { ...SESSION, pain: { worst: null } }],
  ["a day that is none", "ev", { ...SESSION, day: "yesterday" }],
  ["items that are no list", "ev", { ...SESSION, items: {} }],
  ["an item that is none", "ev", { ...SESSION, items: [null] }],
  ["no order", "ev", { ...SESSION, lam: 0 }],
  ["a plan without parents", "pl", { ...PLAN, parents: undefined }],
  ["a plan for eight days", "pl", { ...PLAN, days_per_week: 8 }],
  ["a name that is none", "pr", { ...STAMP, type: "profile", about: "clinic", name: {} }],
])("%s is not shown", (_name, kind, value) => {
  expect(asRecord(kind, value)).toBeUndefined();
});

test.each([
  ["a message without words", { type: "message" }, true],
  ["a message of numbers", { type: "message", text: 5 }, false],
  ["what was heard", { type: "heard", targets: ["ev:2611:a:c000001"] }, true],
  ["too much that was heard", { type: "heard", targets: Array(201).fill("x") }, false],
  ["a taken back record", { type: "void", target: "x", reason: "someone_else" }, true],
  ["a correction", { type: "amend", target: "x", values: { score: 3 } }, true],
  ["a correction of nothing", { type: "amend", target: "x", values: [] }, false],
])("%s", (_name, value, isTaken) => {
  expect(asRecord("ev", { ...STAMP, ...value }) !== undefined).toBe(isTaken);
});

test("each type has its kind", () => {
  const types = ["session", "pain", "note", "plan", "profile"] as const;
  expect(types.map(kindOf)).toEqual(["ev", "ev", "nt", "pl", "pr"]);
});
