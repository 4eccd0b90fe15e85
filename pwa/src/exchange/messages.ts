/**
 * The items of a request and of an answer of `POST /sync`, as values.
 *
 *     request   0 Begin · 1 Records · 3 Bundle · 4 Digests · 5 Wanted
 *     answer    0 Welcome · 1 Reached · 2 Given · 3 Receipt · 4 Notice · 5 Unequal · 6 Lacking · 9 End
 *
 * This side writes requests and reads answers. Numbers that it does not know belong to a later
 * version: it skips such an item.
 *
 * Source: docs/protocol.md, "One-request sync".
 */
import { type Bytes, hex } from "../circle/encoding.ts";
import { Malformed, type Value } from "./cbor.ts";
import type { Item } from "./frames.ts";
import type { Packed } from "./packing.ts";

export const VERSION = 1;
/** Items in one request. */
export const ITEMS_MAX = 10_000;
/** A flag: nothing is to be given, what is brought is answered. */
export const SENDS_ONLY = 1;
/** A flag: today's session is logged; it says nothing else and is kept nowhere else. */
export const DONE_TODAY = 2;
/**
 * A flag: an answer that would only say that there is no more may be status 204 without a body. A
 * browser that reads a body tells the server so, in 35 bytes, when it did not for 5 s.
 */
export const MAY_BE_EMPTY = 4;
/** A flag: chunks are neither given nor compared; what is listened to is fetched by name. */
export const WITHOUT_CHUNKS = 8;

/** Parts of a bucket, the bytes of each one's digest, and of what stands for a line; see `digest`. */
export const PARTS = 256;
export const PART_BYTES = 4;
export const MARK_BYTES = 8;

const CIRCLE_BYTES = 20;
const SESSION_BYTES = 16;
const BUCKET_LETTERS_MAX = 5;

/** First in a request, once. */
export interface Begin {
  /** As the last answer gave it; empty at first. */
  readonly cursor: Bytes;
  /** Most bytes of records that the answer may hold, before compression; 0 for the server's most. */
  readonly budget: number;
  /** Sum of `SENDS_ONLY`, `DONE_TODAY`, `MAY_BE_EMPTY` and `WITHOUT_CHUNKS`. */
  readonly flags: number;
}

/** What a request asks and brings, item by item. */
export type Asked =
  /** New documents of one circle; `again`: acknowledged before, or carried for somebody else. */
  | {
      readonly is: "records";
      readonly circle: string;
      readonly packed: readonly Packed[];
      readonly again: boolean;
    }
  /** A log entry with what it requires; `text` is the body of `POST /circles/{circle}/log`. */
  | { readonly is: "bundle"; readonly circle: string; readonly text: string }
  /** What the device has of one circle: each bucket with its digest. */
  | {
      readonly is: "digests";
      readonly circle: string;
      readonly buckets: readonly (readonly [bucket: string, digest: Bytes])[];
    }
  /** The parts of a bucket that differ, each with the marks that the device has. */
  | {
      readonly is: "wanted";
      readonly circle: string;
      readonly bucket: string;
      readonly parts: readonly (readonly [part: number, marks: Bytes])[];
    };

/** What an answer tells, item by item. */
export type Told =
  /** First to a token, or to a cursor that is empty or not known; `session` may be empty. */
  | { readonly is: "welcome"; readonly session: Bytes; readonly incarnation: string }
  /** With what came before it in the answer, the device is informed up to here. */
  | { readonly is: "reached"; readonly cursor: Bytes }
  /** Documents that are new to the device, of one circle. */
  | { readonly is: "given"; readonly circle: string; readonly packed: readonly Value[] }
  /** What became of item `item` of the request: all rows are durable but those refused. */
  | {
      readonly is: "receipt";
      readonly item: number;
      readonly refused: ReadonlyMap<number, string>;
    }
  /** `cursor`, of no circle: it is not known; `suspended`, `gone`: how it is with the circle. */
  | { readonly is: "notice"; readonly circle: string; readonly what: string }
  /** A bucket in which the server holds something else, with the digests of its parts. */
  | {
      readonly is: "unequal";
      readonly circle: string;
      readonly bucket: string;
      readonly parts: Bytes;
    }
  /** What the device holds of a bucket and the server does not, by mark. */
  | {
      readonly is: "lacking";
      readonly circle: string;
      readonly bucket: string;
      readonly marks: Bytes;
    }
  /** Last; an answer without it was cut. `more`: there is more than the budget let through. */
  | { readonly is: "end"; readonly more: boolean };

/** The items of a request. */
export function requestItems({ cursor, budget, flags }: Begin, asked: readonly Asked[]): Item[] {
  return [[0, VERSION, cursor, budget, flags], ...asked.map(askedItem)];
}

function askedItem(asked: Asked): Item {
  const circle = rawOf(asked.circle);
  if (asked.is === "records") return [1, circle, asked.packed, Number(asked.again)];
  if (asked.is === "bundle") return [3, circle, asked.text];
  if (asked.is === "digests") return [4, circle, asked.buckets.flat()];
  return [5, circle, asked.bucket, asked.parts.flat()];
}

/**
 * Understand an item of an answer; undefined for one of a later version.
 *
 * @throws Malformed It is not what its number says.
 */
export function readAnswerItem([number, ...members]: Item): Told | undefined {
  const [length, read] = TOLD[number] ?? [];
  if (read === undefined) return undefined;
  require(members.length === length);
  return read(...members);
}

type Read = (...members: readonly Value[]) => Told;

/** By number: how many members there are, and how they are read. */
const TOLD: Readonly<Record<number, readonly [length: number, read: Read]>> = {
  0: [3, welcome],
  1: [1, (cursor) => ({ is: "reached", cursor: bytesOf(cursor) })],
  2: [2, (circle, packed) => ({ is: "given", circle: circleOf(circle), packed: arrayOf(packed) })],
  3: [2, receipt],
  4: [2, notice],
  5: [3, unequal],
  6: [3, lacking],
  9: [1, (more) => ({ is: "end", more: isFlag(more) })],
};

function welcome(version?: Value, given?: Value, incarnation?: Value): Told {
  const session = bytesOf(given);
  require(version === VERSION && [0, SESSION_BYTES].includes(session.length));
  return { is: "welcome", session, incarnation: textOf(incarnation) };
}

function receipt(item?: Value, flat?: Value): Told {
  const pairs = arrayOf(flat);
  require(pairs.length % 2 === 0);
  const refused = new Map<number, string>();
  for (let at = 0; at < pairs.length; at += 2)
    refused.set(countOf(pairs[at]), textOf(pairs[at + 1]));
  return { is: "receipt", item: countOf(item), refused };
}

function notice(circle?: Value, what?: Value): Told {
  const isOfAll = bytesOf(circle).length === 0;
  return { is: "notice", circle: isOfAll ? "" : circleOf(circle), what: textOf(what) };
}

function unequal(circle?: Value, bucket?: Value, given?: Value): Told {
  const parts = bytesOf(given);
  require(parts.length === PARTS * PART_BYTES);
  return { is: "unequal", circle: circleOf(circle), bucket: bucketOf(bucket), parts };
}

function lacking(circle?: Value, bucket?: Value, given?: Value): Told {
  const marks = bytesOf(given);
  require(marks.length % MARK_BYTES === 0);
  return { is: "lacking", circle: circleOf(circle), bucket: bucketOf(bucket), marks };
}

function require(holds: boolean): asserts holds {
  if (!holds) throw new Malformed("an item is not what its number says");
}

function bytesOf(value: Value | undefined): Bytes {
  require(value instanceof Uint8Array);
  return value;
}

function textOf(value: Value | undefined): string {
  require(typeof value === "string");
  return value;
}

function arrayOf(value: Value | undefined): readonly Value[] {
  require(Array.isArray(value));
  return value;
}

function countOf(value: Value | undefined): number {
  require(typeof value === "number" && value >= 0);
  return value;
}

function isFlag(value: Value | undefined): boolean {
  require(value === 0 || value === 1);
  return value === 1;
}

function bucketOf(value: Value | undefined): string {
  const text = textOf(value);
  require(text.length > 0 && text.length <= BUCKET_LETTERS_MAX);
  return text;
}

function circleOf(value: Value | undefined): string {
  const raw = bytesOf(value);
  require(raw.length === CIRCLE_BYTES);
  return `c${hex(raw)}`;
}

function rawOf(circle: string): Bytes {
  return Uint8Array.from({ length: CIRCLE_BYTES }, (_, at) =>
    Number.parseInt(circle.slice(1 + 2 * at, 3 + 2 * at), 16),
  );
}
