/** What the server does in an exchange, for a server in memory and for the shared vectors. */
import { type Bytes, equalBytes, hex } from "../../src/circle/encoding.ts";
import { Malformed, type Value } from "../../src/exchange/cbor.ts";
import { type Inventory, partOf } from "../../src/exchange/digest.ts";
import type { Item } from "../../src/exchange/frames.ts";
import {
  type Asked,
  type Begin,
  ITEMS_MAX,
  MARK_BYTES,
  PARTS,
  type Told,
  VERSION,
} from "../../src/exchange/messages.ts";
import type { Packed } from "../../src/exchange/packing.ts";

/**
 * Understand the items of a request.
 *
 * @throws Malformed They are none; nothing of it is done.
 */
export function readRequest(items: readonly Item[]): [Begin, Asked[]] {
  const [first, ...rest] = items;
  check(first !== undefined && items.length <= ITEMS_MAX && first.length >= 5);
  const [number, version, cursor, budget, flags] = first;
  check(
    number === 0 && version === VERSION && isBytes(cursor) && isCount(budget) && isCount(flags),
  );
  return [{ cursor, budget, flags }, rest.map(asked)];
}

function asked([number, circle, ...rest]: Item): Asked {
  check(isBytes(circle) && circle.length === 20);
  const name = `c${hex(circle)}`;
  const [one, two] = rest;
  if (number === 1) {
    check(rest.length === 2 && Array.isArray(one) && (two === 0 || two === 1));
    return { is: "records", circle: name, packed: one as Packed[], again: two === 1 };
  }
  if (number === 3) {
    check(rest.length === 1 && typeof one === "string");
    return { is: "bundle", circle: name, text: one };
  }
  if (number === 4) {
    check(rest.length === 1);
    const buckets = pairs(one).map(([bucket, digest]): [string, Bytes] => {
      check(isBucket(bucket) && isBytes(digest) && digest.length === 32);
      return [bucket, digest];
    });
    return { is: "digests", circle: name, buckets };
  }
  check(number === 5 && rest.length === 2 && isBucket(one));
  const parts = pairs(two).map(([part, marks]): [number, Bytes] => {
    check(isCount(part) && part < PARTS && isBytes(marks) && marks.length % MARK_BYTES === 0);
    return [part, marks];
  });
  return { is: "wanted", circle: name, bucket: one, parts };
}

/** The item that says it. */
export function answerItem(told: Told): Item {
  if (told.is === "welcome") return [0, VERSION, told.session, told.incarnation];
  if (told.is === "reached") return [1, told.cursor];
  if (told.is === "given") return [2, rawOf(told.circle), told.packed];
  if (told.is === "receipt") return [3, told.item, [...told.refused].flat()];
  if (told.is === "notice") return [4, rawOf(told.circle), told.what];
  if (told.is === "unequal") return [5, rawOf(told.circle), told.bucket, told.parts];
  if (told.is === "lacking") return [6, rawOf(told.circle), told.bucket, told.marks];
  return [9, Number(told.more)];
}

/** The buckets in which `ours` holds something else than was told, in order. */
export async function unequal(
  ours: Inventory,
  told: readonly (readonly [string, Bytes])[],
): Promise<string[]> {
  const [held, theirs] = [new Map(await ours.digests()), new Map(told)];
  const nothing = new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array()));
  const names = [...new Set([...held.keys(), ...theirs.keys()])].sort();
  return names.filter(
    (name) => !equalBytes(held.get(name) ?? nothing, theirs.get(name) ?? nothing),
  );
}

/** Names of what the other side lacks, and the marks that it has beyond, each in order. */
export async function compare(
  ours: Inventory,
  bucket: string,
  theirs: readonly (readonly [number, Bytes])[],
): Promise<{ lacking: string[]; beyond: string[] }> {
  const lacking = new Set<string>();
  const beyond: string[] = [];
  for (const [number, marks] of theirs) {
    const told = new Set(hex(marks).match(/.{16}/g));
    const held = new Map<string, string>();
    for (const [line, name] of ours.lines.get(bucket) ?? []) {
      if ((await partOf(name)) !== number) continue;
      const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(line));
      held.set(hex(new Uint8Array(hash).slice(0, MARK_BYTES)), name);
    }
    for (const [mark, name] of held) if (!told.has(mark)) lacking.add(name);
    for (const mark of told) if (!held.has(mark)) beyond.push(mark);
  }
  return { lacking: [...lacking].sort(), beyond: beyond.sort() };
}

function check(holds: boolean): asserts holds {
  if (!holds) throw new Malformed("an item is not what its number says");
}

function pairs(flat: Value | undefined): [Value | undefined, Value | undefined][] {
  check(Array.isArray(flat) && flat.length % 2 === 0);
  return Array.from({ length: flat.length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
}

function rawOf(circle: string): Bytes {
  return Uint8Array.from(circle.slice(1).match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function isBytes(value: Value | undefined): value is Bytes {
  return value instanceof Uint8Array;
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && value >= 0;
}

function isBucket(value: Value | undefined): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 5;
}
