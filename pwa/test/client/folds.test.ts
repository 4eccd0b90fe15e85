/** Cached folds: what a start saves by them, and that it shows what a start without them shows. */
import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { randomBytes } from "../../src/circle/envelope.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { Fold, Folds } from "../../src/client/folds.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { foldsName } from "../../src/client/profiles.ts";
import { Summaries } from "../../src/client/summaries.ts";
import { LastView } from "../../src/client/view.ts";
import type { Care } from "../../src/client.ts";
import type { StoredDocument } from "../../src/records.ts";
import { newScene, PLAN, type Scene, session, start } from "./scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await scene.close();
});

const RECORDS = 12;

async function fill(): Promise<void> {
  const { patient, therapist, circle, care } = scene;
  for (let worst = 0; worst < RECORDS - 2; worst += 1) {
    await patient.logSession(circle, session(worst));
  }
  await patient.logPain(circle, { day: "2026-11-21", performed_at: 1, context: "now", score: 0 });
  await patient.syncNow();
  await therapist.syncNow();
  await therapist.writeNote(circle, "Well done.");
  await therapist.writePlan(circle, {
    ...PLAN,
    title: "B",
    parents: care.plans.value.map(({ id }) => id),
  });
  await therapist.syncNow();
  await patient.syncNow();
}

/** Everything that a screen can see of a circle. */
function shown(care: Care): unknown {
  const { name, therapist, joined, plans, sessions, pains, notes } = care;
  return [name, therapist, joined, plans, sessions, pains, notes].map(({ value }) => value);
}

interface Started {
  readonly shown: unknown;
  /** Before the database was read. */
  readonly first: unknown;
  readonly verified: number;
  readonly opened: number;
  /** Wraps of the circle's keys. */
  readonly unwrapped: number;
}

/** Start the patient's phone again without a network: what it shows, and what that cost. */
async function startAgain(): Promise<Started> {
  const { patient, patientPhone, circle } = scene;
  await patient.close();
  patientPhone.isOnline = false;
  const verify = vi.spyOn(crypto.subtle, "verify");
  const decrypt = vi.spyOn(crypto.subtle, "decrypt");
  const unwrap = vi.spyOn(DeviceKeys.prototype, "hpkeOpen");
  let read = () => {};
  const painted = () =>
    new Promise<void>((resolve) => {
      read = resolve;
    });
  Object.assign(patientPhone, { painted });
  const again = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
  const care = again.care(circle);
  const first = shown(care);
  read();
  await care.loaded;
  await new Promise((resolve) => setTimeout(resolve, 5));
  const verified = verify.mock.calls.length;
  const opened = decrypt.mock.calls.length;
  const unwrapped = unwrap.mock.calls.length;
  Object.assign(patientPhone, { painted: undefined });
  const result = { shown: shown(care), first, verified, opened, unwrapped };
  vi.restoreAllMocks();
  await again.close();
  return result;
}

function removeFolds(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(foldsName(scene.patient.profile.id));
    request.onsuccess = () => resolve();
    request.onerror = request.onblocked = () => reject(new Error("held"));
  });
}

async function foldRows(): Promise<Map<string, Uint8Array>> {
  const request = indexedDB.open(foldsName(scene.patient.profile.id), 1);
  const database = await new Promise<IDBDatabase>((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  const store = database.transaction("folds").objectStore("folds");
  const read = <T>(asked: IDBRequest<T>) =>
    new Promise<T>((resolve) => {
      asked.onsuccess = () => resolve(asked.result);
    });
  const [keys, values] = await Promise.all([read(store.getAllKeys()), read(store.getAll())]);
  database.close();
  return new Map(keys.map((key, at) => [String(key), values[at] as Uint8Array]));
}

test("a cached start opens no record again and shows what a start from scratch shows", async () => {
  await fill();
  await scene.patient.close();
  const cached = await startAgain();
  await removeFolds();
  const scratch = await startAgain();
  expect(cached.shown).toEqual(scratch.shown);
  expect(JSON.stringify(cached.shown)).toContain("Well done.");
  expect(scratch.verified - cached.verified).toBeGreaterThanOrEqual(RECORDS);
  expect(scratch.opened - cached.opened).toBeGreaterThanOrEqual(RECORDS);
});

test("a cached start opens no wrap again, and shows what was shown last before it reads anything", async () => {
  await fill();
  await scene.patient.close();
  const cached = await startAgain();
  expect(cached.unwrapped).toBe(0);
  expect(cached.first).toEqual(cached.shown);
  await removeFolds();
  const scratch = await startAgain();
  expect(scratch.unwrapped).toBeGreaterThan(0);
  expect(JSON.stringify(scratch.first)).not.toContain("Well done.");
});

test("what was shown last gives way to what is stored, and stands until that is read", async () => {
  await fill();
  const { patient, patientPhone, circle } = scene;
  await startAgain();
  const rows = await foldRows();
  const longer = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
  await longer.logSession(circle, session(7));
  await longer.close();
  await writeRow(circle, rows.get(circle));
  const again = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
  const care = again.care(circle);
  const plans: number[] = [];
  const sessions: number[] = [];
  care.plans.subscribe(({ length }) => void plans.push(length));
  care.sessions.subscribe(({ length }) => void sessions.push(length));
  await care.loaded;
  await new Promise((resolve) => setTimeout(resolve, 5));
  await again.close();
  expect(plans.filter((count, at) => at > 0 && count < (plans[at - 1] ?? 0))).toEqual([]);
  expect(sessions.at(-1)).toBe(RECORDS - 1);
  expect(sessions).toContain(RECORDS - 2);
});

test("what was shown last does not stand for what could not be read to its end", async () => {
  await fill();
  const { patient, patientPhone, circle } = scene;
  await startAgain();
  const rows = await foldRows();
  const longer = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
  await longer.logSession(circle, session(7));
  await longer.close();
  await writeRow(circle, rows.get(circle));
  vi.spyOn(Summaries.prototype, "look").mockRejectedValue(new Error("damaged"));
  const again = (await (await start(patientPhone)).open(patient.profile.id)) as OpenProfile;
  const care = again.care(circle);
  await expect(care.loaded).rejects.toThrow("damaged");
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(care.sessions.value).toHaveLength(RECORDS - 1);
  await again.close();
});

test("of what comes every day the view holds the newest, of all else everything", async () => {
  const one = (type: string, at: number) => ({ id: `${type}${at}`, value: { type, at } });
  const diary = [one("consent", 0), ...Array.from({ length: 90 }, (_, at) => one("session", at))];
  const fold = new Fold(
    async () => undefined,
    () => {},
  );
  const care = { ...signals(), role: "patient", diary: signal(diary) };
  const last = new LastView(care as never, fold);
  await last.shown;
  last.keep();
  expect(fold.view).toBeUndefined();
  last.isOver = true;
  last.keep();
  const ids = fold.view?.diary.map(({ id }) => id) ?? [];
  expect([ids[0], ids.at(-1), ids.includes("session0")]).toEqual(["consent0", "session89", false]);
});

function signals() {
  const names = ["name", "therapist", "joined", "isOut", "closedAt", "checking"];
  return Object.fromEntries(names.map((name) => [name, signal<unknown>(undefined)]));
}

test("a record that came after the cache was written is opened, the others are not", async () => {
  await fill();
  const before = await startAgain();
  scene.patientPhone.isOnline = false;
  const again = (await (
    await start(scene.patientPhone)
  ).open(scene.patient.profile.id)) as OpenProfile;
  const rows = await foldRows();
  await again.logSession(scene.circle, session(7));
  await again.close();
  await writeRow(scene.circle, rows.get(scene.circle));
  const after = await startAgain();
  expect(after.verified).toBe(before.verified + 1);
  expect(JSON.stringify(after.shown).match(/"worst":/g)).toHaveLength(RECORDS - 1);
});

async function writeRow(circle: string, value: unknown): Promise<void> {
  const request = indexedDB.open(foldsName(scene.patient.profile.id), 1);
  await new Promise<void>((resolve) => {
    request.onsuccess = () => {
      const transaction = request.result.transaction("folds", "readwrite");
      transaction.objectStore("folds").put(value, circle);
      transaction.oncomplete = () => {
        request.result.close();
        resolve();
      };
    };
  });
}

test.each([
  ["cut off", (row: Uint8Array) => row.slice(0, 40)],
  ["changed by one bit", (row: Uint8Array) => row.map((byte, at) => (at === 50 ? byte ^ 1 : byte))],
  ["no bytes", () => "text"],
  ["of nobody", () => randomBytes(500)],
] as const)("a cached fold that is %s counts as none", async (_, spoil) => {
  await fill();
  const before = await startAgain();
  const row = (await foldRows()).get(scene.circle) ?? new Uint8Array();
  await writeRow(scene.circle, spoil(row));
  const after = await startAgain();
  expect(after.shown).toEqual(before.shown);
  expect(after.verified).toBeGreaterThan(before.verified + RECORDS - 1);
});

test("the cached fold of one circle does not open as that of another", async () => {
  await fill();
  await startAgain();
  const row = (await foldRows()).get(scene.circle);
  const key = { dataSeal: vi.fn(), dataOpen: vi.fn(async () => Promise.reject(new Error("tag"))) };
  const folds = new Folds(foldsName(scene.patient.profile.id), scene.patientPhone, key);
  await writeRow("c-other", row);
  await folds.of("c-other").ready;
  expect(key.dataOpen).toHaveBeenCalledWith(expect.anything(), "fold of c-other");
  expect(folds.of("c-other").get("any", "any")).toBeUndefined();
  await folds.close();
});

test("a longer member list makes everything be opened anew", async () => {
  await fill();
  const before = await startAgain();
  scene.patientPhone.isOnline = true;
  await scene.therapist.invitePatient(scene.circle);
  const online = (await (
    await start(scene.patientPhone)
  ).open(scene.patient.profile.id)) as OpenProfile;
  await online.care(scene.circle).loaded;
  await online.syncNow();
  expect(online.care(scene.circle).membership.seq).toBeGreaterThan(0);
  await online.close();
  const after = await startAgain();
  expect(after.verified).toBeGreaterThan(before.verified + RECORDS - 1);
  expect(after.shown).toEqual(before.shown);
  const settled = await startAgain();
  expect(settled.verified).toBeLessThan(after.verified - RECORDS + 1);
});

test("a second document under a name that was cached is read as from scratch", async () => {
  await fill();
  const { patient, circle, patientPhone } = scene;
  await startAgain();
  const name = `rejoint-${patient.profile.id}-${circle}`;
  const { Records } = await import("../../src/records.ts");
  const records = new Records(name, "", patientPhone.locks);
  const pages: StoredDocument[] = [];
  for await (const page of records.range("ev:", "ev;")) pages.push(...page.flat());
  const [one, two] = pages;
  // Two revisions under one name, of which one is no record of this name at all.
  await records.write([{ ...(two as StoredDocument), _id: one?._id ?? "" }]);
  await records.close();
  const cached = await startAgain();
  await removeFolds();
  expect(cached.shown).toEqual((await startAgain()).shown);
});

test("what is on the disk is sealed", async () => {
  await fill();
  await startAgain();
  const rows = await foldRows();
  const text = Buffer.concat([...rows.values()]).toString("latin1");
  expect(rows.size).toBe(1);
  for (const word of ["Well done", "Amina", "worst", "session", "version", "rows", "secrets"]) {
    expect(text).not.toContain(word);
  }
});

test("a fold of another version of the app counts as none", async () => {
  const rows = [["a 1-b", "AA", "m", "patient"]];
  const load = (version: number) => async () => JSON.stringify({ version, head: "h", rows });
  const [other, own] = [new Fold(load(99), () => {}), new Fold(load(3), () => {})];
  await Promise.all([other.ready, own.ready]);
  expect([other.get("a", "1-b"), own.get("a", "1-b")?.member]).toEqual([undefined, "m"]);
  own.beginAt("other head");
  expect(own.get("a", "1-b")).toBeUndefined();
});
