/** The rooms of clinicians, by what a person sees and taps. */
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import type { ClinicView } from "../../src/clinic";
import { care, fakeClient } from "../../src/gallery/fake";
import {
  type FakeOffice,
  fakeActs,
  silentView,
  staffView,
  TICKET_LINK,
} from "../../src/gallery/fake-clinic";
import { device, fakeMembers, membersView, person } from "../../src/gallery/fake-members";
// Fetched here already, so that no test waits for it.
import "../../src/rooms/clinic";
import { MembersRoom } from "../../src/rooms/members";
import { type ClinicStep, show, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const CIRCLE = "cclinic";
let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

async function room(
  at: ClinicStep,
  parts: Partial<ClinicView> = {},
  told: FakeOffice = {},
  broken = false,
) {
  const acts = fakeActs(parts, told, broken);
  const people = [
    ...membersView().people.slice(0, 1),
    person({ devices: [device({ id: "dlost" })] }),
  ];
  const members = fakeMembers({ people }, false, acts);
  const one = care({ circle: CIRCLE, role: "therapist", purpose: parts.purpose ?? "clinic" });
  show({ room: "members", circle: CIRCLE, step: { at } });
  render(
    <MembersRoom client={fakeClient({ role: "therapist", cares: [one], members })} />,
    page.root as unknown as Element,
  );
  await settled();
  await settled();
  return acts;
}

function rows(): string[] {
  return page.root
    .all(({ attributes }) => attributes["data-testid"]?.startsWith("more-") === true)
    .map(({ attributes }) => attributes["data-testid"]?.slice(5) ?? "");
}

test("each is offered what they may, and no more", async () => {
  await room("more");
  expect(rows()).toEqual(["enrol", "silent", "wishes", "handover", "stop", "stopped", "key"]);
  await room("more", { isAdmin: false, canAddKey: false });
  expect(rows()).toEqual(["wishes", "stopped"]);
  const patient = { purpose: "patient", isAdmin: false, staff: [], gone: 1 } as const;
  await room("more", patient);
  expect(rows()).toEqual(["late"]);
  await room("more", { ...patient, gone: 0, notes: { state: "others", waiting: [] } });
  expect(rows()).toEqual(["notes"]);
});

test("how much waits is said before it is opened", async () => {
  const wish = { circle: "c1", patient: "Amina", member: "m1", name: "Omar", devices: 1 };
  const stopped = [
    { device: "d1", name: "Amina", reach: 3 },
    { device: "d2", name: "", reach: 0 },
  ];
  const record = { n: 2, type: "session", day: "2025-11-10" };
  const late = [
    { device: "d1", name: "", stream: "c", through: 3, records: [record, { ...record, n: 3 }] },
  ] as const;
  const told = { wishes: [wish, wish, wish], stopped, late, silent: [silentView()] };
  await room("more", { gone: 1 }, told);
  const count = (at: string) => page.get(`count-${at}`).textContent;
  const counts = ["wishes", "stopped", "late", "silent"].map(count);
  expect(counts).toEqual(["3", "1", "2", "1"]);
  expect(page.has("count-enrol")).toBe(false);
});

test("a code names the therapists who were chosen, and nobody else", async () => {
  const staff = [staffView({ name: "Omar", devices: ["d1", "d2"] }), staffView({ name: "Rosa" })];
  const acts = await room("enrol", { staff });
  await page.tap("enrol-make");
  expect(page.text()).toContain("Choose at least one.");
  expect(acts.calls).toEqual([]);
  page.all("staff")[0]?.send("click");
  await settled();
  await page.tap("enrol-make");
  expect(acts.calls).toEqual(["enrol d1,d2"]);
  expect(page.text()).toContain(TICKET_LINK);
  expect(page.text()).toContain("It works one time");
});

test("a phone is stopped by two taps, and what that is not is said before", async () => {
  const acts = await room("stop");
  expect(page.text()).toContain("What it has, it keeps.");
  await page.tap("stop-act");
  expect(acts.calls).toEqual([]);
  await page.tap("stop-act");
  expect(acts.calls).toEqual(["stop dlost"]);
});

test("a stopped phone is served again by who stopped it", async () => {
  const stopped = [{ device: "dlost", name: "Amina", reach: 1 }];
  const acts = await room("stop", {}, { stopped });
  await page.tap("serve-again");
  await page.tap("serve-again");
  expect(acts.calls).toEqual(["serve dlost"]);
});

test("clinicians are offered to take a stopped phone out, where they can", async () => {
  const stopped = [
    { device: "d1", name: "Amina", reach: 3 },
    { device: "d2", name: "", reach: 0 },
  ];
  const acts = await room("stopped", { isAdmin: false }, { stopped });
  expect(page.all("stopped-one").length).toBe(2);
  await page.tap("take-out");
  await page.tap("take-out");
  expect(acts.calls).toEqual(["takeOut d1"]);
});

test("of a phone that fell silent no more is said than this person may know", async () => {
  const silent = [
    silentView({ device: "d1", name: "Amina", patient: "Amina" }),
    silentView({ device: "d2", name: "Joy", patient: "Amina" }),
    silentView({ device: "d3", by: "Omar" }),
    silentView({ device: "d4" }),
    silentView({ device: "d5", isStaff: true }),
    silentView({ device: "d6", patient: "Bela" }),
  ];
  await room("silent", {}, { silent });
  const titles = page
    .all("silent-one")
    .map((one) => one.all(({ localName }) => localName === "h2")[0]);
  expect(titles.map((title) => title?.textContent)).toEqual([
    "Amina",
    "Joy for Amina",
    "With a patient whom Omar took in",
    "With a patient of the clinic",
    "A name that is not here yet",
    "Bela",
  ]);
  expect(page.all("silent-one")[0]?.textContent).toContain("No sign since 27 Oct");
  expect(page.has("silent-ask")).toBe(true);
});

test("where every silent phone has its name, nobody is sent to ask", async () => {
  await room("silent", {}, { silent: [silentView({ name: "Amina", patient: "Amina" })] });
  expect(page.has("silent-ask")).toBe(false);
});

test("where no phone fell silent that is all that is said", async () => {
  await room("silent");
  expect(page.text()).toContain("No phone fell silent.");
  expect(page.text()).not.toContain("Ask how these people are.");
});

test("a wish says whose patients go to whom, and that it opens nothing", async () => {
  const batches = [{ by: "mRosa", name: "Rosa", circles: ["c1", "c2"] }];
  const acts = await room("handover", {}, { batches });
  expect(page.text()).toContain("Nothing opens before a therapist of the patient says yes");
  expect(page.text()).toContain("2 patients");
  await page.tap("batch");
  // Not to herself.
  expect(page.all("staff").length).toBe(1);
  page.all("staff")[0]?.send("click");
  await settled();
  await page.tap("handover-wish");
  await page.tap("handover-wish");
  expect(acts.calls).toEqual(["wish 2 mOmar"]);
});

test("nobody is let in before a yes to the name, one by one or all", async () => {
  const wish = { circle: "c1", patient: "Amina", member: "m1", name: "Omar", devices: 1 };
  const wishes = [wish, { ...wish, circle: "c2", patient: "Bela" }];
  const acts = await room("wishes", {}, { wishes });
  expect(page.text()).toContain("Omar for Amina");
  expect(acts.calls).toEqual([]);
  page.all("wish-yes")[1]?.send("click");
  await settled();
  page.all("wish-yes")[1]?.send("click");
  await settled();
  expect(acts.calls).toEqual(["confirm c2 m1"]);
  await page.tap("wish-all");
  await page.tap("wish-all");
  expect(acts.calls).toEqual(["confirm c2 m1", "confirm c1 m1", "confirm c2 m1"]);
});

test("late records are read before they count, up to one or all of them", async () => {
  const records = [
    { n: 2, type: "session", day: "2025-11-10", pain: 0 },
    { n: 3, type: "unread", day: "" },
    { n: 5, type: "session", day: "2025-11-11", pain: 4 },
  ];
  const late = [{ device: "dlost", name: "Amina", stream: "c", through: 3, records }] as const;
  const acts = await room("late", { purpose: "patient" }, { late });
  expect(page.text()).toContain("3 records");
  expect(page.text()).toContain("It can not be read here");
  // What stands after a gap can not be taken in.
  expect(page.text()).toContain("Let all 2 count");
  expect(page.all("late-up-to").length).toBe(1);
  await page.tap("late-up-to");
  await page.tap("late-up-to");
  await page.tap("late-all");
  await page.tap("late-all");
  expect(acts.calls).toEqual(["accept dlost c2", "accept dlost c3"]);
});

test("nothing can count where something before it is missing", async () => {
  const records = [{ n: 5, type: "pain", day: "2025-11-11", pain: 4 }];
  const late = [{ device: "dlost", name: "Amina", stream: "c", through: 0, records }] as const;
  await room("late", { purpose: "patient" }, { late });
  expect(page.has("late-all")).toBe(false);
  expect(page.text()).toContain("Something before them is missing.");
});

test("the clinicians' notes are begun once, and given by name", async () => {
  const begun = await room("notes", { notes: { state: "none", waiting: [] } });
  await page.tap("knotes-begin");
  await page.tap("knotes-begin");
  expect(begun.calls).toEqual(["beginNotes"]);
  const waiting = [{ device: "d1", name: "Omar", role: "therapist" as const }];
  const acts = await room("notes", { notes: { state: "mine", waiting } });
  expect(page.has("knotes-begin")).toBe(false);
  await page.tap("knotes-let");
  await page.tap("knotes-let");
  expect(acts.calls).toEqual(["grant d1"]);
});

test("a note for clinicians is written where it is read, beside no other", async () => {
  const acts = await room("notes", { notes: { state: "mine", waiting: [] } });
  await page.type("knote-text", " Bends too far. ");
  page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
  await settled();
  expect(acts.calls).toEqual(["writeForClinicians Bends too far."]);
  // The notes of the gallery's circle are for everybody.
  expect(page.has("knote")).toBe(false);
});

test("what was not done is said where it was tapped", async () => {
  await room("notes", { notes: { state: "none", waiting: [] } }, {}, true);
  await page.tap("knotes-begin");
  await page.tap("knotes-begin");
  expect(page.text()).toContain("That was not done.");
});

test("a line that is no key of this kind is told apart from no network", async () => {
  const acts = await room("key");
  Object.assign(acts, {
    addKey: () => Promise.reject(Object.assign(new Error("no"), { code: "schema" })),
  });
  await page.type("key-line", "rj1-recovery-pub.x");
  page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
  await settled();
  expect(page.text()).toContain("That is not one whole line");
  Object.assign(acts, { addKey: () => Promise.reject(new Error("down")) });
  page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
  await settled();
  expect(page.text()).toContain("That was not done.");
});

test("who joined the clinic by a link says a name", async () => {
  const staff = [staffView({ name: "", mine: true })];
  const acts = await room("more", { staff });
  await page.type("own-name", " Omar ");
  page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
  await settled();
  expect(acts.calls).toEqual(["sayName Omar"]);
});

test("where a helper logs, the way to the patient's own phone is told", async () => {
  const people = [...membersView().people.slice(0, 1), person({ role: "caregiver" })];
  const one = care({ circle: CIRCLE, role: "therapist" });
  const draw = async (view: Parameters<typeof fakeMembers>[0]) => {
    const client = fakeClient({ role: "therapist", cares: [one], members: fakeMembers(view) });
    show({ room: "members", circle: CIRCLE });
    render(<MembersRoom client={client} />, page.root as unknown as Element);
    await settled();
  };
  await draw({ people });
  expect(page.has("members-child")).toBe(true);
  await draw({ people: [...people, person()] });
  expect(page.has("members-child")).toBe(false);
});
