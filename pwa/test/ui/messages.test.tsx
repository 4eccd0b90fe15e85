/** Messages: three taps to speak, who has what, what is heard is told. */
import { render } from "preact";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client, Opened } from "../../src/client";
import { at, care, fakeClient, note, TODAY } from "../../src/gallery/fake";
import { HUM } from "../../src/gallery/fake-media";
import type { AnyRecord, Message } from "../../src/records.gen";
import { Messages } from "../../src/rooms/messages";
import { TalkCard } from "../../src/rooms/messages/desk";
import { PatientRooms } from "../../src/rooms/patient";
import { More } from "../../src/rooms/patient/more";
import { TherapistRooms } from "../../src/rooms/therapist";
import { startRoutes } from "../../src/ui/route";
import { type Sound, sound } from "../../src/ui/sound-of-voice";
import { FakeElement, openPage, type ScreenPage, settled } from "./page";

let page: ScreenPage;
const real: Sound = { ...sound };
const acts: string[] = [];

beforeEach(() => {
  page = openPage();
  startRoutes();
  acts.length = 0;
  Object.assign(sound, {
    canRecord: () => true,
    record: async () => ({
      end: async () => {
        acts.push("end");
        return HUM;
      },
      drop: () => acts.push("drop"),
    }),
    play: async () => {
      acts.push("play");
      return { over: Promise.resolve(), stop: () => undefined };
    },
  } satisfies Sound);
});

afterEach(() => {
  render(null, page.root as unknown as Element);
  Object.assign(sound, real);
});

async function enter(client: Client): Promise<void> {
  expect([More, Messages, TalkCard].every(Boolean)).toBe(true);
  const isStaff = client.profile.role === "therapist";
  const rooms = isStaff ? <TherapistRooms client={client} /> : <PatientRooms client={client} />;
  render(rooms, page.root as unknown as Element);
  await settled();
}

let count = 0;

function said(value: Partial<Message>, more: Partial<Opened<Message>> = {}): Opened<Message> {
  count += 1;
  return {
    id: `ev:2511:dother:c${String(count).padStart(6, "0")}`,
    value: { type: "message", lam: 1, at: at(TODAY, 9), tz_min: 120, ...value },
    place: "server",
    author: "m-other",
    mine: false,
    ...more,
  };
}

function heard(targets: string[], more: Partial<Opened<AnyRecord>>): Opened<AnyRecord> {
  count += 1;
  const value = { type: "heard", lam: 2, at: at(TODAY, 10), tz_min: 120, targets } as const;
  const id = `ev:2511:dother:c${String(count).padStart(6, "0")}`;
  return { id, value, place: "server", author: "m-other", mine: false, ...more };
}

const drafts = (client: { calls: string[] }) =>
  client.calls.filter((call) => call.startsWith("write ")).map((call) => JSON.parse(call.slice(6)));

test("a spoken message takes three taps, and waits on this phone", async () => {
  const client = fakeClient();
  await enter(client);
  for (const tap of ["open-messages", "speak", "speak-send"]) await page.tap(tap);
  expect(acts).toEqual(["end"]);
  expect(page.get("message").textContent).toContain("Voice, 12 seconds");
  expect(page.has("state-phone")).toBe(true);
  expect(page.has("speak")).toBe(true);
});

test("it can be heard before it is sent, and thrown away", async () => {
  await enter(fakeClient());
  for (const tap of ["open-messages", "speak", "speak-stop", "speak-hear", "speak-drop"]) {
    await page.tap(tap);
  }
  expect(acts).toEqual(["end", "play"]);
  await page.tap("speak");
  await page.tap("speak-drop");
  expect(acts).toEqual(["end", "play", "drop"]);
  expect(page.has("message")).toBe(false);
});

test("where the browser can not record the button is not offered, and it says why", async () => {
  sound.canRecord = () => false;
  await enter(fakeClient());
  await page.tap("open-messages");
  expect(page.has("speak")).toBe(false);
  expect(page.get("no-voice").textContent).toContain("can not record");
});

test("a closed microphone is told, and writing still works", async () => {
  sound.record = () => Promise.reject(new DOMException("", "NotAllowedError"));
  const client = fakeClient();
  await enter(client);
  await page.tap("open-messages");
  await page.tap("speak");
  expect(page.has("speak-mic")).toBe(true);
  await page.tap("open-write");
  page.root.all((one) => one.localName === "form")[0]?.send("submit");
  await settled();
  expect(page.text()).toContain("Write a few words first.");
  await page.type("write-text", " Hello ");
  page.root.all((one) => one.localName === "form")[0]?.send("submit");
  await settled();
  expect(drafts(client)).toEqual([{ type: "message", text: "Hello" }]);
});

test("a message that could not be saved says so and is not lost from the screen's way", async () => {
  await enter(fakeClient({ broken: true }));
  await page.tap("open-messages");
  await page.tap("open-ready");
  await page.tap("ready-p2");
  expect(page.has("save-failed")).toBe(true);
});

test("new words stand on today until they were on the screen; a voice until it was heard", async () => {
  const text = said({ text: "Bend less." }, { staff: true });
  const voice = said({}, { staff: true });
  const voices = new Map([[voice.id, { toFetch: 17_400 }]]);
  const one = care({ notes: [note(1, "Good.")], others: [text, voice] });
  const client = fakeClient({ cares: [one], media: { voices } });
  await enter(client);
  expect(page.get("note-card").textContent).toContain("A voice message");
  expect(page.get("open-messages").textContent).toContain("3 new");
  await page.tap("open-messages");
  const first = one.notes.peek()[0]?.id;
  expect(drafts(client)).toEqual([{ type: "heard", targets: [first, text.id] }]);
  expect(page.get("voice-state").textContent).toContain("18\u00a0kB");
  await page.tap("voice-play");
  expect(acts).toEqual(["play"]);
  expect(drafts(client).at(-1)).toEqual({ type: "heard", targets: [voice.id] });
  history.back();
  await settled();
  expect(page.has("note-card")).toBe(false);
});

test("words that were not in view are not said to be seen", async () => {
  const texts = [said({ text: "above" }, { staff: true }), said({ text: "here" }, { staff: true })];
  const watched: { show: (ids: readonly string[]) => void; observed: string[] }[] = [];
  class Watch {
    readonly observed: string[] = [];
    constructor(seen: (entries: object[]) => void) {
      const show = (ids: readonly string[]) =>
        seen(ids.map((id) => ({ isIntersecting: true, target: { dataset: { id } } })));
      watched.push({ show, observed: this.observed });
    }
    observe(one: { dataset: { id: string } }): void {
      this.observed.push(one.dataset.id);
    }
    unobserve(): void {}
    disconnect(): void {}
  }
  Object.assign(globalThis, { IntersectionObserver: Watch });
  const all = (root: FakeElement) =>
    root
      .all((one) => "data-id" in one.attributes)
      .map((one) => ({
        dataset: { id: one.attributes["data-id"] },
      }));
  Object.assign(FakeElement.prototype, {
    querySelectorAll(this: FakeElement) {
      return all(this);
    },
  });
  try {
    const client = fakeClient({ cares: [care({ others: texts })] });
    await enter(client);
    await page.tap("open-messages");
    const ids = texts.map(({ id }) => id);
    expect(watched.at(-1)?.observed).toEqual(ids);
    expect(drafts(client)).toEqual([]);
    watched.at(-1)?.show(ids.slice(1));
    await settled();
    expect(drafts(client)).toEqual([{ type: "heard", targets: [ids[1]] }]);
  } finally {
    Reflect.deleteProperty(globalThis, "IntersectionObserver");
    Reflect.deleteProperty(FakeElement.prototype, "querySelectorAll");
  }
});

test.each([
  ["away", "not on the server yet"],
  ["offline", "No network"],
  ["damaged", "can not play this voice"],
] as const)("a voice that is %s is told, and stays unheard", async (missing, words) => {
  const voice = said({}, { staff: true });
  const voices = new Map([[voice.id, { toFetch: 9 }]]);
  const client = fakeClient({ cares: [care({ others: [voice] })], media: { voices, missing } });
  await enter(client);
  await page.tap("open-messages");
  await page.tap("voice-play");
  expect(page.get("voice-state").textContent).toContain(words);
  expect(drafts(client)).toEqual([]);
});

test("one's own words are here, at the server, or seen by somebody of the other side", async () => {
  const own = [
    said({ text: "one" }, { mine: true, place: "phone" }),
    said({ text: "two" }, { mine: true }),
    said({ text: "three" }, { mine: true }),
  ];
  const ids = own.map(({ id }) => id);
  // Another person of one's own side has heard the second: that is no word of the therapist.
  const others = [...own, heard([ids[1] ?? ""], {}), heard([ids[2] ?? ""], { staff: true })];
  await enter(fakeClient({ cares: [care({ others })] }));
  await page.tap("open-messages");
  const states = page.all("message").map((one) => one.textContent);
  expect(states[0]).toContain("waits for network");
  expect(states[1]).toContain("not seen yet");
  expect(states[2]).toContain("Seen by Rosa, today");
});

test("what only this phone has can be taken back", async () => {
  const own = said({ text: "oops" }, { mine: true, place: "phone" });
  const client = fakeClient({ cares: [care({ others: [own, said({}, { mine: true })] })] });
  await enter(client);
  await page.tap("open-messages");
  await page.tap("take-back");
  expect(page.get("take-back").textContent).toBe("Yes, take back");
  expect(drafts(client)).toEqual([]);
  await page.tap("take-back");
  expect(drafts(client)).toEqual([{ type: "void", target: own.id, reason: "mistake" }]);
  expect(page.text()).not.toContain("oops");
});

test("the therapist sees what is new, answers with ready words, and her reading is told", async () => {
  const text = said({ text: "It hurts." });
  const one = care({ role: "therapist", others: [text] });
  const client = fakeClient({ role: "therapist", cares: [one] });
  await enter(client);
  expect(page.get("new-words").textContent).toBe("1 new");
  await page.tap("patient-row");
  expect(page.get("talk-card").textContent).toContain("It hurts.");
  expect(drafts(client)).toEqual([{ type: "heard", targets: [text.id] }]);
  await page.tap("open-ready");
  await page.tap("ready-t2");
  expect(drafts(client).at(-1)).toEqual({
    type: "message",
    text: "Do less for two days. Then go on.",
  });
  await page.tap("speak");
  await page.tap("speak-send");
  expect(acts).toEqual(["end"]);
});
