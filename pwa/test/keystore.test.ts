import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { utf8 } from "../src/circle/encoding.ts";
import {
  es256Verify,
  generateAgreementPair,
  generateLocalKey,
  generateSigningPair,
  hpkeSeal,
} from "../src/circle/envelope.ts";
import { readBox } from "../src/keybox.ts";
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

const isKeys = (value: unknown) => (value as { level?: unknown } | null)?.level === 1;

/** Let `lie` change what a write stores or a read gives. */
function tamper(method: "add" | "get", lie: (value: unknown) => unknown): void {
  const { prototype } = IDBObjectStore;
  const real = prototype[method] as (value: unknown, key?: IDBValidKey) => IDBRequest;
  vi.spyOn(prototype, method).mockImplementation(function (this: IDBObjectStore, value, key) {
    if (method === "add") return real.call(this, lie(value), key);
    const request = real.call(this, value);
    request.addEventListener("success", () => {
      Object.defineProperty(request, "result", { value: lie(request.result) });
    });
    return request;
  });
}

const otherKeys = async () => ({
  signing: await generateSigningPair(false),
  agreement: await generateAgreementPair(false),
  local: await generateLocalKey(),
});

test.each([
  [
    "refuses to clone keys",
    "add",
    () => (value: unknown) => {
      if (isKeys(value)) throw new DOMException("can not be cloned", "DataCloneError");
      return value;
    },
  ],
  ["stores keys as empty objects", "add", () => (value: unknown) => (isKeys(value) ? {} : value)],
  ["gives nothing back", "get", () => (value: unknown) => (isKeys(value) ? undefined : value)],
  ...(["signing", "agreement", "local"] as const).flatMap((part) => [
    [
      `loses ${part}`,
      "get",
      () => (value: unknown) => (isKeys(value) ? { ...(value as object), [part]: null } : value),
    ] as const,
    [
      `gives another ${part}`,
      "get",
      async () => {
        const other = (await otherKeys())[part];
        return (value: unknown) =>
          isKeys(value) ? { ...(value as object), [part]: other } : value;
      },
    ] as const,
  ]),
  [
    "gives another public half",
    "get",
    async () => {
      const { publicKey } = (await otherKeys()).signing;
      return (value: unknown) => {
        if (!isKeys(value)) return value;
        const { signing } = value as { signing: CryptoKeyPair };
        return { ...(value as object), signing: { ...signing, publicKey } };
      };
    },
  ],
  [
    "gives other keys that fit each other",
    "get",
    async () => {
      const other = { level: 1, ...(await otherKeys()) };
      return (value: unknown) => (isKeys(value) ? other : value);
    },
  ],
] as const)(
  "a browser that %s is found out, nothing stays, and a PIN would help",
  async (_, method, lie) => {
    tamper(method, await lie());
    const error = await createKeys("p1").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KeyStoreError);
    expect((error as KeyStoreError).why).toBe("opaque");
    vi.restoreAllMocks();
    expect(await indexedDB.databases()).toEqual([]);
  },
);

test.each([
  [
    "writes nothing",
    "add",
    () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  ],
  ["gives nothing back at all", "get", () => undefined],
  [
    "gives other bytes back",
    "get",
    (value: unknown) => (value instanceof Uint8Array ? new Uint8Array(32) : undefined),
  ],
] as const)("a browser that %s is refused, in words", async (_, method, lie) => {
  tamper(method, lie);
  const error = await createKeys("p1").catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: "KeyStoreError", why: "none" });
  expect((error as KeyStoreError).reason).toMatch(/another browser/);
  vi.restoreAllMocks();
  expect(await indexedDB.databases()).toEqual([]);
});

test("private keys on the disk can not be copied out", async () => {
  await createKeys("p1");
  const { device } = (await readBox("p1")) as { device: Record<string, CryptoKeyPair & CryptoKey> };
  expect(device.signing?.privateKey.extractable).toBe(false);
  expect(device.agreement?.privateKey.extractable).toBe(false);
  expect(device.local?.extractable).toBe(false);
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
