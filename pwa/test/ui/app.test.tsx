import { render } from "preact";
import { expect, test } from "vitest";
import { App } from "../../src/app";
import type { Door, LinkView, ProfileView } from "../../src/client";
import { fakeClient, fakeDoor } from "../../src/gallery/fake";
// Loaded here, so that opening a profile does not wait for the code of its rooms.
import "../../src/rooms/patient";
import { startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const ONE: readonly ProfileView[] = [{ id: "p1", picture: "leaf", role: "patient" }];

/** Opens the app as a browser would, at an address that ends with `hash`. */
async function open(door: Door | (() => Promise<Door>), hash = ""): Promise<ScreenPage> {
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
  const loadDoor = typeof door === "function" ? door : async () => door;
  render(<App key={Math.random()} loadDoor={loadDoor} />, page.root as unknown as Element);
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
  },
);

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
  const page = await open(async () => {
    tries += 1;
    throw new Error("no database");
  });
  expect(page.has("door-failed")).toBe(true);
  page.root.all((each) => each.localName === "button")[0]?.send("click");
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
