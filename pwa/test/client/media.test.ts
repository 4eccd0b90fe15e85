/** Voices: made without a network, sent after everything else, cut in the middle, heard elsewhere. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { PIECE_BYTES } from "../../src/client/care-media.ts";
import type { Media, Recording } from "../../src/media.ts";
import type { FakeExchange } from "./fake-exchange.ts";
import { newScene, type Scene, session, until } from "./scene.ts";

/** Three whole pieces and a bit. */
const BYTES = Uint8Array.from({ length: 3 * PIECE_BYTES + 100 }, (_, at) => (at * 31) % 251);
const VOICE: Recording = { media: "audio/webm", seconds: 17, bytes: BYTES };

let scene: Scene;
let exchange: FakeExchange;
let mine: Media;
let theirs: Media;

beforeEach(async () => {
  scene = await newScene({ isExchanged: true });
  const offered = scene.server.exchange;
  if (offered === undefined) throw new Error("it is not offered");
  exchange = offered;
  for (const one of [scene.patient, scene.therapist, scene.patient]) await one.syncNow();
  mine = await scene.patient.media(scene.circle);
  theirs = await scene.therapist.media(scene.circle);
});

afterEach(async () => {
  mine.close();
  theirs.close();
  scene.server.fault = () => undefined;
  await scene.close();
});

const voice = (media: Media, id: string) => media.voices.value.get(id);

function chunksThere(): string[] {
  return [...(scene.server.circles.get(scene.circle)?.docs.keys() ?? [])].filter((id) =>
    id.startsWith("ch:"),
  );
}

test("what was said without a network is here at once, with its message, and goes by itself", async () => {
  scene.patientPhone.isOnline = false;
  const id = await mine.say({ type: "message" }, VOICE);
  await until(() => voice(mine, id)?.seconds === 17);
  expect(voice(mine, id)).toMatchObject({ toFetch: 0, place: "phone" });
  expect((await mine.listen(id)).bytes).toEqual(BYTES);
  const types = scene.care.diary.value.slice(-5).map(({ value }) => value.type);
  expect(types).toEqual(["message", ...Array(4).fill("attachment")]);
  scene.patientPhone.isOnline = true;
  await scene.patient.syncNow();
  await until(() => voice(mine, id)?.place === "server");
  expect(chunksThere()).toHaveLength(4);
});

test("the listener fetches it when she listens, and keeps it", async () => {
  const id = await mine.say({ type: "message" }, VOICE);
  await scene.patient.syncNow();
  await scene.therapist.syncNow();
  await until(() => voice(theirs, id)?.seconds === 17);
  expect(voice(theirs, id)?.toFetch).toBe(BYTES.length);
  expect(exchange.asked.flat().length).toBeGreaterThan(0);
  expect(await theirs.listen(id)).toEqual(VOICE);
  await until(() => voice(theirs, id)?.toFetch === 0);
  scene.server.fault = () => "down";
  expect((await theirs.listen(id)).bytes).toEqual(BYTES);
});

test("a log that is made later goes before the chunks, and a cut costs the piece it met", async () => {
  const id = await mine.say({ type: "message" }, VOICE);
  await scene.patient.logSession(scene.circle, session(2));
  let answered = 0;
  scene.server.fault = (request) => {
    if (request !== "POST /sync") return undefined;
    answered += 1;
    return answered > 2 ? "down" : undefined;
  };
  await scene.patient.syncNow();
  const before = chunksThere().length;
  expect(scene.care.sessions.value.map(({ place }) => place)).toEqual(["server"]);
  expect(before).toBeLessThan(4);
  scene.server.fault = () => undefined;
  const asked = exchange.asked.length;
  await scene.patient.syncNow();
  expect(chunksThere()).toHaveLength(4);
  const brought = exchange.asked
    .slice(asked)
    .flat()
    .flatMap((one) => (one.is === "records" ? one.packed : []));
  expect(brought).toHaveLength(4 - before);
  await until(() => voice(mine, id)?.place === "server");
});

test("a sound that was taken back before it was sent never is, and leaves this phone", async () => {
  scene.patientPhone.isOnline = false;
  const id = await mine.say({ type: "message" }, VOICE);
  const other = await mine.say({ type: "message" }, { ...VOICE, bytes: BYTES.slice(1) });
  await scene.patient.write(scene.circle, { type: "void", target: id, reason: "mistake" });
  scene.patientPhone.isOnline = true;
  await scene.patient.syncNow();
  expect(scene.care.taken.value.map((one) => [one.id, one.place])).toEqual([[id, "server"]]);
  await until(() => voice(mine, other)?.place === "server");
  expect(chunksThere()).toHaveLength(4);
  await expect(mine.listen(id)).rejects.toMatchObject({ why: "away" });
  expect((await mine.listen(other)).bytes).toEqual(BYTES.slice(1));
});

test("where the month's budget is used up the text goes and the sound waits", async () => {
  const sending = await scene.patient.sending();
  await sending.setLimit(1_000);
  const id = await mine.say({ type: "message" }, VOICE);
  await scene.patient.syncNow();
  await until(() => scene.care.diary.value.find((one) => one.id === id)?.place === "server");
  expect([chunksThere().length, voice(mine, id)?.place]).toEqual([0, "phone"]);
  await sending.setLimit(0);
  await scene.patient.syncNow();
  expect(chunksThere()).toHaveLength(4);
  sending.close();
});

test("what is not there, not reached or damaged is told apart", async () => {
  const id = await mine.say({ type: "message" }, VOICE);
  await scene.patient.syncNow();
  await scene.therapist.syncNow();
  await until(() => voice(theirs, id) !== undefined);
  scene.server.fault = () => "down";
  await expect(theirs.listen(id)).rejects.toMatchObject({ why: "offline" });
  scene.server.fault = () => undefined;
  await expect(theirs.listen("ev:2611:dnobody:c000001")).rejects.toMatchObject({ why: "away" });
  const { docs } = scene.server.circles.get(scene.circle) ?? { docs: new Map() };
  const [first = "", second = ""] = chunksThere();
  docs.set(first, { ...docs.get(second), _id: first } as never);
  await expect(theirs.listen(id)).rejects.toMatchObject({ why: "damaged" });
  docs.delete(first);
  await expect(theirs.listen(id)).rejects.toMatchObject({ why: "away" });
});

test("a server that was restored without it is given it again", async () => {
  await mine.say({ type: "message" }, VOICE);
  await scene.patient.syncNow();
  const there = scene.server.circles.get(scene.circle);
  const lost = chunksThere();
  for (const id of lost) {
    there?.docs.delete(id);
    there?.feed.splice(there.feed.indexOf(id), 1);
  }
  await scene.patient.checkAll();
  await scene.patient.syncNow();
  expect(chunksThere().sort()).toEqual(lost.sort());
});

test("without room for a log the sounds that can be fetched again go, and the log is kept", async () => {
  const id = await mine.say({ type: "message" }, VOICE);
  await scene.patient.syncNow();
  const care = scene.patient.care(scene.circle);
  const write = care.records.write.bind(care.records);
  let isFull = true;
  care.records.write = async (documents) => {
    if (isFull) {
      isFull = false;
      throw new DOMException("", "QuotaExceededError");
    }
    await write(documents);
  };
  await scene.patient.logSession(scene.circle, session(1));
  expect(scene.care.sessions.value).toHaveLength(1);
  await until(() => voice(mine, id)?.toFetch === BYTES.length);
  expect((await mine.listen(id)).bytes).toEqual(BYTES);
});

test("what could not be stored leaves nothing behind, and is told", async () => {
  const care = scene.patient.care(scene.circle);
  care.records.appendAll = () => Promise.reject(new Error("broken on purpose"));
  await expect(mine.say({ type: "message" }, VOICE)).rejects.toThrow("broken on purpose");
  await scene.patient.syncNow();
  expect(chunksThere()).toEqual([]);
});
