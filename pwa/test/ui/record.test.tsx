/** My record, my choice: resting, stopping, an end, the notice and a copy, by what a person taps. */
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import { care, fakeClient, morning, note, session, TODAY } from "../../src/gallery/fake";
import type { AnyRecord, Consent, Wish } from "../../src/records.gen";
import { bundleOf, instantOf } from "../../src/rooms/copy/bundle";
import { readable } from "../../src/rooms/copy/readable";
import type { OwnPlace } from "../../src/rooms/patient/today";
import { RecordRoom } from "../../src/rooms/record";
import { NOTICE, versionHere } from "../../src/rooms/record/consent";
import { ownCard } from "../../src/rooms/record/today-card";
import { WishCard, wishFact } from "../../src/rooms/therapist/wish";
import { type RecordStep, show, startRoutes } from "../../src/ui/route";
import { lastWish } from "../../src/wishes";
import { addWords } from "../../src/words";
import { enCopy } from "../../src/words/en-copy";
import { enMore } from "../../src/words/en-more";
import { openPage, type ScreenPage, settled } from "./page";

const CIRCLE = "cown";
let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

type Parts = Parameters<typeof care>[0];

async function room(parts: Parts = {}, step?: RecordStep, broken = false) {
  const one = care({ circle: CIRCLE, ...parts });
  const client = fakeClient({ cares: [one], broken, role: one.role });
  show({ room: "record", circle: CIRCLE, ...(step === undefined ? {} : { step }) });
  render(<RecordRoom client={client} />, page.root as unknown as Element);
  await settled();
  return { client, one, wish: () => lastWish(one.diary.value)?.value };
}

test("a rest takes one tap here; its length and its reason can be said after it", async () => {
  const { wish } = await room();
  await page.tap("record-rest");
  expect(wish()).toMatchObject({ wish: "pause", day: TODAY, until: "2025-11-24" });
  expect(page.text()).toContain("Resting until");
  expect(page.text()).toContain("No reminders come.");
  await page.tap("rest-14");
  await page.tap("why-away");
  expect(wish()).toMatchObject({ wish: "pause", until: "2025-12-01", reason: "away" });
  await page.tap("rest-0");
  expect(wish()?.until).toBe(undefined);
});

test("who has stopped sees it, and goes on with one tap", async () => {
  const { wish } = await room();
  await page.tap("record-stop");
  expect(wish()).toMatchObject({ wish: "stop" });
  show({ room: "record", circle: CIRCLE });
  await settled();
  expect(page.get("record-standing").textContent).toContain("You have stopped");
  await page.tap("record-on");
  expect(wish()).toMatchObject({ wish: "go_on" });
  expect(page.has("record-standing")).toBe(false);
});

test("an end says what it means, is asked once more, and is written before anything is closed", async () => {
  const { wish, client } = await room({}, "end");
  expect(page.text()).toContain("After 30 days the server deletes all of it.");
  expect(page.text()).toContain("What others have read or copied stays with them.");
  await page.tap("end-yes");
  expect(wish()).toMatchObject({ wish: "erase" });
  expect(client.calls.some((call) => call.startsWith("setClosed"))).toBe(false);
  expect(page.text()).toContain("This phone does it as soon as there is network.");
});

test("who looks after somebody asks the therapist", async () => {
  const { wish } = await room({ role: "caregiver" }, "end");
  expect(page.get("end-yes").textContent).toBe("Ask Rosa to delete it");
  await page.tap("end-yes");
  expect(wish()).toMatchObject({ wish: "erase" });
  expect(page.text()).toContain("Rosa is asked to do it.");
});

test("a closed record says when it goes, and can be opened again", async () => {
  const { one, client } = await room({ closedAt: Date.UTC(2025, 10, 1, 12) / 1000 });
  expect(page.text()).toContain("The server deletes it on Mon 1 Dec");
  expect(page.has("record-end")).toBe(false);
  await page.tap("record-on");
  expect(client.calls).toContain("setClosed false");
  expect(one.closedAt.value).toBe(0);
});

test("what could not be written is said", async () => {
  const { wish } = await room({}, undefined, true);
  await page.tap("record-stop");
  expect(wish()).toBe(undefined);
  expect(page.has("record-failed")).toBe(true);
});

const given = ({
  diary,
}: {
  readonly diary: { readonly value: readonly { readonly value: AnyRecord }[] };
}) => diary.value.map(({ value }) => value).filter((one): one is Consent => one.type === "consent");

test("the notice is answered with its words' version and language, and can be answered anew", async () => {
  const { one } = await room({}, "notice");
  expect(page.text()).toContain("Until you answer all works.");
  expect(page.text()).toContain("Nobody has checked these words");
  await page.tap("notice-yes");
  const [answer] = given(one);
  expect(answer).toMatchObject({ notice: NOTICE, language: "en", given_by: "self" });
  expect(answer?.choices).toEqual({ care: true });
  expect(answer?.version).toBe(await versionHere());
  show({ room: "record", circle: CIRCLE, step: "notice" });
  await settled();
  await page.tap("notice-no");
  expect(given(one).map(({ choices }) => choices.care)).toEqual([true, false]);
  // A no leads to the end of the record, which is then a withdrawal.
  await page.tap("end-yes");
  expect(lastWish(one.diary.value)?.value).toMatchObject({ wish: "withdraw" });
});

test("who looks after somebody answers for them, and it says so", async () => {
  const { one } = await room({ role: "caregiver", name: "Amina" }, "notice");
  expect(page.text()).toContain("You answer for Amina.");
  await page.tap("notice-yes");
  expect(given(one)[0]?.given_by).toBe("caregiver");
});

test("today asks for an answer until there is one, and shows a rest", async () => {
  const one = care({ circle: CIRCLE });
  const client = fakeClient({ cares: [one] });
  const Card = await ownCard();
  const draw = (at: OwnPlace) => {
    render(<Card client={client} care={one} at={at} />, page.root as unknown as Element);
    return settled();
  };
  await draw("first");
  expect(page.has("open-notice")).toBe(true);
  await client.write(CIRCLE, {
    type: "consent",
    notice: NOTICE,
    version: await versionHere(),
    language: "en",
    choices: { care: true },
    day: TODAY,
    performed_at: 1,
    given_by: "self",
  });
  await client.write(CIRCLE, {
    type: "wish",
    wish: "pause",
    day: TODAY,
    until: "2025-11-20",
  } satisfies Omit<Wish, "lam" | "at" | "tz_min">);
  await draw("first");
  expect(page.has("open-notice")).toBe(false);
  await draw("top");
  expect(page.text()).toContain("Resting until Thu 20 Nov");
});

const TOLD = care({
  name: "Amina <b>",
  sessions: [session(2, { worst: 0 }), session(1, { worst: "not_said" }), session(0)],
  pains: [morning(1, 0)],
  notes: [note(1, "Well done & thank you")],
});

test("a copy to read has every day, and pain 0, not said and not asked apart", () => {
  addWords({ ...enMore, ...enCopy });
  const html = readable(TOLD, TODAY);
  expect(html).toContain("Worst pain: 0 No pain");
  expect(html).toContain("Worst pain: not said");
  expect(html.match(/Worst pain/g)?.length).toBe(2);
  expect(html).toContain("Well done &amp; thank you");
  expect(html).toContain("Amina &lt;b&gt;");
  expect(html).not.toMatch(/<script|src=|href=/);
});

test("a copy as data keeps 0 a number, gives what was skipped a reason, and leaves out the rest", () => {
  const { entry } = bundleOf(TOLD) as unknown as {
    readonly entry: readonly { readonly resource: Readonly<Record<string, unknown>> }[];
  };
  const all = entry.map(({ resource }) => resource);
  const pains = all.filter(({ resourceType }) => resourceType === "Observation");
  expect(pains.map(({ valueInteger }) => valueInteger)).toEqual([0, undefined, 0]);
  expect(pains.map(({ dataAbsentReason }) => dataAbsentReason !== undefined)).toEqual([
    false,
    true,
    false,
  ]);
  // Nothing is lost: each record is there as it was written as well.
  expect(all.filter(({ resourceType }) => resourceType === "Basic").length).toBe(
    TOLD.diary.value.length,
  );
  const ids = all.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each([
  [0, 0, "1970-01-01T00:00:00+00:00"],
  [0, 330, "1970-01-01T05:30:00+05:30"],
  [86_400, -210, "1970-01-01T20:30:00-03:30"],
])("a moment has the offset of its place", (unix_s, tz_min, text) => {
  expect(instantOf(unix_s, tz_min)).toBe(text);
});

test("the therapist sees a wish in the list, says so, and closes what was asked in two taps", async () => {
  const stamp = { lam: 9, at: 1, tz_min: 0 } as const;
  const value = { type: "wish", wish: "erase", day: TODAY, reason: "away", ...stamp } as const;
  const id = "ev:2511:dmother:c000001";
  const entered = { role: "caregiver", name: "Mariam" } as const;
  const asked = { id, value, place: "server", author: "m", mine: false, entered } as const;
  addWords(enMore);
  const one = care({ circle: CIRCLE, role: "therapist", others: [asked] });
  const client = fakeClient({ cares: [one], role: "therapist" });
  expect(wishFact(client, one)).toBe("Wants the record deleted");
  render(<WishCard client={client} care={one} />, page.root as unknown as Element);
  await settled();
  expect(page.text()).toContain("Entered by Mariam");
  await page.tap("wish-see");
  expect(page.text()).toContain("You have seen it");
  await page.tap("wish-close");
  expect(one.closedAt.value).toBe(0);
  await page.tap("wish-close");
  expect(one.closedAt.value).toBeGreaterThan(0);
  expect(wishFact(client, one)).toBe("The record is closed");
});
