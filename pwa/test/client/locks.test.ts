/** Locks of real profiles on a phone in memory: opened, locked by themselves, hidden, wiped. */
import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Entrance } from "../../src/client/admission.ts";
import { openLocks, watchUse } from "../../src/client/locks.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { databasesOf, foldsName, freePicture, keysName } from "../../src/client/profiles.ts";
import { openShelf } from "../../src/client/shelf.ts";
import type { Client, Locks } from "../../src/client.ts";
import { FakePhone } from "./fake-phone.ts";
import { founded, fragmentOf, newPhone, newServer, PLAN, session, start, until } from "./scene.ts";

let phone: FakePhone;
let inside: Entrance;
let locks: Locks;
let circle: string;
let id: string;
let therapist: OpenProfile;
let patient: OpenProfile;

beforeEach(async () => {
  const server = newServer();
  therapist = (await founded(newPhone(server))) as OpenProfile;
  const made = await therapist.createPatient("Amina", PLAN);
  circle = made.circle;
  phone = newPhone(server);
  inside = await start(phone);
  locks = openLocks(phone, inside);
  patient = (await inside.join(fragmentOf(made.link))) as OpenProfile;
  id = patient.profile.id;
  await patient.syncNow();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await inside.shut(id);
  await therapist.close();
});

async function databases(): Promise<string[]> {
  const all = [...(await indexedDB.databases()), ...(await phone.indexedDB.databases())];
  return all.map(({ name }) => name ?? "").filter((name) => name.includes(id));
}

async function rows(): Promise<string> {
  const shelf = await openShelf(phone.indexedDB);
  const stores = ["profiles", "circles", "receipts", "seen", "pending"] as const;
  const all = await Promise.all(stores.map((store) => shelf.all(store)));
  shelf.close();
  return JSON.stringify(all.flat());
}

test("a number is put on while the profile is open, and it is open again afterwards", async () => {
  await patient.logSession(circle, session(3));
  const again = (await locks.put(id, "4711")) as OpenProfile;
  expect(patient.ended.value).toBe(true);
  expect(again).not.toBe(patient);
  expect(again.ended.value).toBe(false);
  const care = again.care(circle);
  await until(() => care.sessions.value.length === 1);
  expect(await locks.view(id)).toMatchObject({ digits: 4, left: 4, waitS: 0, needed: false });
  await again.close();
  await expect(inside.open(id)).rejects.toMatchObject({ name: "ProfileLocked" });
  await expect(locks.unlock(id, "0000")).rejects.toMatchObject({ name: "PinRefused", left: 3 });
  const opened = (await locks.unlock(id, "4711")) as OpenProfile;
  await opened.syncNow();
  expect(opened.sync.value).toMatchObject({ state: "idle", unsent: 0 });
});

/** Number of cached folds on the disk. */
async function foldRows(): Promise<number> {
  const asked = indexedDB.open(foldsName(id), 1);
  const database = await new Promise<IDBDatabase>((resolve) => {
    asked.onsuccess = () => resolve(asked.result);
  });
  const count = database.transaction("folds").objectStore("folds").count();
  await new Promise((resolve) => {
    count.onsuccess = resolve;
  });
  database.close();
  return count.result;
}

test("a new lock leaves no fold behind that opens without it", async () => {
  await patient.logSession(circle, session(3));
  await patient.close();
  const before = (await indexedDB.databases()).map(({ name }) => name);
  expect(before).toContain(foldsName(id));
  await inside.open(id);
  await locks.put(id, "4711");
  // The next fold is written a second later, under the key of the lock.
  expect(await foldRows()).toBe(0);
  await inside.shut(id);
  const again = await start(phone);
  await expect(again.open(id)).rejects.toMatchObject({ name: "ProfileLocked" });
});

test("the number can be changed and taken off; the door knows whether there is one", async () => {
  const shelf = await openShelf(phone.indexedDB);
  const locked = async () => (await shelf.profiles()).find((each) => each.id === id)?.locked;
  expect(await locked()).toBe(false);
  await locks.put(id, "4711");
  expect(await locked()).toBe(true);
  await expect(locks.put(id, "2580", "0000")).rejects.toMatchObject({ name: "PinRefused" });
  await locks.put(id, "2580", "4711");
  await expect(locks.take(id, "4711")).rejects.toMatchObject({ name: "PinRefused" });
  const open = await locks.take(id, "2580");
  expect([await locked(), open.profile.locked]).toEqual([false, false]);
  await open.close();
  await (await inside.open(id)).close();
  shelf.close();
});

test("another circle can be joined as a locked profile once it is open", async () => {
  const { link } = await therapist.createPatient("Amina again", PLAN);
  await locks.put(id, "4711");
  await inside.shut(id);
  const join = () => inside.join(fragmentOf(link), id);
  await expect(join()).rejects.toMatchObject({ name: "ProfileLocked" });
  await locks.unlock(id, "4711");
  const joined = await join();
  expect(joined.cares.value).toHaveLength(2);
});

test("who asks at the door while a lock is put on is told that it is locked, and disturbs nothing", async () => {
  let asked: Promise<unknown> | undefined;
  patient.ended.subscribe((ended) => {
    if (!ended) return;
    asked = patient.close().then(() => inside.open(id));
    asked.catch(() => {});
  });
  const again = await locks.put(id, "4711");
  expect(again.ended.value).toBe(false);
  await asked?.catch((error: unknown) => expect(error).toMatchObject({ name: "ProfileLocked" }));
});

test("a profile is closed in the other window as well when its lock changes", async () => {
  const other = await start(phone);
  const there = (await other.open(id)) as OpenProfile;
  await locks.put(id, "4711");
  await until(() => there.ended.value);
});

test("what is wiped is gone: keys, records, folds, rows", async () => {
  await patient.logSession(circle, session(3));
  await until(() => patient.sync.value.unsent === 0);
  expect((await databases()).length).toBeGreaterThan(1);
  expect(await rows()).toContain(id);
  await locks.wipe(id);
  expect(patient.ended.value).toBe(true);
  expect(await databases()).toEqual([]);
  expect(await databasesOf(id)).toEqual([]);
  expect(await rows()).not.toContain(id);
  await expect(inside.open(id)).rejects.toThrow("no such profile");
});

test.each(["a number", "a wipe"])(
  "the copy of the plan outside the store goes with %s",
  async (how) => {
    const gone: string[] = [];
    const cache = { delete: async (name: string) => gone.push(name) };
    vi.stubGlobal("caches", { open: async (name: string) => name === "spare" && cache });
    await (how === "a wipe" ? locks.wipe(id) : locks.put(id, "4711"));
    vi.unstubAllGlobals();
    expect(gone).toEqual([`/spare/${id}`]);
  },
);

test.each([0, 1, 2, 3, 4])(
  "a wipe that dies after %i databases is finished at the next start, keys first",
  async (lived) => {
    await patient.logSession(circle, session(3));
    await inside.shut(id);
    const { deleteDatabase } = indexedDB;
    const removed: string[] = [];
    vi.spyOn(indexedDB, "deleteDatabase").mockImplementation((name) => {
      if (removed.length >= lived) throw new Error("killed");
      removed.push(name);
      return deleteDatabase.call(indexedDB, name);
    });
    await inside.wipe(id).catch(() => {});
    vi.restoreAllMocks();
    if (lived > 0) expect(removed[0]).toBe(keysName(id));
    const next = await start(phone);
    await until(() => true);
    await next.goOn();
    expect(await databases()).toEqual([]);
    expect(await rows()).not.toContain(id);
  },
);

test("a profile that is half wiped is not offered", async () => {
  vi.spyOn(indexedDB, "deleteDatabase").mockImplementation(() => {
    throw new Error("killed");
  });
  await inside.wipe(id).catch(() => {});
  const shelf = await openShelf(phone.indexedDB);
  expect(await shelf.profiles()).toEqual([]);
  shelf.close();
});

function watched(idleS: number, whenHidden: boolean) {
  const own = new FakePhone({ fetch: () => Promise.reject(new Error()) });
  let nowMs = 1_000_000;
  const timers: { due: () => void; at: number }[] = [];
  own.nowMs = () => nowMs;
  own.after = (ms, due) => {
    const timer = { due, at: nowMs + ms };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  };
  const ended = signal(false);
  const client: Pick<Client, "close" | "ended"> = {
    ended,
    close: async () => {
      ended.value = true;
    },
  };
  watchUse(own, { idleS, whenHidden }, client);
  const pass = (seconds: number) => {
    nowMs += seconds * 1000;
    for (const timer of [...timers]) {
      if (timer.at > nowMs) continue;
      timers.splice(timers.indexOf(timer), 1);
      timer.due();
    }
  };
  return { own, ended, pass, timers, set: (ms: number) => (nowMs = ms) };
}

test("a profile that nobody touches is closed when its time is over", () => {
  const { own, ended, pass } = watched(60, true);
  pass(59);
  own.happen("touched");
  pass(59);
  expect(ended.value).toBe(false);
  pass(1);
  expect(ended.value).toBe(true);
});

test("a phone that slept through the time closes the profile as it wakes", () => {
  const { own, ended, set } = watched(60, false);
  set(1_000_000 + 3_600_000);
  own.happen("visible");
  expect(ended.value).toBe(true);
});

test("a clock that is set back gives no more time than one whole turn", () => {
  const { own, ended, pass, set } = watched(60, false);
  set(0);
  own.happen("visible");
  pass(59);
  expect(ended.value).toBe(false);
  pass(1);
  expect(ended.value).toBe(true);
});

test.each([
  [true, true],
  [false, false],
])("leaving the app locks it at once: %s", (wanted, closed) => {
  const { own, ended } = watched(60, wanted);
  own.happen("hidden");
  expect(ended.value).toBe(closed);
});

test("a closed profile is watched no more", () => {
  const { ended, timers } = watched(60, true);
  ended.value = true;
  expect(timers).toEqual([]);
});

test("a new profile gets a picture that nobody has", () => {
  const pictures = (...taken: string[]) => taken.map((picture) => ({ picture }));
  expect(freePicture([])).toBe("hill");
  expect(freePicture(pictures("leaf", "river"))).toBe("hill");
  expect(freePicture(pictures("hill", "river"))).toBe("leaf");
  const all = ["hill", "leaf", "river", "sun", "boat", "bird"];
  expect(freePicture(pictures(...all))).toBe("hill");
});

test("what waits to be let in, and answers not saved yet, outlive a lock put on and taken off", async () => {
  await patient.drafts.keep(circle, "an answer");
  const shelf = await openShelf(phone.indexedDB);
  const { profile } = patient;
  const row = await shelf.get("circles", profile.id, circle);
  if (!row) throw new Error("no circle");
  // As a phone that was beside another one and is not let in yet.
  await inside.shut(id);
  await shelf.put("circles", { ...row, awaited: true });
  let one = (await inside.open(id)) as OpenProfile;
  await one.logSession(circle, session(7));
  const waits = () => one.care(circle).sessions.value.map(({ value }) => value.pain.worst);
  one = (await locks.put(id, "4711")) as OpenProfile;
  expect(await one.drafts.read(circle)).toBe("an answer");
  await one.logSession(circle, session(5));
  one = (await locks.take(id, "4711")) as OpenProfile;
  expect(await one.drafts.read(circle)).toBe("an answer");
  await one.logSession(circle, session(3));
  expect(waits()).toEqual([7, 5, 3]);
  shelf.close();
});
