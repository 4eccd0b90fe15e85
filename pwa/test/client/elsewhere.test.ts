/** What is handed to another person of this phone opens for that person alone. */
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test } from "vitest";
import { OpenElsewhere } from "../../src/client/care-elsewhere";
import { keysName } from "../../src/client/profiles";
import { openShelf, type Shelf } from "../../src/client/shelf";
import type { Handed } from "../../src/elsewhere";
import { changeBox, readBox } from "../../src/keybox";
import { createKeys, type ProfileKeys } from "../../src/keystore";

const TOLD: Handed = {
  type: "pain",
  day: "2026-11-21",
  performed_at: 1_795_000_000,
  context: "morning",
  score: 9,
};

let shelf: Shelf;
let keys: Readonly<Record<"hill" | "leaf", ProfileKeys>>;

async function person(id: "hill" | "leaf"): Promise<OpenElsewhere> {
  return new OpenElsewhere(shelf, keys[id], id);
}

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  shelf = await openShelf(indexedDB);
  const [hill, leaf] = [await createKeys(keysName("hill")), await createKeys(keysName("leaf"))];
  keys = { hill, leaf };
  for (const id of ["hill", "leaf"] as const) {
    const { id: device } = keys[id];
    await shelf.put("profiles", { id, picture: id, role: "patient", device, ready: true });
  }
});

test("the others of a phone are known, oneself is none of them", async () => {
  expect((await (await person("hill")).profiles()).map(({ id }) => id)).toEqual(["leaf"]);
});

test("it opens for whose it is, and for nobody else", async () => {
  const hill = await person("hill");
  await hill.give("leaf", "ev:1", TOLD);
  expect(await hill.waiting()).toEqual([]);
  const [row] = await shelf.all("handed", "leaf");
  expect(new TextDecoder("latin1").decode(row?.sealed)).not.toContain("score");
  expect(JSON.stringify([row?.profile, row?.id])).not.toMatch(/ev:1|2026|pain/);
  // Whoever carries the row over to themselves gets nothing out of it.
  if (row) await shelf.put("handed", { ...row, profile: "hill" });
  expect((await hill.waiting()).map(({ told }) => told)).toEqual([undefined]);
  const leaf = await person("leaf");
  expect((await leaf.waiting()).map(({ told }) => told)).toEqual([TOLD]);
  const [first] = await leaf.waiting();
  await leaf.drop(first?.id ?? "");
  expect(await leaf.waiting()).toEqual([]);
});

test("handing the same on twice is once", async () => {
  const hill = await person("hill");
  await hill.give("leaf", "ev:1", TOLD);
  await hill.give("leaf", "ev:1", TOLD);
  await hill.give("leaf", "ev:2", TOLD);
  expect(await (await person("leaf")).waiting()).toHaveLength(2);
});

test("where that person's key can not be read only the fact is kept", async () => {
  const box = await readBox(keysName("leaf"));
  await changeBox(keysName("leaf"), { device: { level: 2, sealed: new Uint8Array(9) } });
  await (await person("hill")).give("leaf", "ev:1", TOLD);
  const [row] = await shelf.all("handed", "leaf");
  expect(Object.keys(row ?? {}).sort()).toEqual(["id", "profile"]);
  await changeBox(keysName("leaf"), { device: box?.device });
  expect((await (await person("leaf")).waiting()).map(({ told }) => told)).toEqual([undefined]);
});

test("it goes with the profile that it waits for", async () => {
  await (await person("hill")).give("leaf", "ev:1", TOLD);
  await shelf.forget("leaf");
  expect(await shelf.all("handed", "leaf")).toEqual([]);
});
