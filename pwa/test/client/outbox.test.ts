/** What the server refused for its form, when the app dies between a record and the note of it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { OpenProfile } from "../../src/client/profile.ts";
import { newScene, type Scene, session, start, until } from "./scene.ts";

const DAY_MS = 86_400_000;
let scene: Scene;
let patient: OpenProfile;

beforeEach(async () => {
  scene = await newScene({ isExchanged: true });
  patient = scene.patient;
  for (const one of [patient, scene.therapist, patient]) await one.syncNow();
});

afterEach(async () => {
  scene.server.fault = () => undefined;
  await patient.close();
  await scene.close();
});

/** A round in which the app dies as soon as something was written that is to be noted. */
async function dies(): Promise<void> {
  const care = patient.care(scene.circle);
  let wasThere = false;
  care.moved = () => {
    wasThere = true;
    scene.server.fault = () => "down";
    return Promise.reject(new Error("dead"));
  };
  await patient.syncNow();
  expect(wasThere).toBe(true);
  await patient.close();
  scene.server.fault = () => undefined;
  patient = (await (await start(scene.patientPhone)).open(patient.profile.id)) as OpenProfile;
  await patient.care(scene.circle).loaded;
}

/** What takes its number, maybe under the same name, is taken. */
function refuseOnce(id: string): void {
  const { refusals, exchange } = scene.server;
  if (exchange === undefined) throw new Error("it is not offered");
  refusals.set(id, "schema");
  exchange.edit = (items) => {
    refusals.clear();
    return items;
  };
}

/** Sessions as the therapist sees them. */
async function seen(): Promise<number> {
  const { therapist, circle } = scene;
  await therapist.syncNow();
  await therapist.syncNow();
  return therapist.care(circle).sessions.value.length;
}

/** Numbers of the patient's records at the server, each as often as it is there. */
function numbers(): string[] {
  const docs = scene.server.circles.get(scene.circle)?.docs ?? new Map();
  const own = patient.care(scene.circle).keys.id;
  return [...docs.keys()].filter((id) => id.includes(`${own}:c`)).map((id) => id.slice(-6));
}

test("what is offered again while the app dies is there once", async () => {
  const { server, circle } = scene;
  const id = await patient.logSession(circle, session(1));
  refuseOnce(id);
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [{ id }] });
  for (const isOver of [false, true]) {
    server.nowMs += 8 * DAY_MS;
    server.fault = (request) => (request === "POST /sync" && !isOver ? "down" : undefined);
    if (!isOver) await dies();
  }
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [] });
  await until(() => patient.care(circle).sessions.value.length === 1);
  expect(await seen()).toBe(1);
});

test.each([0, 40])(
  "a number is given away once, though the app dies, %i days later",
  async (days) => {
    const { server, circle } = scene;
    const id = await patient.logSession(circle, session(1));
    refuseOnce(id);
    server.nowMs += days * DAY_MS;
    await dies();
    await patient.syncNow();
    await patient.logSession(circle, session(2));
    await patient.syncNow();
    expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [{ id }] });
    expect(new Set(numbers()).size).toBe(numbers().length);
    const placed = () =>
      patient.care(circle).sessions.value.map(({ value, place }) => [value.pain?.worst, place]);
    // What is set aside is told among what was refused, and counts for nothing.
    await until(() => placed().join() === "2,server");
  },
);
