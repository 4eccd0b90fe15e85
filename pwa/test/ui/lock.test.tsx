/** The rooms of locks: the pad, what a wrong number says, what keys need, what wiping asks. */
import { render } from "preact";
import { beforeEach, expect, test, vi } from "vitest";
import { App } from "../../src/app";
import type { Client, Door, Locks, ProfileView } from "../../src/client";
import { fakeClient, fakeDoor, fakeLocks, PIN } from "../../src/gallery/fake";
import { KeysNeeded, Locked, LockRoom } from "../../src/rooms/lock";
// Loaded here, so that opening a profile does not wait for the code of its rooms.
import "../../src/rooms/patient/more";
import { go, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const LEAF: ProfileView = { id: "p1", picture: "leaf", role: "patient", locked: true };
const BOAT: ProfileView = { id: "p2", picture: "boat", role: "patient" };

let page: ScreenPage;
let opened: Client[];

beforeEach(() => {
  page = openPage();
  startRoutes();
  opened = [];
  Object.assign(globalThis, {
    location: { hash: "", pathname: "/", search: "" },
    removeEventListener: () => undefined,
  });
});

function show(element: preact.ComponentChild): Promise<void> {
  render(element, page.root as unknown as Element);
  return settled();
}

async function tap(pin: string, ends = false): Promise<void> {
  for (const digit of pin) await page.tap(`pin-${digit}`);
  if (ends) await page.tap("pin-end");
}

/** A door whose locks do what `more` says. */
function doorWith(more: Partial<Locks>, client = fakeClient()): Door {
  const door = fakeDoor({ kind: "setup" }, [LEAF], client, {});
  return { ...door, locks: async () => ({ ...fakeLocks({}, client), ...more }) };
}

function locked(door: Door, then?: () => Promise<Client>, onLeave?: () => void) {
  return (
    <Locked
      door={door}
      profile={LEAF}
      then={then}
      onOpen={(client) => opened.push(client)}
      onLeave={onLeave}
      onGone={() => page.raise("gone")}
    />
  );
}

function room(door: Door, client = fakeClient()) {
  return <LockRoom door={door} client={client} onOpen={(each) => opened.push(each)} />;
}

const refused = (left: number, waitS = 0) =>
  Object.assign(new Error("x"), { name: "PinRefused", left, waitS });

test("the last digit of the number opens; no other tap is needed", async () => {
  const tried: string[] = [];
  const unlock = async (_: string, pin: string) => {
    tried.push(pin);
    return fakeClient();
  };
  await show(locked(doorWith({ unlock })));
  await tap("471");
  expect(tried).toEqual([]);
  await page.tap("pin-delete");
  await tap("11");
  expect(tried).toEqual(["4711"]);
  expect(opened).toHaveLength(1);
});

test("a wrong number says how many tries are left, and the next begins empty", async () => {
  await show(locked(doorWith({})));
  await tap("0000");
  expect(page.get("pin-refused").textContent).toBe("Not that one. 3 more tries.");
  await tap(PIN);
  expect(opened).toHaveLength(1);
});

test("while one has to wait, no digit is taken and the seconds are said", async () => {
  const unlock = vi.fn(async () => Promise.reject(refused(0, 30)));
  await show(locked(doorWith({ unlock })));
  await tap("0000");
  expect(page.get("pin-refused").textContent).toBe("Not that one. Wait 30 seconds.");
  await tap("0000");
  expect(unlock).toHaveBeenCalledTimes(1);
  expect(page.get("pin-1").attributes["aria-disabled"]).toBe("true");
});

test("something else than a wrong number is not called one", async () => {
  await show(locked(doorWith({ unlock: async () => Promise.reject(new Error("disk")) })));
  await tap("0000");
  expect(page.get("pin-refused").textContent).toBe("That did not work. Nothing was changed.");
});

test("what a profile was unlocked for is done at once; when that fails it is closed again", async () => {
  const client = fakeClient();
  const joined = fakeClient();
  await show(locked(doorWith({}, client), async () => joined));
  await tap(PIN);
  expect(opened).toEqual([joined]);
  opened = [];
  page = openPage();
  await show(locked(doorWith({}, client), async () => Promise.reject(new Error("used"))));
  await tap(PIN);
  expect(opened).toEqual([]);
  expect(client.calls).toContain("close");
});

test("a forgotten number leads to what can be done, and wiping is asked for once more", async () => {
  const wiped: string[] = [];
  const wipe = async (id: string) => void wiped.push(id);
  await show(locked(doorWith({ wipe })));
  await page.tap("pin-forgot");
  expect(page.text()).toContain("Nobody can tell you the number");
  await page.tap("forgot-wipe");
  expect(page.has("wipe-lost")).toBe(true);
  await page.tap("wipe-no");
  expect(wiped).toEqual([]);
  await page.tap("forgot-wipe");
  await page.tap("wipe-yes");
  expect(wiped).toEqual(["p1"]);
});

test("the phone's own lock is offered only where it is set up", async () => {
  await show(locked(doorWith({})));
  expect(page.has("unlock-phone")).toBe(false);
  page = openPage();
  await show(locked({ ...doorWith({}), locks: async () => fakeLocks({ byPhone: true }) }));
  await page.tap("unlock-phone");
  expect(opened).toHaveLength(1);
});

test("a new number is tapped twice, and two that differ begin again", async () => {
  const put = vi.fn(async () => fakeClient());
  await show(room({ ...doorWith({}), locks: async () => ({ ...fakeLocks(undefined), put }) }));
  await page.tap("lock-put");
  await tap("471");
  await page.tap("pin-end");
  expect(page.has("pin-end")).toBe(true);
  await tap("1", true);
  await tap("4712");
  expect(page.has("pin-differs")).toBe(true);
  await tap("12345678", true);
  await tap("12345678");
  expect(put).toHaveBeenCalledWith("pgallery", "12345678", undefined);
  expect(opened).toHaveLength(1);
});

test("another number asks for the old one first, and a wrong old one changes nothing", async () => {
  const put = vi.fn(async (_id: string, _pin: string, old?: string) =>
    old === PIN ? fakeClient() : Promise.reject(refused(2)),
  );
  await show(room(doorWith({ put })));
  await page.tap("lock-change");
  await tap("0000");
  await tap("2580", true);
  await tap("2580");
  expect(page.get("pin-refused").textContent).toBe("Not that one. 2 more tries.");
  await tap(PIN);
  await tap("2580", true);
  await tap("2580");
  expect(opened).toHaveLength(1);
});

test("where the lock is all that protects the keys, it can not be taken off", async () => {
  await show(room({ ...doorWith({}), locks: async () => fakeLocks({ needed: true }) }));
  expect([page.has("lock-take"), page.has("lock-change")]).toEqual([false, true]);
});

test("when it locks by itself is chosen with one tap", async () => {
  const setTiming = vi.fn(async () => undefined);
  await show(room(doorWith({ setTiming })));
  await page.tap("idle-15");
  expect(setTiming).toHaveBeenLastCalledWith("pgallery", { idleS: 900, whenHidden: true });
  await page.tap("hidden-false");
  expect(setTiming).toHaveBeenLastCalledWith("pgallery", { idleS: 300, whenHidden: false });
});

test("wiping says how many records would be lost, and nothing of it when there are none", async () => {
  await show(room(doorWith({}), fakeClient({ sync: { unsent: 3 } })));
  await page.tap("lock-wipe");
  expect(page.get("wipe-lost").textContent).toContain("3 records are only on this phone");
  page = openPage();
  await show(room(doorWith({})));
  await page.tap("lock-wipe");
  expect(page.has("wipe-lost")).toBe(false);
});

test("a wipe that another window holds up says so and can be tried again", async () => {
  let tries = 0;
  const wipe = async () => {
    tries += 1;
    if (tries === 1) throw new Error("held");
  };
  await show(room(doorWith({ wipe })));
  await page.tap("lock-wipe");
  await page.tap("wipe-yes");
  expect(page.has("wipe-failed")).toBe(true);
  await page.tap("wipe-yes");
  expect(tries).toBe(2);
});

test("a browser without keys asks for a number and goes on with it", async () => {
  const again = vi.fn(async () => fakeClient());
  await show(<KeysNeeded why="opaque" again={again} onOpen={(each) => opened.push(each)} />);
  await tap("4711", true);
  await tap("4711");
  expect(again).toHaveBeenCalledWith("4711");
  expect(opened).toHaveLength(1);
});

test("a browser that keeps nothing gets a plain page without a way on", async () => {
  const none = Object.assign(new Error("x"), { name: "KeyStoreError", why: "none" });
  const again = async () => Promise.reject(none);
  await show(<KeysNeeded why="opaque" again={again} onOpen={() => undefined} />);
  await tap("4711", true);
  await tap("4711");
  expect(page.has("keys-none")).toBe(true);
  expect(page.root.all((each) => each.localName === "button")).toEqual([]);
});

/** Wait for a screen whose code may still be on its way. */
async function appears(id: string): Promise<void> {
  for (let turn = 0; turn < 100 && !page.has(id); turn += 1) await settled();
  expect(page.has(id)).toBe(true);
}

/** The app on a phone with these people; each client that it opens is told. */
async function openApp(people: readonly ProfileView[]) {
  const clients: ReturnType<typeof fakeClient>[] = [];
  const open = (id: string) => {
    const profile = people.find((each) => each.id === id) ?? LEAF;
    const client = { ...fakeClient(), profile };
    clients.push(client);
    return client;
  };
  const door: Door = {
    ...fakeDoor({ kind: "setup" }, people, fakeClient(), {}),
    open: async (id) => {
      if (id !== "p1") return open(id);
      throw Object.assign(new Error("x"), { name: "ProfileLocked" });
    },
    locks: async () => ({
      ...fakeLocks({}),
      unlock: async (id, pin) => (pin === PIN ? open(id) : Promise.reject(refused(3))),
    }),
  };
  await show(<App key={Math.random()} door={door} />);
  return clients;
}

test("a locked profile asks for its number, and hiding asks for it again", async () => {
  const clients = await openApp([LEAF]);
  await appears("locked");
  await tap(PIN);
  await appears("today");
  await page.tap("hide");
  expect(page.has("today")).toBe(false);
  await appears("locked");
  expect(clients[0]?.calls).toContain("close");
  await tap(PIN);
  await appears("today");
});

test("a profile that was closed from elsewhere is out of sight at once", async () => {
  const clients = await openApp([LEAF]);
  await appears("locked");
  await tap(PIN);
  await appears("today");
  (clients[0]?.ended as { value: boolean }).value = true;
  await settled();
  expect(page.has("today")).toBe(false);
  await appears("locked");
});

test("on a shared phone hiding leads to who is here, and a locked one can be left", async () => {
  await openApp([LEAF, BOAT]);
  await appears("door-who");
  await page.tap("profile-leaf");
  await appears("someone-else");
  await page.tap("someone-else");
  await appears("profile-boat");
  await page.tap("profile-boat");
  await appears("today");
  await page.tap("hide");
  await appears("door-who");
  await page.tap("door-someone");
  await appears("someone");
});

test("who is alone here and has no number has nothing to hide behind", async () => {
  await openApp([BOAT]);
  await appears("today");
  expect(page.has("hide")).toBe(false);
  go({ room: "lock" });
  await appears("lock");
});
