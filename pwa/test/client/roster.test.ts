/** The member list against a server that shows another one. */
import "fake-indexeddb/auto";
import { afterEach, expect, test } from "vitest";
import { structuralRev } from "../../src/circle/document.ts";
import * as entries from "../../src/circle/entries.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import type { LogDocument } from "../../src/circle/log.ts";
import type { Locks } from "../../src/client/phone.ts";
import { ALARMS } from "../../src/client/reasons.ts";
import { Roster } from "../../src/client/roster.ts";
import { Records } from "../../src/records.ts";

const NOW = 1_795_262_400;
let names = 0;
let records: Records;

afterEach(() => records.close());

/** A circle with two invitations, as its three log documents, and a rival of the last. */
async function newLog() {
  records = new Records(`roster-${++names}`, "dS4o1wXRCCULUGX5KPcfg", navigator.locks as Locks);
  const keys = await DeviceKeys.generate();
  const member = entries.drawMember();
  const terms = { purpose: "patient", adds: "members", clinic: "", role: "therapist" } as const;
  const first = await entries.found(keys, { ...terms, member }, NOW);
  const place = { role: "patient", member: entries.drawMember() } as const;
  const second = await entries.invite(keys, first.membership, first.secrets, place, NOW + 1);
  const third = await entries.invite(keys, second.membership, first.secrets, place, NOW + 2);
  const log = [first, second, third].map(({ bundle }) => bundle.log);
  const other = await entries.invite(keys, second.membership, first.secrets, place, NOW + 2);
  const { circle } = first.membership;
  return { circle, log, rival: other.bundle.log, heads: third.membership.heads };
}

async function store(docs: readonly LogDocument[]): Promise<void> {
  await records.write(
    await Promise.all(docs.map(async (doc) => ({ ...doc, _rev: await structuralRev(doc) }))),
  );
}

test("the log is replayed as it grows, and each step gives a new pin", async () => {
  const { circle, log, heads } = await newLog();
  const roster = new Roster(circle, undefined);
  await store(log.slice(0, 1));
  expect(await roster.refresh(records)).toEqual({ seq: 0, hash: heads[0] });
  expect(await roster.refresh(records)).toBeUndefined();
  await store(log);
  expect(await roster.refresh(records)).toEqual({ seq: 2, hash: heads[2] });
  expect(roster.alarm).toBe("");
});

test("an entry that came before the one it follows waits for it", async () => {
  const { circle, log } = await newLog();
  const roster = new Roster(circle, undefined);
  await store([log[0], log[2]] as LogDocument[]);
  await roster.refresh(records);
  expect([roster.membership?.seq, roster.alarm]).toEqual([0, ""]);
});

test("a log that is shorter than the pin is an alarm", async () => {
  const { circle, log, heads } = await newLog();
  const roster = new Roster(circle, { seq: 2, hash: heads[2] ?? "" });
  await store(log.slice(0, 2));
  expect(await roster.refresh(records)).toBeUndefined();
  expect(roster.alarm).toBe(ALARMS.fork);
});

test("another entry at the pin is an alarm", async () => {
  const { circle, log, heads } = await newLog();
  const roster = new Roster(circle, { seq: 1, hash: heads[0] ?? "" });
  await store(log);
  await roster.refresh(records);
  expect(roster.alarm).toBe(ALARMS.fork);
});

test("two entries in one place are an alarm, what was understood before stays", async () => {
  const { circle, log, rival } = await newLog();
  await store([...log, rival]);
  const late = new Roster(circle, undefined);
  await late.refresh(records);
  expect([late.alarm, late.membership?.seq]).toEqual([ALARMS.fork, 1]);

  const known = await newLog();
  const roster = new Roster(known.circle, undefined);
  await store(known.log);
  await roster.refresh(records);
  await store([known.rival]);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership?.seq]).toEqual([ALARMS.fork, 2]);
});

test("what breaks the rules does not stand in the way of the entry, nor count as another", async () => {
  const { circle, log } = await newLog();
  const [first, second, third] = log as [LogDocument, LogDocument, LogDocument];
  const forged = { ...second, j: second.j.slice(0, -4).concat("AAAA") };
  const roster = new Roster(circle, undefined);
  await store([first, forged]);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership?.seq]).toEqual([ALARMS.damaged, 0]);
  await store([second, third]);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership?.seq]).toEqual(["", 2]);
  await store([{ ...first, j: first.j.slice(0, -4).concat("AAAA") }]);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership?.seq]).toEqual(["", 2]);
});

test("the log of another circle is an alarm", async () => {
  const { log } = await newLog();
  await store(log);
  const roster = new Roster(`c${"0".repeat(40)}`, undefined);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership]).toEqual([ALARMS.damaged, undefined]);
});

test("an entry that does not hold is an alarm, what came before it stays", async () => {
  const { circle, log } = await newLog();
  const [first, second] = log as [LogDocument, LogDocument];
  await store([first, { ...second, j: second.j.slice(0, -4).concat("AAAA") }]);
  const roster = new Roster(circle, undefined);
  await roster.refresh(records);
  expect([roster.alarm, roster.membership?.seq]).toEqual([ALARMS.damaged, 0]);
});
