/** The lock over a profile's keys: what opens it, what a wrong number costs, what a kill leaves. */
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { utf8 } from "../../src/circle/encoding.ts";
import { hpkeSeal, randomBytes } from "../../src/circle/envelope.ts";
import {
  changePin,
  createWrappedKeys,
  isPin,
  lookAtLock,
  PinRefused,
  putLock,
  setFinger,
  setTiming,
  takeLock,
  unlock,
  unlockBySecret,
  WAIT_MAX_S,
  waitAfter,
} from "../../src/client/lock.ts";
import { type Content, changeBox, readBox } from "../../src/keybox.ts";
import { createKeys, loadKeys, ProfileKeys, ProfileLocked } from "../../src/keystore.ts";

let nowMs = 1_000_000;
const now = () => nowMs;

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  nowMs = 1_000_000;
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** How a try of `pin` ends. */
async function tried(pin: string): Promise<"open" | { left: number; waitS: number }> {
  try {
    await unlock("p1", pin, now);
    return "open";
  } catch (error) {
    if (!(error instanceof PinRefused)) throw error;
    return { left: error.left, waitS: error.waitS };
  }
}

async function isSame(made: ProfileKeys, keys: ProfileKeys): Promise<boolean> {
  const wrapped = await hpkeSeal(made.pub, utf8("i"), utf8("secret"));
  const opened = await keys.hpkeOpen(utf8("i"), wrapped);
  return keys.id === made.id && new TextDecoder().decode(opened) === "secret";
}

test.each(["P256", "XWING"] as const)("a locked profile of %s opens by its number", async (kem) => {
  const made = await createKeys("p1", kem);
  await putLock("p1", "4711");
  await expect(loadKeys("p1")).rejects.toThrow(ProfileLocked);
  const { keys } = await unlock("p1", "4711", now);
  expect(await isSame(made, keys)).toBe(true);
});

test("a new lock locks after two minutes, and when the app is not seen", async () => {
  await createKeys("p1", "P256");
  await putLock("p1", "4711");
  expect((await lookAtLock("p1", nowMs))?.row).toMatchObject({ idleS: 120, whenHidden: true });
});

test("without the number a locked seed does not open, whatever reads the disk", async () => {
  const made = await createKeys("p1", "XWING");
  await putLock("p1", "4711");
  const box = (await readBox("p1")) as { device: Parameters<typeof ProfileKeys.from>[0] };
  const keys = await ProfileKeys.from(box.device);
  const wrapped = await hpkeSeal(made.pub, utf8("i"), utf8("secret"));
  await expect(keys.hpkeOpen(utf8("i"), wrapped)).rejects.toThrow();
  expect(box).not.toHaveProperty("device.agreement.seed");
});

test("what was sealed for records before the lock does not open after it, and the other way", async () => {
  const made = await createKeys("p1");
  const before = await made.dataSeal(utf8("fold"), "c");
  await putLock("p1", "4711");
  const { keys } = await unlock("p1", "4711", now);
  await expect(keys.dataOpen(before, "c")).rejects.toMatchObject({ code: "tag" });
  const during = await keys.dataSeal(utf8("fold"), "c");
  await expect(made.dataOpen(during, "c")).rejects.toMatchObject({ code: "tag" });
  await takeLock("p1", "4711", now);
  const after = await loadKeys("p1");
  await expect(after?.dataOpen(during, "c")).rejects.toMatchObject({ code: "tag" });
});

test("four wrong numbers are free, then each costs a longer wait, and none shuts out for ever", async () => {
  await createKeys("p1");
  await putLock("p1", "4711");
  expect(await tried("0000")).toEqual({ left: 3, waitS: 0 });
  expect(await tried("1111")).toEqual({ left: 2, waitS: 0 });
  expect(await tried("2222")).toEqual({ left: 1, waitS: 0 });
  expect(await tried("3333")).toEqual({ left: 0, waitS: 30 });
  expect(await tried("4711")).toEqual({ left: 0, waitS: 30 });
  nowMs += 29_000;
  expect(await tried("4711")).toEqual({ left: 0, waitS: 1 });
  nowMs += 1_000;
  expect(await tried("4444")).toEqual({ left: 0, waitS: 60 });
  nowMs += 60_000;
  expect(await tried("4711")).toBe("open");
  expect(await tried("0000")).toEqual({ left: 3, waitS: 0 });
});

test("waits double up to a quarter of an hour and never pass it", () => {
  const waits = [3, 4, 5, 6, 7, 8, 9, 10, 1000].map(waitAfter);
  expect(waits).toEqual([0, 30, 60, 120, 240, 480, WAIT_MAX_S, WAIT_MAX_S, WAIT_MAX_S]);
});

test("a clock that was set back does not make a wait longer", async () => {
  await createKeys("p1");
  await putLock("p1", "4711");
  for (const pin of ["0000", "1111", "2222", "3333"]) await tried(pin);
  nowMs -= 86_400_000;
  expect((await lookAtLock("p1", nowMs))?.waitS).toBe(30);
});

test("ending the app in the middle of a try gives no try for nothing", async () => {
  await createKeys("p1");
  await putLock("p1", "4711");
  const derive = vi.spyOn(crypto.subtle, "deriveKey").mockRejectedValue(new Error("killed"));
  await expect(unlock("p1", "0000", now)).rejects.toThrow("killed");
  derive.mockRestore();
  expect((await lookAtLock("p1", nowMs))?.left).toBe(3);
});

test("a number can be changed by who knows it, and then the old one is wrong", async () => {
  const made = await createKeys("p1", "XWING");
  await putLock("p1", "4711");
  await expect(changePin("p1", "0000", "12345678", now)).rejects.toThrow(PinRefused);
  await changePin("p1", "4711", "12345678", now);
  expect((await lookAtLock("p1", nowMs))?.row.pin.digits).toBe(8);
  expect(await tried("4711")).toEqual({ left: 3, waitS: 0 });
  expect(await isSame(made, (await unlock("p1", "12345678", now)).keys)).toBe(true);
});

test("a lock can be taken off by who knows the number", async () => {
  const made = await createKeys("p1", "XWING");
  await putLock("p1", "4711");
  await expect(takeLock("p1", "0000", now)).rejects.toThrow(PinRefused);
  await takeLock("p1", "4711", now);
  const keys = await loadKeys("p1");
  expect(keys && (await isSame(made, keys))).toBe(true);
  expect(await lookAtLock("p1", nowMs)).toBeUndefined();
});

test.each(["123", "123456789", "12a4", "", " 1234", "١٢٣٤"])("%j is no number", async (pin) => {
  expect(isPin(pin)).toBe(false);
  await createKeys("p1");
  await expect(putLock("p1", pin)).rejects.toThrow(TypeError);
  expect(await loadKeys("p1")).toBeDefined();
});

test("a lock that the disk does not give back is not put on", async () => {
  const made = await createKeys("p1", "XWING");
  const { get } = IDBObjectStore.prototype;
  vi.spyOn(IDBObjectStore.prototype, "get").mockImplementation(function (this: never, key) {
    const request = get.call(this, key);
    request.addEventListener("success", () => {
      const trial = request.result as { lock: { pin: { sealed: Uint8Array } } } | undefined;
      trial?.lock?.pin.sealed.fill(7);
    });
    return request;
  });
  await expect(putLock("p1", "4711")).rejects.toMatchObject({ why: "unreadable" });
  vi.restoreAllMocks();
  const keys = await loadKeys("p1");
  expect(keys && (await isSame(made, keys))).toBe(true);
  expect((await readBox("p1"))?.trial).toBeUndefined();
});

test("a change that a kill broke off leaves the lock as it was, and no open keys beside it", async () => {
  await createKeys("p1", "XWING");
  const open = ((await readBox("p1")) as Content).device;
  await putLock("p1", "4711");
  await changeBox("p1", { trial: { device: open } });
  await expect(loadKeys("p1")).rejects.toThrow(ProfileLocked);
  await tried("0000");
  expect((await readBox("p1"))?.trial).toBeUndefined();
});

test.each(["P256", "XWING"] as const)(
  "where no opaque key stays, keys of %s lie under the number",
  async (kem) => {
    const { keys } = await createWrappedKeys("p1", kem, "4711");
    await expect(loadKeys("p1")).rejects.toThrow(ProfileLocked);
    const again = await unlock("p1", "4711", now);
    expect(await isSame(keys, again.keys)).toBe(true);
    const sealed = await keys.localSeal(utf8("mine"), "chain");
    expect(await again.keys.localOpen(sealed, "chain")).toEqual(utf8("mine"));
    expect(await tried("4712")).toEqual({ left: 3, waitS: 0 });
    await expect(takeLock("p1", "4711", now)).rejects.toThrow(TypeError);
    await changePin("p1", "4711", "2580", now);
    expect(await isSame(keys, (await unlock("p1", "2580", now)).keys)).toBe(true);
    expect(JSON.stringify(await readBox("p1"))).not.toMatch(/ssk|ksk/);
  },
);

test("where bytes do not stay either, nothing is made", async () => {
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  await expect(createWrappedKeys("p1", "P256", "4711")).rejects.toMatchObject({ why: "none" });
  vi.restoreAllMocks();
  expect(await indexedDB.databases()).toEqual([]);
});

test("the phone's own lock opens beside the number, until it is taken away", async () => {
  const made = await createKeys("p1", "XWING");
  await putLock("p1", "4711");
  const [secret, other] = [randomBytes(32), randomBytes(32)];
  const way = { credential: randomBytes(16), salt: randomBytes(32), secret };
  await expect(setFinger("p1", "0000", now, way)).rejects.toThrow(PinRefused);
  await setFinger("p1", "4711", now, way);
  const keys = await loadKeys("p1", await unlockBySecret("p1", secret));
  expect(keys && (await isSame(made, keys))).toBe(true);
  await expect(unlockBySecret("p1", other)).rejects.toMatchObject({ code: "tag" });
  await changePin("p1", "4711", "2580", now);
  await unlockBySecret("p1", secret);
  await setFinger("p1", "2580", now, undefined);
  await expect(unlockBySecret("p1", secret)).rejects.toMatchObject({ code: "tag" });
});

test("when it locks by itself is one of a few times", async () => {
  await createKeys("p1");
  await putLock("p1", "4711");
  await setTiming("p1", { idleS: 60, whenHidden: false });
  expect((await lookAtLock("p1", nowMs))?.row).toMatchObject({ idleS: 60, whenHidden: false });
  await expect(setTiming("p1", { idleS: 1e9, whenHidden: false })).rejects.toThrow(TypeError);
});

test.each([1, 10_000, 1e9])("a row that tells %i rounds is not believed", async (rounds) => {
  await createKeys("p1");
  await putLock("p1", "4711");
  const { lock } = (await readBox("p1")) as { lock: { pin: object } };
  await changeBox("p1", { lock: { ...lock, pin: { ...lock.pin, rounds } } });
  await expect(unlock("p1", "4711", now)).rejects.toMatchObject({ why: "unreadable" });
});
