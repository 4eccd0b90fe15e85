/** The same story against the server itself: routes, signatures, logins, refusals are the real ones. */
import { beforeAll, expect, test } from "vitest";
import { PIECE_BYTES } from "../../src/client/care-media.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { FakePhone } from "./fake-phone.ts";
import { fragmentOf, NAMES, PLAN, session, start, until } from "./scene.ts";
import { startServer } from "./server-process.ts";

/** A machine that is busy with something else starts a server slowly. */
const PATIENCE_MS = 60_000;
let setup: string;
let therapist: OpenProfile;

beforeAll(async () => {
  const server = await startServer();
  setup = server.setup;
  therapist = (await (await start(phone())).found(fragmentOf(setup), NAMES)) as OpenProfile;
  return async () => {
    await therapist.close();
    server.stop();
  };
}, PATIENCE_MS);

type Ask = (url: string, init: RequestInit) => Promise<Response>;

function phone(ask: Ask = (url, init) => fetch(url, init)): FakePhone {
  return new FakePhone({ fetch: ask }, new URL(setup).origin);
}

test("two phones and a server: what was logged offline is read, what was written is answered for", async () => {
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
  await patient.close();
});

/** A sound that no packing makes smaller, as Opus is. */
function noise(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

test("a voice that is cut in the middle goes on where it was, and is heard at the other end", async () => {
  const { circle, link } = await therapist.createPatient("Bo", PLAN);
  let large = 0;
  const network: Ask = (url, init) => {
    if (init.body instanceof Uint8Array && init.body.length > PIECE_BYTES) large += 1;
    if (large === 2) {
      large += 1;
      return Promise.reject(new TypeError("connection reset"));
    }
    return fetch(url, init);
  };
  const patient = (await (await start(phone(network))).join(fragmentOf(link))) as OpenProfile;
  await patient.syncNow();
  const mine = await patient.media(circle);
  const bytes = noise(3 * PIECE_BYTES + 10);
  const id = await mine.say({ type: "message" }, { media: "audio/webm", seconds: 20, bytes });
  await patient.syncNow();
  expect(mine.voices.value.get(id)?.place).toBe("phone");
  await patient.syncNow();
  await until(() => mine.voices.value.get(id)?.place === "server");
  await therapist.syncNow();
  const theirs = await therapist.media(circle);
  await until(() => theirs.voices.value.get(id)?.toFetch === bytes.length);
  expect(await theirs.listen(id)).toEqual({ media: "audio/webm", seconds: 20, bytes });
  await therapist.write(circle, { type: "heard", targets: [id] });
  await therapist.syncNow();
  await patient.syncNow();
  const diary = () => patient.care(circle).diary.value.map(({ value }) => value.type);
  await until(() => diary().includes("heard"));
  // Three pieces are large; the one that was cut came once more, and no other.
  expect(large).toBe(5);
  mine.close();
  theirs.close();
  await patient.close();
});
