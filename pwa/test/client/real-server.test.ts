/** The same story against the server itself: routes, signatures, logins, refusals are the real ones. */
import { beforeAll, expect, test } from "vitest";
import type { OpenProfile } from "../../src/client/profile.ts";
import { FakePhone } from "./fake-phone.ts";
import { fragmentOf, NAMES, PLAN, session, start, until } from "./scene.ts";
import { startServer } from "./server-process.ts";

let setup: string;

beforeAll(async () => {
  const server = await startServer();
  setup = server.setup;
  return server.stop;
});

function phone(): FakePhone {
  return new FakePhone({ fetch: (url, init) => fetch(url, init) }, new URL(setup).origin);
}

test("two phones and a server: what was logged offline is read, what was written is answered for", async () => {
  const therapist = (await (await start(phone())).found(fragmentOf(setup), NAMES)) as OpenProfile;
  const { circle, link } = await therapist.createPatient("Amina", PLAN);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });

  const patientPhone = phone();
  // Joining and writing work with a clock that is a month behind.
  patientPhone.offsetMs = -30 * 24 * 3600 * 1000;
  const door = await start(patientPhone);
  expect(await door.look(fragmentOf(link))).toMatchObject({ kind: "join", role: "patient" });
  const patient = (await door.join(fragmentOf(link))) as OpenProfile;
  patientPhone.isOnline = false;
  await patient.logSession(circle, session(0));
  await patient.logPain(circle, {
    day: "2026-11-22",
    performed_at: 1,
    context: "morning",
    score: 6,
  });
  patientPhone.isOnline = true;
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
  const mine = patient.care(circle);
  await until(() => mine.plans.value.length === 1);
  expect([mine.name.value, mine.therapist.value]).toEqual(["Amina", "Rosa"]);

  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length + seen.pains.value.length === 2);
  expect(seen.sessions.value[0]?.value.pain).toEqual({ worst: 0 });
  expect(seen.pains.value[0]?.value.score).toBe(6);
  await therapist.writeNote(circle, "Well done");
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => mine.notes.value.length === 1);
  expect(mine.notes.value[0]?.place).toBe("server");
  expect(await (await start(phone())).look(fragmentOf(link))).toEqual({
    kind: "broken",
    why: "used",
  });
  await Promise.all([patient.close(), therapist.close()]);
});
