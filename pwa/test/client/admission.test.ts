/** From the setup link to a note that the patient reads, against the routes in memory. */
import { beforeEach, expect, test } from "vitest";
import { enter } from "../../src/client/admission.ts";
import { openShelf } from "../../src/client/shelf.ts";
import type { Client, PlanInput } from "../../src/client.ts";
import { FakePhone } from "./fake-phone.ts";
import { FakeServer } from "./fake-server.ts";

const SETUP = "s1.AAAAAAAAAAAAAAAAAAAAAA";
const PLAN: PlanInput = {
  title: "Knee",
  parents: [],
  days_per_week: 5,
  items: [
    { exercise: "kn01", sets: 3, reps: 10, hold_s: 0, rest_s: 30, side: "left" },
  ],
  pain_rule: { go_max: 2, slow_max: 5 },
};

let server: FakeServer;

beforeEach(() => {
  server = new FakeServer();
  server.setups.add("AAAAAAAAAAAAAAAAAAAAAA");
});

function newPhone(): FakePhone {
  return new FakePhone(server, "http://clinic.test", () => server.nowMs);
}

async function doorOf(phone: FakePhone) {
  return enter(phone, await openShelf(phone.indexedDB));
}

/** Wait until `question` is true, for what sync brings by itself. */
async function until(question: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (question()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("it did not happen within 4 s");
}

function only<T>(values: readonly T[]): T {
  expect(values).toHaveLength(1);
  return values[0] as T;
}

async function founded(phone: FakePhone): Promise<Client> {
  return (await doorOf(phone)).found(SETUP, { clinic: "Hill Clinic", person: "Rosa" });
}

test("the whole way: clinic, patient, sessions made offline, a note that is read", async () => {
  const therapist = await founded(newPhone());
  const { circle, link } = await therapist.createPatient("Amina", PLAN);
  const fragment = link.split("#")[1] ?? "";
  await therapist.syncNow();

  const phone = newPhone();
  const door = await doorOf(phone);
  expect(await door.look(fragment)).toEqual({ kind: "join", role: "patient", purpose: "patient" });
  const patient = await door.join(fragment);
  await patient.syncNow();
  const care = only(patient.cares.value);
  await until(() => care.plans.value.length === 1);
  expect([care.name.value, care.therapist.value]).toEqual(["Amina", "Rosa"]);

  phone.isOnline = false;
  const session = { day: "2026-11-21", performed_at: 1, done: "all", items: [] } as const;
  const first = await patient.logSession(circle, { ...session, items: [], pain: { worst: 0 } });
  await patient.logSession(circle, { ...session, items: [], pain: { worst: 6 } });
  await patient.syncNow();
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["phone", "phone"]);
  expect(patient.sync.value).toMatchObject({ state: "offline", unsent: 2 });

  phone.isOnline = true;
  await patient.syncNow();
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["server", "server"]);
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0 });

  await therapist.syncNow();
  const seen = only(therapist.cares.value.filter((row) => row.circle === circle));
  await until(() => seen.sessions.value.length === 2);
  expect(seen.sessions.value.map(({ value }) => value.pain.worst)).toEqual([0, 6]);
  expect(seen.sessions.value[0]?.id).toBe(first);
  expect([seen.joined.value, seen.sessions.value[0]?.mine]).toEqual([true, false]);

  await therapist.writeNote(circle, "Well done");
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
  expect(care.notes.value[0]).toMatchObject({ value: { text: "Well done" }, mine: false });
  await patient.close();
  await therapist.close();
});
