/** The service worker in a world of its own: whole versions, nothing of the server's data. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { beforeEach, expect, test } from "vitest";

const SOURCE = stripTypeScriptTypes(
  readFileSync(join(import.meta.dirname, "../../src/sw/worker.ts"), "utf8"),
);
const ORIGIN = "http://clinic.test";

type Handler = (event: Record<string, unknown>) => void;

let site: Map<string, string>;
let stored: Map<string, Map<string, Response>>;
let fetched: string[];

beforeEach(() => {
  site = new Map([
    ["/", "page 1"],
    ["/assets/a-1.js", "script 1"],
  ]);
  stored = new Map();
  fetched = [];
});

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

const caches = {
  open: async (name: string) => {
    const entries = stored.get(name) ?? new Map<string, Response>();
    stored.set(name, entries);
    return {
      put: async (key: string, response: Response) => void entries.set(key, response),
      match: async (key: string) => entries.get(key)?.clone(),
    };
  },
  match: async (key: string) =>
    [...stored.values()].map((entries) => entries.get(key)?.clone()).find(Boolean),
  keys: async () => [...stored.keys()],
  delete: async (name: string) => stored.delete(name),
};

/** A worker of the version that lists what the site holds now. */
function worker(version: string) {
  const handlers = new Map<string, Handler>();
  const listed = [...site].map(([path, text]) => [path, hashOf(text)] as const);
  const isDesk = ([path]: readonly [string, string]) => path.startsWith("/assets/desk");
  runInNewContext(SOURCE, {
    __FILES__: listed.filter((each) => !isDesk(each)),
    __PARTS__: { desk: listed.filter(isDesk) },
    Response,
    __VERSION__: version,
    self: {
      addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
      clients: { claim: async () => {} },
    },
    caches,
    crypto,
    location: { origin: ORIGIN },
    URL,
    fetch: async (request: string | { url: string }) => {
      const url = typeof request === "string" ? request : request.url;
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

test.each(["/db/c0/_changes", "/circles", "/healthz", "/sync", "/unknown.js"])(
  "%s goes to the network as if there were no worker",
  async (path) => {
    const first = worker("1");
    await first.install();
    expect(await first.get(path)).toBeUndefined();
  },
);

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
  expect(fetched).toEqual(["/"]);
  expect(await first.get("/", "navigate")).toBe("page 1");
  await second.activate();
  expect([...stored.keys()]).toEqual(["app-2"]);
  expect(await second.get("/", "navigate")).toBe("page 2");
  expect(await second.get("/assets/a-1.js")).toBe("script 1");
});

test("a file of another version than the list's fails the whole installation", async () => {
  const second = worker("2");
  site.set("/", "page 3");
  await expect(second.install()).rejects.toThrow("another version");
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
  await expect(first.keep("desk")).rejects.toThrow("another version");
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
