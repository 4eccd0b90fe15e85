/** One phone carries for another, against the server itself; and what a phone keeps of files. */

import { readFileSync } from "node:fs";
import { IDBFactory } from "fake-indexeddb";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { b64uEncode, utf8 } from "../../src/circle/encoding.ts";
import { Carriage } from "../../src/client/carriage.ts";
import { bringAll, CARRIED_MAX, takeIn } from "../../src/client/carried.ts";
import { LineError } from "../../src/client/line.ts";
import type { OpenProfile } from "../../src/client/profile.ts";
import { openShelf, type Shelf } from "../../src/client/shelf.ts";
import { keyMark, spelled, wrapped } from "../../src/exchange/relay.ts";
import { codeOf } from "../circle/scene.ts";
import { unhex } from "../exchange/runs.ts";
import { FakePhone } from "./fake-phone.ts";
import { fragmentOf, NAMES, PLAN, session, start, until } from "./scene.ts";
import { startServer } from "./server-process.ts";

const VECTORS: { readonly file: string; readonly server: { readonly point: string } } = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/exchange/relay.json", import.meta.url), "utf8"),
);
const FILE = unhex(VECTORS.file);
const POINT = b64uEncode(unhex(VECTORS.server.point));

describe("what is carried", () => {
  let shelf: Shelf;

  beforeEach(async () => {
    shelf = await openShelf(new IDBFactory());
  });

  const states = async () => (await shelf.all("carried", "p")).map(({ state }) => state);
  const take = (data = FILE, known = { point: POINT as string | undefined }) =>
    takeIn(shelf, "p", data, { ...known, at: 7 });
  const answering = (status: number) => async () => ({ status, json: { ok: true } });

  test("is kept once, in whichever form it came, and forgotten with its profile", async () => {
    await take();
    await take(utf8(spelled(FILE)));
    const [row, ...others] = await shelf.all("carried", "p");
    expect(others).toEqual([]);
    expect(row).toMatchObject({ at: 7, bytes: FILE.length, state: "here", file: FILE });
    await shelf.forget("p");
    expect(await shelf.all("carried", "p")).toEqual([]);
  });

  test("is refused where it is none, not whole, or for another server", async () => {
    const other = await wrapped(await keyMark(b64uEncode(new Uint8Array(65))), new Uint8Array(90));
    expect(await codeOf(() => take(utf8("a letter")))).toBe("schema");
    expect(await codeOf(() => take(FILE.slice(0, -1)))).toBe("frame");
    expect(await codeOf(() => take(other))).toBe("target");
    // Who does not know the server's key yet takes it, and the server decides.
    await take(other, { point: undefined });
    expect(await states()).toEqual(["here"]);
  });

  test("is bounded", async () => {
    for (let n = 0; n < CARRIED_MAX; n += 1) {
      await take(await wrapped(await keyMark(POINT), new Uint8Array(90).fill(n)));
    }
    expect(await codeOf(() => take())).toBe("limit");
    expect((await states()).length).toBe(CARRIED_MAX);
  });

  test("becomes a line of the list when the server took it", async () => {
    await take();
    const asked: unknown[] = [];
    await bringAll(shelf, "p", async (path, question) => {
      asked.push([path, question?.bytes]);
      return { status: 201, json: { ok: true } };
    });
    expect(asked).toEqual([["/relay", FILE]]);
    const [row] = await shelf.all("carried", "p");
    expect(row).toEqual({ profile: "p", id: row?.id, at: 7, bytes: FILE.length, state: "there" });
    await take();
    expect(await states()).toEqual(["there"]);
  });

  test("waits where the server cannot be reached, or is too old for it", async () => {
    await take();
    const down = async () => Promise.reject(new LineError("down"));
    await expect(bringAll(shelf, "p", down)).rejects.toThrow(LineError);
    await bringAll(shelf, "p", answering(404));
    expect(await states()).toEqual(["here"]);
  });

  test("ends no round: it waits for the next one", async () => {
    await take();
    let isDown = true;
    const carriage = new Carriage(shelf, "p", async () => {
      if (isDown) throw new LineError("busy");
      return { status: 201, json: { ok: true } };
    });
    await carriage.bring();
    expect([carriage.waits, await states()]).toEqual([true, ["here"]]);
    isDown = false;
    await carriage.bring();
    expect([carriage.waits, await states()]).toEqual([false, ["there"]]);
  });

  test("is told when the server will never take it, and can be taken in anew", async () => {
    await take();
    await bringAll(shelf, "p", answering(403));
    expect(await states()).toEqual(["refused"]);
    await take();
    expect(await states()).toEqual(["here"]);
  });

  test("a key of the server is kept, anything else is not", async () => {
    const carriage = new Carriage(shelf, "p", answering(200));
    for (const told of [undefined, 7, "", "AAAA", b64uEncode(new Uint8Array(65))]) {
      await carriage.hear(told);
      expect(await carriage.key()).toBeUndefined();
    }
    await carriage.hear(POINT);
    await carriage.hear("AAAA");
    expect(await carriage.key()).toBe(POINT);
  });
});

describe("with the server itself", () => {
  let setup: string;

  beforeAll(async () => {
    const server = await startServer();
    setup = server.setup;
    return server.stop;
  });

  function phone(): FakePhone {
    return new FakePhone({ fetch: (url, init) => fetch(url, init) }, new URL(setup).origin);
  }

  test("a phone without a network is carried by another, which learns nothing of it", async () => {
    const carrier = phone();
    const therapist = (await (await start(carrier)).found(fragmentOf(setup), NAMES)) as OpenProfile;
    const { circle, link } = await therapist.createPatient("Amina", PLAN);
    await therapist.syncNow();
    const patientPhone = phone();
    const patient = (await (await start(patientPhone)).join(fragmentOf(link))) as OpenProfile;
    await patient.syncNow();
    const sending = await patient.sending();
    await until(() => sending.canSeal.value);
    expect(sending.waiting.value).toBe(0);
    expect(await codeOf(() => sending.pack("waiting"))).toBe("schema");

    patientPhone.isOnline = false;
    await patient.logSession(circle, session(2));
    await patient.logSession(circle, session(4));
    await until(() => sending.waiting.value === 2);
    const file = await sending.pack("waiting");

    // Taken in without a network, brought when there is one.
    carrier.isOnline = false;
    const carrying = await therapist.sending();
    await carrying.take(file);
    expect(carrying.brought.value.map(({ state }) => state)).toEqual(["here"]);
    carrier.isOnline = true;
    await therapist.syncNow();
    await until(() => carrying.brought.value[0]?.state === "there");
    await therapist.syncNow();
    const seen = therapist.care(circle);
    await until(() => seen.sessions.value.length === 2);
    expect(seen.sessions.value.map(({ value }) => value.pain)).toEqual([
      { worst: 2 },
      { worst: 4 },
    ]);

    // The author counts nothing as arrived before the server has answered it; then nothing is twice.
    const mine = patient.care(circle);
    expect(mine.sessions.value.map(({ place }) => place)).toEqual(["phone", "phone"]);
    patientPhone.isOnline = true;
    await patient.syncNow();
    await until(() => mine.sessions.value.every(({ place }) => place === "server"));
    expect(patient.sync.value).toMatchObject({ unsent: 0, refused: [] });
    await therapist.syncNow();
    expect(seen.sessions.value.length).toBe(2);
    await carrying.drop(carrying.brought.value[0]?.id ?? "");
    expect(carrying.brought.value).toEqual([]);
    for (const one of [sending, carrying]) one.close();
    await Promise.all([patient.close(), therapist.close()]);
  });
});
