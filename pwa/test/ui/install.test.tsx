/** Before one leaves the clinic: what is on this phone, line by line. */
import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CareParts, care, fakeClient } from "../../src/gallery/fake";
import { fakeCard } from "../../src/gallery/fake-members";
import { InstallRoom } from "../../src/rooms/install";
import { installPrompt } from "../../src/ui/install";
import { route, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

afterEach(() => {
  vi.unstubAllGlobals();
  installPrompt.value = undefined;
});

async function room(parts: CareParts = {}, marks: readonly string[] = ["/keeps-care"], tried = 0) {
  const match = async (name: string) => (marks.includes(name) ? new Response() : undefined);
  vi.stubGlobal("caches", { match });
  const one = care(parts);
  const client = fakeClient({ cares: [one], card: fakeCard({ since: 1, tried }) });
  render(<InstallRoom client={client} care={one} />, page.root as unknown as Element);
  await settled();
  await settled();
}

const stateOf = (id: string) => page.get(`install.${id}`).attributes["data-state"];

test("when plan, app and clinic are there one may leave", async () => {
  await room();
  expect(["sent", "plan", "kept"].map(stateOf)).toEqual(["there", "there", "there"]);
  expect(page.has("install-done")).toBe(true);
});

test.each([
  ["no plan yet", { plans: [] }, undefined, "plan"],
  ["rooms that are not kept yet", {}, [], "kept"],
  ["a phone that was not let in yet", { awaited: true }, undefined, "sent"],
])("with %s one waits", async (_name, parts, marks, line) => {
  await room(parts, marks);
  expect(stateOf(line)).toBe("not");
  expect(page.has("install-wait")).toBe(true);
});

test("the card for a lost phone has its tick once it was tried, and is one tap away", async () => {
  await room();
  expect(page.get("install-card").attributes["data-state"]).toBe("not");
  expect(page.has("install-done")).toBe(true);
  await page.tap("install-card");
  expect(route.value).toMatchObject({ room: "paper" });
  page = openPage();
  await room({}, ["/keeps-care"], 9);
  expect(page.get("install-card").attributes["data-state"]).toBe("there");
});

test("where the browser can do it one tap puts it on the home screen", async () => {
  const prompt = vi.fn(async () => undefined);
  installPrompt.value = Object.assign(new Event("beforeinstallprompt"), { prompt });
  await room();
  await page.tap("install-add");
  expect(prompt).toHaveBeenCalledOnce();
});

test("where it can not it says how", async () => {
  await room();
  expect(page.get("install-how").textContent).toContain("three dots");
  expect(page.get("install-how").textContent).not.toContain("seven days");
});

test("on an iPhone it says why", async () => {
  vi.stubGlobal("navigator", { userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)" });
  await room();
  expect(page.get("install-how").textContent).toContain("seven days");
});
