/**
 * Do this phone and the server hold the same? Asked after a restore of the server, once a week and
 * by hand; what lacks on either side is brought.
 *
 * Three requests at most: digests of months; of those that differ, what is here; and what the
 * server lacks of it. Where the server no longer knows how far this device was, the last one brings
 * a new cursor that stands for all of it.
 *
 * Source: docs/protocol.md, "Comparing".
 */
import { Inventory } from "../exchange/digest.ts";
import { type Asked, SENDS_ONLY } from "../exchange/messages.ts";
import * as precedence from "../exchange/precedence.ts";
import type { StoredDocument } from "../records.ts";
import type { Synced } from "../sync.ts";
import { CHUNK } from "./chunks.ts";
import { recordName } from "./receipts.ts";
import type { Compared, Question, Visit } from "./visit.ts";

/** The exchange, for a comparison. */
export interface Comparing {
  /** Whether the server does not know how far this device was. */
  readonly isAnew: boolean;
  /** This device. */
  readonly device: string;
  /** Bytes that a request may have now. */
  bytes(): number;
  /** @param keepsCursor Whether the cursor of the answer stands for all that is here. */
  ask(question: Question, keepsCursor: (visit: Visit) => boolean): Promise<Visit>;
  /** Something came into this circle. */
  touch(circle: string): void;
}

/** Smallest item of an answer: with one of these a device that has all learns how far it is. */
const LEAST_BUDGET = 1;

/**
 * Compare circles.
 *
 * @throws LineError The server was not reached; what came is kept.
 */
export async function compare(by: Comparing, circles: readonly Synced[]): Promise<Compared> {
  for (const { courier, trusted } of circles) if (trusted) await courier.askAfterChunks();
  const held = new Map<Synced, Inventory>();
  for (const circle of circles) {
    const inventory = await inventoryOf(circle, by.device);
    if (inventory.lines.size > 0) held.set(circle, inventory);
  }
  const first = await by.ask(
    by.isAnew
      ? { asked: await digestsOf(held), budget: LEAST_BUDGET }
      : { asked: await digestsOf(held), flags: SENDS_ONLY },
    ({ unequal }) => by.isAnew && unequal.length === 0,
  );
  if (first.unequal.length === 0) return { came: countOf(first), sent: 0, lostLog: false };
  const wanted = await wantedOf(held, first);
  const second = await by.ask({ asked: wanted, flags: SENDS_ONLY }, () => false);
  const [lost, lostLog] = await lostBy(held, second);
  const sent = await bring(by, lost);
  if (by.isAnew) {
    const now = new Map<Synced, Inventory>();
    for (const circle of held.keys()) now.set(circle, await inventoryOf(circle, by.device));
    await by.ask({ asked: await digestsOf(now) }, () => true);
  }
  return { came: countOf(second), sent, lostLog };
}

/** What of a circle is here and was answered for by the server, or came from it. */
async function inventoryOf({ courier }: Synced, device: string): Promise<Inventory> {
  const inventory = new Inventory();
  for await (const docs of courier.answered()) {
    for (const { _id, _rev } of docs) {
      // Others' wraps are not shown to this device.
      const isOthers = _id.startsWith("wrap:") && !_id.endsWith(device);
      if (!isOthers && !_id.startsWith(CHUNK)) inventory.add(_id, _rev);
    }
  }
  return inventory;
}

async function digestsOf(held: ReadonlyMap<Synced, Inventory>): Promise<Asked[]> {
  const asked = [...held].map(async ([{ circle }, inventory]): Promise<Asked> => {
    return { is: "digests", circle, buckets: await inventory.digests() };
  });
  return Promise.all(asked);
}

async function wantedOf(
  held: ReadonlyMap<Synced, Inventory>,
  { unequal }: Visit,
): Promise<Asked[]> {
  const by = byName(held);
  const asked = unequal.map(async ({ circle, bucket, parts }): Promise<Asked[]> => {
    const inventory = by.get(circle)?.inventory;
    if (inventory === undefined) return [];
    const differing = await inventory.differing(bucket, parts);
    return [{ is: "wanted", circle, bucket, parts: differing }];
  });
  return (await Promise.all(asked)).flat();
}

function byName(held: ReadonlyMap<Synced, Inventory>) {
  return new Map([...held].map(([of, inventory]) => [of.circle, { of, inventory }] as const));
}

/** Documents that the server lacks, of circles that can be trusted; whether it lacks entries. */
async function lostBy(
  held: ReadonlyMap<Synced, Inventory>,
  { lacking }: Visit,
): Promise<[Map<Synced, StoredDocument[]>, lostLog: boolean]> {
  const by = byName(held);
  const lost = new Map<Synced, StoredDocument[]>();
  let lostLog = false;
  for (const { circle, bucket, marks } of lacking) {
    const found = by.get(circle);
    if (found === undefined || !found.of.trusted) continue;
    const names = await found.inventory.named(bucket, marks);
    lostLog ||= names.some((name) => name.startsWith("log:"));
    for (const name of names.filter(isBrought)) {
      const leaves = await found.of.records.read(name);
      lost.set(found.of, [...(lost.get(found.of) ?? []), ...leaves]);
    }
  }
  return [lost, lostLog];
}

/** Entries and keys come back by another way. */
function isBrought(name: string): boolean {
  return recordName(name) !== undefined;
}

/** Bring what the server has lost; how many those were. */
async function bring(
  by: Comparing,
  lost: ReadonlyMap<Synced, readonly StoredDocument[]>,
): Promise<number> {
  let count = 0;
  for (const [circle, docs] of lost) {
    for (let at = 0; at < docs.length; ) {
      const sizes = docs.slice(at).map(({ c }) => String(c).length);
      const some = docs.slice(at, at + precedence.fit(sizes, by.bytes()));
      const sent = [{ circle, docs: some, again: true }];
      await by.ask({ sent, flags: SENDS_ONLY }, () => false);
      at += some.length;
      count += some.length;
    }
    by.touch(circle.circle);
  }
  return count;
}

function countOf({ came }: Visit): number {
  return [...came.values()].reduce((sum, count) => sum + count, 0);
}
