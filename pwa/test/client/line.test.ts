/** Silence, captive portals and broken bodies are one thing: the server was not reached. */
import { beforeEach, expect, test, vi } from "vitest";
import { Clock } from "../../src/client/clock.ts";
import { Line, type Reply } from "../../src/client/line.ts";
import { openShelf } from "../../src/client/shelf.ts";
import { FakePhone } from "./fake-phone.ts";
import { FakeServer } from "./fake-server.ts";

let server: FakeServer;
let phone: FakePhone;
let clock: Clock;
let line: Line;

beforeEach(async () => {
  server = new FakeServer();
  phone = new FakePhone(server, "http://clinic.test", () => server.nowMs);
  clock = await Clock.open(phone, await openShelf(phone.indexedDB));
  line = new Line(phone, clock);
});

test("an answer is its status and its JSON", async () => {
  expect(await line.ask("/healthz")).toEqual({ status: 200, json: { ok: true } });
  expect((await line.ask("/db/none/_changes")).status).toBe(404);
});

test("a server that never answers is given up", async () => {
  phone.haste = 1000;
  server.fault = () => "silent";
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "silent" });
});

test("after silence requests go over another connection, and stay there once one is answered", async () => {
  phone.haste = 1000;
  const asked: unknown[] = [];
  const { fetch } = phone;
  phone.fetch = (url, init) => {
    asked.push(init.credentials);
    return fetch.call(phone, url, init);
  };
  server.fault = () => "silent";
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "silent" });
  server.fault = () => undefined;
  await line.ask("/healthz");
  await line.ask("/healthz");
  expect(asked).toEqual(["same-origin", "omit", "omit"]);
});

test("where a connection takes long it is begun before the request, which waits for no second one", async () => {
  const [fetch, after] = [phone.fetch.bind(phone), phone.after.bind(phone)];
  let happened: unknown[] = [];
  let [nowMs, setupMs] = [1_000, 900];
  const asking = async (kind: "answered" | "broken" = "answered") => {
    happened = [];
    server.fault = () => (kind === "broken" ? "down" : undefined);
    await line.ask("/healthz").catch(() => {});
    return happened;
  };
  phone.haste = 1_000;
  phone.steadyMs = () => nowMs;
  phone.timing = () => ({ encodedBytes: 10, setupMs, dialledMs: nowMs });
  phone.dial = (credentials) => happened.push(credentials);
  phone.after = (ms, due) => {
    happened.push(ms);
    return after(ms, due);
  };
  phone.fetch = (url, init) => {
    happened.push("asked");
    return fetch(url, init);
  };
  // Chromium makes a second one after 250 ms.
  const begun = ["same-origin", 300, expect.any(Number), "asked"];
  expect((await asking()).slice(0, 4)).toEqual(begun);
  setupMs = 0;
  expect((await asking())[1]).toBe("asked");
  nowMs += 60_000;
  expect((await asking("broken")).slice(0, 4)).toEqual(begun);
  expect((await asking()).slice(0, 4)).toEqual(begun);
  // It was there before anything was asked: nothing is begun beforehand until it is cut again.
  nowMs += 60_000;
  expect((await asking())[1]).toBe("asked");
  line.returned();
  expect((await asking()).slice(0, 4)).toEqual(begun);
});

test("a request that the browser sent again by itself tells that the connection broke", async () => {
  let [nowMs, dialledMs, setupMs] = [1_000, 0, 0];
  phone.steadyMs = () => nowMs;
  phone.timing = () => ({ encodedBytes: 0, setupMs, dialledMs });
  const fetch = phone.fetch.bind(phone);
  phone.fetch = async (url, init) => {
    const answer = await fetch(url, init);
    nowMs += 1_000;
    return answer;
  };
  expect(line.turn().answer).toBe(0);
  for (let times = 0; times < 3; times += 1) await line.ask("/healthz");
  expect(line.turn().answer).toBe(0);
  // It was asked, the connection broke after 900 ms, and another one took 100.
  [dialledMs, setupMs] = [nowMs + 900, 100];
  await line.ask("/healthz");
  expect(line.turn().answer).toBeGreaterThan(0);
});

test("a long upload gets time for its bytes", async () => {
  phone.haste = 20;
  server.fetch = async (_url, init) => {
    await new Promise((resolve, reject) => {
      setTimeout(resolve, 750);
      init.signal?.addEventListener("abort", () => reject(new Error("aborted")));
    });
    return Response.json({ ok: true });
  };
  const body = "x".repeat(30_000);
  await expect(line.ask("/healthz", { body: "x" })).rejects.toMatchObject({ why: "silent" });
  expect((await line.ask("/healthz", { body })).status).toBe(200);
});

test("a body that stops in the middle is no answer", async () => {
  phone.haste = 1000;
  server.fetch = async (_url, init) => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"ok":'));
        init.signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
    return new Response(body, { headers: { "Content-Type": "application/json" } });
  };
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "silent" });
});

test("a page of a captive portal is not the server", async () => {
  server.fault = () => "portal";
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "portal" });
  server.fault = () => undefined;
  server.fetch = async () =>
    new Response("<html>", { headers: { "Content-Type": "application/json" } });
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "portal" });
});

test("no network, and a server that cannot, are told apart", async () => {
  phone.isOnline = false;
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "down" });
  phone.isOnline = true;
  server.fault = () => "unavailable";
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "busy" });
});

test("open requests can be given up at once", async () => {
  server.fault = () => "silent";
  const asked = line.ask("/healthz");
  line.cut();
  await expect(asked).rejects.toMatchObject({ why: "silent" });
});

test("each answer sets the clock right", async () => {
  phone.offsetMs = -40 * 24 * 3600 * 1000;
  await line.ask("/healthz");
  expect(Math.abs(clock.serverS - server.nowMs / 1000)).toBeLessThan(2);
  expect(clock.phoneS).toBe(Math.floor(phone.nowMs() / 1000));
});

const ITEMS = { "Content-Type": "application/cbor-seq" };

async function heard({ parts }: Reply): Promise<number[]> {
  const all: number[] = [];
  for await (const part of parts) all.push(...part);
  return all;
}

test("items go and come as bytes, and a refusal as JSON", async () => {
  let asked: RequestInit | undefined;
  server.fetch = async (_url, init) => {
    asked = init;
    return new Response(new Uint8Array([129, 9]), { headers: ITEMS });
  };
  const body = new Uint8Array([129, 0]);
  const reply = await line.post("/sync", body, "Session abc");
  expect([reply.status, reply.isItems, await heard(reply)]).toEqual([200, true, [129, 9]]);
  expect([asked?.method, asked?.body]).toEqual(["POST", body]);
  expect(Object.fromEntries(new Headers(asked?.headers))).toEqual({
    "accept-language": "*",
    authorization: "Session abc",
    "content-type": "application/cbor-seq",
  });
  server.fetch = async () => Response.json({ error: "bad_request" }, { status: 400 });
  const refused = await line.post("/sync", body, "Session abc");
  expect([refused.status, refused.isItems]).toEqual([400, false]);
  server.fault = () => "portal";
  server.fetch = async () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
  await expect(line.post("/sync", body, "")).rejects.toMatchObject({ why: "portal" });
});

test("a body goes in gzip where that makes it smaller", async () => {
  const sent: [string | null, number][] = [];
  server.fetch = async (_url, init) => {
    const { length } = init.body as Uint8Array;
    sent.push([new Headers(init.headers).get("Content-Encoding"), length]);
    return new Response(new Uint8Array([129, 9]), { headers: ITEMS });
  };
  await heard(await line.post("/sync", new Uint8Array(2_000), ""));
  await heard(await line.post("/sync", crypto.getRandomValues(new Uint8Array(2_000)), ""));
  await heard(await line.post("/sync", new Uint8Array(500), ""));
  expect(sent[0]?.[0]).toBe("gzip");
  expect(sent[0]?.[1]).toBeLessThan(100);
  expect(sent.slice(1)).toEqual([
    [null, 2_000],
    [null, 500],
  ]);
});

/** A long answer of which only `pieces` come; then it stays silent. */
function stuttering(pieces: number): typeof server.fetch {
  return async (_url, init) => {
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < pieces; n += 1) controller.enqueue(new Uint8Array([129, n]));
        init.signal?.addEventListener("abort", () => controller.error(new Error("aborted")));
      },
    });
    return new Response(body, { headers: ITEMS });
  };
}

test("what came of a long answer before it broke is given", async () => {
  phone.haste = 1000;
  server.fetch = stuttering(2);
  const { parts } = await line.post("/sync", new Uint8Array(), "");
  const got: number[] = [];
  const all = (async () => {
    for await (const part of parts) got.push(...part);
  })();
  await expect(all).rejects.toMatchObject({ why: "silent" });
  expect([got, line.failures]).toEqual([[129, 0, 129, 1], 1]);
});

test("who takes long over a piece of an answer is not taken for a silent server", async () => {
  phone.haste = 1000;
  server.fetch = async () => new Response(new Uint8Array([129, 9]), { headers: ITEMS });
  const { parts } = await line.post("/sync", new Uint8Array(), "");
  for await (const _ of parts) await new Promise((resolve) => setTimeout(resolve, 40));
  expect(line.failures).toBe(0);
});

test("items where JSON was asked for are not this server's", async () => {
  server.fetch = async () => new Response(new Uint8Array([129, 9]), { headers: ITEMS });
  await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "portal" });
});

test("requests grow while they are answered and shrink when they are cut", async () => {
  const first = line.turn().bytes;
  let ms = 0;
  phone.steadyMs = () => ms;
  server.fetch = async () => {
    ms += 300;
    return Response.json({ ok: true });
  };
  const bodyOf = () => "x".repeat(line.turn().bytes);
  for (let n = 0; n < 12; n += 1) await line.ask("/healthz", { body: bodyOf() });
  const grown = line.turn().bytes;
  expect(grown).toBeGreaterThan(4 * first);
  server.fetch = async () => {
    ms += 2_000;
    throw new TypeError("reset");
  };
  await line.ask("/healthz", { body: bodyOf() }).catch(() => {});
  expect(line.turn().bytes).toBeLessThan(grown);
  line.returned();
  expect(line.turn()).toMatchObject({ bytes: first, waitMs: 0 });
  expect(line.failures).toBe(0);
});

test("a server that answered quickly is given up sooner than one that is not known", async () => {
  phone.haste = 1000;
  server.fault = () => "silent";
  const after = vi.spyOn(phone, "after");
  const silence = async () => {
    after.mockClear();
    await expect(line.ask("/healthz")).rejects.toMatchObject({ why: "silent" });
    return Math.max(...after.mock.calls.map(([ms]) => ms));
  };
  expect(await silence()).toBeGreaterThan(9_000);
  server.fault = () => undefined;
  for (let n = 0; n < 5; n += 1) await line.ask("/healthz");
  server.fault = () => "silent";
  expect(await silence()).toBeLessThan(7_000);
});

test("a request that somebody else gave up says nothing of the link", async () => {
  server.fault = () => "silent";
  const controller = new AbortController();
  const asked = line.ask("/healthz", { signal: controller.signal });
  controller.abort();
  await expect(asked).rejects.toMatchObject({ why: "silent" });
  expect(line.failures).toBe(0);
});
