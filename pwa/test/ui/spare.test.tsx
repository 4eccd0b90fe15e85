/** A copy of the plan for a phone that gives out no store: who has one, what is in it, when it goes. */
import { render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Client } from "../../src/client";
import { forgetSpare, SPARE } from "../../src/client/profiles";
import {
  byStaff,
  type CareParts,
  care,
  fakeClient,
  kneePlan,
  note,
  plan,
  session,
} from "../../src/gallery/fake";
import type { Contacts } from "../../src/records.gen";
import { ownCard } from "../../src/rooms/record/today-card";
import { unopened } from "../../src/rooms/record/unopened";
import { openPage, type ScreenPage, settled } from "./page";

const CONTACTS: Contacts = {
  ...{ type: "contacts", lam: 1, at: 1, tz_min: 0, emergency: "112" },
  contacts: [{ name: "Hill Road Clinic", phone: "+254 20 123" }],
};
const SECRET = "Take it slowly, Amina.";
let page: ScreenPage;
let stored: Map<string, Response>;

beforeEach(() => {
  page = openPage();
  stored = new Map();
  const cache = {
    match: async (name: string) => stored.get(name)?.clone(),
    put: async (name: string, answer: Response) => void stored.set(name, answer),
    delete: async (name: string) => stored.delete(name),
    keys: async () => [...stored.keys()],
  };
  vi.stubGlobal("caches", { open: async (name: string) => name === SPARE && cache });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Today as this person sees it; a profile with a number is `locked`. */
async function today(parts: CareParts = {}, profile: Partial<Client["profile"]> = {}) {
  const { items, ...more } = kneePlan();
  const noted = plan({ ...more, items: items.map((item) => ({ ...item, note: SECRET })) });
  const told = { sessions: [session(1, { worst: 7 })], notes: [note(1, SECRET)] };
  const one = care({ plans: [noted], ...told, others: [byStaff(CONTACTS)], ...parts });
  const client = fakeClient({ cares: [one] });
  const Card = await ownCard();
  const shown = { ...client, profile: { ...client.profile, ...profile } };
  render(<Card key={Math.random()} client={shown} care={one} at="top" />, rootOf());
  await settled();
  await settled();
}

const rootOf = () => page.root as unknown as Element;

test("what was planned, and whom to call, is read where the store stays shut", async () => {
  await today();
  expect(stored.size).toBe(1);
  const Unopened = await unopened();
  render(<Unopened onBack={() => undefined} />, rootOf());
  await settled();
  await settled();
  expect(page.get("unopened-plan").textContent).toContain("The plan of Leaf");
  expect(page.get("unopened-kn02").textContent).toContain("3\u00a0×\u00a010, hold 3\u00a0s");
  expect(page.has("unopened-bk09")).toBe(false);
  await page.tap("unopened-kn02");
  expect(page.get("unopened-one").textContent).toContain("3\u00a0×\u00a010, hold 3\u00a0s");
  await page.tap("unopened-back");
  await page.tap("unopened-call");
  expect(page.get("call-emergency").textContent).toContain("112");
  expect(page.get("call-contact").textContent).toContain("+254 20 123");
});

test("nothing that somebody told or wrote is in it", async () => {
  await today();
  const text = await [...stored.values()][0]?.text();
  expect(text).toContain('"kn02"');
  expect(text).not.toContain(SECRET);
  expect(text).not.toMatch(/Amina|Rosa|pain|worst|day/);
});

test.each<[string, CareParts, Partial<Client["profile"]>]>([
  ["has a number", {}, { locked: true }],
  ["is a therapist", {}, { role: "therapist" }],
  ["was taken out", { isOut: true }, {}],
  ["has closed the record", { closedAt: 1 }, {}],
  ["has no plan", { plans: [] }, {}],
])("who %s has none, and what there was goes", async (_, parts, profile) => {
  await today();
  expect(stored.size).toBe(1);
  await today(parts, profile);
  expect(stored.size).toBe(0);
});

test("it goes with its profile, and a phone without such a place goes on", async () => {
  await today();
  await forgetSpare("pother");
  expect(stored.size).toBe(1);
  await forgetSpare("pgallery");
  expect(stored.size).toBe(0);
  vi.stubGlobal("caches", undefined);
  await expect(forgetSpare("pgallery")).resolves.toBe(undefined);
});
