/** Silence, captive portals and broken bodies are one thing: the server was not reached. */
import { beforeEach, expect, test } from "vitest";
import { Clock } from "../../src/client/clock.ts";
import { Line } from "../../src/client/line.ts";
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

test("a long upload gets time for its bytes", async () => {
  phone.haste = 100;
  server.fetch = async (_url, init) => {
    await new Promise((resolve, reject) => {
      setTimeout(resolve, 150);
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
