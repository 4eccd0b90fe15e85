/**
 * Rounds against a server that answers badly: nothing is lost, nothing is claimed, nothing blocks.
 */

import { afterEach, beforeEach, expect, test } from "vitest";
import { structuralRev } from "../src/circle/document.ts";
import { drawMember, invite } from "../src/circle/entries.ts";
import { Membership } from "../src/circle/log.ts";
import { LineError } from "../src/client/line.ts";
import type { Phone } from "../src/client/phone.ts";
import { loadKeys, type ProfileKeys } from "../src/keystore.ts";
import { Runner } from "../src/sync.ts";
import { newScene, PLAN, type Scene, session, start, until } from "./client/scene.ts";

let scene: Scene;

beforeEach(async () => {
  scene = await newScene();
  await scene.patient.syncNow();
});

afterEach(async () => {
  scene.server.fault = () => undefined;
  scene.patientPhone.isOnline = true;
  await scene.close();
});

function places(): string[] {
  return scene.care.sessions.value.map(({ place }) => place);
}

function requestsOf(act: () => Promise<void>): Promise<string[]> {
  const before = scene.server.requests.length;
  return act().then(() => scene.server.requests.slice(before));
}

test("a record whose receipt was lost is on the phone until the server says it has it", async () => {
  const { patient, circle, server } = scene;
  await patient.logSession(circle, session(3));
  server.fault = (request) => (/_bulk_docs/.test(request) ? "lost" : undefined);
  await patient.syncNow();
  expect([places(), patient.sync.value.unsent, patient.sync.value.state]).toEqual([
    ["phone"],
    1,
    "offline",
  ]);
  server.fault = () => undefined;
  await patient.syncNow();
  expect([places(), patient.sync.value.unsent]).toEqual([["server"], 0]);
});

test("a refused record is kept and shown, and holds no other back", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  await patient.logSession(circle, session(2));
  server.refusals.set(refused, "authz");
  await patient.syncNow();
  expect(places()).toEqual(["phone", "server"]);
  expect(patient.sync.value.refused).toEqual([
    { id: refused, reason: "This phone may not write this kind of record here." },
  ]);
  const again = await requestsOf(() => patient.syncNow());
  expect(again.filter((request) => /_bulk_docs/.test(request))).toEqual([]);
});

test("a refusal that may pass is tried again until it has", async () => {
  const { patient, circle, server } = scene;
  const refused = await patient.logSession(circle, session(1));
  server.refusals.set(refused, "newer-log");
  await patient.syncNow();
  expect(places()).toEqual(["phone"]);
  server.refusals.clear();
  await patient.syncNow();
  expect([places(), patient.sync.value.refused]).toEqual([["server"], []]);
});

test("a dropped _bulk_get never makes PouchDB fetch one document at a time", async () => {
  const { therapist, patient, circle, care, server } = scene;
  for (const text of ["one", "two", "three"]) await therapist.writeNote(circle, text);
  await therapist.syncNow();
  server.fault = (request) => (/_bulk_get/.test(request) ? "lost" : undefined);
  await patient.syncNow();
  expect([patient.sync.value.state, care.notes.value.length]).toEqual(["offline", 0]);
  server.fault = () => undefined;
  const asked = await requestsOf(() => patient.syncNow());
  await until(() => care.notes.value.length === 3);
  expect(asked.filter((request) => /nt:|nt%3A/.test(request))).toEqual([]);
  expect(asked.filter((request) => /_bulk_get/.test(request))).toHaveLength(1);
});

test("a deletion or a later revision that the server shows hides nothing", async () => {
  const { patient, circle, care, server } = scene;
  const id = await patient.logSession(circle, session(4));
  await patient.syncNow();
  const stored = server.circles.get(circle);
  const later = { _id: id, _rev: `2-${"f".repeat(32)}`, _deleted: true };
  stored?.docs.set(id, later);
  stored?.feed.push(id);
  await patient.syncNow();
  expect(care.sessions.value.map(({ value }) => value.pain.worst)).toEqual([4]);
});

test("a document that does not open is kept, counted and never shown", async () => {
  const { therapist, patient, circle, care, server } = scene;
  const id = await therapist.writeNote(circle, "real");
  await therapist.writeNote(circle, "also real");
  await therapist.syncNow();
  const stored = server.circles.get(circle);
  const doc = stored?.docs.get(id);
  stored?.docs.set(id, { ...doc, s: "A".repeat(86) } as never);
  await patient.syncNow();
  await until(() => care.notes.value.length === 1);
  expect([...patient.care(circle).unreadable]).toEqual([[id, "sig"]]);
  // Nobody of the circle wrote it: that is told, and stops nobody.
  expect(patient.sync.value.state).toBe("trouble");
  await patient.logSession(circle, session(1));
});

test("another log than the one that was seen is an alarm: nothing more is sent there", async () => {
  const { therapist, patient, circle, server } = scene;
  const stored = server.circles.get(circle);
  const founding = { _id: "log:000000", j: String(stored?.docs.get("log:000000")?.j) };
  const before = await Membership.founded(founding);
  const keys = (await loadKeys(`rejoint-keys-${therapist.profile.id}`)) as ProfileKeys;
  const place = { role: "caregiver", member: drawMember() } as const;
  const { secrets } = therapist.care(circle);
  // A good entry in a place that is taken: one log for some, another one for others.
  const { bundle } = await invite(keys, before, secrets, place, before.ts);
  const rival = { ...bundle.log, _rev: await structuralRev(bundle.log) };
  stored?.docs.set("log:000001", rival as never);
  stored?.feed.push("log:000001");
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "trouble" });
  await expect(patient.logSession(circle, session(1))).rejects.toMatchObject({ code: "fork" });
  const asked = await requestsOf(() => patient.syncNow());
  expect(asked.filter((request) => /_bulk_docs|_revs_diff/.test(request))).toEqual([]);
});

test("a server restored from an old backup gets back what it lost", async () => {
  const { patient, patientPhone, circle, server } = scene;
  const id = await patient.logSession(circle, session(5));
  await patient.syncNow();
  await patient.close();
  const stored = server.circles.get(circle);
  stored?.docs.delete(id);
  stored?.feed.splice(stored.feed.indexOf(id), 1);
  stored?.locals.clear();
  const again = await (await start(patientPhone)).open(patient.profile.id);
  await again.syncNow();
  expect(stored?.docs.has(id)).toBe(true);
  await again.close();
});

test("a circle that is closed to this device leaves the others alone", async () => {
  const { therapist, server, circle } = scene;
  const { circle: other } = await therapist.createPatient("Bo", PLAN);
  await therapist.writeNote(circle, "hello");
  const gone = server.circles.get(other);
  server.circles.delete(other);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "trouble", unsent: expect.any(Number) });
  expect(therapist.care(circle).notes.value.map(({ place }) => place)).toEqual(["server"]);
  if (gone !== undefined) server.circles.set(other, gone);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0 });
});

test.each([
  ["portal", "trouble", "This network wants you to sign in first."],
  ["unavailable", "trouble", "The clinic's server cannot answer right now. Your records are kept."],
  ["down", "offline", ""],
] as const)("a network that is %s is told as %s", async (fault, state, reason) => {
  scene.server.fault = () => fault;
  await scene.patient.syncNow();
  expect(scene.patient.sync.value).toMatchObject({ state, reason });
});

test("a hung server holds a round no longer than its time-outs, then all is sent", async () => {
  const { patient, patientPhone, circle, server } = scene;
  await patient.logSession(circle, session(2));
  patientPhone.haste = 1000;
  server.fault = () => "silent";
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "offline", unsent: 1 });
  server.fault = () => undefined;
  patientPhone.haste = 1;
  await patient.syncNow();
  expect(places()).toEqual(["server"]);
});

test("when the network returns a record is sent at once, whatever the pause was", async () => {
  const { patient, patientPhone, circle, server } = scene;
  server.fault = () => "down";
  for (let round = 0; round < 6; round += 1) await patient.syncNow();
  await patient.logSession(circle, session(2));
  await patient.syncNow();
  server.fault = () => undefined;
  const since = Date.now();
  patientPhone.happen("online");
  await until(() => places()[0] === "server");
  expect(Date.now() - since).toBeLessThan(20_000);
});

test("a look that finds nothing new costs three requests", async () => {
  await scene.patient.syncNow();
  const asked = await requestsOf(() => scene.patient.syncNow());
  expect(asked.map((request) => request.replace(/c[0-9a-f]{40}/, "C"))).toEqual([
    "GET /circles",
    expect.stringMatching(/^GET \/db\/C\/_local\//),
    "GET /db/C/_changes",
  ]);
});

test("two windows of one profile sync in turn, and both show the receipt", async () => {
  const { patient, patientPhone, circle } = scene;
  const second = await (await start(patientPhone)).open(patient.profile.id);
  const [care] = second.cares.value;
  await until(() => care?.plans.value.length === 1);
  await patient.logSession(circle, session(1));
  await until(() => care?.sessions.value.length === 1);
  await second.logSession(circle, session(2));
  await Promise.all([patient.syncNow(), second.syncNow()]);
  await until(() => care?.sessions.value.every(({ place }) => place === "server") === true);
  await until(() => places().join() === "server,server");
  const numbers = scene.care.sessions.value.map(({ id }) => id.slice(-7));
  expect(numbers).toEqual(["c000001", "c000002"]);
  await second.close();
});

/** A phone whose timers are noted and go off when a test says so. */
function timedPhone() {
  const listeners = new Map<string, () => void>();
  const due: { ms: number; act: () => void }[] = [];
  const state = { online: true, visible: true, nowMs: 0, isTaken: false };
  const phone = {
    on: (event: string, listener: () => void) => {
      listeners.set(event, listener);
      return () => {};
    },
    online: () => state.online,
    visible: () => state.visible,
    nowMs: () => state.nowMs,
    locks: {
      request: <T>(_: string, { ifAvailable }: LockOptions, held: (lock: unknown) => Promise<T>) =>
        held(ifAvailable === true && state.isTaken ? null : {}),
    },
    after: (ms: number, act: () => void) => {
      due.push({ ms, act });
      return () => {};
    },
  };
  const happen = (event: string) => listeners.get(event)?.();
  const fire = () => due.at(-1)?.act();
  return { phone: phone as unknown as Phone, state, due, happen, fire };
}

/** Lets everything happen that waits for nothing else. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function lineOf() {
  const line = {
    failures: 0,
    cuts: 0,
    cut: () => {
      line.cuts += 1;
    },
    returned: () => {
      line.failures = 0;
      line.cut();
    },
  };
  return line;
}

test("after joining it looks soon, then less and less often", async () => {
  const { phone, due } = timedPhone();
  const options = { lock: "p", line: lineOf(), lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry: async () => {} }, options);
  runner.expect();
  for (let round = 0; round < 6; round += 1) {
    await runner.now();
  }
  expect(due.slice(0, 6).map(({ ms }) => ms)).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  await runner.close();
});

test("silence is a pause by itself: who looks is not kept waiting after it", async () => {
  const { phone, due } = timedPhone();
  const line = lineOf();
  const carry = async () => {
    line.failures += 1;
    throw new LineError("silent");
  };
  const options = { lock: "p", line, lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry }, options);
  for (let round = 0; round < 6; round += 1) await runner.now();
  expect(Math.max(...due.map(({ ms }) => ms))).toBeLessThanOrEqual(1_000);
  await runner.close();
});

test("pauses grow while the server is not reached, and not beyond seconds while it is seen", async () => {
  const { phone, state, due } = timedPhone();
  const line = lineOf();
  const carry = async () => {
    line.failures += 1;
    throw new LineError("down");
  };
  const options = { lock: "p", line, lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry }, options);
  for (let round = 0; round < 12; round += 1) await runner.now();
  const [first, second, ...others] = due.map(({ ms }) => ms);
  expect(first).toBeLessThanOrEqual(1_000);
  expect(second).toBeLessThanOrEqual(2_000);
  expect(Math.max(...others)).toBe(8_000);
  state.visible = false;
  await runner.now();
  expect(due.at(-1)?.ms).toBeGreaterThan(100_000);
  await runner.close();
});

test("a server that cannot is left alone ever longer, whoever looks", async () => {
  const { phone, due } = timedPhone();
  const carry = () => Promise.reject(new LineError("busy"));
  const options = { lock: "p", line: lineOf(), lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry }, options);
  for (let round = 0; round < 12; round += 1) await runner.now();
  expect(due.at(-1)?.ms).toBeGreaterThan(100_000);
  await runner.close();
});

test("when the network returns, what hangs is cut and a round begins at once", async () => {
  const { phone, due, happen, fire } = timedPhone();
  const line = lineOf();
  let rounds = 0;
  let fail = (_: Error) => {};
  const carry = () => {
    rounds += 1;
    if (rounds > 1) return Promise.resolve();
    return new Promise<void>((_, reject) => {
      fail = reject;
    });
  };
  line.cut = () => fail(new LineError("silent"));
  const options = { lock: "p", line, lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry }, options);
  runner.start();
  fire();
  await settle();
  expect(rounds).toBe(1);
  happen("online");
  await settle();
  expect(due.at(-1)?.ms).toBe(0);
  fire();
  await settle();
  expect(rounds).toBe(2);
  happen("online");
  expect(due.at(-1)?.ms).toBe(0);
  await runner.close();
});

test("an app that comes to the front waits for no round that hangs, and cuts none that runs", async () => {
  const { phone, state, happen, fire } = timedPhone();
  const line = lineOf();
  const options = { lock: "p", line, lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry: () => new Promise(() => {}) }, options);
  runner.start();
  fire();
  await settle();
  state.nowMs = 3_000;
  happen("visible");
  expect(line.cuts).toBe(0);
  state.nowMs = 20_000;
  happen("visible");
  expect(line.cuts).toBe(1);
});

test("a tab that only looks leaves it to the tab that carries; what was written waits for its turn", async () => {
  const { phone, state, due, happen, fire } = timedPhone();
  let rounds = 0;
  const carry = async () => {
    rounds += 1;
  };
  const options = { lock: "p", line: lineOf(), lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry }, options);
  await runner.now();
  expect(due.at(-1)?.ms).toBe(30_000);
  state.isTaken = true;
  fire();
  await settle();
  expect(rounds).toBe(1);
  happen("woken");
  runner.soon();
  fire();
  await settle();
  expect(rounds).toBe(2);
  await runner.close();
});

test("what waits is left for the worker while the server is not reached, and taken back", async () => {
  const { phone, state, due, happen, fire } = timedPhone();
  const line = lineOf();
  const parked: boolean[] = [];
  let isDead = true;
  let rounds = 0;
  const carry = async () => {
    rounds += 1;
    if (isDead) throw new LineError("down");
  };
  const park = async (isNeeded: boolean) => {
    parked.push(isNeeded);
  };
  const options = { lock: "p", line, lookMs: () => 30_000, changed: () => {} };
  const runner = new Runner(phone, { carry, park }, options);
  runner.start();
  fire();
  await settle();
  expect([rounds, parked]).toEqual([1, [true]]);
  const pause = due.at(-1);
  // The phone takes the network for a live one: who asked is woken at once.
  happen("woken");
  expect(due.at(-1)).toBe(pause);
  state.nowMs = 60_000;
  isDead = false;
  happen("woken");
  expect(due.at(-1)?.ms).toBe(0);
  fire();
  await settle();
  expect([rounds, parked]).toEqual([2, [true, false]]);
  state.nowMs = 90_000;
  await runner.now();
  expect(parked).toHaveLength(2);
  await runner.close();
});
