/**
 * Items of a CBOR sequence: what a request and an answer of `POST /sync` are made of.
 *
 * Each is an array that begins with a number, and can be used before the next has come.
 *
 * Source: docs/protocol.md, "One-request sync"; RFC 8742 (CBOR sequences).
 */
import { type Bytes, concat } from "../circle/encoding.ts";
import { decode, encode, Malformed, type Value } from "./cbor.ts";

export const MEDIA_TYPE = "application/cbor-seq";

/** One item, in bytes: a bundle of the log with a thousand wraps fits. */
export const ITEM_BYTES_MAX = 2 * 1024 * 1024;

/** An array: its first member, an integer, says what it is. */
export type Item = readonly [number, ...Value[]];

/** The items one after another. */
export function write(items: Iterable<Item>): Bytes {
  return concat(...Array.from(items, encode));
}

/** Takes bytes as they come and gives the items that are whole. */
export class Reader {
  #rest: Bytes = new Uint8Array();

  /** Whether no item is begun. */
  get isBetween(): boolean {
    return this.#rest.length === 0;
  }

  /**
   * Take the next bytes; gives the items that they complete.
   *
   * @throws Malformed What comes now is no item. What came before is good; nothing after it can be
   *   read.
   */
  *feed(part: Bytes): Generator<Item> {
    this.#rest = this.isBetween ? part : concat(this.#rest, part);
    for (;;) {
      const found = this.isBetween ? undefined : decode(this.#rest, 0);
      if ((found?.[1] ?? this.#rest.length) > ITEM_BYTES_MAX) {
        throw new Malformed(`an item may have at most ${ITEM_BYTES_MAX} bytes`);
      }
      if (found === undefined) return;
      const [item, end] = found;
      if (!isItem(item)) throw new Malformed("an item is an array that begins with a number");
      this.#rest = this.#rest.subarray(end);
      yield item;
    }
  }
}

/** All items of a whole body. Throws as `Reader.feed`, also where the body ends within one. */
export function read(body: Bytes): Item[] {
  const reader = new Reader();
  const items = [...reader.feed(body)];
  if (!reader.isBetween) throw new Malformed("the body ends within an item");
  return items;
}

function isItem(value: Value): value is Item {
  return Array.isArray(value) && typeof value[0] === "number";
}
