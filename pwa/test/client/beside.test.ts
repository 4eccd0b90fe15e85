/** Two phones side by side without a network: one is let in later, and what it made is not lost. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OpenProfile } from "../../src/client/profile.ts";
import { readPin, readPub, writePin } from "../../src/client/pub-code.ts";
import { openShelf } from "../../src/client/shelf.ts";
import type { Members } from "../../src/members.ts";
import type { FakePhone } from "./fake-phone.ts";
import { newPhone, newScene, type Scene, session, start, until } from "./scene.ts";

let scene: Scene;
let members: Members;
let opened: OpenProfile[];

beforeEach(async () => {
  scene = await newScene();
  await scene.therapist.syncNow();
  members = await scene.therapist.members(scene.circle);
  opened = [];
});

afterEach(async () => {
  members.close();
  scene.server.fault = () => undefined;
  await Promise.all(opened.map((client) => client.close()));
  await scene.close();
});

function place() {
  const member = scene.therapist.care(scene.circle).names.patientMember ?? "";
  return { role: "patient", member } as const;
}

/** A new phone of the patient that has shown its code and read the answer, with no network. */
async function newcomer(): Promise<{ client: OpenProfile; phone: FakePhone; answer: string }> {
  scene.server.fault = () => "down";
  const phone = newPhone(scene.server);
  const beside = await (await start(phone)).beside();
  const { answer, queued } = await members.admit(beside.code, place());
  expect(queued).toBe(true);
  const client = (await beside.enter(answer)) as OpenProfile;
  opened.push(client);
  return { client, phone, answer };
}

const pains = (client: OpenProfile) =>
  client.care(scene.circle).sessions.value.map(({ value }) => value.pain.worst);

test("without a network it records at once, and is let in when there is one", async () => {
  const { client } = await newcomer();
  const care = client.care(scene.circle);
  expect(care.awaited.value).toBe(true);
  await client.logSession(scene.circle, session(3));
  await client.logSession(scene.circle, session(4));
  await until(() => pains(client).length === 2);
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["phone", "phone"]);
  expect(client.sync.value.unsent).toBe(2);
  scene.server.fault = () => undefined;
  // The new phone has a network first: nobody has let it in yet, and that is no trouble.
  await client.syncNow();
  expect(care.awaited.value).toBe(true);
  expect(client.sync.value).toMatchObject({ state: "idle", unsent: 2 });
  await scene.therapist.syncNow();
  await client.syncNow();
  await client.syncNow();
  expect(care.awaited.value).toBe(false);
  expect(care.membership.live(care.keys.id)?.role).toBe("patient");
  await until(() => client.sync.value.unsent === 0 && pains(client).length === 2);
  await scene.therapist.syncNow();
  await until(() => pains(scene.therapist).length === 2);
  expect(pains(scene.therapist)).toEqual([3, 4]);
});

test("what waits outlives restarts, is sealed on the disk, and is written once", async () => {
  const { client, phone } = await newcomer();
  await client.logSession(scene.circle, session(3));
  await client.close();
  const again = (await (await start(phone)).open(client.profile.id)) as OpenProfile;
  opened.push(again);
  await until(() => pains(again).length === 1);
  const shelf = await openShelf(phone.indexedDB);
  const row = await shelf.get("unsealed", client.profile.id, scene.circle);
  expect(new TextDecoder().decode(row?.sealed)).not.toContain("session");
  await again.logSession(scene.circle, session(5));
  scene.server.fault = () => undefined;
  await scene.therapist.syncNow();
  await again.syncNow();
  // As if the phone had died between sealing and forgetting.
  if (row !== undefined) await shelf.put("unsealed", row);
  shelf.close();
  await again.close();
  const third = (await (await start(phone)).open(client.profile.id)) as OpenProfile;
  opened.push(third);
  await third.syncNow();
  await until(() => third.sync.value.unsent === 0 && pains(third).length === 2);
  expect(pains(third)).toEqual([3, 5]);
});

test("the same keys are shown after a restart, and a wish outlives one too", async () => {
  scene.server.fault = () => "down";
  const phone = newPhone(scene.server);
  const entrance = await start(phone);
  const { code } = await entrance.beside();
  await entrance.goOn();
  const later = await (await start(phone)).beside();
  expect(later.code).toBe(code);
  expect(readPub(code).kem).toMatch(/^P256$|^XWING$/);
  await expect(later.enter("rj1-pin.e30")).rejects.toMatchObject({ code: "schema" });
});

test("another log than the one that was told is an alarm", async () => {
  const { client, answer } = await newcomer();
  const pin = readPin(answer);
  await client.close();
  scene.server.fault = () => "down";
  const phone = newPhone(scene.server);
  const beside = await (await start(phone)).beside();
  const { answer: other } = await members.admit(beside.code, place());
  expect(readPin(other)).toEqual(pin);
  const [seq] = pin.head;
  const lie = writePin({ ...pin, head: [seq, "A".repeat(43)] });
  const deceived = (await beside.enter(lie)) as OpenProfile;
  opened.push(deceived);
  await deceived.logSession(scene.circle, session(1));
  scene.server.fault = () => undefined;
  await scene.therapist.syncNow();
  await deceived.syncNow();
  await deceived.syncNow();
  expect(deceived.care(scene.circle).trusted).toBe(false);
  expect(deceived.sync.value.state).toBe("trouble");
  expect(deceived.sync.value.unsent).toBe(1);
});
