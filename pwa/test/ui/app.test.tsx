import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { App } from "../../src/app";
import type { Door, LinkView, ProfileView } from "../../src/client";
import { fakeClient, fakeDoor } from "../../src/gallery/fake";
// Loaded here, so that opening a profile does not wait for the code of its rooms.
import "../../src/rooms/patient";
import { CheckRoom } from "../../src/rooms/check";
import { forPatients } from "../../src/ui/for-patients";
import { later } from "../../src/ui/later";
import { go, route, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const ONE: readonly ProfileView[] = [{ id: "p1", picture: "leaf", role: "patient" }];

/** Opens the app as a browser would, at an address that ends with `hash`. */
async function open(door: Door, hash = ""): Promise<ScreenPage> {
  const page = openPage();
  const shown: string[] = [];
  Object.assign(globalThis, {
    location: { hash, pathname: "/", search: "" },
    removeEventListener: () => undefined,
  });
  const { replaceState } = history;
  history.replaceState = (state: unknown, title: string, url?: string) => {
    if (url !== undefined) shown.push(url);
    replaceState.call(history, state, title);
  };
  startRoutes();
  render(<App key={Math.random()} door={door} />, page.root as unknown as Element);
  await settled();
  if (hash) expect(shown).toEqual(["/"]);
  return page;
}

test.each(["incomplete", "used", "expired", "unknown", "offline"] as const)(
  "a link that is %s is told in plain words",
  async (why) => {
    const page = await open(fakeDoor({ kind: "broken", why }), "#j1.broken");
    expect(page.has(`link-${why}`)).toBe(true);
    expect(page.has("link-retry")).toBe(why === "offline");
    expect(page.text()).not.toMatch(/error|undefined|door\./i);
    await page.tap("link-leave");
    expect(page.has("door-none")).toBe(true);
  },
);

test("who is not sure about an invitation goes on without it", async () => {
  const page = await open(fakeDoor({ kind: "join", role: "patient", purpose: "patient" }), "#j1.a");
  await page.tap("join-not");
  expect(page.has("door-none")).toBe(true);
});

test("a room that is on its way has a heading, and one that did not come a way to try again", async () => {
  const page = openPage();
  let tries = 0;
  const room = later(async (): Promise<() => preact.JSX.Element> => {
    tries += 1;
    if (tries === 1) throw new Error("no network");
    return () => <h1>here</h1>;
  });
  render(<room.Part key={Math.random()} />, page.root as unknown as Element);
  const heading = () => page.root.all(({ localName }) => localName === "h1")[0]?.textContent;
  expect(heading()).toBe("One moment.");
  await settled();
  page.root
    .all(({ textContent }) => textContent === "Try again")
    .at(-1)
    ?.send("click");
  await settled();
  expect(heading()).toBe("here");
});

test("help stands in the bars of rooms that patients and therapists share, for patients", async () => {
  const page = await open(fakeDoor({ kind: "setup" }, ONE));
  go({ room: "language" });
  await vi.waitFor(() => expect(page.has("language")).toBe(true), 30_000);
  expect(page.has("help")).toBe(true);
  forPatients.value = false;
  await settled();
  expect(page.has("help")).toBe(false);
});

test("a link that could not be looked at is looked at again", async () => {
  const views: LinkView[] = [
    { kind: "broken", why: "offline" },
    { kind: "join", role: "patient", purpose: "patient" },
  ];
  const looked: string[] = [];
  const door: Door = {
    ...fakeDoor({ kind: "setup" }),
    look: async (fragment) => {
      looked.push(fragment);
      return views.shift() ?? { kind: "setup" };
    },
  };
  const page = await open(door, "#j1.again");
  await page.tap("link-retry");
  expect(page.has("join")).toBe(true);
  expect(looked).toEqual(["j1.again", "j1.again"]);
});

test("records that can not be opened are said to be there, and opened again on demand", async () => {
  let tries = 0;
  const profiles = async () => {
    tries += 1;
    throw new Error("no database");
  };
  const page = await open({ ...fakeDoor({ kind: "setup" }), profiles });
  expect(page.has("door-failed")).toBe(true);
  page.root.all((each) => each.textContent === "Try again")[0]?.send("click");
  await settled();
  expect(tries).toBe(2);
});

test("the only profile of a phone opens by itself", async () => {
  const page = await open(fakeDoor({ kind: "setup" }, ONE));
  expect(page.has("today")).toBe(true);
});

test("a link opened while a profile is open closes it and comes first", async () => {
  const client = fakeClient();
  const page = await open(fakeDoor({ kind: "broken", why: "expired" }, ONE, client));
  Object.assign(globalThis, { location: { hash: "#j1.new", pathname: "/", search: "" } });
  page.raise("hashchange");
  await settled();
  expect(client.calls).toEqual(["close"]);
  expect(page.has("link-expired")).toBe(true);
  await page.tap("link-leave");
  expect(page.has("today")).toBe(true);
});

const TWO: readonly ProfileView[] = [...ONE, { id: "p2", picture: "sun", role: "patient" }];

afterEach(() => {
  forPatients.value = true;
  vi.unstubAllGlobals();
});

/** A worker that has left a tap, and can say that there is another. */
function tapLeft(tap: object | undefined) {
  const left = new Map(tap ? [["/tap", JSON.stringify(tap)]] : []);
  const cache = {
    match: async (name: string) => (left.has(name) ? new Response(left.get(name)) : undefined),
    delete: async (name: string) => left.delete(name),
  };
  const serviceWorker = new EventTarget();
  vi.stubGlobal("caches", { open: async () => cache, match: cache.match });
  vi.stubGlobal("navigator", { serviceWorker, language: "en" });
  return async (next: object) => {
    left.set("/tap", JSON.stringify(next));
    serviceWorker.dispatchEvent(new MessageEvent("message", { data: "tapped" }));
    await settled();
    await settled();
  };
}

/** Which profiles were opened, in order. */
function watched(door: Door): { readonly door: Door; readonly opened: string[] } {
  const opened: string[] = [];
  const open = async (id: string) => {
    opened.push(id);
    return { ...fakeClient(), profile: { id, picture: "leaf", role: "patient" } as const };
  };
  return { door: { ...door, open }, opened };
}

test("a reminder that was tapped opens its own profile among several", async () => {
  tapLeft({ profile: "p2", kind: "reminder" });
  const { door, opened } = watched(fakeDoor({ kind: "setup" }, TWO));
  const page = await open(door);
  expect(opened).toEqual(["p2"]);
  expect(page.has("today")).toBe(true);
});

test("without a tap several people are asked for, as always", async () => {
  tapLeft(undefined);
  const { door, opened } = watched(fakeDoor({ kind: "setup" }, TWO));
  await open(door);
  expect(opened).toEqual([]);
});

test("news that were tapped lead to them, and a reminder leads home", async () => {
  const tap = tapLeft(undefined);
  const { door } = watched(fakeDoor({ kind: "setup" }, ONE));
  await open(door);
  await tap({ profile: "p1", kind: "note" });
  expect(route.value.room).toBe("messages");
  await tap({ profile: "p1", kind: "reminder" });
  expect(route.value.room).toBe("home");
});

test("a reminder takes nobody out of what they are telling", async () => {
  const tap = tapLeft(undefined);
  const { door } = watched(fakeDoor({ kind: "setup" }, ONE));
  await open(door);
  go({ room: "log", step: "pain" });
  await tap({ profile: "p1", kind: "nudge" });
  expect(route.value).toEqual({ room: "log", step: "pain" });
});

test("a tap on somebody else's reminder closes who is open, and opens them", async () => {
  const tap = tapLeft({ profile: "p1", kind: "reminder" });
  const { door, opened } = watched(fakeDoor({ kind: "setup" }, TWO));
  await open(door);
  await tap({ profile: "p2", kind: "reminder" });
  expect(opened).toEqual(["p1", "p2"]);
});

test("something is wrong is one tap away also where a number is asked for, and leaves nothing behind", async () => {
  expect(CheckRoom).toBeDefined();
  const client = fakeClient();
  const two: readonly ProfileView[] = [...ONE, { id: "p2", picture: "boat", role: "patient" }];
  const page = await open(fakeDoor({ kind: "setup" }, two, client));
  await page.tap("help");
  await page.tap("check-yes");
  expect(page.has("check-emergency")).toBe(true);
  await page.tap("check-home");
  await page.tap("profile-leaf");
  await page.tap("help");
  expect(page.has("check")).toBe(true);
  await page.tap("check-yes");
  expect(page.has("check-emergency")).toBe(true);
  // The phone locks: neither the card nor the answer is seen by who picks it up.
  await client.close();
  (client.ended as { value: boolean }).value = true;
  await settled();
  expect(page.has("check-emergency")).toBe(false);
  await page.tap("help");
  expect(page.has("check")).toBe(true);
  expect(page.has("said-yes")).toBe(false);
});
