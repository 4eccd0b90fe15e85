/** The room of reminders, by what a person sees and taps. */
import { render } from "preact";
import { beforeEach, expect, test } from "vitest";
import { care, fakeClient, kneePlan, plan, TODAY } from "../../src/gallery/fake";
import { type FakeRemindingParts, fakeReminding } from "../../src/gallery/fake-reminding";
import { CHOSEN } from "../../src/gallery/reminders-states";
import { type Chosen, isQuiet } from "../../src/reminding";
import { PatientRooms } from "../../src/rooms/patient";
import { lastSaved } from "../../src/rooms/patient/log";
import { Saved } from "../../src/rooms/patient/saved";
import { RemindersRoom } from "../../src/rooms/reminders";
import { calendarOf } from "../../src/rooms/reminders/calendar";
import { chosenFrom, FIRST } from "../../src/rooms/reminders/choose";
import { sayDays, shifted } from "../../src/rooms/reminders/times";
import { go, type Route, route, startRoutes } from "../../src/ui/route";
import { openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;

beforeEach(() => {
  page = openPage();
  startRoutes();
});

type Step = Extract<Route, { room: "reminders" }>["step"];
type Proposal = NonNullable<ReturnType<typeof kneePlan>["reminder"]>;

async function room(parts: FakeRemindingParts = {}, step?: Step, reminder?: Proposal) {
  const reminding = fakeReminding(parts);
  const plans = [plan({ ...kneePlan(), ...(reminder && { reminder }) })];
  const cares = [care({ plans, therapist: "Rosa" })];
  go({ room: "reminders", ...(step && { step }) });
  const client = fakeClient({ cares, reminding });
  render(<RemindersRoom client={client} />, page.root as unknown as Element);
  await settled();
  await settled();
  return reminding;
}

const lastChosen = ({ calls }: { calls: string[] }): Chosen =>
  JSON.parse(calls.findLast((call) => call.startsWith("choose"))?.slice(7) ?? "null");

test("two taps are enough: a time, and yes; then the phone asks, after it was told why", async () => {
  const reminding = await room();
  await page.tap("remind-09:00");
  expect(page.get("remind-time").textContent).toMatch(/9:00/);
  await page.tap("remind-save");
  expect(lastChosen(reminding)).toMatchObject({ time: "09:00", weekdays: [1, 2, 3, 4, 5, 6, 7] });
  expect(page.has("remind-ask")).toBe(true);
  expect(page.text()).toContain("Time for your routine");
  expect(reminding.calls).not.toContain("allow");
  await page.tap("remind-allow");
  await settled();
  expect(reminding.calls).toContain("allow");
  expect(page.has("remind")).toBe(true);
});

test("nobody is asked at the mere sight of the room", async () => {
  expect((await room()).calls).toEqual([]);
  expect((await room({ chosen: CHOSEN })).calls).toEqual([]);
});

test("the time goes on by a quarter of an hour, over midnight too", async () => {
  const reminding = await room();
  for (let taps = 0; taps < 2; taps += 1) await page.tap("remind-later");
  await page.tap("remind-earlier");
  await page.tap("remind-save");
  expect(lastChosen(reminding).time).toBe("18:15");
  expect([shifted("23:45", 15), shifted("00:00", -15)]).toEqual(["00:00", "23:45"]);
});

test("days are put in and out, but never the last one", async () => {
  const reminding = await room();
  for (const day of [1, 2, 3, 4, 5, 6, 7]) await page.tap(`remind-day-${day}`);
  await page.tap("remind-day-2");
  await page.tap("remind-save");
  expect(lastChosen(reminding).weekdays).toEqual([2, 7]);
});

test("what the therapist proposes is taken with one tap; its second time is when it is said again", async () => {
  const reminding = await room({}, undefined, { times: ["17:30", "07:30"], weekdays: [1, 3, 5] });
  expect(page.text()).toContain("Rosa proposes");
  expect(page.text()).toContain("17:30");
  await page.tap("remind-take");
  expect(lastChosen(reminding)).toMatchObject({ time: "07:30", weekdays: [1, 3, 5], nudge: 600 });
});

test("another time than the proposed one, and no reminders at all, are as near", async () => {
  const proposal = { times: ["07:30"], weekdays: [1] };
  await room({}, undefined, proposal);
  await page.tap("remind-other");
  expect(page.has("remind-choose")).toBe(true);
  const reminding = await room({}, undefined, proposal);
  await page.tap("remind-no");
  expect(reminding.calls).toEqual(["choose undefined"]);
  expect(route.value.room).toBe("home");
});

test("a proposal of a year that no nudge reaches is its first time alone", () => {
  expect(chosenFrom({ times: ["06:00", "20:00"], weekdays: [1] })).not.toHaveProperty("nudge");
  expect(chosenFrom({ times: ["06:00", "06:10"], weekdays: [1] })).not.toHaveProperty("nudge");
});

test("one tap pauses, one goes on", async () => {
  const reminding = await room({ chosen: CHOSEN, allowed: "yes", told: "there" });
  await page.tap("remind-pause");
  expect(lastChosen(reminding).paused).toBe("always");
  expect(page.has("remind-paused")).toBe(true);
  await page.tap("remind-on");
  expect(lastChosen(reminding)).toEqual(CHOSEN);
  await page.tap("remind-week");
  expect(lastChosen(reminding).paused).toBe("2025-11-24");
});

test.each([
  ["yes", "there", "remind-there"],
  ["yes", "waits", "remind-waits"],
  ["yes", "failed", "remind-failed"],
  ["ask", "off", "remind-not-yet"],
  ["no", "off", "remind-no-allowed"],
  ["home", "off", "remind-home-allowed"],
  ["never", "off", "remind-never-allowed"],
] as const)("allowed %s and told %s is said by %s", async (allowed, told, shown) => {
  await room({ chosen: CHOSEN, allowed, told });
  expect(page.has(shown)).toBe(true);
  const isWay = !["there", "waits"].includes(told) && allowed !== "ask";
  expect(page.has("remind-calendar")).toBe(isWay);
});

test("who said no to the phone is shown the way back, and is not asked again", async () => {
  const reminding = await room({ answers: "no" });
  await page.tap("remind-save");
  await page.tap("remind-allow");
  await settled();
  expect(page.has("remind-no-allowed")).toBe(true);
  expect(reminding.calls.filter((call) => call === "allow")).toHaveLength(1);
});

test("each further choice is kept at once", async () => {
  const reminding = await room({ chosen: CHOSEN, allowed: "yes" }, "more");
  for (const id of ["nudge-2", "quiet-22:00", "notes-no", "plain-yes"]) await page.tap(id);
  expect(lastChosen(reminding)).toEqual({
    ...CHOSEN,
    nudge: 120,
    quiet: { start: "22:00", end: "06:00" },
    notes: false,
    plain: true,
  });
  for (const id of ["nudge-0", "quiet-none", "notes-yes", "plain-no"]) await page.tap(id);
  const { quiet: _, ...loud } = CHOSEN;
  expect(lastChosen(reminding)).toEqual(loud);
  await page.tap("remind-off");
  expect(reminding.calls.at(-1)).toBe("choose undefined");
});

test("quiet hours in which the reminder lies are not offered", async () => {
  await room({ chosen: { ...CHOSEN, time: "20:30" }, allowed: "yes" }, "more");
  expect(page.has("quiet-20:00")).toBe(false);
  expect(page.has("quiet-22:00")).toBe(true);
});

test("what could not be kept is said where it was tapped", async () => {
  await room({ broken: true });
  await page.tap("remind-save");
  expect(page.has("remind-lost")).toBe(true);
  await room({ broken: true, chosen: CHOSEN, allowed: "yes" });
  await page.tap("remind-pause");
  expect(page.has("remind-lost")).toBe(true);
});

test("days are named shortly, all of them by one word", () => {
  expect(sayDays([5, 1])).toBe("Mon, Fri");
  expect(sayDays(FIRST.weekdays)).toBe("every day");
});

test.each([
  [{ start: "21:00", end: "07:00" }, ["21:00", "23:59", "00:00", "06:59"], ["20:59", "07:00"]],
  [{ start: "12:00", end: "14:00" }, ["12:00", "13:59"], ["11:59", "14:00"]],
])("quiet from %o holds its hours and no others", (quiet, inside, outside) => {
  expect(inside.every((time) => isQuiet(quiet, time))).toBe(true);
  expect(outside.some((time) => isQuiet(quiet, time))).toBe(false);
});

test("the calendar file comes again on the days, with an alarm, and neutral words alone", () => {
  // TODAY is a Monday; the first of Tuesdays and Fridays is the next day.
  const chosen = { ...CHOSEN, time: "18:30", weekdays: [5, 2] };
  const text = calendarOf(chosen, TODAY, Date.UTC(2025, 10, 17, 16, 42, 5) / 1000, "Time; go, now");
  const lines = text.split("\r\n");
  for (const line of [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "DTSTAMP:20251117T164205Z",
    "DTSTART:20251118T183000",
    "RRULE:FREQ=WEEKLY;BYDAY=TU,FR",
    "SUMMARY:Time\\; go\\, now",
    "BEGIN:VALARM",
    "TRIGGER:PT0M",
    "CLASS:PRIVATE",
    "END:VCALENDAR",
  ]) {
    expect(lines).toContain(line);
  }
  expect(text.endsWith("\r\n")).toBe(true);
  expect(text).not.toMatch(/[^\r]\n/);
});

test("a line of a calendar is at most 75 bytes long, and no letter is torn", () => {
  const words = "आपकी दिनचर्या का समय ".repeat(8).trim();
  const text = calendarOf(CHOSEN, TODAY, 1_763_400_000, words);
  const bytes = text.split("\r\n").map((line) => new TextEncoder().encode(line).length);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(75);
  expect(text.replaceAll("\r\n ", "")).toContain(`SUMMARY:${words}`);
});

test("where the phone shows no messages, today says that it is past the time", async () => {
  const draw = async (due: string) => {
    render(
      <PatientRooms client={fakeClient({ reminder: { due } })} />,
      page.root as unknown as Element,
    );
    await settled();
  };
  await draw("18:30");
  expect(page.get("today-due").textContent).toMatch(/18:30/);
  await draw("");
  expect(page.has("today-due")).toBe(false);
});

test("reminders are offered after a session was saved, as long as nobody has chosen", async () => {
  lastSaved.value = { id: "s1", done: "all", worst: 1, at: 1_763_400_000 };
  for (const isOffered of [true, false]) {
    const client = fakeClient({ reminder: { isOffered } });
    const [first] = client.cares.value;
    if (first) render(<Saved client={client} care={first} />, page.root as unknown as Element);
    await settled();
    expect(page.has("saved-remind")).toBe(isOffered);
  }
});
