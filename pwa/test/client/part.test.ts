/** A part of the app that never comes holds nothing up. */
import { afterEach, expect, test, vi } from "vitest";
import { LineError } from "../../src/client/line.ts";
import { PART_MS, part } from "../../src/client/part.ts";
import { newScene, type Scene, session } from "./scene.ts";

let scene: Scene | undefined;
let load: () => Promise<never>;

// The code of the longer way, asked for at a server that is silent.
vi.mock("../../src/replication.ts", () => load());

afterEach(async () => {
  vi.useRealTimers();
  await scene?.close();
  scene = undefined;
});

const phone = {
  after: (ms: number, due: () => void) => {
    const timer = setTimeout(due, ms);
    return () => clearTimeout(timer);
  },
};

test("what comes is given, what fails is weather, and no timer is left", async () => {
  vi.useFakeTimers();
  expect(await part(phone, Promise.resolve(3))).toBe(3);
  await expect(part(phone, Promise.reject(new TypeError("no")))).rejects.toThrow(LineError);
  await vi.advanceTimersByTimeAsync(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("what never comes is given up after its time", async () => {
  vi.useFakeTimers();
  let why = "";
  const given = part(phone, new Promise(() => {})).catch((error: LineError) => {
    why = error.why;
  });
  await vi.advanceTimersByTimeAsync(PART_MS - 1);
  expect(why).toBe("");
  await vi.advanceTimersByTimeAsync(1);
  await given;
  expect(why).toBe("silent");
});

test("a round ends though the code that it needs never comes", async () => {
  load = () => new Promise(() => {});
  scene = await newScene({ isExchanged: true });
  const { patient, circle, server, patientPhone } = scene;
  await patient.syncNow();
  await patient.logSession(circle, session(2));
  const offered = server.exchange;
  server.exchange = undefined;
  patientPhone.haste = 100;
  await patient.syncNow();
  expect(patient.sync.value.state).toBe("offline");
  // The server offers one request again an hour later, and nothing hangs.
  server.exchange = offered;
  server.nowMs += 3_600_001;
  await patient.syncNow();
  expect(patient.sync.value.unsent).toBe(0);
});
