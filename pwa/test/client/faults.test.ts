/** Faults that offline exercise apps are known for, and that this one must not have. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OpenProfile } from "../../src/client/profile.ts";
import { lightOf } from "../../src/rooms/advice.ts";
import { daysDone, meanOf, painDays } from "../../src/rooms/days.ts";
import { marksOf } from "../../src/ui/chart-lines.ts";
import { dayAfter } from "../../src/words/dates.ts";
import { newScene, PLAN, type Scene, session, start, until } from "./scene.ts";

const FIRST = "2026-11-01";
const DAYS = 21;
/** Seconds from one day to the next. */
const DAY_S = 86_400;

let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
});
afterEach(() => scene.close());

const dayOf = (i: number) => dayAfter(FIRST, i);
const sessionOf = (i: number) => ({
  ...session(i % 4),
  day: dayOf(i),
  performed_at: 1_793_520_000 + i * DAY_S,
});

test("three weeks without network stay 21 days with their own times and pains, zeros among them", async () => {
  const { server, patient, therapist, circle } = scene;
  server.fault = () => "down";
  for (let i = 0; i < DAYS; i += 1) {
    await patient.logSession(circle, sessionOf(i));
    const performed_at = sessionOf(i).performed_at;
    await patient.logPain(circle, {
      day: dayOf(i),
      performed_at,
      context: "morning",
      score: i % 3,
    });
  }
  server.fault = () => undefined;
  await patient.syncNow();
  await therapist.syncNow();
  const { sessions, pains } = therapist.care(circle);
  await until(() => sessions.value.length === DAYS && pains.value.length === DAYS);
  const seen = sessions.value.map(({ value }) => [value.day, value.performed_at, value.pain.worst]);
  const told = Array.from({ length: DAYS }, (_, i) => sessionOf(i));
  expect(seen).toEqual(told.map(({ day, performed_at, pain }) => [day, performed_at, pain.worst]));
  expect(new Set(seen.map(([day]) => day)).size).toBe(DAYS);
  expect(pains.value.map(({ value }) => value.score)).toEqual(told.map((_, i) => i % 3));
  expect(daysDone(sessions.value, dayOf(DAYS - 1))).toBe(7);
});

test("pain 0, pain not said and pain not asked are three things to the therapist", async () => {
  const { patient, therapist, circle } = scene;
  await patient.logSession(circle, { ...sessionOf(0), pain: { worst: 0 } });
  await patient.logSession(circle, { ...sessionOf(1), pain: { worst: "not_said" } });
  await patient.logSession(circle, { ...sessionOf(2), pain: {} });
  await patient.syncNow();
  await therapist.syncNow();
  const { sessions } = therapist.care(circle);
  await until(() => sessions.value.length === 3);
  const answers = painDays(sessions.value, [], dayOf(2), 3).map(({ during }) => during);
  expect(answers).toEqual([0, "not_said", undefined]);
  expect(marksOf(answers)).toEqual([
    { kind: "number", at: 0, score: 0 },
    { kind: "cross", at: 1 },
  ]);
  expect(meanOf(answers)).toBe(0);
  expect(answers.map((answer) => lightOf(answer, PLAN.pain_rule))).toEqual([
    "go",
    undefined,
    undefined,
  ]);
});

test("what was told is corrected or taken back later, and both sides see what it said before", async () => {
  const { patient, therapist, circle } = scene;
  const [wrong, gone] = [
    await patient.logSession(circle, sessionOf(3)),
    await patient.logSession(circle, sessionOf(2)),
  ];
  await patient.syncNow();
  await patient.write(circle, { type: "amend", target: wrong, values: { pain: { worst: 0 } } });
  await patient.write(circle, { type: "void", target: gone, reason: "someone_else" });
  await patient.syncNow();
  await therapist.syncNow();
  for (const care of [patient.care(circle), therapist.care(circle)]) {
    await until(() => care.taken.value.length === 1);
    const [one, ...others] = care.sessions.value;
    expect(others).toEqual([]);
    expect(one?.value.pain.worst).toBe(0);
    expect(one?.was?.value.pain.worst).toBe(3);
    expect(care.taken.value[0]).toMatchObject({ id: gone, why: "someone_else" });
  }
});

test("nobody corrects or takes back what another one told", async () => {
  const { patient, therapist, circle } = scene;
  const id = await patient.logSession(circle, sessionOf(3));
  await patient.syncNow();
  await therapist.syncNow();
  await until(() => therapist.care(circle).sessions.value.length === 1);
  await therapist.write(circle, { type: "amend", target: id, values: { pain: { worst: 0 } } });
  await therapist.write(circle, { type: "void", target: id, reason: "mistake" });
  const [one] = therapist.care(circle).sessions.value;
  expect(one?.value.pain.worst).toBe(3);
  expect(one?.was).toBeUndefined();
  expect(therapist.care(circle).taken.value).toEqual([]);
});

test.each(["down", "silent", "portal", "unavailable"] as const)(
  "a server that is %s, on a phone that says it is online, costs no log and delays none",
  async (fault) => {
    const { server, patient, patientPhone, therapist, circle } = scene;
    server.fault = () => fault;
    const id = await patient.logSession(circle, sessionOf(0));
    expect(patient.care(circle).sessions.value.map((one) => [one.id, one.place])).toEqual([
      [id, "phone"],
    ]);
    // The app goes away at once, and is started again: it is still there, and arrives once.
    await patient.close();
    const again = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
    await again.care(circle).loaded;
    server.fault = () => undefined;
    await again.logSession(circle, sessionOf(1));
    await again.syncNow();
    await therapist.syncNow();
    const { sessions } = therapist.care(circle);
    await until(() => sessions.value.length === 2);
    expect(sessions.value.map(({ value }) => value.day)).toEqual([dayOf(0), dayOf(1)]);
    await again.close();
  },
);

test("what a clinic says to all reaches the patient by its therapist's app, marked as staff's", async () => {
  const { patient, therapist, circle } = scene;
  const clinic = therapist.cares.value.find(({ purpose }) => purpose === "clinic")?.circle ?? "";
  const contacts = [{ name: "Clinic", phone: "123" }];
  await therapist.write(clinic, { type: "contacts", emergency: "112", contacts });
  await therapist.syncNow();
  await therapist.syncNow();
  await patient.syncNow();
  const cards = () =>
    patient.care(circle).diary.value.filter(({ value }) => value.type === "contacts");
  await until(() => cards().length === 1);
  expect(cards()[0]).toMatchObject({ staff: true, value: { emergency: "112", contacts } });
  await therapist.syncNow();
  await patient.syncNow();
  expect(cards()).toHaveLength(1);
});
