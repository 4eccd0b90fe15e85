/** The database of one circle: what is promised of numbers, durability and replication. */
import "fake-indexeddb/auto";
import { afterEach, expect, test } from "vitest";
import type { Locks } from "../src/client/phone.ts";
import { type Leaves, Records, type StoredDocument } from "../src/records.ts";

const DEVICE = "dS4o1wXRCCULUGX5KPcfg";
const OTHER = "dAAAAAAAAAAAAAAAAAAAA";
const opened: Records[] = [];
let names = 0;

function open(name = `records-${++names}`): Records {
  const records = new Records(name, DEVICE, navigator.locks as Locks);
  opened.push(records);
  return records;
}

afterEach(async () => {
  for (const records of opened.splice(0)) await records.close();
});

function document(n: number, kind = "ev", device = DEVICE, mark = "a"): StoredDocument {
  const digits = String(n).padStart(6, "0");
  return { _id: `${kind}:2611:${device}:c${digits}`, _rev: `1-${mark.repeat(32)}`, c: mark };
}

async function all(records: Records, from: string, to: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of records.range(from, to))
    ids.push(...page.map(([doc]) => String(doc?._id)));
  return ids;
}

test("counters have no gap and no repeat, whichever kind they are used for", async () => {
  const records = open();
  const numbers: number[] = [];
  for (const kind of ["ev", "nt", "ev"]) {
    await records.append("c", async (n) => {
      numbers.push(n);
      return document(n, kind);
    });
  }
  expect(numbers).toEqual([1, 2, 3]);
});

test("two windows that write at once never give out one number twice", async () => {
  const name = `records-${++names}`;
  const windows = [open(name), open(name)];
  const writes = Array.from({ length: 40 }, (_, turn) =>
    windows[turn % 2]?.append("c", async (n) => document(n)),
  );
  const ids = (await Promise.all(writes)).map((doc) => doc?._id);
  expect(new Set(ids).size).toBe(40);
  expect(ids.at(-1)).toMatch(/c000040$/);
});

test("a counter whose record was never stored is used again, and no other", async () => {
  const records = open();
  await records.append("c", async (n) => document(n));
  await expect(records.append("c", () => Promise.reject(new Error("killed")))).rejects.toThrow();
  expect((await records.append("c", async (n) => document(n)))._id).toMatch(/c000002$/);
});

test("after a restart the counter goes on from what is stored", async () => {
  const name = `records-${++names}`;
  const before = open(name);
  await before.append("c", async (n) => document(n));
  await before.close();
  opened.pop();
  expect((await open(name).append("c", async (n) => document(n)))._id).toMatch(/c000002$/);
});

test("a record of one's own that a pull brought back counts", async () => {
  const records = open();
  await records.write([document(7, "nt"), document(9, "ev", OTHER)]);
  expect((await records.append("c", async (n) => document(n)))._id).toMatch(/c000008$/);
});

test("streams count apart", async () => {
  const records = open();
  await records.append("c", async (n) => document(n));
  const k = await records.append("k", async (n) => ({
    ...document(n),
    _id: document(n)._id.replace(":c", ":k"),
  }));
  expect(k._id).toMatch(/:k000001$/);
});

test("the same document twice is there once; another under its name is a second leaf", async () => {
  const records = open();
  await records.write([document(1)]);
  await records.write([document(1)]);
  expect(await records.read(document(1)._id)).toEqual([document(1)]);
  await records.write([document(1, "ev", DEVICE, "b")]);
  const leaves = await records.read(document(1)._id);
  expect(leaves.map((leaf) => leaf.c).sort()).toEqual(["a", "b"]);
});

test("what is not there reads as nothing", async () => {
  expect(await open().read("log:000009")).toEqual([]);
});

test("a range comes in order, page by page, and ends before its end", async () => {
  const records = open();
  await records.write(Array.from({ length: 450 }, (_, index) => document(index + 1)));
  await records.write([document(1, "nt"), { _id: "log:000000", _rev: `1-${"c".repeat(32)}` }]);
  const ids = await all(records, "ev:", "ev;");
  expect(ids).toHaveLength(450);
  expect([...ids].sort()).toEqual(ids);
  expect(await all(records, "log:", "log;")).toEqual(["log:000000"]);
});

test("changes of another window are watched as well", async () => {
  const name = `records-${++names}`;
  const [here, there] = [open(name), open(name)];
  const seen: Leaves[] = [];
  const stop = here.watch(await here.sequence(), (leaves) => seen.push(leaves));
  await there.write([document(1)]);
  await here.write([document(2)]);
  for (let turn = 0; turn < 3_000 && seen.length < 2; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stop();
  expect(seen.flat().map(({ _id }) => _id.slice(-1))).toEqual(["1", "2"]);
});

test("a destroyed database is empty when it is made anew", async () => {
  const name = `records-${++names}`;
  const records = open(name);
  await records.write([document(1)]);
  await records.destroy();
  opened.pop();
  expect(await open(name).sequence()).toBe(0);
});

test("what is here is read again without a write: a full phone refuses every one", async () => {
  const name = "records-full";
  const before = open(name);
  await before.write([document(1), document(2)]);
  opened.pop();
  await before.close();
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = () => {
    throw new DOMException("", "QuotaExceededError");
  };
  try {
    expect(await all(open(name), "ev:", "ev;")).toEqual([document(1)._id, document(2)._id]);
  } finally {
    IDBObjectStore.prototype.put = put;
  }
});

test("after a write that failed the next one is stored, and is told to who watches", async () => {
  const records = open();
  const seen: string[] = [];
  await records.write([document(1)]);
  const stop = records.watch(await records.sequence(), ([leaf]) => seen.push(leaf?._id ?? ""));
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function () {
    this.transaction.abort();
    throw new DOMException("", "QuotaExceededError");
  };
  await expect(records.write([document(2)])).rejects.toBeDefined();
  IDBObjectStore.prototype.put = put;
  await records.write([document(2)]);
  await expect.poll(() => seen).toEqual([document(2)._id]);
  expect(await all(records, "ev:", "ev;")).toEqual([document(1)._id, document(2)._id]);
  stop();
});
