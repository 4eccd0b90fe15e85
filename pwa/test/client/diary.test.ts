/** What opens, in which order, and what happens to what does not. */
import { beforeEach, expect, test } from "vitest";
import { type SealedDocument, seal } from "../../src/circle/document.ts";
import * as entries from "../../src/circle/entries.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { Diary } from "../../src/client/diary.ts";
import { nameOfMember, namesOf } from "../../src/client/names.ts";
import type { Leaves, StoredDocument } from "../../src/records.ts";

const NOW = 1_795_262_400;

let keys: DeviceKeys;
let circle: entries.Proposal;
let member: string;
let diary: Diary;

beforeEach(async () => {
  keys = await DeviceKeys.generate();
  member = entries.drawMember();
  const terms = { purpose: "patient", adds: "members", clinic: "", role: "therapist" } as const;
  circle = await entries.found(keys, { ...terms, member }, NOW);
  diary = new Diary(keys.id);
});

async function sealed(kind: string, n: number, lam: number, more: object): Promise<StoredDocument> {
  const body = { lam, at: NOW, tz_min: 0, ...more };
  const { membership, secrets } = circle;
  const doc = await seal(membership, keys, secrets, { kind, month: "2611", n }, body);
  return doc as Required<SealedDocument> & StoredDocument;
}

function note(n: number, lam: number, text: string): Promise<StoredDocument> {
  return sealed("nt", n, lam, { type: "note", text });
}

function take(...leaves: Leaves): Promise<boolean> {
  return diary.take([leaves], circle.membership, circle.secrets);
}

function texts(): string[] {
  return diary.ordered.map(({ value }) => (value.type === "note" ? value.text : value.type));
}

test("records stand in the order of their writers' counts, whatever came first", async () => {
  await take(await note(2, 5, "later"));
  await take(await note(1, 4, "earlier"));
  expect([texts(), diary.nextLam]).toEqual([["earlier", "later"], 6]);
});

test("the same document again changes nothing", async () => {
  const doc = await note(1, 1, "once");
  expect([await take(doc), await take(doc), texts()]).toEqual([true, false, ["once"]]);
});

test("of two documents under one name every phone reads the same one", async () => {
  const two = [await note(1, 1, "a"), await note(1, 1, "b")];
  await take(...two);
  const first = texts();
  diary = new Diary(keys.id);
  await take(...[...two].reverse());
  const smaller = two.sort((left, right) => ((left._rev ?? "") < (right._rev ?? "") ? -1 : 1))[0];
  expect(diary.ordered.map(({ digest }) => `1-${digest}`)).toEqual([smaller?._rev]);
  expect(texts()).toEqual(first);
});

test("many at once are read as each by itself, whatever one of them holds", async () => {
  const notes = await Promise.all(
    Array.from({ length: 120 }, (_, index) => note(index + 1, index + 1, `note ${index + 1}`)),
  );
  const documents: Leaves[] = notes.map((doc) => [doc]);
  documents[7] = [{ ...(notes[7] as StoredDocument), s: "A".repeat(86) }];
  expect(await diary.take(documents, circle.membership, circle.secrets)).toBe(true);
  const expected = notes.map((_, index) => `note ${index + 1}`).filter((_, index) => index !== 7);
  expect(texts()).toEqual(expected);
  expect([...diary.closed]).toEqual([[notes[7]?._id, "sig"]]);
});

test("a forged twin does not hide the real document", async () => {
  const doc = await note(1, 1, "real");
  await take({ ...doc, _rev: `1-${"0".repeat(32)}`, s: "A".repeat(86) }, doc);
  expect([texts(), diary.closed.size]).toEqual([["real"], 0]);
});

test("what does not open is named with its code and opens once the key is there", async () => {
  const doc = await note(1, 1, "waits");
  expect(await diary.take([[doc]], circle.membership, undefined)).toBe(false);
  expect([...diary.closed]).toEqual([[doc._id, "epoch"]]);
  expect(await take(doc)).toBe(true);
  expect([diary.closed.size, [...diary.own]]).toEqual([0, [doc._id]]);
});

test.each([
  ["another text", { c: "AAAA" }, "schema"],
  ["a wrong signature", { s: "A".repeat(86) }, "sig"],
  ["a member in the clear", { pain: 6 }, "schema"],
  ["a part of another type", { h: { toString: null } }, "schema"],
])("a document with %s is closed", async (_name, change, code) => {
  const doc = await note(1, 1, "real");
  expect(await take({ ...doc, ...change })).toBe(false);
  expect([...diary.closed.values()]).toEqual([code]);
});

test("a record that is here before its circle's log waits for it", async () => {
  const doc = await note(1, 1, "early");
  await diary.take([[doc]], undefined, undefined);
  expect([texts(), [...diary.closed]]).toEqual([[], [[doc._id, "epoch"]]]);
  await take(doc);
  expect([texts(), diary.closed.size]).toEqual([["early"], 0]);
});

test("what is no record of the diary is kept, and not called unreadable", async () => {
  const doc = await sealed("sn", 1, 1, { type: "snapshot" });
  expect(await take(doc)).toBe(false);
  expect([diary.closed.size, [...diary.own]]).toEqual([0, [doc._id]]);
});

test("an operation ahead of all reason is not shown and moves no count", async () => {
  await take(await note(1, 3, "real"));
  await take(await note(2, 2 ** 39, "wins for ever"));
  expect([texts(), diary.nextLam]).toEqual([["real"], 4]);
});

test("names come from profiles, the last one wins, a member before its invitation is the patient", async () => {
  const patient = entries.drawMember();
  const profile = (n: number, whose: string, name: string) =>
    sealed("pr", n, n, { type: "profile", about: "member", member: whose, name });
  await take(await profile(1, member, "Rosa"));
  await take(await profile(2, patient, "Amena"));
  await take(await profile(3, patient, "Amina"));
  expect(namesOf(circle.membership, diary.ordered)).toEqual({
    clinic: "",
    patient: "Amina",
    therapist: "Rosa",
    patientMember: patient,
  });
  expect(nameOfMember(diary.ordered, member)).toBe("Rosa");
});
