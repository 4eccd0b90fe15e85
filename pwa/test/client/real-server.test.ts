/** The same story against the server itself: routes, signatures, logins, refusals are the real ones. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { OpenProfile } from "../../src/client/profile.ts";
import { FakePhone } from "./fake-phone.ts";
import { fragmentOf, NAMES, PLAN, session, start, until } from "./scene.ts";

const REJOINT = join(import.meta.dirname, "../../../.venv/bin/rejoint");

let setup: string;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), "rejoint-"));
  const server: ChildProcess = spawn(REJOINT, ["serve", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  setup = await new Promise<string>((resolve, reject) => {
    const read = (bytes: Buffer) => {
      said += bytes;
      const link = /http:\S+#s1\.[\w-]{22}/.exec(said);
      if (link !== null) resolve(link[0]);
    };
    server.stdout?.on("data", read);
    server.stderr?.on("data", read);
    server.once("exit", () => reject(new Error(`the server did not start: ${said}`)));
    server.once("error", reject);
  });
  return () => {
    server.kill();
    rmSync(data, { recursive: true, force: true });
  };
});

function phone(): FakePhone {
  return new FakePhone({ fetch: (url, init) => fetch(url, init) }, new URL(setup).origin);
}

test("two phones and a server: what was logged offline is read, what was written is answered for", async () => {
  const therapist = (await (await start(phone())).found(fragmentOf(setup), NAMES)) as OpenProfile;
  const { circle, link } = await therapist.createPatient("Amina", PLAN);
  await therapist.syncNow();
  expect(therapist.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });

  const patientPhone = phone();
  // Joining and writing work with a clock that is a month behind.
  patientPhone.offsetMs = -30 * 24 * 3600 * 1000;
  const door = await start(patientPhone);
  expect(await door.look(fragmentOf(link))).toMatchObject({ kind: "join", role: "patient" });
  const patient = (await door.join(fragmentOf(link))) as OpenProfile;
  patientPhone.isOnline = false;
  await patient.logSession(circle, session(0));
  await patient.logPain(circle, {
    day: "2026-11-22",
    performed_at: 1,
    context: "morning",
    score: 6,
  });
  patientPhone.isOnline = true;
  await patient.syncNow();
  expect(patient.sync.value).toMatchObject({ state: "idle", unsent: 0, refused: [] });
  const mine = patient.care(circle);
  await until(() => mine.plans.value.length === 1);
  expect([mine.name.value, mine.therapist.value]).toEqual(["Amina", "Rosa"]);

  await therapist.syncNow();
  const seen = therapist.care(circle);
  await until(() => seen.sessions.value.length + seen.pains.value.length === 2);
  expect(seen.sessions.value[0]?.value.pain).toEqual({ worst: 0 });
  expect(seen.pains.value[0]?.value.score).toBe(6);
  await therapist.writeNote(circle, "Well done");
  await therapist.syncNow();
  await patient.syncNow();
  await until(() => mine.notes.value.length === 1);
  expect(mine.notes.value[0]?.place).toBe("server");
  expect(await (await start(phone())).look(fragmentOf(link))).toEqual({
    kind: "broken",
    why: "used",
  });
  await Promise.all([patient.close(), therapist.close()]);
});
