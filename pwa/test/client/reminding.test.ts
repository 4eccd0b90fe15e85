/** Reminders of a profile: what is chosen is kept, told, healed and taken back; marks become records. */
import { type Signal, signal } from "@preact/signals";
import { beforeEach, expect, test, vi } from "vitest";
import { LineError } from "../../src/client/line.ts";
import type { Reminded } from "../../src/client/reminding.ts";
import { OpenReminding, scheduleOf } from "../../src/client/reminding.ts";
import type { Bell, Mark, Slip } from "../../src/client/reminding-bell.ts";
import { openShelf, type Shelf } from "../../src/client/shelf.ts";
import type { SyncStatus } from "../../src/client.ts";
import { care, kneePlan, plan, session, TODAY } from "../../src/gallery/fake.ts";
import type { Wish } from "../../src/records.gen.ts";
import type { Allowed, Chosen } from "../../src/reminding.ts";
import { FakePhone } from "./fake-phone.ts";

const DEVICE = "dReminded0Reminded0Rem";
const CHOSEN: Chosen = { time: "18:00", weekdays: [1, 3], notes: true, plain: false };

/** Asked of the server: method, path, body. */
let asked: (readonly [string, string, unknown])[];
/** Statuses of answers by path; LineError where there is no network. */
let answers: Record<string, number>;
let isOnline: boolean;
let key: string;

let allowed: Allowed;
let slips: Map<string, Slip>;
let marks: Mark[];
let hushed: string[];
let endpoint: string;
let zone: string;

let phone: FakePhone;
let shelf: Shelf;
let cares: Signal<ReturnType<typeof care>[]>;
let sync: Signal<SyncStatus>;
let today: Signal<string>;
let written: unknown[];
let due: string;
let nowMs: number;

beforeEach(async () => {
  [asked, answers, isOnline, key] = [[], {}, true, "key1"];
  allowed = "yes";
  slips = new Map();
  [marks, hushed, written] = [[], [], []];
  endpoint = "https://push.test/1";
  zone = "Africa/Nairobi";
  // A Monday, 18:42 by the phone.
  nowMs = new Date(2025, 10, 17, 18, 42).getTime();
  phone = new FakePhone({ fetch: () => Promise.reject(new Error("not asked")) }, "", () => nowMs);
  shelf = await openShelf(phone.indexedDB);
  cares = signal([care({ sessions: [], name: "Asha", plans: [plan()] })]);
  sync = signal({ state: "idle", unsent: 0, lastContact: 0, refused: [], reason: "" });
  today = signal(TODAY);
  due = "";
});

const bell: Bell = {
  allowed: () => allowed,
  ask: async () => allowed,
  subscribe: async (wanted) => ({ endpoint: `${endpoint}/${wanted}`, p256dh: "p", auth: "a" }),
  slip: async (device) => slips.get(device),
  leave: async (device, slip) => void (slip ? slips.set(device, slip) : slips.delete(device)),
  marks: async () => [...marks],
  forget: async (_, mark) => void marks.splice(marks.indexOf(mark), 1),
  hush: async (tag) => void hushed.push(tag),
  zone: () => zone,
};

async function ask(path: string, question: { method?: string; body?: string } = {}) {
  if (!isOnline) throw new LineError("down");
  const { method = "GET", body } = question;
  asked.push([method, path, body === undefined ? undefined : JSON.parse(body)]);
  const status = answers[path] ?? 200;
  return { status, json: path === "/push/key" ? { key } : { ok: true } };
}

/** Open the reminders of the profile, as at a start of the app. */
async function open(): Promise<OpenReminding> {
  const of: Reminded = {
    profile: { id: "p1", picture: "leaf", role: "patient" },
    cares,
    sync,
    today,
    write: async (circle, draft) => {
      written.push([circle, draft]);
      const [first, ...rest] = cares.value;
      if (first) {
        first.sessions.value = [...first.sessions.value, session(0)];
        cares.value = [first, ...rest];
      }
      return "id";
    },
    remind: (time) => {
      due = time;
    },
  };
  const opened = await OpenReminding.open(of, { phone, shelf, ask, keys: { id: DEVICE } }, bell);
  await opened.settled();
  return opened;
}

/** The server answered a round. */
async function contact(opened: OpenReminding): Promise<void> {
  sync.value = { ...sync.value, lastContact: sync.value.lastContact + 60 };
  await opened.settled();
}

const paths = () => asked.map(([method, path]) => `${method} ${path}`);

test("what is chosen is told to the server: the subscription first, then when, and nothing of what for", async () => {
  const opened = await open();
  expect(asked).toEqual([]);
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(asked).toEqual([
    ["GET", "/push/key", undefined],
    [
      "PUT",
      "/push/subscription",
      { endpoint: "https://push.test/1/key1", p256dh: "p", auth: "a", key: "key1" },
    ],
    ["PUT", "/reminders", { zone, times: { 1: "18:00", 3: "18:00" }, notes: true }],
  ]);
  expect(opened.told.value).toBe("there");
});

test("it outlives a restart, and a day is told once", async () => {
  const first = await open();
  await first.choose(CHOSEN);
  await first.settled();
  first.close();
  asked = [];
  const again = await open();
  expect(again.chosen.value).toEqual(CHOSEN);
  await contact(again);
  expect(asked).toEqual([]);
  today.value = "2025-11-18";
  await contact(again);
  expect(paths()).toEqual(["GET /push/key", "PUT /push/subscription", "PUT /reminders"]);
});

test("without a network it waits on the phone and is told at the next contact", async () => {
  isOnline = false;
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(opened.told.value).toBe("waits");
  isOnline = true;
  await contact(opened);
  expect(opened.told.value).toBe("there");
});

test.each([
  [
    "another zone",
    () => {
      zone = "Asia/Kolkata";
    },
    ["PUT /reminders"],
  ],
  [
    "another subscription",
    () => {
      endpoint = "https://push.test/2";
    },
    ["PUT /push/subscription"],
  ],
])("%s is told at the next contact, and only that", async (_, happen, expected) => {
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  asked = [];
  happen();
  await contact(opened);
  expect(paths()).toEqual(expected);
});

test("another key of the server is subscribed for when the day is told", async () => {
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  [asked, key] = [[], "key2"];
  today.value = "2025-11-18";
  await contact(opened);
  expect(asked[1]?.[2]).toMatchObject({ endpoint: "https://push.test/1/key2", key: "key2" });
});

test.each([403, 409, 501])(
  "a server that answers %i is told of, and asked again an hour later",
  async (status) => {
    answers = { "/push/subscription": status };
    const opened = await open();
    await opened.choose(CHOSEN);
    await opened.settled();
    expect(opened.told.value).toBe("failed");
    answers = {};
    const before = asked.length;
    await contact(opened);
    expect(asked).toHaveLength(before);
    nowMs += 3_600_000;
    await contact(opened);
    expect(opened.told.value).toBe("there");
  },
);

test("a message service that never answers holds up nothing for good", async () => {
  phone.haste = 10_000;
  const deaf = { ...bell, subscribe: () => new Promise<never>(() => {}) };
  const of = {
    profile: { id: "p1", picture: "leaf", role: "patient" },
    cares,
    sync,
    today,
  } as const;
  const around = { phone, shelf, ask, keys: { id: DEVICE } };
  const more = { write: async () => "", remind: () => {} };
  const opened = await OpenReminding.open({ ...of, ...more }, around, deaf);
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(opened.told.value).toBe("failed");
});

test("nothing on the phone waits for a server that is silent", async () => {
  const around = { phone, shelf, ask: () => new Promise<never>(() => {}), keys: { id: DEVICE } };
  let takes = () => {};
  const taken = new Promise<void>((resolve) => {
    takes = resolve;
  });
  const of: Reminded = {
    profile: { id: "p1", picture: "leaf", role: "patient" },
    cares,
    sync,
    today,
    write: async () => {
      takes();
      return "id";
    },
    remind: () => {},
  };
  const opened = await OpenReminding.open(of, around, bell);
  await opened.choose(CHOSEN);
  marks = [{ day: TODAY, at: 1_763_400_000 }];
  phone.happen("woken");
  await taken;
  expect(opened.told.value).toBe("waits");
});

test("a phone that may not show messages tells the server nothing, and shows what is due in the app", async () => {
  allowed = "no";
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(asked).toEqual([]);
  expect(opened.told.value).toBe("off");
  expect(due).toBe("18:00");
});

test.each<[string, Partial<Chosen>]>([
  ["before its time", { time: "19:00" }],
  ["on another weekday", { weekdays: [2] }],
  ["while they are paused", { paused: "always" }],
  ["till the day on which they go on", { paused: "2025-11-18" }],
])("nothing is due %s", async (_, change) => {
  allowed = "never";
  const opened = await open();
  await opened.choose({ ...CHOSEN, ...change });
  await opened.settled();
  expect(due).toBe("");
});

test("nothing is due when today's session is done, and the words for the phone say so", async () => {
  allowed = "no";
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(due).toBe("18:00");
  cares.value = [care({ sessions: [session(0)], plans: [plan()] })];
  await opened.settled();
  expect(due).toBe("");
  expect(slips.get(DEVICE)?.done).toBe(TODAY);
  expect(opened.tellsDone).toBe(true);
});

test("a session of another day, or one of nothing, is not today's", async () => {
  cares.value = [care({ sessions: [session(1), session(0, { done: "none" })], plans: [plan()] })];
  const opened = await open();
  await opened.choose(CHOSEN);
  expect(opened.tellsDone).toBe(false);
});

test("who has no reminders tells the server nothing of what is done", async () => {
  cares.value = [care({ sessions: [session(0)] })];
  expect((await open()).tellsDone).toBe(false);
});

test("the words are neutral, of one place, and carry no name", async () => {
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  const slip = slips.get(DEVICE);
  const { reminder, nudge, done, note } = slip?.say ?? {};
  expect([reminder, nudge, done, note].map((said) => said?.[0])).toEqual([
    "Time for your routine",
    "Time for your routine",
    "Done today",
    "Something new for you",
  ]);
  expect(JSON.stringify(slip)).not.toMatch(/Asha|exercise|pain|knee/i);
  expect(done?.[1]).toMatchObject({ silent: true, tag: `reminder ${DEVICE}` });
  expect(reminder?.[1]).toMatchObject({ actions: [{ action: "done" }, { action: "later" }] });
});

test("who allows more gets their name and a plain word", async () => {
  const opened = await open();
  await opened.choose({ ...CHOSEN, plain: true });
  await opened.settled();
  expect(slips.get(DEVICE)?.say.reminder?.[0]).toBe("Time for your exercises");
  expect(slips.get(DEVICE)?.say.reminder?.[1]).toMatchObject({ body: "Asha" });
});

test("a mark becomes a record of the whole plan, without a word of pain, and goes", async () => {
  marks = [{ day: TODAY, at: 1_763_400_000 }];
  await open();
  const items = kneePlan().items.map(({ exercise, sets }) => ({ exercise, sets_done: sets }));
  const told = { day: TODAY, performed_at: 1_763_400_000, done: "all", items, pain: {} };
  const [first] = cares.value;
  const draft = { type: "session", ...told, plan: first?.plans.value[0]?.id };
  expect(written).toEqual([[first?.circle, draft]]);
  expect(marks).toEqual([]);
});

test("a mark of a phone whose clock is wrong is of the day that the person has", async () => {
  nowMs = new Date(2031, 0, 1, 12).getTime();
  marks = [{ day: "2031-01-01", at: nowMs / 1000 }];
  await open();
  expect(written[0]).toMatchObject([expect.anything(), { day: TODAY }]);
});

test("what is done is told to the worker by the clock that it has", async () => {
  nowMs = new Date(2031, 0, 1, 12).getTime();
  cares.value = [care({ sessions: [session(0)], plans: [plan()] })];
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  expect(slips.get(DEVICE)?.done).toBe("2031-01-01");
});

test("a mark of a day that is told already is no second session", async () => {
  cares.value = [care({ sessions: [session(0)], plans: [plan()] })];
  marks = [{ day: TODAY, at: 1_763_400_000 }];
  await open();
  expect(written).toEqual([]);
  expect(marks).toEqual([]);
});

test("a mark waits for the plan, and for a page that is woken", async () => {
  cares.value = [care({ sessions: [], plans: [] })];
  marks = [{ day: TODAY, at: 1_763_400_000 }];
  const opened = await open();
  expect(written).toEqual([]);
  cares.value = [care({ sessions: [], plans: [plan()] })];
  await opened.settled();
  expect(written).toHaveLength(1);
  cares.value = [care({ sessions: [session(0)], plans: [plan()] })];
  marks = [{ day: "2025-11-16", at: 1_763_300_000 }];
  phone.happen("woken");
  await opened.settled();
  expect(written).toHaveLength(2);
});

test("a record that could not be kept leaves its mark", async () => {
  marks = [{ day: TODAY, at: 1_763_400_000 }];
  const refuses = vi.spyOn(console, "error").mockImplementation(() => {});
  const of: Reminded = {
    profile: { id: "p1", picture: "leaf", role: "patient" },
    cares,
    sync,
    today,
    write: () => Promise.reject(new Error("full")),
    remind: () => {},
  };
  const around = { phone, shelf, ask, keys: { id: DEVICE } };
  await (await OpenReminding.open(of, around, bell)).settled();
  expect(marks).toHaveLength(1);
  refuses.mockRestore();
});

test("no more reminders: the server forgets them, and so does the worker", async () => {
  const opened = await open();
  await opened.choose(CHOSEN);
  await opened.settled();
  asked = [];
  isOnline = false;
  await opened.choose(undefined);
  await opened.settled();
  expect(slips.size).toBe(0);
  expect(opened.told.value).toBe("off");
  isOnline = true;
  await contact(opened);
  expect(paths()).toEqual(["DELETE /reminders", "DELETE /push/subscription"]);
  await contact(opened);
  expect(asked).toHaveLength(2);
});

test("the next one is told by the phone's own reckoning, and moves on when today's is done", async () => {
  zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const opened = await open();
  expect(opened.next.value).toBeUndefined();
  await opened.choose({ ...CHOSEN, time: "19:00" });
  const at = (day: number) => new Date(2025, 10, day, 19).getTime() / 1000;
  expect(opened.next.value).toBe(at(17));
  cares.value = [care({ sessions: [session(0)], plans: [plan()] })];
  expect(opened.next.value).toBe(at(19));
  await opened.choose({ ...CHOSEN, paused: "always" });
  expect(opened.next.value).toBeUndefined();
});

test("while somebody rests no reminder comes, and they go on by themselves after it", async () => {
  const opened = await open();
  await opened.choose({ ...CHOSEN, weekdays: [1, 2, 3, 4, 5, 6, 7] });
  await opened.settled();
  const told = () => asked.filter(([, path]) => path === "/reminders").at(-1)?.[2];
  expect(told()).not.toHaveProperty("paused");
  const wish = (value: Partial<Wish>) => {
    const stamp = { type: "wish", lam: 9, at: 1, tz_min: 0, day: TODAY } as const;
    const [id, place, author] = ["ev:2511:dme:c000009", "phone", "me"] as const;
    const said = { ...stamp, wish: "pause" as const, ...value };
    const others = [{ id, place, author, mine: true, value: said }];
    cares.value = [care({ sessions: [], plans: [plan()], others })];
  };
  wish({ until: "2025-11-20" });
  await opened.settled();
  expect(told()).toMatchObject({ paused: "2025-11-21" });
  wish({ wish: "stop" });
  await opened.settled();
  expect(told()).toMatchObject({ paused: "always" });
  wish({ wish: "go_on" });
  await opened.settled();
  expect(told()).not.toHaveProperty("paused");
  expect(opened.chosen.value).not.toHaveProperty("paused");
});

test("quiet hours in which the reminder itself lies are left out", async () => {
  const opened = await open();
  await opened.choose({ ...CHOSEN, time: "22:00", quiet: { start: "21:00", end: "07:00" } });
  expect(opened.chosen.value).not.toHaveProperty("quiet");
  await opened.choose({ ...CHOSEN, quiet: { start: "21:00", end: "07:00" } });
  expect(opened.chosen.value?.quiet).toEqual({ start: "21:00", end: "07:00" });
});

test("the server's form has every choice that it needs to know, and no other", () => {
  const all: Chosen = {
    ...CHOSEN,
    nudge: 120,
    quiet: { start: "21:00", end: "07:00" },
    paused: "2025-11-24",
    plain: true,
  };
  expect(scheduleOf(all, "Asia/Kolkata")).toEqual({
    zone: "Asia/Kolkata",
    times: { 1: "18:00", 3: "18:00" },
    nudge: 120,
    quiet: { start: "21:00", end: "07:00" },
    paused: "2025-11-24",
    notes: true,
  });
});
