/** Rest, stop, end: what a person wishes happens, on their own phone's word. */
import { expect, test } from "vitest";
import { lastWish, wishOn } from "../../src/wishes.ts";
import { newScene, session, until } from "./scene.ts";

const DAY = "2026-11-21";

test("who wishes their record erased closes it, as soon as all of it is at the server", async () => {
  const { server, patient, therapist, patientPhone, care, circle, close } = await newScene();
  patientPhone.isOnline = false;
  await patient.logSession(circle, session(0));
  await patient.write(circle, { type: "wish", wish: "erase", day: DAY });
  await until(() => lastWish(care.diary.value) !== undefined);
  expect(care.closedAt.value).toBe(0);
  patientPhone.isOnline = true;
  await patient.syncNow();
  await until(() => care.closedAt.value > 0);
  expect(care.sessions.value[0]?.place).toBe("server");
  const stored = server.circles.get(circle);
  if (stored === undefined) throw new Error("the server has lost it");
  expect((await server.membership(stored)).closedAt).toBe(Math.floor(server.nowMs / 1000));
  // The therapist's phone is told.
  await therapist.syncNow();
  await until(() => therapist.care(circle).closedAt.value > 0);
  await close();
});

test("opened again it stays open", async () => {
  const { patient, care, circle, close } = await newScene();
  await patient.write(circle, { type: "wish", wish: "withdraw", day: DAY });
  await patient.syncNow();
  await until(() => care.closedAt.value > 0);
  await patient.setClosed(circle, false);
  await until(() => care.closedAt.value === 0);
  expect(lastWish(care.diary.value)?.value.wish).toBe("go_on");
  await patient.syncNow();
  expect(care.closedAt.value).toBe(0);
  await close();
});

test("what somebody else wishes closes nothing", async () => {
  const { patient, therapist, care, circle, close } = await newScene();
  await therapist.write(circle, { type: "wish", wish: "erase", day: DAY });
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => lastWish(care.diary.value) !== undefined);
  expect([care.closedAt.value, therapist.care(circle).closedAt.value]).toEqual([0, 0]);
  await close();
});

test("a rest ends by itself, a stop does not", async () => {
  const { patient, care, circle, close } = await newScene();
  const now = () => wishOn(care.diary.value, "2026-11-25")?.value.wish;
  await patient.write(circle, { type: "wish", wish: "pause", day: DAY, until: "2026-11-24" });
  await until(() => care.diary.value.length > 1);
  expect(wishOn(care.diary.value, "2026-11-24")?.value.wish).toBe("pause");
  expect(now()).toBe(undefined);
  await patient.write(circle, { type: "wish", wish: "stop", day: DAY });
  await until(() => now() === "stop");
  await patient.write(circle, { type: "wish", wish: "go_on", day: DAY });
  await until(() => now() === undefined);
  await close();
});
