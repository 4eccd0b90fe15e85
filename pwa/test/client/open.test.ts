/** The door of a phone: what it says before anything behind it is there. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openDoor } from "../../src/client/open.ts";

beforeEach(() => {
  vi.stubGlobal("addEventListener", () => undefined);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Databases that are not given out the first `times` times, and how often they were asked for. */
function failing(times: number) {
  const real = new IDBFactory();
  const asked = { count: 0 };
  const open = (...what: Parameters<IDBFactory["open"]>) => {
    asked.count += 1;
    if (asked.count <= times) throw new DOMException("", "UnknownError");
    return real.open(...what);
  };
  return { factory: { open } as unknown as globalThis.IDBFactory, asked };
}

test("a store that was not given out is asked for again by the next call", async () => {
  const { factory, asked } = failing(1);
  const door = openDoor(factory);
  await expect(door.profiles()).rejects.toThrow();
  expect(await door.profiles()).toEqual([]);
  expect(await door.asked()).toEqual([]);
  expect(asked.count).toBe(2);
});
