/** From the setup link to a note that the patient reads; and every way in which a link can fail. */
import { expect, test } from "vitest";
import type { Entrance } from "../../src/client/admission.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import type { FakePhone } from "./fake-phone.ts";
import type { FakeServer } from "./fake-server.ts";
import {
  founded,
  fragmentOf,
  NAMES,
  newPhone,
  newScene,
  newServer,
  PLAN,
  SETUP,
  session,
  start,
  until,
} from "./scene.ts";

/** A server with a clinic, and a fresh link for its first patient. */
async function invitation(): Promise<{
  server: FakeServer;
  fragment: string;
  close(): Promise<void>;
}> {
  const server = newServer();
  const therapist = await founded(newPhone(server));
  const { link } = await therapist.createPatient("Amina", PLAN);
  await therapist.syncNow();
  return { server, fragment: fragmentOf(link), close: () => therapist.close() };
}

async function profilesOf(phone: FakePhone): Promise<number> {
  const { openShelf } = await import("../../src/client/shelf.ts");
  return (await (await openShelf(phone.indexedDB)).profiles()).length;
}

function lostOnce(server: FakeServer, request: RegExp): void {
  let lost = false;
  server.fault = (asked) => {
    if (lost || !request.test(asked)) return undefined;
    lost = true;
    return "lost";
  };
}

test("the whole way: clinic, patient, sessions made offline, a note that is read", async () => {
  const { circle, therapist, patient, patientPhone, care, close } = await newScene();
  expect([care.name.value, care.therapist.value]).toEqual(["Amina", "Rosa"]);

  patientPhone.isOnline = false;
  const first = await patient.logSession(circle, session(0));
  await patient.logSession(circle, session(6));
  await patient.syncNow();
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["phone", "phone"]);
  expect(patient.sync.value).toMatchObject({ state: "offline", unsent: 2 });

  patientPhone.isOnline = true;
  await patient.syncNow();
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["server", "server"]);
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0 });

  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === 2);
  expect(seen.sessions.value.map(({ value }) => value.pain.worst)).toEqual([0, 6]);
  expect(seen.sessions.value[0]).toMatchObject({ id: first, mine: false });
  expect(seen.joined.value).toBe(true);

  await therapist.writeNote(circle, "Well done");
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
  expect(care.notes.value[0]).toMatchObject({ value: { text: "Well done" }, mine: false });
  await close();
});

test("a founding whose answer was lost is finished by the same link, as one clinic", async () => {
  const server = newServer();
  const phone = newPhone(server);
  const door = await start(phone);
  lostOnce(server, /^POST \/circles$/);
  await expect(door.found(SETUP, NAMES)).rejects.toMatchObject({ why: "down" });
  expect(await profilesOf(phone)).toBe(0);
  const client = await door.found(SETUP, NAMES);
  expect([server.circles.size, client.cares.value.length]).toEqual([1, 1]);
  await until(() => client.cares.value[0]?.name.value === NAMES.clinic);
  await client.close();
});

test("a founding whose answer was lost is finished by the next start alone", async () => {
  const server = newServer();
  const phone = newPhone(server);
  lostOnce(server, /^POST \/circles$/);
  await expect((await start(phone)).found(SETUP, NAMES)).rejects.toMatchObject({ why: "down" });
  const door = await start(phone);
  await door.goOn();
  expect([await profilesOf(phone), server.circles.size]).toEqual([1, 1]);
});

test("a used setup link founds nothing and leaves nothing", async () => {
  const server = newServer();
  const client = await founded(newPhone(server));
  const phone = newPhone(server);
  await expect((await start(phone)).found(SETUP, NAMES)).rejects.toMatchObject({ code: "invite" });
  expect([await profilesOf(phone), server.circles.size]).toEqual([0, 1]);
  await client.close();
});

test("a join whose answer was lost is finished by the same link", async () => {
  const { server, fragment, close } = await invitation();
  const phone = newPhone(server);
  const door = await start(phone);
  lostOnce(server, /^POST \/circles\/.*\/log$/);
  await expect(door.join(fragment)).rejects.toMatchObject({ why: "down" });
  const client = await door.join(fragment);
  expect([await profilesOf(phone), client.cares.value.length]).toEqual([1, 1]);
  await client.close();
  await close();
});

test("a join that someone overtook is made anew", async () => {
  const { server, fragment, close } = await invitation();
  server.bundleRefusals.push("seq");
  const client = await (await start(newPhone(server))).join(fragment);
  expect(client.cares.value).toHaveLength(1);
  await client.close();
  await close();
});

test("a join that is refused says that the link was used, and leaves nothing", async () => {
  const { server, fragment, close } = await invitation();
  const phone = newPhone(server);
  server.bundleRefusals.push("invite");
  const joining = (await start(phone)).join(fragment);
  await expect(joining).rejects.toMatchObject({ name: "BrokenLink", why: "used" });
  expect(await profilesOf(phone)).toBe(0);
  await close();
});

test("a phone whose clock is years off joins all the same", async () => {
  const { server, fragment, close } = await invitation();
  const phone = newPhone(server);
  phone.offsetMs = -3 * 365 * 24 * 3600 * 1000;
  const client = await (await start(phone)).join(fragment);
  expect(client.cares.value).toHaveLength(1);
  await client.close();
  await close();
});

test("a second profile on the same phone has keys and records of its own", async () => {
  const { server, therapist, patientPhone, close } = await newScene();
  const { link } = await therapist.createPatient("Bo", PLAN);
  const door = await start(patientPhone);
  const other = await door.join(fragmentOf(link));
  const profiles = await profilesOf(patientPhone);
  const devices = new Set([...server.requests.filter((row) => /log$/.test(row))]);
  expect([profiles, other.cares.value.length, devices.size]).toEqual([2, 1, 2]);
  await other.close();
  await close();
});

test("a circle that this device was added to elsewhere is learned at the next round", async () => {
  const { server, therapist, patient, patientPhone, close } = await newScene();
  const { circle, link } = await therapist.createPatient("Bo", PLAN);
  const { openShelf } = await import("../../src/client/shelf.ts");
  await (await start(patientPhone)).join(fragmentOf(link), patient.profile.id);
  // The shelf of an earlier time: the circle is known to the server only.
  await (await openShelf(patientPhone.indexedDB)).remove("circles", patient.profile.id, circle);
  await patient.close();
  const again = await (await start(patientPhone)).open(patient.profile.id);
  await again.syncNow();
  expect(again.cares.value.map((care) => care.circle)).toContain(circle);
  expect(server.circles.size).toBe(3);
  await again.close();
  await close();
});

async function lookAt(phone: FakePhone, fragment: string) {
  const door: Entrance = await start(phone);
  return door.look(fragment);
}

test("an open invitation is looked at without making anything", async () => {
  const { server, fragment, close } = await invitation();
  const phone = newPhone(server);
  const view = { kind: "join", role: "patient", purpose: "patient", mode: "direct" };
  expect(await lookAt(phone, fragment)).toEqual(view);
  expect(await lookAt(phone, `#${fragment}`)).toEqual(view);
  expect(await lookAt(phone, SETUP)).toEqual({ kind: "setup" });
  expect(await profilesOf(phone)).toBe(0);
  await close();
});

test.each([
  ["cut", (link: string) => link.slice(0, -3)],
  ["without a circle", (link: string) => link.slice(0, 3)],
  ["of another kind", (link: string) => link.replace("j1", "j2")],
])("a link that is %s is incomplete", async (_name, cut) => {
  const { server, fragment, close } = await invitation();
  const broken = { kind: "broken", why: "incomplete" };
  expect(await lookAt(newPhone(server), cut(fragment))).toEqual(broken);
  await close();
});

test("used, expired, unknown and unreachable links are told apart", async () => {
  const { server, fragment, close } = await invitation();
  const phone = newPhone(server);
  const unknown = fragment.replace(/.{22}$/, "BBBBBBBBBBBBBBBBBBBBBA");
  expect(await lookAt(phone, unknown)).toEqual({ kind: "broken", why: "unknown" });
  phone.isOnline = false;
  expect(await lookAt(phone, fragment)).toEqual({ kind: "broken", why: "offline" });
  phone.isOnline = true;
  server.nowMs += 3_700_000;
  expect(await lookAt(phone, fragment)).toEqual({ kind: "broken", why: "expired" });
  server.nowMs -= 3_700_000;
  const client = await (await start(newPhone(server))).join(fragment);
  expect(await lookAt(phone, fragment)).toEqual({ kind: "broken", why: "used" });
  await client.close();
  await close();
});

test("a patient's phone founds the circle by a ticket, and takes the therapist in", async () => {
  const server = newServer();
  const therapist = (await founded(newPhone(server))) as OpenProfile;
  const [clinic] = therapist.cares.value;
  const device = therapist.care(clinic?.circle ?? "").keys.id;
  const fragment = `e1.${clinic?.circle}.AAAAAAAAAAAAAAAAAAAAAA.${device}`;
  const phone = newPhone(server);
  const door = await start(phone);
  expect(await door.look(fragment)).toMatchObject({ kind: "join", role: "patient" });
  const patient = (await door.join(fragment)) as OpenProfile;
  await patient.syncNow();
  const [care] = patient.cares.value;
  const roles = () =>
    patient
      .care(care?.circle ?? "")
      .membership.liveDevices()
      .map(({ role }) => role);
  expect(roles()).toEqual(["patient", "therapist"]);
  await therapist.syncNow();
  await therapist.syncNow();
  const seen = therapist.care(care?.circle ?? "");
  await patient.logSession(care?.circle ?? "", session(2));
  await patient.syncNow();
  await therapist.syncNow();
  await until(() => seen.sessions.value.length === 1);
  await patient.syncNow();
  expect(roles()).toEqual(["patient", "therapist"]);
  await Promise.all([patient.close(), therapist.close()]);
});

test("keys that are not those of the therapist whom the link names are refused", async () => {
  const server = newServer();
  const therapist = await founded(newPhone(server));
  const fragment = `e1.${therapist.cares.value[0]?.circle}.${"A".repeat(22)}.d${"B".repeat(20)}`;
  const door = await start(newPhone(server));
  await expect(door.join(fragment)).rejects.toMatchObject({ code: "kid" });
  expect(server.circles.size).toBe(1);
  await therapist.close();
});
