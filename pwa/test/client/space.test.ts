/** Without room: what can be had again goes first, records never; and nothing is said to be saved. */
import { afterEach, expect, test } from "vitest";
import { reserve, shedParts, spaceHere, useReserve } from "../../src/client/care-space.ts";
import { isFull } from "../../src/full.ts";
import { newScene, session, until } from "./scene.ts";

/** Caches of a browser, as far as they are used. */
class FakeCaches {
  readonly all = new Map<string, Map<string, Response>>();
  has = async (name: string) => this.all.has(name);
  keys = async () => [...this.all.keys()];
  delete = async (name: string) => this.all.delete(name);
  async open(name: string) {
    const files = this.all.get(name) ?? new Map<string, Response>();
    this.all.set(name, files);
    const pathOf = (key: string | { url: string }) =>
      typeof key === "string" ? key : new URL(key.url).pathname;
    return {
      put: async (path: string, file: Response) => void files.set(path, file),
      keys: async () => [...files.keys()].map((path) => ({ url: `http://app.test${path}` })),
      match: async (key: string | { url: string }) => files.get(pathOf(key))?.clone(),
      delete: async (path: string) => files.delete(path),
    };
  }
}

afterEach(() => {
  Reflect.deleteProperty(globalThis, "caches");
  Reflect.deleteProperty(navigator, "storage");
});

function browser(usage: number, quota: number): FakeCaches {
  const fake = new FakeCaches();
  const storage = { estimate: async () => ({ usage, quota }), persisted: async () => true };
  Object.defineProperty(navigator, "storage", { value: storage, configurable: true });
  Object.defineProperty(globalThis, "caches", { value: fake, configurable: true });
  return fake;
}

test("a browser that tells nothing of room is not made to", async () => {
  expect(await spaceHere()).toBe(undefined);
  browser(5, 100);
  expect(await spaceHere()).toEqual({ used: 5, all: 100, isKept: true });
});

test("a reserve is put aside where there is room, once, and is gone when it is used", async () => {
  const small = browser(0, 1_000_000);
  await reserve();
  expect(small.all.size).toBe(0);
  const large = browser(0, 1_000_000_000);
  await reserve();
  const kept = (await (await large.open("reserve")).match("/reserve"))?.arrayBuffer();
  expect((await kept)?.byteLength).toBe(512 * 1024);
  expect(await useReserve()).toBe(true);
  expect(await useReserve()).toBe(false);
});

test("only parts that no day needs are let go, and nothing that others share", async () => {
  const fake = browser(0, 1);
  const cache = await fake.open("app-1");
  const list = {
    app: { "/": "", "/assets/app.js": "" },
    care: { "/assets/care.js": "", "/assets/shared.js": "" },
    lock: { "/assets/lock.js": "" },
    members: { "/assets/members.js": "", "/assets/shared.js": "" },
  };
  await cache.put("/assets/files-x.json", new Response(JSON.stringify(list)));
  for (const path of Object.values(list).flatMap(Object.keys)) {
    await cache.put(path, new Response("x"));
  }
  await cache.put("/keeps-members", new Response());
  await cache.put("/keeps-care", new Response());
  await (await fake.open("parked")).put("/sync?p", new Response("x"));
  expect(await shedParts()).toBe(2);
  expect([...(fake.all.get("app-1") ?? new Map()).keys()].sort()).toEqual([
    "/",
    "/assets/app.js",
    "/assets/care.js",
    "/assets/files-x.json",
    "/assets/lock.js",
    "/assets/shared.js",
    "/keeps-care",
  ]);
  expect(fake.all.get("parked")?.size).toBe(1);
});

/** As the browser and as the database's adapter say it. */
const NO_ROOM = [
  new DOMException("", "QuotaExceededError"),
  Object.assign(new Error("unknown"), {
    name: "indexed_db_went_bad",
    reason: "QuotaExceededError",
  }),
];

test.each(NO_ROOM)(
  "a record that finds no room is refused, not numbered, and saved when there is room",
  async (noRoom) => {
    const { patient, care, circle, close } = await newScene();
    await patient.logSession(circle, session(1));
    const { records } = patient.care(circle);
    const real = records.write.bind(records);
    let tries = 0;
    records.write = async () => {
      tries += 1;
      throw noRoom;
    };
    await expect(patient.logSession(circle, session(0))).rejects.toThrow();
    expect(tries).toBeGreaterThan(1);
    expect(isFull.value).toBe(true);
    records.write = real;
    const id = await patient.logSession(circle, session(0));
    expect(isFull.value).toBe(false);
    expect(id.slice(-6)).toBe("000002");
    await until(() => care.sessions.value.length === 2);
    expect(care.sessions.value.map(({ value }) => value.pain.worst)).toEqual([1, 0]);
    await close();
  },
);
