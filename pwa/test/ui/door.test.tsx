import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import { App } from "../../src/app";
import type { Client, Door } from "../../src/client";
import { fakeClient, fakeDoor } from "../../src/gallery/fake";
import { DoorRoom } from "../../src/rooms/door/door";
import { Setup } from "../../src/rooms/door/setup";
// Loaded here, so that opening a profile does not wait for the code of its rooms.
import "../../src/rooms/patient";
import "../../src/rooms/record/unopened";
import { startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;
let opened: Client[];

beforeEach(() => {
  page = openPage();
  startRoutes();
  opened = [];
});

function show(element: preact.ComponentChild): Promise<void> {
  render(element, page.root as unknown as Element);
  return settled();
}

function joining(door: Door, profiles: Parameters<typeof fakeDoor>[1] = []) {
  return (
    <DoorRoom
      door={door}
      state={{
        at: "link",
        view: { kind: "join", role: "patient", purpose: "patient" },
        fragment: "j1.a.b",
        profiles,
      }}
      onOpen={(client) => opened.push(client)}
      onProfile={() => undefined}
      onRetry={() => undefined}
      onLeave={() => undefined}
      onSomeone={() => undefined}
      onCard={() => undefined}
      onBeside={() => undefined}
      onStuck={() => false}
    />
  );
}

test("joining says who reads what and takes one tap", async () => {
  const client = fakeClient();
  await show(joining(fakeDoor({ kind: "setup" }, [], client)));
  expect(page.text()).toContain("The clinic office and the server can not read them.");
  await page.tap("join-accept");
  expect(opened).toEqual([client]);
});

test("on a shared phone the person says who joins", async () => {
  const asked: (string | undefined)[] = [];
  const door: Door = {
    ...fakeDoor({ kind: "setup" }),
    join: async (_, profile) => {
      asked.push(profile);
      return fakeClient();
    },
  };
  await show(joining(door, [{ id: "p1", picture: "leaf", role: "patient" }]));
  await page.tap("join-as-leaf");
  expect(asked).toEqual(["p1"]);
});

test("a join that fails says that nothing was changed and can be tried again", async () => {
  let tries = 0;
  const door: Door = {
    ...fakeDoor({ kind: "setup" }),
    join: async () => {
      tries += 1;
      if (tries === 1) throw new Error("no network");
      return fakeClient();
    },
  };
  await show(joining(door));
  await page.tap("join-accept");
  expect(page.has("join-failed")).toBe(true);
  await page.tap("join-accept");
  expect(opened).toHaveLength(1);
});

test("the clinic needs both names, without the spaces around them", async () => {
  const names: object[] = [];
  const door: Door = {
    ...fakeDoor({ kind: "setup" }),
    found: async (_, given) => {
      names.push(given);
      return fakeClient({ role: "therapist" });
    },
  };
  await show(
    <Setup
      door={door}
      fragment="s1.x"
      onOpen={(client) => opened.push(client)}
      onStuck={() => false}
    />,
  );
  const submit = async () => {
    page.root.all((each) => each.localName === "form")[0]?.send("submit");
    await settled();
  };
  await page.type("setup-clinic", " Hill Road ");
  await submit();
  expect(names).toEqual([]);
  expect(page.text()).toContain("Both names are needed.");
  await page.type("setup-person", "Rosa ");
  await submit();
  expect(names).toEqual([{ clinic: "Hill Road", person: "Rosa" }]);
  expect(opened).toHaveLength(1);
});

test("several profiles are asked for by picture, and the chosen one is opened", async () => {
  const chosen: string[] = [];
  const door: Door = {
    ...fakeDoor({ kind: "setup" }, [
      { id: "p1", picture: "leaf", role: "patient" },
      { id: "p2", picture: "boat", role: "patient" },
    ]),
    open: async (id) => {
      chosen.push(id);
      return fakeClient();
    },
  };
  Object.assign(globalThis, { location: { hash: "", pathname: "/", search: "" } });
  await show(<App door={door} />);
  expect(page.get("profile-boat").textContent).toBe("Boat");
  await page.tap("profile-boat");
  expect(chosen).toEqual(["p2"]);
  expect(page.has("today")).toBe(true);
});

test("where the phone gives out no store one sees why, the exercises, and whom to call", async () => {
  const refuses = async () => Promise.reject(new DOMException("", "UnknownError"));
  await show(<App door={{ ...fakeDoor({ kind: "setup" }), profiles: refuses }} />);
  await settled();
  expect(page.has("door-failed")).toBe(true);
  await page.tap("door-without");
  await settled();
  expect(page.text()).toContain("They are not deleted.");
  expect(page.get("unopened-log").textContent).toContain("I cannot keep what you tell me now.");
  await page.tap("unopened-kn01");
  expect(page.has("unopened-one")).toBe(true);
  expect(page.root.all(({ localName }) => localName === "li").length).toBeGreaterThan(1);
  await page.tap("unopened-back");
  await page.tap("unopened-call");
  expect(page.has("check-help")).toBe(true);
  await page.tap("unopened-back");
  await page.tap("unopened-back");
  expect(page.has("door-failed")).toBe(true);
});
