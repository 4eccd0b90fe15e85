/** Three weeks without a network: every day arrives as its own, with its zeros, tied to its plan. */
import { expect, test } from "vitest";
import type { PainAnswer } from "../../src/client.ts";
import { dayAfter, dayOf } from "../../src/words/dates.ts";
import { newScene, PLAN, session, until } from "./scene.ts";

const DAYS = 21;
const DAY_MS = 86_400_000;
/** Zeros, a skipped answer and one that was not asked among the numbers. */
const WORST: readonly (PainAnswer | undefined)[] = [0, 3, "not_said", undefined, 0, 6, 2];

test("21 days offline are 21 days at the therapist's, with the same pain, and the day of receipt apart", async () => {
  const { server, therapist, patient, patientPhone, care, circle, close } = await newScene();
  const first = dayOf(server.nowMs / 1000, 0);
  patientPhone.isOnline = false;
  const told: { readonly day: string; readonly worst: PainAnswer | undefined }[] = [];
  for (let n = 0; n < DAYS; n += 1) {
    const performed_at = Math.floor(server.nowMs / 1000);
    const [day, worst] = [dayOf(performed_at, 0), WORST[n % WORST.length]];
    told.push({ day, worst });
    const input = { ...session(0), day, performed_at, pain: worst === undefined ? {} : { worst } };
    await patient.logSession(circle, input);
    await patient.logPain(circle, { day, performed_at, context: "morning", score: 0 });
    server.nowMs += DAY_MS;
  }
  await until(() => care.pains.value.length === DAYS);
  expect(patient.sync.value.unsent).toBe(2 * DAYS);
  patientPhone.isOnline = true;
  await patient.syncNow();
  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === DAYS && seen.pains.value.length === DAYS);
  const sessions = seen.sessions.value.map(({ value }) => value);
  expect(sessions.map(({ day, pain }) => ({ day, worst: pain.worst }))).toEqual(told);
  const days = new Set(sessions.map(({ day }) => day));
  expect(days.size).toBe(DAYS);
  expect([...days].at(-1)).toBe(dayAfter(first, DAYS - 1));
  expect(seen.pains.value.every(({ value }) => value.score === 0)).toBe(true);
  // All of it came on one day, which is no day of any record.
  const received = dayOf(patient.sync.value.lastContact, 0);
  expect(received).toBe(dayAfter(first, DAYS));
  expect(days.has(received)).toBe(false);
  expect(seen.sessions.value.some(({ clock }) => clock !== undefined)).toBe(false);
  await close();
});

test("what was told under a plan that was replaced meanwhile arrives, and stays with its plan", async () => {
  const { server, therapist, patient, patientPhone, care, circle, close } = await newScene();
  const [old] = care.plans.value;
  if (old === undefined) throw new Error("the plan has not come");
  patientPhone.isOnline = false;
  await patient.logSession(circle, { ...session(0), plan: old.id });
  const newer = { ...PLAN, title: "Knee, second step", parents: [old.id], start: "2026-11-22" };
  const id = await therapist.writePlan(circle, newer);
  await therapist.syncNow();
  server.nowMs += DAY_MS;
  await patient.logSession(circle, { ...session(2), plan: old.id });
  patientPhone.isOnline = true;
  await patient.syncNow();
  await until(() => care.plans.value[0]?.id === id);
  await patient.logSession(circle, { ...session(1), plan: id });
  await patient.syncNow();
  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === 3);
  expect(seen.sessions.value.map(({ value }) => value.plan)).toEqual([old.id, old.id, id]);
  expect(seen.sessions.value.map(({ value }) => value.pain.worst)).toEqual([0, 2, 1]);
  expect(patient.sync.value.refused).toEqual([]);
  await close();
});
