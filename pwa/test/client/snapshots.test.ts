/** Snapshots: written when there is much, shown first to a new phone, held against the originals. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDocument, type SealedDocument, seal } from "../../src/circle/document.ts";
import { parseSnapshot } from "../../src/circle/snapshot.ts";
import type { OpenCare } from "../../src/client/care.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { loadKeys, type ProfileKeys } from "../../src/keystore.ts";
import type { FakePhone } from "./fake-phone.ts";
import { fragmentOf, newPhone, newScene, type Scene, session, start, until } from "./scene.ts";

let scene: Scene;
let opened: OpenProfile[];

beforeEach(async () => {
  scene = await newScene();
  opened = [];
});

afterEach(async () => {
  scene.server.fault = () => undefined;
  await Promise.all(opened.map((client) => client.close()));
  await scene.close();
});

function stored() {
  const circle = scene.server.circles.get(scene.circle);
  if (circle === undefined) throw new Error("no such circle");
  return circle;
}

function summaries(): string[] {
  return [...stored().docs.keys()].filter((id) => id.startsWith("sn:"));
}

async function logSessions(count: number): Promise<void> {
  for (let pain = 0; pain < count; pain += 1) {
    await scene.patient.logSession(scene.circle, session(pain % 11));
  }
  await scene.patient.syncNow();
}

/** One more phone of the patient, whose first round ends before the originals are there. */
async function newcomer(): Promise<{ client: OpenProfile; phone: FakePhone }> {
  const members = await scene.therapist.members(scene.circle);
  const member = scene.therapist.care(scene.circle).names.patientMember ?? "";
  const link = await members.invite({ role: "patient", member }, "direct");
  members.close();
  const phone = newPhone(scene.server);
  scene.server.fault = (request) => (request.includes("/_changes") ? "down" : undefined);
  const client = (await (await start(phone)).join(fragmentOf(link))) as OpenProfile;
  opened.push(client);
  return { client, phone };
}

/** Sync until something is found; each round compares what the one before has brought. */
async function found(care: OpenCare): Promise<string[]> {
  for (let round = 0; round < 5 && care.found.length === 0; round += 1) {
    await scene.therapist.syncNow();
  }
  return care.found.map(({ code }) => code);
}

const pains = (care: OpenCare) => care.sessions.value.map(({ value }) => value.pain.worst);

test("a snapshot is written once there is much to read, and says what there is", async () => {
  await logSessions(6);
  expect(summaries()).toEqual([]);
  await logSessions(2);
  expect(summaries()).toHaveLength(1);
  const doc = stored().docs.get(summaries()[0] ?? "") as unknown as SealedDocument;
  const { membership, secrets } = scene.patient.care(scene.circle);
  const snapshot = parseSnapshot(await openDocument(membership, secrets, doc));
  expect(snapshot.before).toBe(11);
  expect(snapshot.plans).toHaveLength(1);
  expect(snapshot.records.map(({ body }) => body.type)).toEqual(Array(8).fill("session"));
  expect(Object.values(snapshot.settings)).toContainEqual({ name: "Amina" });
  // The next one only after a quarter more, and ten.
  await scene.therapist.syncNow();
  await logSessions(3);
  await scene.therapist.syncNow();
  expect(summaries()).toHaveLength(1);
  expect(scene.therapist.care(scene.circle).alarm).toBe("");
});

test("a new phone shows it at once as being checked, and then the originals", async () => {
  await logSessions(8);
  const { client } = await newcomer();
  const care = client.care(scene.circle);
  await until(() => care.checking.value);
  expect(pains(care)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(care.plans.value.map(({ value }) => value.title)).toEqual(["Knee"]);
  expect([care.name.value, care.therapist.value]).toEqual(["Amina", "Rosa"]);
  expect(care.unreadable.size).toBe(0);
  // What is written meanwhile comes after all of it.
  await client.logSession(scene.circle, session(9));
  expect(pains(care)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  scene.server.fault = () => undefined;
  await client.syncNow();
  await until(() => !care.checking.value);
  expect(pains(care)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 9]);
  expect(care.alarm).toBe("");
});

test("it is still being checked after a restart without a network", async () => {
  await logSessions(8);
  const { client, phone } = await newcomer();
  await until(() => client.care(scene.circle).checking.value);
  await client.close();
  scene.server.fault = () => "down";
  const again = (await (await start(phone)).open(client.profile.id)) as OpenProfile;
  opened.push(again);
  await until(() => again.care(scene.circle).checking.value);
  expect(pains(again.care(scene.circle))).toHaveLength(8);
});

test("a snapshot that says something else is an alarm with its author's name", async () => {
  await logSessions(8);
  const [id = ""] = summaries();
  const { membership, secrets } = scene.patient.care(scene.circle);
  const doc = stored().docs.get(id) as unknown as SealedDocument;
  const body = structuredClone(await openDocument(membership, secrets, doc)) as {
    records: { body: Record<string, unknown> }[];
  };
  if (body.records[0] !== undefined) body.records[0].body.pain = { worst: 10 };
  const keys = (await loadKeys(`rejoint-keys-${scene.patient.profile.id}`)) as ProfileKeys;
  const at = { kind: "sn", month: id.slice(3, 7), n: Number(id.slice(-6)) };
  const lie = await seal(membership, keys, secrets, at, body as never);
  stored().docs.set(id, { ...lie } as never);
  const care = scene.therapist.care(scene.circle);
  expect(await found(care)).toEqual(["snapshot"]);
  expect(care.alarm).toBe("The summary (Amina) did not match the records. The records are shown.");
  expect(pains(care)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // It does not stop anybody, and it is said after a restart too.
  await scene.therapist.writeNote(scene.circle, "still possible");
  await scene.therapist.syncNow();
  expect(care.found.map(({ code }) => code)).toEqual(["snapshot"]);
});

test("what a snapshot hides from its reader is missed", async () => {
  await logSessions(8);
  const last =
    [...stored().docs.keys()]
      .filter((id) => id.startsWith("ev:"))
      .sort()
      .at(-1) ?? "";
  stored().docs.delete(last);
  stored().feed.splice(stored().feed.indexOf(last), 1);
  expect((await found(scene.therapist.care(scene.circle)))[0]).toBe("gap");
});

test("originals that never come do not keep a summary on the screen", async () => {
  await logSessions(8);
  const last =
    [...stored().docs.keys()]
      .filter((id) => id.startsWith("ev:"))
      .sort()
      .at(-1) ?? "";
  stored().docs.delete(last);
  stored().feed.splice(stored().feed.indexOf(last), 1);
  const { client } = await newcomer();
  const care = client.care(scene.circle);
  await until(() => care.checking.value);
  scene.server.fault = () => undefined;
  await client.syncNow();
  await client.syncNow();
  await until(() => !care.checking.value);
  expect(pains(care)).toHaveLength(7);
  await client.syncNow();
  expect(care.found[0]).toMatchObject({ code: "gap" });
});
