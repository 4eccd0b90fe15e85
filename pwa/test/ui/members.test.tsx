/** The rooms of members, of asking and of the card, by what a person sees and taps. */
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import type { Client } from "../../src/client";
import { BESIDE, care, DIGITS, fakeClient, fakeDoor, note, session } from "../../src/gallery/fake";
import {
  ANSWER,
  CARD,
  device,
  fakeCard,
  fakeMembers,
  MEMBERS_LINK,
  membersView,
  person,
} from "../../src/gallery/fake-members";
import type { MembersView } from "../../src/members";
import { Ask } from "../../src/rooms/door/ask";
import { EnterByCard } from "../../src/rooms/door/card";
import { MembersRoom } from "../../src/rooms/members";
import { ownRecords } from "../../src/rooms/members/export";
import { PaperRoom } from "../../src/rooms/paper";
import { type MembersStep, show, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

const CIRCLE = "cmembers";
let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

function draw(element: preact.ComponentChild): Promise<void> {
  render(element, page.root as unknown as Element);
  return settled();
}

async function submit(): Promise<void> {
  page.root.all(({ localName }) => localName === "form")[0]?.send("submit");
  await settled();
}

async function room(parts: Partial<MembersView> = {}, step?: MembersStep, broken = false) {
  const members = fakeMembers(parts, broken);
  const one = care({ circle: CIRCLE, role: "therapist" });
  const client = fakeClient({ role: "therapist", cares: [one], members });
  show({ room: "members", circle: CIRCLE, ...(step === undefined ? {} : { step }) });
  await draw(<MembersRoom client={client} />);
  await settled();
  return members;
}

const REQUEST = { device: "dasks", iid: "iasks", role: "patient", name: "Amina", digits: DIGITS };

test("who is out takes nobody else out", async () => {
  const one = care({ circle: CIRCLE, role: "therapist", isOut: true });
  const members = fakeMembers({ canInvite: [], canLeave: false });
  const client = fakeClient({ role: "therapist", cares: [one], members });
  show({ room: "members", circle: CIRCLE });
  await draw(<MembersRoom client={client} />);
  await settled();
  expect(page.all("member").length).toBeGreaterThan(1);
  expect(page.all("member-remove")).toEqual([]);
});

test("the list says who reads, on which phones, and who put a phone under another's name", async () => {
  const stranger = device({ setUnder: true, by: "Kofi" });
  const amina = person({ devices: [device(), stranger] });
  await room({ people: [...membersView().people.slice(0, 1), amina] });
  expect(page.text()).toContain("Added by Kofi, 3 Mar");
  expect(page.text()).toContain("Since 3 Mar, let in by Rosa");
  expect(page.text()).toContain("Locked against quantum computers too.");
});

test("one phone with an older key ends the promise for the whole circle", async () => {
  const people = [person({ devices: [device({ strong: false })] })];
  await room({ people, isStrong: false });
  expect(page.text()).toContain("1 phone has an older kind of key.");
  expect(page.text()).not.toContain("quantum computers too");
});

test("a stranger's phone is out after two taps", async () => {
  const stranger = device({ id: "dstranger" });
  const members = await room({ people: [person({ devices: [stranger] })] });
  await page.tap("member-remove");
  expect(members.calls).toEqual([]);
  await page.tap("remove-yes");
  expect(members.calls).toEqual(["remove dstranger"]);
});

test("what could not be done is said, and the question stays", async () => {
  const stranger = device({ id: "dstranger" });
  const step = { at: "remove", device: "dstranger" } as const;
  await room({ people: [person({ devices: [stranger] })] }, step, true);
  await page.tap("remove-yes");
  expect(page.text()).toContain("That was not done.");
  expect(page.text()).toContain("Take this phone out?");
});

test("the digits are compared: the same lets in, not the same ends the link", async () => {
  const requests = [REQUEST] as MembersView["requests"];
  const members = await room({ requests }, { at: "compare", device: "dasks" });
  expect(page.text()).toContain("042719385561");
  await page.tap("compare-same");
  expect(members.calls).toEqual(["approve dasks"]);
  const again = await room({ requests }, { at: "compare", device: "dasks" });
  await page.tap("compare-other");
  expect(again.calls).toEqual(["refuse iasks"]);
});

test("letting somebody in asks who and how; a sent link says that it opens nothing", async () => {
  const members = await room({}, { at: "add" });
  await page.tap("add-patient");
  await page.tap("add-approve");
  await settled();
  expect(members.calls).toEqual(["invite patient approve"]);
  expect(page.text()).toContain(MEMBERS_LINK);
  expect(page.text()).toContain("It opens nothing yet.");
});

test("a phone that asks shows its digits, opens when it is let in, and is told a no", async () => {
  const client = fakeClient();
  const opened: Client[] = [];
  const asking = { digits: DIGITS, opened: Promise.resolve(client), stop: () => {} };
  await draw(<Ask asking={asking} onOpen={(one) => opened.push(one)} />);
  expect(page.text()).toContain("042719385561");
  await settled();
  expect(opened).toEqual([client]);
  const no = Promise.reject(new Error("no"));
  no.catch(() => {});
  await draw(<Ask key="no" asking={{ ...asking, opened: no }} />);
  await settled();
  expect(page.text()).toContain("You were not let in");
});

test("a card is made, shown once, and tried before it counts as kept", async () => {
  const card = fakeCard();
  show({ room: "paper" });
  await draw(<PaperRoom client={fakeClient({ card })} />);
  await settled();
  await page.tap("paper-make");
  await settled();
  for (const group of CARD.split("-")) expect(page.text()).toContain(group);
  await page.tap("paper-kept");
  await page.type("paper-typed", "7KQ2");
  await submit();
  expect(page.text()).toContain("That is not what the card says.");
  await page.type("paper-typed", CARD.toLowerCase());
  await submit();
  expect(page.text()).toContain("Right. Keep it apart from the phone.");
});

test("a lost phone is taken out beside the card, in two taps", async () => {
  const card = fakeCard({ since: 1, others: [{ id: "dlost", since: 1, heard: 0 }] });
  await draw(<PaperRoom client={fakeClient({ card })} />);
  await settled();
  await page.tap("paper-take-out");
  expect(card.calls).toEqual([]);
  await page.tap("paper-take-out");
  expect(card.calls).toEqual(["takeOut dlost"]);
});

test.each([
  ["schema", "The card has 20 letters and digits."],
  ["target", "No card has these letters."],
  ["removed", "This is an old card"],
  ["limit", "made in a way that is not taken"],
  ["tag", "is damaged"],
  ["other", "That did not work."],
])("a card that is refused with %s is told apart", async (code, words) => {
  const door = {
    ...fakeDoor({ kind: "setup" }),
    recover: () => Promise.reject(Object.assign(new Error("no"), { code })),
  };
  const nobody = () => undefined;
  await draw(<EnterByCard door={door} onOpen={nobody} onStuck={() => false} onBack={nobody} />);
  await submit();
  expect(page.text()).toContain(words);
});

test("who was taken out is told so and can save what they wrote, and nobody else's", async () => {
  const own = session(1, { worst: 2 });
  const one = care({
    circle: CIRCLE,
    isOut: true,
    sessions: [own],
    notes: [note(0, "by the therapist")],
  });
  const members = fakeMembers({ canInvite: [], canLeave: false });
  show({ room: "members", circle: CIRCLE });
  await draw(<MembersRoom client={fakeClient({ cares: [one], members })} />);
  await settled();
  expect(page.text()).toContain("This phone was taken out.");
  expect(page.has("members-export")).toBe(true);
  expect(page.has("members-leave")).toBe(false);
  expect(ownRecords(one)).toEqual([{ id: own.id, place: "server", record: own.value }]);
});

test("a phone beside this one is let in by the text of its code, and gets an answer", async () => {
  const members = await room({}, { at: "add" });
  await page.tap("add-mine");
  await page.tap("add-beside");
  page.get("scan-typed").send("input", { currentTarget: { value: BESIDE } });
  await submit();
  await settled();
  expect(members.calls).toEqual([`admit ${BESIDE}`]);
  expect(page.has("add-answer")).toBe(true);
  expect(page.text()).toContain(ANSWER);
  expect(page.text()).toContain("It comes in when this phone has network.");
});

test("a code of something else is told, and nobody is let in", async () => {
  const members = await room({}, { at: "add" });
  members.admit = async () => {
    throw Object.assign(new Error("another code"), { code: "schema" });
  };
  await page.tap("add-mine");
  await page.tap("add-beside");
  page.get("scan-typed").send("input", { currentTarget: { value: "https://clinic.example" } });
  await submit();
  await settled();
  expect(page.has("add-answer")).toBe(false);
  expect(page.text()).toContain("This is another code, or a part is missing.");
});

test("a card that was never tried is asked about, tried in place, and what a lost phone had is told", async () => {
  const since = Date.UTC(2025, 10, 3) / 1000;
  const heard = Date.UTC(2025, 10, 10, 12) / 1000;
  const card = fakeCard({ since, others: [{ id: "dlost", since, heard }] });
  const client = fakeClient({ card });
  show({ room: "paper" });
  await draw(<PaperRoom client={client} />);
  await settled();
  expect(page.text()).toContain("Nobody has tried it yet.");
  expect(page.get("paper-lost").textContent).toContain("what it wrote after 10 Nov");
  await page.tap("paper-rehearse");
  await page.type("paper-typed", "0000-0000-0000-0000-0000");
  await submit();
  expect(page.text()).toContain("That is not what the card says.");
  await page.type("paper-typed", CARD);
  await submit();
  expect(page.has("paper-done")).toBe(true);
  expect(card.calls.filter((call) => call === "tryOut").length).toBe(2);
});
