/** What one circle sends and compares: restored servers, hidden records, copies of a device. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDocument, type SealedDocument, seal } from "../../src/circle/document.ts";
import { rekey } from "../../src/circle/entries.ts";
import { loadKeys, type ProfileKeys } from "../../src/keystore.ts";
import { newScene, type Scene, session, until } from "./scene.ts";

const DAY_MS = 86_400_000;
let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
  await scene.therapist.syncNow();
});

afterEach(() => scene.close());

function stored() {
  const circle = scene.server.circles.get(scene.circle);
  if (circle === undefined) throw new Error("no such circle");
  return circle;
}

function hide(id: string): void {
  const { docs, feed } = stored();
  docs.delete(id);
  feed.splice(feed.indexOf(id), 1);
}

async function keysOf(profile: string): Promise<ProfileKeys> {
  return (await loadKeys(`rejoint-keys-${profile}`)) as ProfileKeys;
}

test("a record in the middle that the server hides is told, with whose it is", async () => {
  const { patient, therapist, circle } = scene;
  const ids = [];
  for (const pain of [1, 2, 3]) ids.push(await patient.logSession(circle, session(pain)));
  await patient.syncNow();
  hide(ids[1] ?? "");
  await therapist.syncNow();
  // What is late only is there in the next round.
  expect(therapist.care(circle).alarm).toBe("");
  await therapist.syncNow();
  expect(therapist.care(circle).found[0]).toMatchObject({ code: "gap" });
  expect(therapist.sync.value.reason).toContain("records of Amina are missing");
  await therapist.writeNote(circle, "still possible");
});

test("the newest record is missed too, once somebody has signed that it was there", async () => {
  const { patient, therapist, circle, server } = scene;
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  server.nowMs += 2 * DAY_MS;
  const id = await patient.logSession(circle, session(2));
  await patient.syncNow();
  expect([...stored().docs.keys()].some((name) => name.startsWith("cp:c:"))).toBe(true);
  hide(id);
  await therapist.syncNow();
  await therapist.syncNow();
  expect(therapist.care(circle).found[0]).toMatchObject({ code: "gap" });
});

test("a checkpoint is written when feeds moved and a day has gone by, and says only what is there", async () => {
  const { patient, circle, server } = scene;
  const numbers = () =>
    [...stored().docs.values()]
      .filter(({ _id }) => _id === `cp:c:${patient.care(circle).keys.id}`)
      .map(({ _rev }) => Number.parseInt(_rev, 10));
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  const first = numbers();
  await patient.logSession(circle, session(2));
  await patient.syncNow();
  expect(numbers()).toEqual(first);
  server.nowMs += 2 * DAY_MS;
  await patient.syncNow();
  expect(numbers()).toEqual([(first[0] ?? 0) + 1]);
  server.nowMs += 2 * DAY_MS;
  await patient.syncNow();
  expect(numbers()).toEqual([(first[0] ?? 0) + 1]);
});

test("a restored server gets back what was taken before, also what others wrote", async () => {
  const { patient, therapist, circle, server } = scene;
  server.incarnation = "k1";
  const note = await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  const id = await patient.logSession(circle, session(5));
  await patient.syncNow();
  await patient.syncNow();
  for (const lost of [id, note]) hide(lost);
  stored().locals.clear();
  server.isStrict = true;
  const before = server.requests.length;
  await patient.syncNow();
  expect(server.requests.slice(before).some((request) => /_revs_diff/.test(request))).toBe(false);
  server.incarnation = "k2";
  await patient.syncNow();
  expect([stored().docs.has(id), stored().docs.has(note)]).toEqual([true, true]);
});

test("a log that the server has lost the end of is brought back, and a no is an alarm", async () => {
  const { therapist, circle, server } = scene;
  const last = stored().docs.get("log:000002");
  hide("log:000002");
  server.bundleRefusals.push("fork");
  await therapist.syncNow();
  expect(therapist.sync.value.reason).toContain("older than the one this phone has seen");
  await expect(therapist.writeNote(circle, "no")).rejects.toMatchObject({ code: "fork" });
  await therapist.syncNow();
  expect(stored().docs.get("log:000002")?.j).toBe(last?.j);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle" });
});

test("a server that waits for its devices is shown the newest entry, once", async () => {
  const { patient, server, circle } = scene;
  await patient.syncNow();
  expect(server.shown).toEqual([]);
  server.waiting.add(circle);
  await patient.syncNow();
  await patient.syncNow();
  expect(server.shown).toEqual([1]);
});

test("an act that waits does not keep a phone from showing what the server waits for", async () => {
  const { therapist, server, circle } = scene;
  await therapist.syncNow();
  const members = await therapist.members(circle);
  const { seq } = therapist.care(circle).membership;
  server.waiting.add(circle);
  await expect(members.invite({ role: "caregiver" }, "direct")).rejects.toMatchObject({
    why: "busy",
  });
  members.close();
  await therapist.syncNow();
  expect(server.shown).toEqual([1]);
  await therapist.syncNow();
  expect(therapist.care(circle).membership.seq).toBe(seq + 1);
});

test("a phone whose own coming the server has lost brings it back", async () => {
  const { patient, circle, server } = scene;
  await patient.syncNow();
  server.isStrict = true;
  hide("log:000002");
  await patient.syncNow();
  await patient.syncNow();
  expect(stored().docs.has("log:000002")).toBe(true);
  await patient.syncNow();
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0 });
});

test("a lost answer is no second record: the equal one there is adopted", async () => {
  const { patient, circle, care } = scene;
  const id = await patient.logSession(circle, session(4));
  const own = patient.care(circle);
  const [leaf] = await own.records.read(id);
  const body = await openDocument(own.membership, own.secrets, leaf as unknown as SealedDocument);
  const keys = await keysOf(patient.profile.id);
  const at = { kind: "ev", month: id.slice(3, 7), n: Number(id.slice(-6)) };
  const twin = await seal(own.membership, keys, own.secrets, at, body);
  stored().docs.set(id, twin as never);
  stored().feed.push(id);
  await patient.syncNow();
  await patient.syncNow();
  expect(care.sessions.value.map(({ place }) => place)).toEqual(["server"]);
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
});

test("a copy of this phone that wrote under its name is told, and both records are kept", async () => {
  const { patient, therapist, circle, care } = scene;
  const id = await patient.logSession(circle, session(4));
  const own = patient.care(circle);
  const [leaf] = await own.records.read(id);
  const body = await openDocument(own.membership, own.secrets, leaf as unknown as SealedDocument);
  const keys = await keysOf(patient.profile.id);
  const at = { kind: "ev", month: id.slice(3, 7), n: Number(id.slice(-6)) };
  const other = { ...body, pain: { worst: 9 } };
  const theirs = await seal(own.membership, keys, own.secrets, at, other);
  stored().docs.set(id, theirs as never);
  stored().feed.push(id);
  await patient.syncNow();
  await patient.syncNow();
  const worst = () => care.sessions.value.map(({ value }) => value.pain.worst).sort();
  await until(() => worst().length === 2);
  expect(worst()).toEqual([4, 9]);
  expect(patient.sync.value.reason).toContain("Another phone writes under your name");
  expect(patient.sync.value.unsent).toBe(0);
  await therapist.syncNow();
  await until(() => therapist.care(circle).sessions.value.length === 2);
});

test("a record that is refused for what it is stays here, and an empty one takes its number", async () => {
  const { patient, therapist, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  await patient.logSession(circle, session(2));
  server.refusals.set(refused, "schema");
  await patient.syncNow();
  server.refusals.clear();
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ unsent: 0 });
  expect(patient.sync.value.refused.map(({ id }) => id)).toEqual([refused]);
  expect(stored().docs.has(refused)).toBe(true);
  await therapist.syncNow();
  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length === 1);
  expect([seen.sessions.value[0]?.value.pain.worst, seen.alarm]).toEqual([2, ""]);
});

test("a key that does not open is told, written again by who has it, and then opens", async () => {
  const { patient, therapist, circle, server } = scene;
  const { keys, secrets, membership, feeds } = therapist.care(circle);
  const how = { streams: ["c"], markOf: await feeds.marks() } as const;
  const own = await keysOf(therapist.profile.id);
  const now = Math.floor(server.nowMs / 1000);
  const { bundle } = await rekey(own, membership, secrets, how, now);
  const wraps = bundle.wraps.map((doc) =>
    doc._id.endsWith(keys.id) ? doc : { ...doc, k: doc.k.replace(/^.{8}/, "AAAAAAAA") },
  );
  const init = { method: "POST", body: JSON.stringify({ ...bundle, wraps }) };
  await server.fetch(`http://clinic.test/circles/${circle}/log`, init);
  await patient.syncNow();
  await until(() => patient.care(circle).membership.epochs.c.length === 2);
  expect(patient.care(circle).isWhole).toBe(false);
  await patient.syncNow();
  expect([...server.missing]).toEqual([expect.stringMatching(/^wrap:c000002:/)]);
  server.nowMs += 2 * 3_600_000;
  await therapist.syncNow();
  await therapist.syncNow();
  expect(server.missing.size).toBe(0);
  await patient.syncNow();
  await until(() => patient.care(circle).isWhole);
  await patient.logSession(circle, session(1));
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [] });
});
