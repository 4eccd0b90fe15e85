/** What was tapped is taken once; nothing is left to be shown for a profile that went. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { wipeProfile } from "../../src/client/profiles.ts";
import { openShelf } from "../../src/client/shelf.ts";
import { onTap, takeTap } from "../../src/client/tapped.ts";
import { FakePhone } from "./fake-phone.ts";

const ORIGIN = "http://clinic.test";
let left: Map<string, string>;
let unsubscribed: number;
let worker: EventTarget;

beforeEach(() => {
  left = new Map();
  unsubscribed = 0;
  const nameOf = (key: string | { url: string }) =>
    (typeof key === "string" ? key : key.url).replace(ORIGIN, "");
  const cache = {
    match: async (key: string) => {
      const text = left.get(nameOf(key));
      return text === undefined ? undefined : new Response(text);
    },
    delete: async (key: string | { url: string }) => left.delete(nameOf(key)),
    keys: async () => [...left.keys()].map((name) => ({ url: ORIGIN + name })),
  };
  vi.stubGlobal("caches", { open: async () => cache, match: cache.match });
  const subscription = {
    unsubscribe: async () => {
      unsubscribed += 1;
    },
  };
  const registration = { pushManager: { getSubscription: async () => subscription } };
  worker = Object.assign(new EventTarget(), { getRegistration: async () => registration });
  vi.stubGlobal("navigator", { serviceWorker: worker, locks: navigator.locks });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a tap is taken once", async () => {
  left.set("/tap", JSON.stringify({ profile: "p1", kind: "note" }));
  expect(await takeTap()).toEqual({ profile: "p1", kind: "note" });
  expect(await takeTap()).toBeUndefined();
});

test("a browser that keeps nothing has no taps", async () => {
  vi.stubGlobal("caches", undefined);
  expect(await takeTap()).toBeUndefined();
});

test("the worker's word is heard until nobody listens, and no other word is", () => {
  const heard = vi.fn();
  const stop = onTap(heard);
  const say = (data: string) => worker.dispatchEvent(new MessageEvent("message", { data }));
  say("carry");
  say("tapped");
  expect(heard).toHaveBeenCalledTimes(1);
  stop();
  say("tapped");
  expect(heard).toHaveBeenCalledTimes(1);
});

const CHOSEN = { time: "18:00", weekdays: [1], notes: true, plain: false };

/** A phone on which these profiles are reminded, or not. */
async function shelfOf(reminded: Record<string, boolean>) {
  const phone = new FakePhone({ fetch: () => Promise.reject(new Error("not asked")) });
  const shelf = await openShelf(phone.indexedDB);
  for (const [id, isReminded] of Object.entries(reminded)) {
    const device = `dDevice${id}`;
    const row = { id, picture: "leaf", role: "patient", device, ready: true } as const;
    await shelf.put("profiles", row);
    await shelf.put("reminding", { profile: id, ...(isReminded && { chosen: CHOSEN }) });
    for (const name of [`/slip?${device}`, `/done?${device}&2026-11-22`]) left.set(name, "{}");
  }
  return shelf;
}

test("a profile that goes leaves no words behind, and the last one ends the pings", async () => {
  const shelf = await shelfOf({ p1: true, p2: true });
  await wipeProfile(shelf, "p1");
  expect([...left.keys()].some((name) => name.includes("dDevicep1"))).toBe(false);
  expect([...left.keys()]).toHaveLength(2);
  expect(unsubscribed).toBe(0);
  await wipeProfile(shelf, "p2");
  expect(left.size).toBe(0);
  expect(unsubscribed).toBe(1);
});

test("a profile without reminders ends nobody's pings", async () => {
  const shelf = await shelfOf({ p1: false, p2: true });
  await wipeProfile(shelf, "p1");
  expect(unsubscribed).toBe(0);
});
