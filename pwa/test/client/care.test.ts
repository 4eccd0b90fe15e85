/** One circle as the screens see it: names, plans, order; and what is on the disk meanwhile. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { newScene, PLAN, type Scene, session, start, until } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
});

afterEach(() => scene.close());

test("a record shows at once and is there after a restart without a network", async () => {
  const { patient, patientPhone, circle, care } = scene;
  const id = await patient.logSession(circle, session(6));
  await until(() => care.sessions.value.length === 1);
  await patient.close();
  patientPhone.isOnline = false;
  const again = await (await start(patientPhone)).open(patient.profile.id);
  const [shown] = again.cares.value;
  await until(() => shown?.sessions.value.length === 1);
  expect(shown?.sessions.value[0]).toMatchObject({
    id,
    place: "phone",
    mine: true,
    value: { pain: { worst: 6 }, day: "2026-11-21", tz_min: 0 - new Date().getTimezoneOffset() },
  });
  await again.close();
});

test("the clock of a record is the server's, its day the phone's own", async () => {
  const { patient, patientPhone, circle, care, server } = scene;
  patientPhone.offsetMs = 5 * 24 * 3600 * 1000;
  await patient.syncNow();
  const input = { ...session(1), day: "2026-11-26", performed_at: patientPhone.nowMs() / 1000 };
  await patient.logSession(circle, input);
  await until(() => care.sessions.value.length === 1);
  const value = care.sessions.value[0]?.value;
  expect(value?.day).toBe("2026-11-26");
  expect(Math.abs((value?.at ?? 0) - server.nowMs / 1000)).toBeLessThan(3);
});

test("a new plan replaces its parents; two at once are both shown", async () => {
  const { therapist, patient, circle, care } = scene;
  const [first] = care.plans.value;
  const second = await therapist.writePlan(circle, {
    ...PLAN,
    title: "B",
    parents: [first?.id ?? ""],
  });
  await therapist.writePlan(circle, { ...PLAN, title: "C", parents: [first?.id ?? ""] });
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => care.plans.value.length === 2);
  expect(care.plans.value.map(({ value }) => value.title)).toEqual(["B", "C"]);
  expect(care.pastPlans.value.map(({ value }) => value.title)).toEqual(["Knee"]);
  const heads = care.plans.value.map(({ id }) => id);
  expect(heads).toContain(second);
  await therapist.writePlan(circle, { ...PLAN, title: "D", parents: heads });
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => care.plans.value.length === 1);
  expect(care.pastPlans.value.map(({ value }) => value.title)).toEqual(["Knee", "B", "C"]);
});

test("what a role may not write is refused before it is stored", async () => {
  const { patient, circle, care } = scene;
  await expect(patient.writeNote(circle, "not mine to write")).rejects.toMatchObject({
    code: "authz",
  });
  expect([care.notes.value, patient.sync.value.unsent]).toEqual([[], 0]);
});

test("what is no whole record is refused before it is stored", async () => {
  const { patient, circle } = scene;
  await expect(patient.logSession(circle, session(11))).rejects.toThrow(TypeError);
  expect(patient.sync.value.unsent).toBe(0);
});

test("a second link for the patient is for the same member", async () => {
  const { therapist, circle } = scene;
  const before = therapist.care(circle).names.patientMember;
  await therapist.invitePatient(circle);
  const { membership } = therapist.care(circle);
  const invited = [...membership.invitations.values()].map(({ member }) => member);
  expect(new Set(invited)).toEqual(new Set([before]));
});

test("an invitation that someone overtook is made anew", async () => {
  const { therapist, circle, server } = scene;
  server.bundleRefusals.push("seq");
  expect(await therapist.invitePatient(circle)).toContain(`#j1.${circle}.`);
});

test("a patient whose founding got no answer is not made twice", async () => {
  const { therapist, server } = scene;
  let lost = false;
  server.fault = (request) => {
    if (lost || request !== "POST /circles") return undefined;
    lost = true;
    return "lost";
  };
  await expect(therapist.createPatient("Bo", PLAN)).rejects.toMatchObject({ why: "down" });
  const { circle } = await therapist.createPatient("Bo", PLAN);
  expect(server.circles.size).toBe(3);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0 });
  expect(therapist.care(circle).name.value).toBe("Bo");
});

test("without a network no patient is begun", async () => {
  const { therapist, server } = scene;
  server.fault = () => "down";
  await expect(therapist.createPatient("Bo", PLAN)).rejects.toMatchObject({ why: "down" });
  expect(therapist.cares.value).toHaveLength(2);
  server.fault = () => undefined;
});

test("no word that was typed stands open in any database of the phone", async () => {
  const { patient, patientPhone, circle } = scene;
  await patient.logSession(circle, { ...session(6), reason: "too_hard" } as never);
  const found: string[] = [];
  for (const factory of [indexedDB, patientPhone.indexedDB]) {
    for (const { name = "" } of await factory.databases()) found.push(await textOf(factory, name));
  }
  const text = found.join("\n");
  expect(text).toContain(circle);
  for (const word of ["Amina", "Rosa", "Hill Clinic", "Knee", "kn01", "worst", "too_hard"]) {
    expect(text).not.toContain(word);
  }
});

async function textOf(factory: IDBFactory, name: string): Promise<string> {
  const db = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = factory.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const texts: string[] = [];
  for (const store of db.objectStoreNames) {
    const request = db.transaction(store).objectStore(store).getAll();
    const rows = await new Promise<unknown[]>((resolve) => {
      request.onsuccess = () => resolve(request.result);
    });
    texts.push(JSON.stringify(rows));
  }
  db.close();
  return texts.join("\n");
}
