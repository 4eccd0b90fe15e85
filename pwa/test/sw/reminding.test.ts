/** Pushes and notifications in the service worker: one each, in the person's words, with what is tapped. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const SOURCE = stripTypeScriptTypes(
  readFileSync(join(import.meta.dirname, "../../src/sw/worker.ts"), "utf8"),
);
const DEVICE = "dReminded0Reminded0Rem";
const NOON = new Date(2026, 10, 22, 12);
const TODAY = "2026-11-22";

interface Shown {
  readonly title: string;
  readonly options: Record<string, unknown>;
  close(): void;
}

let stored: Map<string, Response>;
let tray: Shown[];
let badges: number[];
/** Open pages: what each was told, and whether it came to the front. */
let pages: { told: string[]; focused: boolean }[];
let opened: string[];
let posted: { path: string; body: unknown }[];
let server: () => Promise<Response>;
let subscribed: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
  stored = new Map();
  tray = [];
  badges = [];
  pages = [];
  opened = [];
  posted = [];
  subscribed = [];
  server = async () => new Response(null, { status: 204 });
});

afterEach(() => {
  vi.useRealTimers();
});

const cache = {
  match: async (key: string) => stored.get(key)?.clone(),
  put: async (key: string, response: Response) => void stored.set(key, response),
};

const registration = {
  showNotification: async (title: string, options: Record<string, unknown>) => {
    const shown = { title, options, close: () => void tray.splice(tray.indexOf(shown), 1) };
    const same = tray.findIndex(({ options: { tag } }) => tag !== undefined && tag === options.tag);
    tray.splice(same < 0 ? tray.length : same, same < 0 ? 0 : 1, shown);
  },
  getNotifications: async () => tray,
  pushManager: { subscribe: async (options: unknown) => void subscribed.push(options) },
};

/** A worker that hears events of these names. */
function worker() {
  const handlers = new Map<string, (event: object) => void>();
  runInNewContext(SOURCE, {
    __LIST__: "/assets/files-1.json",
    __HASH__: "1",
    Response,
    Date,
    caches: { open: async () => cache },
    fetch: async (path: string, { body }: { body: string }) => {
      posted.push({ path, body: JSON.parse(body) });
      return server();
    },
    self: {
      registration,
      navigator: { setAppBadge: async (count: number) => void badges.push(count) },
      addEventListener: (name: string, handler: (event: object) => void) =>
        handlers.set(name, handler),
      clients: {
        matchAll: async () =>
          pages.map((page) => ({
            postMessage: (word: string) => page.told.push(word),
            focus: async () => void Object.assign(page, { focused: true }),
          })),
        openWindow: async (path: string) => void opened.push(path),
      },
    },
  });
  const hear = async (name: string, event: object) => {
    let work: unknown;
    handlers.get(name)?.({ ...event, waitUntil: (done: unknown) => (work = done) });
    await work;
  };
  return {
    push: (ping?: object) => hear("push", { data: ping && { json: () => ping } }),
    tap: async (action = "", at = 0) => {
      const shown = tray[at];
      if (shown === undefined) throw new Error("nothing is shown");
      const { data } = shown.options;
      await hear("notificationclick", { action, notification: { data, close: shown.close } });
    },
    change: (event: object) => hear("pushsubscriptionchange", event),
  };
}

/** What the app leaves for a device. */
function leaveSlip(more: object = {}, device = DEVICE): void {
  const said = (text: string, kind: string) => [text, { tag: `${kind} ${device}`, lang: "sw" }];
  const say = {
    reminder: said("Wakati wa mazoezi", "reminder"),
    nudge: said("Wakati wa mazoezi", "reminder"),
    note: said("Kuna ujumbe", "note"),
    done: said("Leo tayari", "reminder"),
  };
  const slip = { profile: "p1", say, ...more };
  stored.set(`/slip?${device}`, new Response(JSON.stringify(slip)));
}

async function left(key: string): Promise<unknown> {
  return stored.get(key)?.clone().json();
}

const ping = (kind: string, more: object = {}) => ({ v: 1, device: DEVICE, kind, ...more });

test("a push shows one notification, in the words that the app has left", async () => {
  leaveSlip();
  await worker().push(ping("reminder"));
  expect(tray.map(({ title }) => title)).toEqual(["Wakati wa mazoezi"]);
  expect(tray[0]?.options).toMatchObject({ tag: `reminder ${DEVICE}`, lang: "sw" });
});

test("the nudge takes the place of the reminder, and a note stands beside it", async () => {
  leaveSlip();
  const running = worker();
  for (const kind of ["reminder", "nudge", "note"]) await running.push(ping(kind));
  expect(tray.map(({ title }) => title)).toEqual(["Wakati wa mazoezi", "Kuna ujumbe"]);
  expect(badges).toEqual([1, 1, 2]);
});

test.each([
  ["reminder", TODAY, "Leo tayari"],
  ["nudge", TODAY, "Leo tayari"],
  ["reminder", "2026-11-21", "Wakati wa mazoezi"],
  ["note", TODAY, "Kuna ujumbe"],
])("%s where %s is done says %s", async (kind, done, said) => {
  leaveSlip({ done });
  await worker().push(ping(kind));
  expect(tray.map(({ title }) => title)).toEqual([said]);
});

test.each([
  ["for a device that nothing was left for", ping("reminder")],
  ["without a word", undefined],
])("a push %s shows the app's name and nothing else", async (_, pushed) => {
  await worker().push(pushed);
  expect(tray.map(({ title }) => title)).toEqual(["My routine"]);
});

test("a kind of a later server is shown as news", async () => {
  leaveSlip();
  await worker().push(ping("something else"));
  expect(tray.map(({ title }) => title)).toEqual(["Kuna ujumbe"]);
});

test("two people on one phone have their own words and their own place", async () => {
  leaveSlip();
  leaveSlip({ done: TODAY }, "dOther");
  const running = worker();
  await running.push(ping("reminder"));
  await running.push({ ...ping("reminder"), device: "dOther" });
  expect(tray.map(({ title }) => title)).toEqual(["Wakati wa mazoezi", "Leo tayari"]);
});

test("done is left for the app once a day, without a word of what was done, and pages are woken", async () => {
  leaveSlip();
  pages = [{ told: [], focused: false }];
  const running = worker();
  await running.push(ping("reminder"));
  await running.tap("done");
  expect(tray).toEqual([]);
  expect(await left(`/done?${DEVICE}&${TODAY}`)).toEqual({
    profile: "p1",
    kind: "reminder",
    day: TODAY,
    at: Math.floor(NOON.getTime() / 1000),
  });
  expect(pages).toEqual([{ told: ["carry"], focused: false }]);
  expect(opened).toEqual([]);
  await running.push(ping("nudge"));
  expect(tray.map(({ title }) => title)).toEqual(["Leo tayari"]);
});

test("later is put off by the server with what came in the push", async () => {
  leaveSlip();
  const running = worker();
  await running.push(ping("reminder", { later: "once" }));
  await running.tap("later");
  expect(posted).toEqual([{ path: "/reminders/later", body: { device: DEVICE, later: "once" } }]);
  expect(tray).toEqual([]);
});

test.each([
  ["no network", () => Promise.reject(new TypeError("no network"))],
  ["a busy server", async () => new Response("", { status: 503 })],
])("later with %s leaves the notification where it is, silently", async (_, answer) => {
  leaveSlip();
  server = answer;
  const running = worker();
  await running.push(ping("reminder"));
  await running.tap("later");
  expect(tray).toHaveLength(1);
  expect(tray[0]?.options).toMatchObject({ silent: true, data: { device: DEVICE } });
});

test("a tap opens the app, which learns whose it is and of what kind", async () => {
  leaveSlip();
  const running = worker();
  await running.push(ping("note"));
  await running.tap();
  expect(opened).toEqual(["/"]);
  expect(await left("/tap")).toMatchObject({ profile: "p1", kind: "note" });
});

test("a tap brings the open page to the front, and tells it", async () => {
  leaveSlip();
  pages = [
    { told: [], focused: false },
    { told: [], focused: false },
  ];
  const running = worker();
  await running.push(ping("reminder"));
  await running.tap();
  expect(opened).toEqual([]);
  expect(pages.map(({ focused }) => focused)).toEqual([true, false]);
  expect(pages.map(({ told }) => told)).toEqual([["tapped"], []]);
});

test("a subscription that the browser takes away is made anew for the same key", async () => {
  pages = [{ told: [], focused: false }];
  const running = worker();
  await running.change({ oldSubscription: { options: { applicationServerKey: "key" } } });
  expect(subscribed).toEqual([{ applicationServerKey: "key" }]);
  expect(pages[0]?.told).toEqual(["carry"]);
  await running.change({ oldSubscription: { options: {} }, newSubscription: {} });
  expect(subscribed).toHaveLength(1);
});
