/** What went over the network is kept by the month, and a budget is kept to. */
import { beforeEach, expect, test } from "vitest";
import { Clock } from "../../src/client/clock.ts";
import { Line } from "../../src/client/line.ts";
import { Meter } from "../../src/client/meter.ts";
import { openShelf, type Shelf } from "../../src/client/shelf.ts";
import { FakePhone } from "./fake-phone.ts";
import { FakeServer } from "./fake-server.ts";

let server: FakeServer;
let phone: FakePhone;
let shelf: Shelf;
let clock: Clock;
let nowMs: number;

const month = (at: string) => {
  nowMs = Date.parse(`${at}T12:00:00Z`);
};

beforeEach(async () => {
  server = new FakeServer();
  month("2026-11-22");
  phone = new FakePhone(server, "http://clinic.test", () => nowMs);
  shelf = await openShelf(phone.indexedDB);
  clock = await Clock.open(phone, shelf);
});

test("what was counted is there after a restart", async () => {
  const meter = await Meter.open(phone, shelf, clock);
  meter.count(300, 200);
  meter.count(30, 20);
  expect(meter.spent.value).toBe(550);
  await meter.close();
  const again = await Meter.open(phone, shelf, clock);
  expect(again.spent.value).toBe(550);
  expect(await again.months()).toEqual([{ month: "2611", up: 330, down: 220 }]);
});

test("it is written soon by itself, and at once when the app goes to the back", async () => {
  phone.haste = 100;
  const meter = await Meter.open(phone, shelf, clock);
  const written = async () => (await shelf.get("facts", "data-up 2611"))?.value;
  meter.count(1, 2);
  await expect.poll(written, { timeout: 30_000 }).toBe(1);
  phone.haste = 0.001;
  meter.count(1, 2);
  phone.happen("hidden");
  await expect.poll(written, { timeout: 30_000 }).toBe(2);
});

test("two windows add to the same sum", async () => {
  const one = await Meter.open(phone, shelf, clock);
  const other = await Meter.open(phone, shelf, clock);
  for (let n = 0; n < 20; n += 1) {
    one.count(1, 0);
    other.count(0, 1);
  }
  await Promise.all([one.flush(), other.flush()]);
  one.count(1, 0);
  await one.flush();
  expect(one.spent.value).toBe(41);
  expect(await other.months()).toEqual([{ month: "2611", up: 21, down: 20 }]);
});

test("a month begins at nothing, and a year is remembered", async () => {
  const meter = await Meter.open(phone, shelf, clock);
  for (let n = 1; n <= 14; n += 1) {
    month(`${2025 + Math.floor(n / 13)}-${String(((n - 1) % 12) + 1).padStart(2, "0")}-10`);
    meter.count(n, 0);
    await meter.flush();
    expect(meter.spent.value).toBe(n);
  }
  const months = await meter.months();
  expect(months.map(({ up }) => up)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

test("a month that ends between two requests parts them", async () => {
  const meter = await Meter.open(phone, shelf, clock);
  meter.count(5, 0);
  month("2026-12-01");
  meter.count(7, 0);
  expect(await meter.months()).toEqual([
    { month: "2612", up: 7, down: 0 },
    { month: "2611", up: 5, down: 0 },
  ]);
  expect(meter.spent.value).toBe(7);
});

test("a budget lets logs through and keeps media back, also after a restart", async () => {
  const chunk = { circle: "c", id: "ch:d:x", size: 60_000 };
  const pain = { circle: "c", id: "ev:2611:d:c000001", size: 300 };
  const first = await Meter.open(phone, shelf, clock);
  expect(first.mayGo(chunk)).toBe(true);
  await first.setLimit(1_000_000);
  first.count(700_000, 50_000);
  await first.close();
  const meter = await Meter.open(phone, shelf, clock);
  expect([meter.limit.value, meter.mayGo(chunk), meter.mayGo(pain)]).toEqual([1e6, false, true]);
  expect(meter.lookMs).toBe(30_000);
  meter.count(250_000, 0);
  expect(meter.lookMs).toBe(900_000);
  await meter.setLimit(0);
  expect(meter.mayGo(chunk)).toBe(true);
});

test("every request is counted, answered or not; none without a network", async () => {
  const meter = await Meter.open(phone, shelf, clock);
  const line = new Line(phone, clock, meter);
  server.fetch = async () => Response.json({ ok: true });
  const costOf = async (act: Promise<unknown>) => {
    const before = meter.spent.value;
    await act.catch(() => {});
    return meter.spent.value - before;
  };
  const first = await costOf(line.ask("/healthz"));
  const warm = await costOf(line.ask("/healthz"));
  expect(first).toBeGreaterThan(warm + 3_000);
  expect(await costOf(line.ask("/healthz", { body: "x".repeat(1_000) }))).toBe(warm + 1_000);
  server.fetch = async () => new Response("<html>", { headers: { "Content-Type": "text/html" } });
  expect(await costOf(line.ask("/healthz"))).toBeGreaterThan(100);
  phone.isOnline = false;
  expect(await costOf(line.ask("/healthz"))).toBe(0);
});
