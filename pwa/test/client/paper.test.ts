/** A card on paper: made, typed back, used when the phone is gone, and each way it can be wrong. */
import { createECDH } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { b64uDecode, b64uEncode } from "../../src/circle/encoding.ts";
import { generateSigningPair, privateScalar, publicPoint } from "../../src/circle/envelope.ts";
import { pointOf } from "../../src/client/point.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { newPhone, newScene, PLAN, type Scene, session, start, until } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
  await scene.therapist.syncNow();
});

afterEach(() => scene.close());

/** The therapist's name in the clinic is one of several members, so their circles are all here. */
async function recovered(code: string): Promise<OpenProfile> {
  const door = await start(newPhone(scene.server));
  return (await door.recover(code)) as OpenProfile;
}

test("the public point of a private key is what the browser's own pair has", async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const pair = await generateSigningPair(true);
    expect(pointOf(await privateScalar(pair.privateKey))).toBe(await publicPoint(pair.publicKey));
  }
  for (const scalar of [1n, 2n, 3n, 2n ** 255n]) {
    const bytes = new Uint8Array(32);
    for (let at = 31, left = scalar; left > 0n; at -= 1, left >>= 8n)
      bytes[at] = Number(left & 255n);
    const oracle = createECDH("prime256v1");
    oracle.setPrivateKey(bytes);
    expect(pointOf(b64uEncode(bytes))).toBe(oracle.getPublicKey("base64url"));
  }
});

test("a therapist who lost the phone comes back by card, into every circle", async () => {
  const { therapist, patient, circle, server } = scene;
  await patient.logSession(circle, session(3));
  await patient.syncNow();
  const other = await therapist.createPatient("Bo", PLAN);
  await therapist.syncNow();
  const card = await therapist.card();
  const code = await card.make();
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(card.isRight(code.toLowerCase().replaceAll("-", " "))).toBe(true);
  expect(card.isRight(code.replace(/.$/, "U"))).toBe(false);
  expect(JSON.stringify([...server.papers.values()])).not.toContain(code.replaceAll("-", ""));

  const back = await recovered(code.replaceAll("0", "O"));
  await back.syncNow();
  expect(back.cares.value.map((care) => care.circle)).toEqual(
    expect.arrayContaining([circle, other.circle]),
  );
  const seen = back.care(circle);
  await until(() => seen.sessions.value.length === 1);
  expect(seen.name.value).toBe("Amina");
  const again = await back.card();
  expect(again.view.value.since).toBeGreaterThan(0);
  const [lost] = again.view.value.others;
  await again.make();
  await again.takeOut([lost?.id ?? ""]);
  expect(again.view.value.others).toEqual([]);
  expect(server.papers.size).toBe(1);
  const live = seen.membership.liveDevices().filter(({ role }) => role === "therapist");
  expect(live).toHaveLength(2);
  await expect(recovered(code)).rejects.toMatchObject({ code: "target" });
  await back.close();
});

test("a patient's card works in the patient's own record", async () => {
  const { patient, circle } = scene;
  await patient.logSession(circle, session(3));
  const card = await patient.card();
  const back = await recovered(await card.make());
  expect(back.profile.role).toBe("patient");
  await patient.syncNow();
  await back.syncNow();
  await until(() => back.care(circle).sessions.value.length === 1);
  expect(back.care(circle).sessions.value[0]?.mine).toBe(true);
  await back.close();
});

test("each way in which a card is wrong is told apart, and leaves nothing on the phone", async () => {
  const { therapist, server } = scene;
  const card = await therapist.card();
  const code = await card.make();
  const phone = newPhone(server);
  const door = await start(phone);
  const refused = (typed: string) => expect(door.recover(typed)).rejects;
  await refused("not twenty").toMatchObject({ code: "schema" });
  await refused("0000-0000-0000-0000-0000").toMatchObject({ code: "target" });
  const [[rid, kept] = []] = [...server.papers];
  const replace = (change: object) =>
    server.papers.set(rid ?? "", {
      circle: kept?.circle ?? "",
      doc: { ...kept?.doc, ...change } as never,
    });
  replace({ kdf: { ...(kept?.doc.kdf as object), m: 64 } });
  await refused(code).toMatchObject({ code: "limit" });
  const sealed = b64uDecode(String(kept?.doc.k));
  sealed[20] = (sealed[20] ?? 0) ^ 1;
  replace({ k: b64uEncode(sealed) });
  await refused(code).toMatchObject({ code: "tag" });
  replace({});
  await card.takeOut([...therapistPapers()]);
  await refused(code).toMatchObject({ code: "removed" });
  expect((await (await start(phone)).asked()).length).toBe(0);
});

function therapistPapers(): string[] {
  const care = scene.therapist.care(scene.circle);
  return care.membership
    .liveDevices()
    .filter(({ role, device }) => role === "therapist" && device !== care.keys.id)
    .map(({ device }) => device);
}

test("the card comes along into circles that are newer than it", async () => {
  const { therapist } = scene;
  expect(therapist.needsCard.value).toBe(true);
  const card = await therapist.card();
  await card.make();
  await vi.waitFor(() => expect(therapist.needsCard.value).toBe(false), 30_000);
  const { circle } = await therapist.createPatient("Bo", PLAN);
  await therapist.syncNow();
  const { membership } = therapist.care(circle);
  const mine = membership.liveDevices().filter(({ role }) => role === "therapist");
  expect(mine).toHaveLength(2);
});

test("whether the paper can be read is tried without leaving, offline, and is known then", async () => {
  const card = await scene.patient.card();
  const code = await card.make();
  card.forget();
  expect(card.view.value.tried).toBe(0);
  scene.patientPhone.isOnline = false;
  expect(await card.tryOut("0".repeat(20))).toBe(false);
  expect(await card.tryOut("no code")).toBe(false);
  expect(card.view.value.tried).toBe(0);
  expect(await card.tryOut(code.toLowerCase().replaceAll("-", " "))).toBe(true);
  await until(() => card.view.value.tried > 0);
  // A new card has not been tried.
  scene.patientPhone.isOnline = true;
  scene.server.nowMs += 60_000;
  await scene.patient.syncNow();
  await card.make();
  await until(() => card.view.value.tried === 0);
});
