/** One request for everything: receipts, cuts, false answers, servers that forgot. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Line } from "../../src/client/line.ts";
import type { Item } from "../../src/exchange/frames.ts";
import * as pace from "../../src/exchange/pace.ts";
import type { FakeExchange } from "./fake-exchange.ts";
import { newScene, PLAN, type Scene, session, start, until } from "./scene.ts";

const HOUR_MS = 3_600_000;
let scene: Scene;
let exchange: FakeExchange;

beforeEach(async () => {
  scene = await newScene({ isExchanged: true });
  const offered = scene.server.exchange;
  if (offered === undefined) throw new Error("it is not offered");
  exchange = offered;
  for (const one of [scene.patient, scene.therapist, scene.patient]) await one.syncNow();
});

afterEach(async () => {
  scene.server.fault = () => undefined;
  await scene.close();
});

function stored() {
  const circle = scene.server.circles.get(scene.circle);
  if (circle === undefined) throw new Error("no such circle");
  return circle;
}

function hide(id: string): void {
  const { docs, feed } = stored();
  docs.delete(id);
  feed.splice(feed.indexOf(id), 1);
}

function places(): string[] {
  return scene.care.sessions.value.map(({ place }) => place);
}

async function requestsOf(act: () => Promise<unknown>): Promise<string[]> {
  const before = scene.server.requests.length;
  await act();
  return scene.server.requests
    .slice(before)
    .map((request) => request.replace(/c[0-9a-f]{40}/, "C"));
}

test("nothing new, and one record each way, cost one request and no echo", async () => {
  const { patient, therapist, circle, care } = scene;
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  expect(exchange.asked.at(-1)).toEqual([]);
  await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  await patient.logSession(circle, session(3));
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  await until(() => care.notes.value.length === 1 && places()[0] === "server");
  const given = exchange.sizes.at(-1)?.[1];
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  expect(exchange.sizes.at(-1)?.[1]).toBeLessThan(Number(given) / 3);
});

test("many circles are one request", async () => {
  const { therapist, server } = scene;
  for (const name of ["Bo", "Cy", "Di"]) await therapist.createPatient(name, PLAN);
  for (let round = 0; round < 3; round += 1) await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0 });
  expect(await requestsOf(() => therapist.syncNow())).toEqual(["POST /sync"]);
  const circles = therapist.cares.value.filter(({ purpose }) => purpose === "patient");
  for (const { circle } of circles) await therapist.writeNote(circle, "all");
  expect(await requestsOf(() => therapist.syncNow())).toEqual(["POST /sync"]);
  expect(therapist.sync.value.unsent).toBe(0);
  expect(server.requests.filter((request) => /_changes|_bulk/.test(request))).toEqual([]);
});

test("a record whose receipt was lost is on the phone until the server says it has it", async () => {
  const { patient, circle, server } = scene;
  const id = await patient.logSession(circle, session(3));
  server.fault = (request) => (request === "POST /sync" ? "lost" : undefined);
  await patient.syncNow();
  expect([places(), patient.sync.value.unsent, patient.sync.value.state]).toEqual([
    ["phone"],
    1,
    "offline",
  ]);
  expect(stored().docs.has(id)).toBe(true);
  server.fault = () => undefined;
  await patient.syncNow();
  expect([places(), patient.sync.value.unsent]).toEqual([["server"], 0]);
  expect(stored().feed.filter((name) => name === id)).toHaveLength(1);
});

test("a refused record is kept and shown, holds no other back, and is not sent again", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  await patient.logSession(circle, session(2));
  server.refusals.set(refused, "authz");
  await patient.syncNow();
  expect(places()).toEqual(["phone", "server"]);
  expect(patient.sync.value.refused.map(({ id }) => id)).toEqual([refused]);
  await patient.syncNow();
  expect(exchange.asked.at(-1)).toEqual([]);
});

test("a refusal of a kind that is not known here is kept with its code", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  server.refusals.set(refused, "of-next-year");
  await patient.syncNow();
  expect([...patient.care(circle).refused]).toEqual([[refused, "of-next-year"]]);
  expect(places()).toEqual(["phone"]);
});

test("what was refused for its form is offered again after a week, under another number", async () => {
  const { patient, circle, server } = scene;
  server.refusals.set(await patient.logSession(circle, session(1)), "schema");
  exchange.edit = (items) => {
    // What takes its number is taken.
    server.refusals.clear();
    return items;
  };
  await patient.syncNow();
  expect(patient.sync.value.refused.length).toBe(1);
  server.nowMs += 7 * 24 * HOUR_MS + 1_000;
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [] });
  await until(() => places().join() === "server");
});

test("a row that is no document is fetched the longer way, and shown where that lacks it too", async () => {
  const { patient, therapist, circle, care } = scene;
  await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  exchange.edit = (items) =>
    items.map((item) => {
      if (item[0] !== 2) return item;
      const rows = (item[2] as Item[]).map((row) => row.with(6, "no bytes"));
      const [first] = rows;
      return [2, item[1] as never, first === undefined ? [] : [...rows, first.with(3, 198)]];
    });
  const asked = await requestsOf(() => patient.syncNow());
  exchange.edit = (items) => items;
  expect(asked.some((request) => request.includes("/db/C/_bulk_get"))).toBe(true);
  await until(() => care.notes.value.length === 1);
  const sending = await patient.sending();
  expect(sending.unopened.value.map(({ id, code }) => [id.slice(-7), code])).toEqual([
    ["c000099", "schema"],
  ]);
  sending.close();
  await patient.syncNow();
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
});

test("a refusal that may pass is tried again until it has", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  server.refusals.set(refused, "newer-log");
  await patient.syncNow();
  server.refusals.clear();
  await patient.syncNow();
  expect([places(), patient.sync.value.refused]).toEqual([["server"], []]);
});

test("nothing later is sent where something waits: others would see a gap", async () => {
  const { patient, circle, server } = scene;
  const first = await patient.logSession(circle, session(1));
  for (let more = 0; more < 20; more += 1) await patient.logSession(circle, session(2));
  const turn = { ...pace.allow(pace.NEW_LINK, 0), bytes: 1_000 };
  vi.spyOn(Line.prototype, "turn").mockReturnValue(turn);
  const before = exchange.asked.length;
  server.refusals.set(first, "insufficient_storage");
  await patient.syncNow();
  expect(exchange.asked.slice(before).filter((items) => items.length > 0)).toHaveLength(1);
  expect(patient.sync.value.unsent).toBeGreaterThan(10);
  server.refusals.clear();
  await patient.syncNow();
  vi.restoreAllMocks();
  expect(patient.sync.value.unsent).toBe(0);
});

test("a receipt for an item that was not sent says nothing", async () => {
  const { patient, circle } = scene;
  await patient.logSession(circle, session(1));
  exchange.edit = (items) => items.map((item): Item => (item[0] === 3 ? [3, 7, []] : item));
  await patient.syncNow();
  expect(places()).toEqual(["phone"]);
});

test("items and words of a later server are skipped", async () => {
  const { patient, therapist, circle, care } = scene;
  await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  const later: Item[] = [
    [7, "of next year"],
    [4, new Uint8Array(), "a-word"],
    [4, new Uint8Array(20), "another"],
  ];
  exchange.edit = (items) => [...later, ...items];
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
  expect(patient.sync.value).toMatchObject({ state: "idle" });
});

const html = () =>
  new Response("<html>Welcome</html>", { headers: { "Content-Type": "text/html" } });
const garbage =
  (...bytes: number[]) =>
  () =>
    new Response(Uint8Array.from(bytes), { headers: { "Content-Type": "application/cbor-seq" } });

test.each([
  ["a page of a network", html, "trouble"],
  ["garbage", garbage(0xff, 0x00), "trouble"],
  ["an item that is not what it says", garbage(0x82, 0x09, 0x05), "trouble"],
  ["nothing", garbage(), "offline"],
  ["half an item", garbage(0x82, 0x09), "offline"],
  ["no end", garbage(0x82, 0x01, 0x41, 0x00), "offline"],
] as const)(
  "%s is no answer: nothing is claimed, and then all is sent",
  async (_, false_, state) => {
    const { patient, circle } = scene;
    await patient.logSession(circle, session(1));
    exchange.instead = false_;
    await patient.syncNow();
    expect([patient.sync.value.state, places()]).toEqual([state, ["phone"]]);
    exchange.instead = undefined;
    await patient.syncNow();
    expect(places()).toEqual(["server"]);
  },
);

test("cut at any byte: what came before is kept, nothing is claimed, and it goes on", async () => {
  const { patient, therapist, circle, care } = scene;
  for (let n = 0; n < 8; n += 1) await therapist.writeNote(circle, `note ${n}`);
  await therapist.syncNow();
  await patient.logSession(circle, session(4));
  let cuts = 0;
  for (let cut = 0; places()[0] !== "server" || care.notes.value.length < 8; cut += 61) {
    const [asked] = [exchange.asked.length];
    exchange.cutAt = cut;
    await patient.syncNow();
    if (patient.sync.value.state === "offline") cuts += 1;
    // After a cut answers are small: one for each note, and two for what is sent.
    expect(exchange.asked.length - asked).toBeLessThanOrEqual(10);
    await until(() => !care.checking.value);
    if (cut > 20_000) throw new Error("it never came through");
  }
  expect(cuts).toBeGreaterThan(3);
  await patient.syncNow();
  exchange.cutAt = undefined;
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
  expect(patient.care(circle).alarm).toBe("");
});

test("a login that is over is made anew, in the same round", async () => {
  const { patient, circle } = scene;
  exchange.sessions.clear();
  await patient.logSession(circle, session(2));
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync", "POST /sync"]);
  expect(places()).toEqual(["server"]);
});

test("a server that does not know it is replicated with, and asked again after an hour", async () => {
  const { patient, circle, server } = scene;
  server.exchange = undefined;
  await patient.logSession(circle, session(2));
  const asked = await requestsOf(() => patient.syncNow());
  expect(asked[0]).toBe("POST /sync");
  expect(asked).toContain("POST /db/C/_bulk_docs");
  expect(places()).toEqual(["server"]);
  expect(await requestsOf(() => patient.syncNow())).not.toContain("POST /sync");
  server.exchange = exchange;
  server.nowMs += HOUR_MS + 1;
  await patient.logSession(circle, session(3));
  expect(await requestsOf(() => patient.syncNow())).toContain("POST /sync");
  expect(places()).toEqual(["server", "server"]);
});

test.each([400, 413, 415])(
  "what is refused as a whole with %i goes by replication",
  async (status) => {
    const { patient, circle } = scene;
    await patient.logSession(circle, session(2));
    const type = { "Content-Type": "application/json" };
    exchange.instead = () => new Response('{"error":"no"}', { status, headers: type });
    await patient.syncNow();
    expect(places()).toEqual(["server"]);
    exchange.instead = undefined;
    expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  },
);

test("a server that is another one gets back what it has lost, in three requests", async () => {
  const { patient, therapist, circle, server, care } = scene;
  const note = await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  const id = await patient.logSession(circle, session(5));
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
  for (const lost of [id, note]) hide(lost);
  server.incarnation = "k2";
  // The first one finds it out; after the three that compare all is as ever.
  const asked = await requestsOf(() => patient.syncNow());
  expect([stored().docs.has(id), stored().docs.has(note)]).toEqual([true, true]);
  expect(asked.filter((request) => request === "POST /sync").length).toBeLessThanOrEqual(6);
  expect(asked.filter((request) => request !== "POST /sync")).toEqual(["GET /circles"]);
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0 });
});

test("a cursor of the future is begun anew, and nothing is fetched twice", async () => {
  const { patient, server, care } = scene;
  server.incarnation = "k2";
  await patient.syncNow();
  const came = exchange.sizes.map(([, down]) => down);
  expect(Math.max(...came.slice(-2))).toBeLessThan(300);
  expect(care.plans.value).toHaveLength(1);
});

test("what either side lacks is found and mended when asked for", async () => {
  const { patient, therapist, circle, care } = scene;
  const mine = await patient.logSession(circle, session(5));
  await patient.syncNow();
  hide(mine);
  const note = await therapist.writeNote(circle, "never shown");
  exchange.edit = (items) => items.filter(([kind]) => kind !== 2);
  await therapist.syncNow();
  await patient.syncNow();
  exchange.edit = (items) => items;
  expect(await requestsOf(() => patient.syncNow())).toEqual(["POST /sync"]);
  expect(care.notes.value).toHaveLength(0);
  const asked = await requestsOf(() => patient.checkAll());
  expect(asked).toEqual(["POST /sync", "POST /sync", "POST /sync"]);
  expect([stored().docs.has(mine), stored().docs.has(note)]).toEqual([true, true]);
  await until(() => care.notes.value.length === 1);
  expect(await requestsOf(() => patient.checkAll())).toEqual(["POST /sync"]);
});

test("what is here and was never taken is not brought by a comparison", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  server.refusals.set(refused, "authz");
  await patient.syncNow();
  expect(await patient.checkAll()).toEqual({ came: 0, sent: 0, lostLog: false });
  expect(stored().docs.has(refused)).toBe(false);
});

test("after a restart it goes on where it was", async () => {
  const { patient, patientPhone } = scene;
  await patient.close();
  const again = await (await start(patientPhone)).open(patient.profile.id);
  expect(await requestsOf(() => again.syncNow())).toEqual(["POST /sync"]);
  await again.close();
});

test("what was not stored is not passed over: the cursor waits for it", async () => {
  const { patient, therapist, circle, care } = scene;
  await therapist.writeNote(circle, "hello");
  await therapist.syncNow();
  const { records } = patient.care(circle);
  const { write } = records;
  records.write = () => Promise.reject(new Error("the disk is full"));
  await patient.syncNow();
  expect(patient.sync.value.state).toBe("trouble");
  records.write = write;
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
});

test("a log that is longer by the list than what came is asked for by name", async () => {
  const { patient, circle, server } = scene;
  const listed = server.fetch.bind(server);
  server.fetch = async (url, init) => {
    const answer = await listed(url, init);
    if (!url.endsWith("/circles")) return answer;
    const told = await answer.json();
    for (const row of told.circles) row.seq += 1;
    return new Response(JSON.stringify(told), { headers: answer.headers });
  };
  server.nowMs += HOUR_MS + 1;
  const asked = await requestsOf(() => patient.syncNow());
  expect(asked).toContain("GET /circles");
  expect(asked).toContain("GET /db/C/_changes");
  server.fetch = listed;
  server.nowMs += HOUR_MS + 1;
  expect(await requestsOf(() => patient.syncNow())).not.toContain("GET /db/C/_changes");
  expect(patient.care(circle).alarm).toBe("");
});

test("a circle that is not listed any more is asked for by name", async () => {
  const { patient, circle, server } = scene;
  const gone = stored();
  server.circles.delete(circle);
  server.nowMs += HOUR_MS + 1;
  await patient.syncNow();
  expect(patient.care(circle).alarm).toContain("does not know this circle");
  server.circles.set(circle, gone);
  await patient.syncNow();
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "idle", reason: "" });
});
