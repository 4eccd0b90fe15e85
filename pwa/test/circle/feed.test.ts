import { beforeAll, expect, test } from "vitest";
import {
  checkAfter,
  claimsOf,
  isCheckpointDue,
  readCheckpoint,
  writeCheckpoint,
} from "../../src/circle/checkpoint.ts";
import {
  type SealedDocument,
  seal,
  type VerifiedDocument,
  verify,
} from "../../src/circle/document.ts";
import {
  alarms,
  type Chain,
  chains,
  checkWhole,
  endOf,
  isOwnRecord,
  markAt,
  START,
} from "../../src/circle/feed.ts";
import type { Mark } from "../../src/circle/standing.ts";
import { codeOf, foundPatientCircle } from "./scene.ts";

let founded: Awaited<ReturnType<typeof foundPatientCircle>>;
let docs: SealedDocument[];
let feed: VerifiedDocument[];

async function write(n: number, body: object = { n }): Promise<SealedDocument> {
  const { membership, therapist, secrets } = founded;
  return seal(membership, therapist, secrets, { kind: "ev", month: "2611", n }, { ...body });
}

beforeAll(async () => {
  founded = await foundPatientCircle();
  docs = await Promise.all([1, 2, 3, 4].map((n) => write(n)));
  feed = await Promise.all(docs.map((doc) => verify(founded.membership, doc)));
});

async function one(documents: readonly VerifiedDocument[]): Promise<Chain> {
  const [chain] = await chains(documents);
  return chain as Chain;
}

test("a feed's chain depends on each document and on their order alone", async () => {
  const whole = await one(feed);
  expect(endOf(whole).n).toBe(4);
  expect(await one([...feed].reverse())).toEqual(whole);
  expect(await one([...feed, ...feed])).toEqual(whole);
  expect(markAt(whole, 0)).toEqual(START);
  expect(markAt(whole, 5)).toBeUndefined();
  const other = await verify(founded.membership, await write(2, { other: true }));
  const changed = await one(feed.map((fed, index) => (index === 1 ? other : fed)));
  expect(endOf(changed).d).not.toBe(endOf(whole).d);
});

test("a feed goes on where a snapshot ends", async () => {
  const whole = await one(feed);
  const { device } = whole;
  const start = { device, stream: "c", mark: markAt(whole, 2) as Mark } as const;
  const [later] = await chains(feed.slice(2), [start]);
  expect(endOf(later as Chain)).toEqual(endOf(whole));
});

test("what is missing, exchanged or written twice is told, the gravest first", async () => {
  const whole = await one(feed);
  const { device } = whole;
  const claim = (mark: Mark) => ({ device, stream: "c", mark, by: "dX" }) as const;
  const end = endOf(whole);
  expect(alarms([whole], [claim(end), claim({ n: 3, d: "" })])).toEqual([]);
  const short = await one(feed.slice(0, 2));
  const gap = { code: "gap", device, stream: "c", n: 3, by: "dX" };
  expect(alarms([short], [claim(end), claim(end)])).toEqual([gap]);
  const torn = await one(feed.filter((_, index) => index !== 1));
  expect(alarms([torn], [])).toEqual([{ ...gap, n: 2, by: "" }]);
  const rival = await verify(founded.membership, await write(4, { rival: true }));
  const both = alarms([await one([...feed, rival])], [claim({ n: 1, d: end.d })]);
  expect(both.map(({ code }) => code)).toEqual(["replaced", "taken"]);
  expect(await codeOf(() => checkWhole([], [claim(end)]))).toBe("gap");
  expect(await codeOf(() => checkWhole([whole], []))).toBe("none");
});

test("a checkpoint says what one has seen, and only a later one follows it", async () => {
  const { membership, therapist } = founded;
  const vec = new Map([[therapist.id, endOf(await one(feed))]]);
  const at = { stream: "c", vec } as const;
  const first = await readCheckpoint(
    membership,
    await writeCheckpoint(membership, therapist, { ...at, i: 1 }),
  );
  const second = await readCheckpoint(
    membership,
    await writeCheckpoint(membership, therapist, { ...at, i: 2 }),
  );
  const empty = { stream: "c", vec: new Map(), i: 2 } as const;
  const other = await readCheckpoint(
    membership,
    await writeCheckpoint(membership, therapist, empty),
  );
  expect(alarms(await chains(feed), claimsOf(first))).toEqual([]);
  expect(await codeOf(() => checkAfter(first, undefined))).toBe("none");
  expect(await codeOf(() => checkAfter(second, first))).toBe("none");
  expect(await codeOf(() => checkAfter(second, second))).toBe("none");
  expect(await codeOf(() => checkAfter(first, second))).toBe("stale");
  expect(await codeOf(() => checkAfter(other, second))).toBe("replaced");
});

test("a checkpoint is due when feeds moved and the last is a day old", () => {
  const [before, after] = [1, 2].map((n) => new Map([["dA", { n, d: "" }]])) as [
    Map<string, Mark>,
    Map<string, Mark>,
  ];
  expect(isCheckpointDue(new Map(), after, 0)).toBe(true);
  expect(isCheckpointDue(before, after, 86_399)).toBe(false);
  expect(isCheckpointDue(before, after, 86_400)).toBe(true);
  expect(isCheckpointDue(after, new Map(after), 1_000_000)).toBe(false);
});

test("one's own record under one's own name is known again, whatever its order of members", async () => {
  const { membership, secrets } = founded;
  const doc = await write(7, { type: "pain", items: [{ a: 1, b: 0 }] });
  const isOwn = (record: object) => isOwnRecord(membership, secrets, doc, { ...record });
  expect(await isOwn({ items: [{ b: 0, a: 1 }], type: "pain" })).toBe(true);
  expect(await isOwn({ items: [{ b: false, a: 1 }], type: "pain" })).toBe(false);
});
