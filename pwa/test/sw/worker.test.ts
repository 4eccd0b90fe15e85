/** The service worker in a world of its own: whole versions, nothing of the server's data. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { beforeEach, expect, test } from "vitest";
import { Clock } from "../../src/client/clock.ts";
import { Line } from "../../src/client/line.ts";
import { openShelf } from "../../src/client/shelf.ts";
import { MEDIA_TYPE } from "../../src/exchange/frames.ts";
import { FakePhone } from "../client/fake-phone.ts";

const SOURCE = stripTypeScriptTypes(
  readFileSync(join(import.meta.dirname, "../../src/sw/worker.ts"), "utf8"),
);
const ORIGIN = "http://clinic.test";

type Handler = (event: Record<string, unknown>) => void;

let site: Map<string, string>;
let stored: Map<string, Map<string, Response>>;
let fetched: string[];
/** Windows of the app, each with what it was told. */
let windows: string[][];
/** What was posted, and how the server answers it. */
let posted: {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly credentials?: RequestCredentials;
}[];
let server: () => Response | Promise<Response>;
let locked: string[];
/** Milliseconds after which requests are given up; at once here. */
let patience: number[];
/** Milliseconds for which pages were given time, and what they do in it. */
let asleep: number[];
let whileAsleep: () => Promise<unknown>;

beforeEach(() => {
  site = new Map([
    ["/", "page 1"],
    ["/assets/a-1.js", "script 1"],
  ]);
  stored = new Map();
  fetched = [];
  windows = [];
  posted = [];
  locked = [];
  patience = [];
  asleep = [];
  whileAsleep = async () => {};
  server = () => new Response("items");
});

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** Put the list of what the site holds beside it, as the build does; in groups by first word. */
function publish(version: string): { path: string; hash: string } {
  const list: Record<string, Record<string, string>> = { app: {} };
  for (const [path, text] of site) {
    if (/\/files-/.test(path)) continue;
    const [, part = "app"] = /^\/assets\/(desk|care)/.exec(path) ?? [];
    list[part] = { ...list[part], [path]: hashOf(text).slice(0, 4) };
  }
  const path = `/assets/files-${version}.json`;
  const text = JSON.stringify(list);
  site.set(path, text);
  return { path, hash: hashOf(text) };
}

type Key = string | { readonly url: string };

function pathOf(key: Key): string {
  return (typeof key === "string" ? key : key.url).replace(ORIGIN, "");
}

const caches = {
  open: async (name: string) => {
    const entries = stored.get(name) ?? new Map<string, Response>();
    stored.set(name, entries);
    return {
      put: async (key: string, response: Response) => void entries.set(key, response),
      match: async (key: Key) => entries.get(pathOf(key))?.clone(),
      keys: async () => [...entries.keys()].map((key) => ({ url: ORIGIN + key })),
      delete: async (key: Key) => entries.delete(pathOf(key)),
    };
  },
  match: async (key: string) =>
    [...stored.values()].map((entries) => entries.get(key)?.clone()).find(Boolean),
  keys: async () => [...stored.keys()],
  delete: async (name: string) => stored.delete(name),
};

function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });
}

/** A worker of the version that lists what the site holds now. */
function worker(version: string) {
  const handlers = new Map<string, Handler>();
  const list = publish(version);
  runInNewContext(SOURCE, {
    __LIST__: list.path,
    __HASH__: list.hash,
    Response,
    btoa,
    self: {
      addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
      clients: {
        claim: async () => {},
        matchAll: async () =>
          windows.map((told) => ({ postMessage: (word: string) => told.push(word) })),
      },
    },
    caches,
    crypto,
    location: { origin: ORIGIN },
    AbortSignal: {
      timeout: (ms: number) => {
        patience.push(ms);
        return AbortSignal.timeout(20);
      },
    },
    URL,
    setTimeout: (then: () => void, ms: number) => {
      asleep.push(ms);
      whileAsleep().then(then);
    },
    navigator: {
      locks: {
        request: (name: string, held: () => Promise<unknown>) => {
          locked.push(name);
          return held();
        },
      },
    },
    fetch: async (request: string | { url: string }, init: RequestInit = {}) => {
      const url = typeof request === "string" ? request : request.url;
      if (init.method === "POST") {
        const body = await (init.body as Blob).text();
        const headers = Object.fromEntries(init.headers as Headers);
        const { credentials } = init;
        posted.push({ body, headers, ...(credentials && { credentials }) });
        return Promise.race([server(), givenUp(init.signal as AbortSignal)]);
      }
      fetched.push(url.replace(ORIGIN, ""));
      const text = site.get(url.replace(ORIGIN, ""));
      return new Response(text ?? "missing", { status: text === undefined ? 404 : 200 });
    },
  });
  const wait = async (name: string, data?: string) => {
    let done: unknown;
    handlers.get(name)?.({ data, waitUntil: (work: unknown) => (done = work) });
    await done;
  };
  const get = async (path: string, mode = "no-cors", method = "GET") => {
    let answer: Promise<Response> | undefined;
    const request = { url: ORIGIN + path, mode, method };
    handlers.get("fetch")?.({
      request,
      respondWith: (given: Promise<Response>) => (answer = given),
    });
    return answer === undefined ? undefined : (await answer).text();
  };
  return {
    install: () => wait("install"),
    activate: () => wait("activate"),
    keep: (part: string) => wait("message", part),
    sync: () => wait("sync"),
    get,
  };
}

test("after it is installed the app opens without the server", async () => {
  const first = worker("1");
  await first.install();
  site.clear();
  expect(await first.get("/", "navigate")).toBe("page 1");
  expect(await first.get("/some/room", "navigate")).toBe("page 1");
  expect(await first.get("/assets/a-1.js")).toBe("script 1");
});

test.each(["/db/c0/_changes", "/circles", "/healthz", "/sync", "/push/key", "/reminders"])(
  "%s goes to the network as if there were no worker",
  async (path) => {
    const first = worker("1");
    await first.install();
    expect(await first.get(path)).toBeUndefined();
  },
);

test("what is in no version comes from the network", async () => {
  const first = worker("1");
  await first.install();
  site.set("/robots.txt", "none");
  expect(await first.get("/robots.txt")).toBe("none");
});

test("pages of the server, other methods and other origins are left alone", async () => {
  const first = worker("1");
  await first.install();
  expect(await first.get("/circles/c0", "navigate")).toBeUndefined();
  expect(await first.get("/", "no-cors", "POST")).toBeUndefined();
  expect(await first.get(".evil.test/", "navigate")).toBeUndefined();
});

test("a new version fetches only what has changed, and the old one serves until it starts", async () => {
  const first = worker("1");
  await first.install();
  site.set("/", "page 2");
  fetched = [];
  const second = worker("2");
  await second.install();
  expect(fetched.sort()).toEqual(["/", "/assets/files-2.json"]);
  expect(await first.get("/", "navigate")).toBe("page 1");
  await second.activate();
  expect(stored.size).toBe(1);
  expect(await second.get("/", "navigate")).toBe("page 2");
  expect(await second.get("/assets/a-1.js")).toBe("script 1");
});

test("a file of another version than the list's fails the whole installation", async () => {
  const second = worker("2");
  site.set("/", "page 3");
  await expect(second.install()).rejects.toThrow("/");
});

test("a part is fetched by phones that ask for it only, and from then on with every version", async () => {
  site.set("/assets/desk-1.js", "desk 1");
  const first = worker("1");
  await first.install();
  expect(fetched).not.toContain("/assets/desk-1.js");
  expect(await first.get("/assets/desk-1.js")).toBe("desk 1");
  await first.keep("desk");
  site.delete("/assets/desk-1.js");
  expect(await first.get("/assets/desk-1.js")).toBe("desk 1");
  site.set("/assets/desk-2.js", "desk 2");
  const second = worker("2");
  await second.install();
  await second.activate();
  site.clear();
  expect(await second.get("/assets/desk-2.js")).toBe("desk 2");
});

test("a part that was cut off while it was fetched does not count as kept", async () => {
  site.set("/assets/desk-1.js", "desk 1");
  const first = worker("1");
  await first.install();
  site.set("/assets/desk-1.js", "half of des");
  await expect(first.keep("desk")).rejects.toThrow("/assets/desk-1.js");
  site.set("/assets/desk-1.js", "desk 1");
  await first.keep("desk");
  site.clear();
  expect(await first.get("/assets/desk-1.js")).toBe("desk 1");
});

test("a word that names no part does nothing", async () => {
  const first = worker("1");
  await first.install();
  fetched = [];
  await first.keep("anything");
  expect(fetched).toEqual([]);
});

test("a list that is not the one the worker knows fails the installation, and nothing of it is kept", async () => {
  const first = worker("1");
  await first.install();
  const second = worker("2");
  site.set("/assets/files-2.json", JSON.stringify({ app: { "/evil.js": "" } }));
  await expect(second.install()).rejects.toThrow("/assets/files-2.json");
  site.clear();
  expect(await first.get("/", "navigate")).toBe("page 1");
  expect([...(stored.get([...stored.keys()][1] ?? "") ?? [])]).toEqual([]);
});

test("an installation that was cut off harms nothing, and the next one goes on from it", async () => {
  const first = worker("1");
  await first.install();
  site.set("/", "page 2");
  site.set("/assets/b-2.js", "script 2");
  const second = worker("2");
  site.delete("/assets/b-2.js");
  await expect(second.install()).rejects.toThrow("/assets/b-2.js");
  expect(await first.get("/", "navigate")).toBe("page 1");
  expect(await first.get("/assets/a-1.js")).toBe("script 1");
  site.set("/assets/b-2.js", "script 2");
  fetched = [];
  await second.install();
  expect(fetched).not.toContain("/assets/files-2.json");
  await second.activate();
  site.clear();
  expect(await second.get("/", "navigate")).toBe("page 2");
  expect(await second.get("/assets/b-2.js")).toBe("script 2");
});

test("a file that was damaged in the old cache is fetched, not taken over", async () => {
  const first = worker("1");
  await first.install();
  for (const entries of stored.values()) entries.set("/assets/a-1.js", new Response("scr"));
  site.set("/", "page 2");
  const second = worker("2");
  await second.install();
  await second.activate();
  site.clear();
  expect(await second.get("/assets/a-1.js")).toBe("script 1");
});

test("an old worker keeps a part of its own version after the server has a newer one", async () => {
  site.set("/assets/care-1.js", "care 1");
  const first = worker("1");
  await first.install();
  site.set("/", "page 2");
  publish("2");
  site.delete("/assets/files-1.json");
  await first.keep("care");
  site.clear();
  expect(await first.get("/assets/care-1.js")).toBe("care 1");
  expect(await first.get("/", "navigate")).toBe("page 1");
});

const LOGIN = { Authorization: "Session abc", "Content-Type": "application/cbor-seq" };

/** Leave a request as a page does. */
async function park(profile: string, body: string): Promise<void> {
  const parked = await caches.open("parked");
  await parked.put(`/sync?${profile}`, new Response(body, { headers: LOGIN }));
}

test("when a network is there open pages are woken, and nothing is sent behind their back", async () => {
  const first = worker("1");
  windows = [[], []];
  await park("p1", "sealed");
  whileAsleep = async () => (await caches.open("parked")).delete("/sync?p1");
  await first.sync();
  expect(windows).toEqual([["carry"], ["carry"]]);
  expect(asleep).toEqual([5_000]);
  expect(posted).toEqual([]);
});

test("what a page left that the phone has put to sleep is sent for it", async () => {
  const first = worker("1");
  windows = [[]];
  await park("p1", "sealed");
  await first.sync();
  expect(windows).toEqual([["carry"]]);
  expect(posted.map(({ body }) => body)).toEqual(["sealed"]);
});

test("where no page is open, what was left is sent once, under the lock of its profile", async () => {
  const first = worker("1");
  await park("p1", "sealed 1");
  await park("p2", "sealed 2");
  await first.sync();
  expect(posted.map(({ body }) => body)).toEqual(["sealed 1", "sealed 2"]);
  expect(posted[0]?.headers).toEqual({
    authorization: "Session abc",
    "content-type": "application/cbor-seq",
  });
  expect(locked).toEqual(["sync p1", "sync p2"]);
  await first.sync();
  expect(posted).toHaveLength(2);
});

test("what was left goes over the connection that pages have", async () => {
  const first = worker("1");
  await park("p1", "sealed");
  await first.sync();
  const asked: RequestInit[] = [];
  const fetch = async (_: string, init: RequestInit) => {
    asked.push(init);
    return new Response(null, { status: 204, headers: { "Content-Type": MEDIA_TYPE } });
  };
  const phone = new FakePhone({ fetch }, ORIGIN);
  const clock = await Clock.open(phone, await openShelf(phone.indexedDB));
  await new Line(phone, clock).post("/sync", new Uint8Array(), "Session abc");
  // Chromium makes another connection for requests without credentials; these stand for neither.
  const kindOf = ({ credentials = "same-origin" }: RequestInit) => credentials;
  expect(kindOf(posted[0] ?? {})).toBe(kindOf(asked[0] ?? {}));
});

test("what the server could not take waits for the next time", async () => {
  const first = worker("1");
  await park("p1", "sealed");
  server = () => Promise.reject(new TypeError("no network"));
  await expect(first.sync()).rejects.toThrow("no network");
  server = () => new Response("later", { status: 503 });
  await first.sync();
  server = () => new Response("who?", { status: 401 });
  await first.sync();
  await first.sync();
  expect(posted).toHaveLength(3);
});

test("a server that does not answer keeps pages waiting no longer than a request may take", async () => {
  const first = worker("1");
  await park("p1", "sealed");
  server = () => new Promise(() => {});
  await expect(first.sync()).rejects.toThrow("timeout");
  expect(patience).toEqual([20_000]);
  expect([...(stored.get("parked") ?? [])]).toHaveLength(1);
});

test("a new version leaves alone what waits, and the copy of a plan", async () => {
  const first = worker("1");
  await first.install();
  await park("p1", "sealed");
  await (await caches.open("spare")).put("/spare/p1", new Response("{}"));
  const second = worker("2");
  await second.install();
  await second.activate();
  expect([...stored.keys()].filter((name) => !["parked", "spare"].includes(name))).toHaveLength(1);
  expect(stored.get("parked")?.size).toBe(1);
  expect(stored.get("spare")?.size).toBe(1);
});
