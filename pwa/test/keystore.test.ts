import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { utf8 } from "../src/circle/encoding.ts";
import { es256Verify, hpkeSeal } from "../src/circle/envelope.ts";
import { createKeys, KeyStoreError, loadKeys } from "../src/keystore.ts";
import { codeOf } from "./circle/scene.ts";

/*
 * The store here lives in memory and copies keys as Node does. That real browsers keep opaque keys
 * over a restart is shown by the browser test only.
 */
beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("keys that were made are there again, and work", async () => {
  const made = await createKeys("p1");
  const keys = await loadKeys("p1");
  expect(keys?.id).toBe(made.id);
  expect(keys?.pub).toEqual(made.pub);
  const signature = await keys?.sign(utf8("m"));
  expect(await es256Verify(made.pub.spk, utf8("m"), signature ?? utf8(""))).toBe(true);
  const wrapped = await hpkeSeal(made.pub, utf8("i"), utf8("secret"));
  expect(await keys?.hpkeOpen(utf8("i"), wrapped)).toEqual(utf8("secret"));
  const sealed = await made.localSeal(utf8("mine"), "chain");
  expect(await keys?.localOpen(sealed, "chain")).toEqual(utf8("mine"));
});

test("what is sealed on this phone opens for its purpose and its profile only", async () => {
  const keys = await createKeys("p1");
  const other = await createKeys("p2");
  const sealed = await keys.localSeal(utf8("mine"), "chain");
  expect(await codeOf(() => keys.localOpen(sealed, "outbox"))).toBe("tag");
  expect(await codeOf(() => other.localOpen(sealed, "chain"))).toBe("tag");
});

test("asking for keys that are not there makes nothing", async () => {
  expect(await loadKeys("none")).toBeUndefined();
  expect(await indexedDB.databases()).toEqual([]);
});

test("keys that are there are never written over", async () => {
  const first = await createKeys("p1");
  await expect(createKeys("p1")).rejects.toThrow(/already/);
  expect((await loadKeys("p1"))?.id).toBe(first.id);
});

test("of two windows that make keys at once one wins and the other is told", async () => {
  const both = await Promise.allSettled([createKeys("p1"), createKeys("p1")]);
  const made = both.filter(({ status }) => status === "fulfilled");
  expect(made.length).toBe(1);
  const [winner] = made as PromiseFulfilledResult<Awaited<ReturnType<typeof createKeys>>>[];
  expect((await loadKeys("p1"))?.id).toBe(winner?.value.id);
});

test("a browser that refuses to store keys is refused, in words", async () => {
  vi.spyOn(IDBObjectStore.prototype, "add").mockImplementation(() => {
    throw new DOMException("The object can not be cloned.", "DataCloneError");
  });
  const error = await createKeys("p1").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(KeyStoreError);
  expect((error as KeyStoreError).reason).toMatch(/another browser/);
});

test("a browser that loses a key on the way to the disk is found out, and nothing stays", async () => {
  const { prototype } = IDBObjectStore;
  const { get } = prototype;
  vi.spyOn(prototype, "get").mockImplementation(function (this: IDBObjectStore, key) {
    const request = get.call(this, key);
    request.addEventListener("success", () => {
      Object.defineProperty(request, "result", { value: { ...request.result, local: null } });
    });
    return request;
  });
  await expect(createKeys("p1")).rejects.toThrow(/cannot keep/);
  vi.restoreAllMocks();
  expect(await loadKeys("p1")).toBeUndefined();
});

test("a key that resists quantum computers lies sealed on the disk, and works from there", async () => {
  const made = await createKeys("p1", "XWING");
  expect(made.pub.kem).toBe("XWING");
  const keys = await loadKeys("p1");
  expect(keys?.id).toBe(made.id);
  const wrapped = await hpkeSeal(made.pub, utf8("i"), utf8("secret"));
  expect(wrapped.length).toBe(1120 + 6 + 16);
  expect(await keys?.hpkeOpen(utf8("i"), wrapped)).toEqual(utf8("secret"));
  expect(await codeOf(() => keys?.hpkeOpen(utf8("j"), wrapped))).toBe("wrap");
});
