/** Members come, are compared, taken out and leave; what was written meanwhile is not lost. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseHead } from "../../src/circle/document.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import type { OpenCare } from "../../src/client/care.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { writePub } from "../../src/client/pub-code.ts";
import type { Members } from "../../src/members.ts";
import { fragmentOf, newPhone, newScene, type Scene, session, start, until } from "./scene.ts";

let scene: Scene;
let members: Members;

beforeEach(async () => {
  scene = await newScene();
  scene.server.isStrict = true;
  await scene.therapist.syncNow();
  members = await scene.therapist.members(scene.circle);
});

afterEach(async () => {
  members.close();
  scene.server.fault = () => undefined;
  await scene.close();
});

/** A second phone of the patient that asks by a link which was sent. */
async function asking() {
  const member = scene.therapist.care(scene.circle).names.patientMember ?? "";
  const link = await members.invite({ role: "patient", member }, "approve");
  const phone = newPhone(scene.server);
  phone.haste = 20;
  const door = await start(phone);
  expect(await door.look(fragmentOf(link))).toMatchObject({ kind: "join", mode: "approve" });
  const ask = await door.ask(fragmentOf(link));
  await until(() => scene.server.requests.some((request) => request.endsWith("/requests")));
  await scene.therapist.syncNow();
  await until(() => members.view.value.requests.length > 0);
  return { ask, phone, link };
}

function patientDevice(): string {
  const { membership } = scene.therapist.care(scene.circle);
  return membership.liveDevices().find(({ role }) => role === "patient")?.device ?? "";
}

test("who asks is let in when the digits on both screens are the same", async () => {
  await scene.patient.logSession(scene.circle, session(2));
  await scene.patient.syncNow();
  const { ask } = await asking();
  const [request] = members.view.value.requests;
  expect(request?.digits).toBe(ask.digits);
  expect(ask.digits).toMatch(/^\d{12}$/);
  expect(request).toMatchObject({ role: "patient", name: "Amina" });
  await members.approve(request?.device ?? "");
  const second = (await ask.opened) as OpenProfile;
  await second.syncNow();
  const care = second.care(scene.circle);
  await until(() => care.sessions.value.length === 1);
  expect(care.sessions.value[0]).toMatchObject({ mine: true, place: "server" });
  expect(members.view.value.requests).toEqual([]);
  await second.close();
});

test("a link that was sent opens nothing by itself, and a no ends it", async () => {
  const { ask, link } = await asking();
  const [request] = members.view.value.requests;
  await members.refuse(request?.iid ?? "");
  await expect(ask.opened).rejects.toMatchObject({ name: "NotLetIn" });
  expect(members.view.value.requests).toEqual([]);
  const other = await start(newPhone(scene.server));
  expect(await other.look(fragmentOf(link))).toMatchObject({ kind: "broken" });
});

test("who asks goes on asking after a restart, with the same digits", async () => {
  const { ask, phone } = await asking();
  ask.stop();
  const again = await start(phone);
  const [asked] = await again.asked();
  expect(asked?.digits).toBe(ask.digits);
  await members.approve(members.view.value.requests[0]?.device ?? "");
  const client = await asked?.opened;
  expect(client?.profile.role).toBe("patient");
  await client?.close();
});

test("what a second phone writes is shown with who put it under the patient's name", async () => {
  const { ask } = await asking();
  await members.approve(members.view.value.requests[0]?.device ?? "");
  const second = (await ask.opened) as OpenProfile;
  await second.syncNow();
  await second.logSession(scene.circle, session(1));
  await second.syncNow();
  await scene.patient.syncNow();
  await until(() => scene.care.sessions.value.length === 1);
  expect(scene.care.sessions.value[0]?.added).toMatchObject({ by: "Rosa" });
  await scene.patient.logSession(scene.circle, session(2));
  await until(() => scene.care.sessions.value.length === 2);
  expect(scene.care.sessions.value.map(({ added }) => added?.by)).toEqual(["Rosa", undefined]);
  const amina = members.view.value.people.find(({ name }) => name === "Amina");
  expect(amina?.devices.map((device) => [device.setUnder, device.byOwner])).toEqual([
    [false, false],
    [true, false],
  ]);
  await second.close();
});

test("a phone that was taken out reads nothing new, says so, and its late records wait", async () => {
  const { patient, therapist, circle, server, care } = scene;
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  await patient.logSession(circle, session(2));
  await members.remove([patientDevice()]);
  await therapist.writeNote(circle, "after");
  await therapist.syncNow();
  const { membership } = therapist.care(circle);
  const gone = [...membership.devices.values()].find(({ role }) => role === "patient");
  expect([gone?.until, gone?.marks.c?.[0]?.n]).toEqual([3, 1]);
  expect(gone?.marks.c?.[0]?.d).not.toBe("");
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "trouble" });
  expect(care.notes.value).toEqual([]);
  expect(server.circles.get(circle)?.quarantine.size).toBe(1);
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["server", "phone"]);
  await patient.syncNow();
  const sent = server.requests.filter((request) => request.endsWith("/quarantine"));
  expect(sent).toHaveLength(1);
});

test("a phone that was taken out learns it from the log and offers nothing any more", async () => {
  const { patient, circle, server, care } = scene;
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  await members.remove([patientDevice()]);
  // Everything would be offered to a server that is another one than last time.
  server.incarnation = "k2";
  await patient.syncNow();
  expect([care.isOut.value, patient.sync.value.state]).toEqual([true, "trouble"]);
  const before = server.requests.length;
  for (let visit = 0; visit < 2; visit += 1) await patient.syncNow();
  const asked = server.requests.slice(before);
  expect(asked.filter((request) => /_bulk_docs|_revs_diff|_changes/.test(request))).toEqual([]);
});

test("a record that was sealed under the old key is sealed again, with its number", async () => {
  const { patient, therapist, circle, server } = scene;
  const { ask, phone } = await asking();
  await members.approve(members.view.value.requests[0]?.device ?? "");
  const second = (await ask.opened) as OpenProfile;
  await second.syncNow();
  phone.isOnline = false;
  await second.logSession(circle, session(4));
  const before = await second.logSession(circle, session(5));
  await members.remove([patientDevice()]);
  phone.isOnline = true;
  await second.syncNow();
  expect(second.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
  const stored = server.circles.get(circle)?.docs.get(before);
  expect(parseHead(String(stored?.h)).seq).toBe(therapist.care(circle).membership.seq);
  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === 2);
  expect(seen.sessions.value.map(({ value }) => value.pain.worst)).toEqual([4, 5]);
  expect([seen.alarm, second.care(circle).alarm]).toEqual(["", ""]);
  await second.close();
  await patient.close();
});

test("when somebody was faster the act is made anew, with another key", async () => {
  const { circle, server, therapist } = scene;
  server.bundleRefusals.push("seq", "seq");
  await members.remove([patientDevice()]);
  const { membership, secrets } = therapist.care(circle);
  expect([membership.seq, membership.epochs.c.length, secrets.has("c", 2)]).toEqual([3, 2, true]);
});

test("an act without an answer is sent again byte by byte, and never twice", async () => {
  const { circle, server, therapist } = scene;
  server.fault = (request) => (request.endsWith("/log") ? "lost" : undefined);
  await expect(members.remove([patientDevice()])).rejects.toThrow();
  server.fault = () => undefined;
  await therapist.syncNow();
  const care = therapist.care(circle);
  await until(() => care.membership.seq === 3);
  expect(care.membership.epochs.c.length).toBe(2);
  await members.remove([patientDevice()].filter((id) => id !== ""));
  expect(care.membership.seq).toBe(3);
});

test("a stream whose member left gets a new key before anything more is written to it", async () => {
  const { patient, therapist, circle } = scene;
  const own = await patient.members(circle);
  await own.leave();
  own.close();
  await therapist.syncNow();
  const care = therapist.care(circle);
  await until(() => care.membership.isStale("c"));
  await therapist.syncNow();
  expect(care.membership.epochs.c.length).toBe(1);
  await therapist.writeNote(circle, "for the record");
  await therapist.syncNow();
  expect(care.membership.isStale("c")).toBe(false);
  expect(care.membership.epochs.c.length).toBe(2);
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
});

test("a key that is a year old is changed by who syncs", async () => {
  const { therapist, circle, server } = scene;
  server.nowMs += 366 * 86_400_000;
  await therapist.syncNow();
  expect(therapist.care(circle).membership.epochs.c.length).toBe(2);
  await therapist.syncNow();
  expect(therapist.care(circle).membership.epochs.c.length).toBe(2);
});

test("a phone whose code was read stands side by side, and is let in", async () => {
  const keys = await DeviceKeys.generate();
  await members.admit(writePub(keys.pub), { role: "caregiver" });
  expect(scene.therapist.care(scene.circle).membership.live(keys.id)?.role).toBe("caregiver");
  const cut = writePub(keys.pub).slice(0, -9);
  await expect(members.admit(cut, { role: "caregiver" })).rejects.toMatchObject({
    name: "CircleError",
  });
});

test("on a link that is too poor for its records a phone is taken out by the server's count", async () => {
  const { server, circle } = scene;
  await scene.patient.logSession(circle, session(1));
  await scene.patient.syncNow();
  await scene.therapist.syncNow();
  const device = patientDevice();
  const known = (await (scene.therapist.care(circle) as OpenCare).feeds.marks())(device, "c");
  await scene.patient.logSession(circle, session(2));
  await scene.patient.logSession(circle, session(3));
  await scene.patient.syncNow();
  server.fault = (request) => (request.endsWith("/_changes") ? "down" : undefined);
  await members.remove([device]);
  const { membership } = scene.therapist.care(circle);
  expect(membership.live(device)).toBeUndefined();
  expect(membership.devices.get(device)?.marks.c).toMatchObject([{ n: known[0] + 2, d: "" }]);
  server.fault = () => undefined;
  await scene.therapist.syncNow();
  await until(() => scene.therapist.care(circle).sessions.value.length === 3);
  expect(scene.therapist.care(circle).alarm).toBe("");
});

test("on such a link the log is read first, and what is here counts where the server has less", async () => {
  const { server, circle } = scene;
  await scene.patient.logSession(circle, session(1));
  await scene.patient.syncNow();
  await scene.therapist.syncNow();
  const device = patientDevice();
  const known = (await (scene.therapist.care(circle) as OpenCare).feeds.marks())(device, "c");
  const link = await members.invite({ role: "caregiver" }, "direct");
  const other = await start(newPhone(server));
  const caregiver = (await other.join(fragmentOf(link))) as OpenProfile;
  server.fault = (request) => (request.endsWith("/_changes") ? "down" : undefined);
  await members.remove([device]);
  const { membership } = scene.therapist.care(circle);
  expect(membership.liveDevices().map(({ role }) => role)).toContain("caregiver");
  expect(membership.devices.get(device)?.marks.c).toMatchObject([{ n: known[0], d: known[1] }]);
  await caregiver.close();
});
