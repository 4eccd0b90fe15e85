/** Answers that are not saved yet: sealed on the shelf, read by their own profile alone. */
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { SealedDrafts } from "../../src/client/drafts";
import { openShelf, type Shelf } from "../../src/client/shelf";
import { createKeys } from "../../src/keystore";

const TEXT = JSON.stringify({ worst: 7, answers: [[0, { sets_done: 3 }]] });

let shelf: Shelf;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  shelf = await openShelf(indexedDB);
});

async function draftsOf(profile: string): Promise<SealedDrafts> {
  return new SealedDrafts(shelf, await createKeys(`keys-${profile}`), profile);
}

test("outlive the app, the last one kept", async () => {
  const keys = await createKeys("keys-hill");
  const drafts = new SealedDrafts(shelf, keys, "hill");
  await Promise.all([
    drafts.keep("c1", "early"),
    drafts.keep("c1", "later"),
    drafts.keep("c1", TEXT),
  ]);
  shelf.close();
  const again = new SealedDrafts(await openShelf(indexedDB), keys, "hill");
  expect(await again.read("c1")).toBe(TEXT);
  await again.keep("c1", undefined);
  expect(await again.read("c1")).toBeUndefined();
});

test("lie sealed on the shelf: neither an answer nor an exercise can be read there", async () => {
  await (await draftsOf("hill")).keep("c1", TEXT);
  const row = await shelf.get("drafts", "hill", "c1");
  const raw = new TextDecoder("latin1").decode(row?.sealed);
  expect(raw.length).toBeGreaterThan(0);
  for (const word of ["worst", "answers", "sets_done"]) {
    expect(raw).not.toContain(word);
  }
});

test("do not open for another profile or another circle of this phone", async () => {
  const hill = await draftsOf("hill");
  const leaf = await draftsOf("leaf");
  await hill.keep("c1", TEXT);
  expect(await leaf.read("c1")).toBeUndefined();
  const row = await shelf.get("drafts", "hill", "c1");
  if (!row) throw new Error("nothing was kept");
  await shelf.put("drafts", { ...row, profile: "leaf" });
  expect(await leaf.read("c1")).toBeUndefined();
  await shelf.put("drafts", { ...row, circle: "c2" });
  expect(await hill.read("c2")).toBeUndefined();
  expect(await hill.read("c1")).toBe(TEXT);
});

test("leave the phone with their profile", async () => {
  await (await draftsOf("hill")).keep("c1", TEXT);
  await shelf.forget("hill");
  expect(await shelf.get("drafts", "hill", "c1")).toBeUndefined();
});
