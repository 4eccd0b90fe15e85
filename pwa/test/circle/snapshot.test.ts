import { expect, test } from "vitest";
import type { Statement } from "../../src/circle/fold.ts";
import {
  checkSnapshot,
  parseSnapshot,
  snapshotBody,
  snapshotClaims,
  snapshotOf,
  snapshotStarts,
} from "../../src/circle/snapshot.ts";
import { codeOf } from "./scene.ts";

const OF = { purpose: "patient" } as const;
const D = "A".repeat(43);
const DEVICE = `d${"A".repeat(20)}`;

function pain(n: number, score: number): Statement {
  const id = `ev:2611:${DEVICE}:c${String(n).padStart(6, "0")}`;
  const body = { type: "pain", score, lam: n, at: n };
  const operation = { lam: n, at: n, role: "patient", device: DEVICE, stream: "c", n } as const;
  return { ...operation, id, kind: "ev", member: "mA", body, digest: `0${n}` };
}

const held = [1, 2, 3, 4].map((n) => pain(n, n));
const feeds = new Map([[DEVICE, { n: 3, d: D }]]);

test("a snapshot holds what its feeds cover, the newest that fit", () => {
  const snapshot = snapshotOf(held, feeds, OF, 2);
  expect(snapshot.records.map(({ body }) => body.score)).toEqual([2, 3]);
  expect([snapshot.before, snapshot.nextLam]).toEqual([3, 4]);
  expect(snapshotStarts(snapshot, "c")).toEqual([
    { device: DEVICE, stream: "c", mark: { n: 3, d: D } },
  ]);
  expect(snapshotClaims(snapshot, "c", "dB")[0]?.by).toBe("dB");
});

test("what was written is read, and agrees with the originals", async () => {
  const body = snapshotBody(snapshotOf(held, feeds, OF), { at: 9, tz_min: 60 });
  const read = parseSnapshot(JSON.parse(JSON.stringify(body)));
  expect(await codeOf(() => checkSnapshot(read, held, OF))).toBe("none");
  const others = [pain(1, 9), ...held.slice(1)];
  expect(await codeOf(() => checkSnapshot(read, others, OF))).toBe("snapshot");
  expect(await codeOf(() => checkSnapshot(read, held.slice(1), OF))).toBe("snapshot");
});

test("anything else is no snapshot", async () => {
  const body = snapshotBody(snapshotOf(held, feeds, OF), { at: 9, tz_min: 60 });
  const marks = (mark: unknown) => ({ ...body, feeds: { [DEVICE]: mark } });
  const tries = [
    { ...body, more: 1 },
    { ...body, lam: 0 },
    { ...body, before: -1 },
    { ...body, settings: { mA: "A" } },
    { ...body, records: [{ id: "x", body: {} }] },
    marks([0, D]),
    marks([1, `${D}=`]),
    marks([1]),
  ];
  for (const wrong of tries) {
    expect(await codeOf(() => parseSnapshot(wrong)), JSON.stringify(wrong)).toBe("snapshot");
  }
});
