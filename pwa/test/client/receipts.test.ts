/** "On the server" is said only of what the server answered for. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Receipts, recordName } from "../../src/client/receipts.ts";

const DEVICE = "dS4o1wXRCCULUGX5KPcfg";
const OTHER = "dAAAAAAAAAAAAAAAAAAAA";

function id(n: number, device = DEVICE): string {
  return `ev:2611:${device}:c${String(n).padStart(6, "0")}`;
}

test("the clinicians' stream counts by itself, also after a restart", () => {
  const device = `d${"A".repeat(20)}`;
  const id = (stream: string, n: number) =>
    `nt:2611:${device}:${stream}${String(n).padStart(6, "0")}`;
  const receipts = new Receipts(device);
  receipts.acknowledge([id("k", 1), id("k", 2), id("k", 4)]);
  expect([receipts.upTo("c"), receipts.upTo("k")]).toEqual([0, 2]);
  expect([receipts.onServer(id("c", 1)), receipts.onServer(id("k", 1))]).toEqual([false, true]);
  expect(receipts.owed(id("k", 3))).toBe(true);
  receipts.acknowledge([id("c", 1)]);
  const again = new Receipts(device, receipts.row("p", "c"));
  expect([again.upTo("c"), again.upTo("k"), again.onServer(id("k", 4))]).toEqual([1, 2, true]);
});

test("a record's name is taken apart, other documents have none", () => {
  expect(recordName(id(412))).toEqual({ kind: "ev", device: DEVICE, stream: "c", n: 412 });
  expect(recordName("log:000001")).toBeUndefined();
});

test("an own record is on the phone until the server answered for it", () => {
  const receipts = new Receipts(DEVICE);
  expect(receipts.onServer(id(1))).toBe(false);
  expect(receipts.acknowledge([id(1)])).toBe(true);
  expect(receipts.onServer(id(1))).toBe(true);
  expect(receipts.acknowledge([id(1)])).toBe(false);
});

test("another device's record came from the server", () => {
  expect(new Receipts(DEVICE).onServer(id(9, OTHER))).toBe(true);
});

test("receipts in any order say the same, and survive the shelf", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 })), (numbers) => {
      const receipts = new Receipts(DEVICE);
      for (const n of numbers) receipts.acknowledge([id(n)]);
      const kept = new Receipts(DEVICE, receipts.row("p", "c"));
      for (let n = 1; n <= 61; n += 1) {
        expect(kept.onServer(id(n))).toBe(numbers.includes(n));
      }
    }),
  );
});

test("many receipts in a row are kept as one number", () => {
  const receipts = new Receipts(DEVICE);
  receipts.acknowledge(Array.from({ length: 500 }, (_, index) => id(500 - index)));
  expect(receipts.row("p", "c")).toMatchObject({ through: 500, also: [] });
});

test("a refused record is kept with its code and not offered again", () => {
  const receipts = new Receipts(DEVICE);
  expect(receipts.refuse(id(2), "authz")).toBe(true);
  expect(receipts.refuse(id(2), "authz")).toBe(false);
  expect([receipts.onServer(id(2)), receipts.owed(id(2)), receipts.owed(id(3))]).toEqual([
    false,
    false,
    true,
  ]);
  expect([...receipts.refused]).toEqual([[id(2), "authz"]]);
});

test("a refusal that may pass is offered again, and gone once it is taken", () => {
  const receipts = new Receipts(DEVICE);
  receipts.refuse(id(2), "newer-log");
  expect(receipts.owed(id(2))).toBe(true);
  receipts.acknowledge([id(2)]);
  expect([receipts.owed(id(2)), receipts.refused.size]).toEqual([false, 0]);
});

test("a refused entry of the log is nobody's record", () => {
  const receipts = new Receipts(DEVICE);
  expect(receipts.refuse("inv:iAAAAAAAAAAAAAAAAAAAAAA", "forbidden")).toBe(false);
});
