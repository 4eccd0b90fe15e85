/** A key that changes while two phones use the circle: both go on, and a bad link is told. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { b64uDecode, utf8Text } from "../../src/circle/encoding.ts";
import { type Bundle, rekey } from "../../src/circle/entries.ts";
import { back, drawSecret } from "../../src/circle/epochs.ts";
import { compactJws } from "../../src/circle/jws.ts";
import { loadKeys, type ProfileKeys } from "../../src/keystore.ts";
import { newScene, type Scene, session, until } from "./scene.ts";

const HOW = { streams: ["c"], markOf: () => [0, ""] as const } as const;

let scene: Scene;
let keys: ProfileKeys;

beforeEach(async () => {
  scene = await newScene();
  await scene.therapist.syncNow();
  await until(() => scene.therapist.care(scene.circle).membership.seq === 2);
  keys = (await loadKeys(`rejoint-keys-${scene.therapist.profile.id}`)) as ProfileKeys;
});

afterEach(() => scene.close());

function changeOfKey() {
  const { membership, secrets } = scene.therapist.care(scene.circle);
  return rekey(keys, membership, secrets, HOW, Math.floor(scene.server.nowMs / 1000));
}

async function send(bundle: Bundle): Promise<void> {
  const init = { method: "POST", body: JSON.stringify(bundle) };
  const answer = await scene.server.fetch(`http://clinic.test/circles/${scene.circle}/log`, init);
  expect(answer.status).toBe(201);
  await scene.therapist.syncNow();
  await scene.patient.syncNow();
}

test("what is written after a change of key is read, and what was written before", async () => {
  const { patient, therapist, circle } = scene;
  await patient.logSession(circle, session(1));
  await send((await changeOfKey()).bundle);
  await patient.logSession(circle, session(2));
  await patient.syncNow();
  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === 2);
  expect(seen.membership.epochs.c.length).toBe(2);
  expect(patient.care(circle).secrets.has("c", 1)).toBe(true);
  expect([seen.alarm, patient.care(circle).alarm]).toEqual(["", ""]);
});

test("who breaks the link to the older key is named, and nothing stops", async () => {
  const { patient, therapist, circle } = scene;
  const { bundle, secrets } = await changeOfKey();
  const wrong = await back(circle, "c", 2, secrets.get("c", 2), drawSecret());
  const payload = JSON.parse(utf8Text(b64uDecode(bundle.log.j.split(".")[1] ?? "")));
  payload.ep.c.back = wrong;
  const j = await compactJws(keys, { kid: keys.id, typ: "rj1+log" }, payload);
  await send({ ...bundle, log: { ...bundle.log, j } });
  const care = patient.care(circle);
  await until(() => care.alarm !== "");
  expect(care.alarm).toContain("The key that Rosa made does not open older records");
  await patient.logSession(circle, session(2));
  await patient.syncNow();
  await therapist.syncNow();
  await until(() => therapist.care(circle).sessions.value.length === 1);
});
