/**
 * How the vectors of one-request sync are run: by nothing but `src/exchange` and the server's side
 * beside this file, so Node and a browser run the same.
 *
 * A run throws when a vector does not hold.
 */
import { type Bytes, hex } from "../../src/circle/encoding.ts";
import { CircleError } from "../../src/circle/errors.ts";
import { Malformed, type Value } from "../../src/exchange/cbor.ts";
import { bucketOf, Inventory, markOf, partOf } from "../../src/exchange/digest.ts";
import { type Item, read, write } from "../../src/exchange/frames.ts";
import { type Asked, readAnswerItem, requestItems } from "../../src/exchange/messages.ts";
import { pack, unpack } from "../../src/exchange/packing.ts";
import type { StoredDocument } from "../../src/records.ts";
import { same } from "../circle/same.ts";
import { answerItem, compare, readRequest, unequal } from "./server-side.ts";

/** A value of a vector: bytes stand under `b`. */
export type Shown = number | string | { readonly b: string } | readonly Shown[];

export interface VectorFiles {
  readonly frames: {
    readonly items: readonly { readonly item: Shown; readonly bytes: string }[];
    readonly also_read: readonly { readonly item: Shown; readonly bytes: string }[];
    readonly refused: readonly { readonly why: string; readonly bytes: string }[];
  };
  readonly packing: {
    readonly circle: string;
    readonly asker: string;
    readonly documents: readonly StoredDocument[];
    readonly packed: readonly Shown[];
    readonly bytes: string;
    readonly refused: readonly Shown[];
  };
  readonly messages: {
    readonly request: { readonly items: readonly Shown[]; readonly bytes: string };
    readonly answer: { readonly items: readonly Shown[]; readonly bytes: string };
    readonly refused: readonly { readonly why: string; readonly items: readonly Shown[] }[];
    readonly skipped: readonly Shown[];
  };
  readonly digest: {
    readonly names: readonly {
      readonly id: string;
      readonly rev: string;
      readonly bucket: string;
      readonly part: number;
      readonly mark: string;
    }[];
    readonly server: readonly (readonly [string, string])[];
    readonly device: readonly (readonly [string, string])[];
    readonly server_digests: readonly (readonly [string, string])[];
    readonly device_digests: readonly (readonly [string, string])[];
    readonly unequal: readonly string[];
    readonly settled: readonly {
      readonly bucket: string;
      readonly parts: string;
      readonly wanted: Shown;
      readonly lacking: readonly string[];
      readonly beyond: readonly string[];
      readonly named: readonly string[];
    }[];
  };
}

/** Bytes of hexadecimal text. */
export function unhex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** The value that a vector shows. */
export function plain(shown: Shown): Value {
  if (typeof shown === "object" && "b" in shown) return unhex(shown.b);
  return typeof shown === "object" ? shown.map(plain) : shown;
}

function shown(value: Value): Shown {
  if (value instanceof Uint8Array) return { b: hex(value) };
  return typeof value === "object" ? value.map(shown) : value;
}

/** The same with bytes as text, as `same` compares. */
export function sameValue(found: Value, wanted: Value, what?: string): void {
  same(shown(found), shown(wanted), what);
}

function refuses(what: string, act: () => unknown): void {
  try {
    act();
  } catch (error) {
    if (error instanceof Malformed) return;
    throw error;
  }
  throw new Error(`not refused: ${what}`);
}

/** By file. */
export const exchangeRuns: {
  [Name in keyof VectorFiles]: (vectors: VectorFiles[Name]) => Promise<void>;
} = {
  async frames({ items, also_read, refused }) {
    for (const { item, bytes } of items) {
      same(hex(write([plain(item) as Item])), bytes);
    }
    for (const { item, bytes } of [...items, ...also_read]) {
      sameValue(read(unhex(bytes)), [plain(item)], bytes);
    }
    for (const { why, bytes } of refused) refuses(why, () => read(unhex(bytes)));
  },

  async packing({ circle, asker, documents, packed, bytes, refused }) {
    const rows = packed.map(plain);
    sameValue(pack(documents, asker), rows);
    same(await unpack(rows, circle, asker), documents);
    const [item] = read(unhex(bytes));
    sameValue(item?.slice(1) ?? [], [unhex(circle.slice(1)), rows]);
    const [good = []] = rows;
    for (const bad of refused.map(plain)) {
      const [before, error, after] = await unpack([good, bad, good], circle, asker);
      same(error instanceof CircleError && error.code, "schema", JSON.stringify(shown(bad)));
      same([before, after], [documents[0], documents[0]]);
    }
  },

  async messages({ request, answer, refused, skipped }) {
    const asked = request.items.map(plain) as Item[];
    sameValue(read(unhex(request.bytes)), asked);
    const [begin, wanted] = readRequest(asked);
    sameValue([begin.cursor, begin.budget, begin.flags], [unhex("0102"), 900, 1]);
    same(hex(write(requestItems(begin, wanted))), request.bytes);
    same(new Set(wanted.map(({ is }: Asked) => is)).size, 4);
    for (const { why, items } of refused) {
      refuses(why, () => readRequest(items.map(plain) as Item[]));
    }
    const told = (answer.items.map(plain) as Item[]).map(readAnswerItem);
    const known = told.filter((one) => one !== undefined);
    same(known.length, told.length);
    same(hex(write(known.map(answerItem))), answer.bytes);
    same(
      skipped.map((item) => readAnswerItem(plain(item) as Item)),
      skipped.map(() => undefined),
    );
  },

  async digest(vectors) {
    for (const { id, rev, bucket, part, mark } of vectors.names) {
      const found = [bucketOf(id), await partOf(id), hex(await markOf(id, rev))];
      same(found, [bucket, part, mark], id);
    }
    const [here, there] = [vectors.server, vectors.device].map(inventoryOf) as [
      Inventory,
      Inventory,
    ];
    const told = await there.digests();
    same(
      told.map(([bucket, digest]) => [bucket, hex(digest)]),
      vectors.device_digests,
    );
    const own = await here.digests();
    same(
      own.map(([bucket, digest]) => [bucket, hex(digest)]),
      vectors.server_digests,
    );
    same(await unequal(here, told), vectors.unequal);
    for (const { bucket, parts, wanted, lacking, beyond, named } of vectors.settled) {
      same(hex(await here.parts(bucket)), parts);
      const differing = await there.differing(bucket, unhex(parts));
      sameValue(differing, plain(wanted));
      const settled = await compare(here, bucket, differing);
      same([settled.lacking, settled.beyond], [lacking, beyond]);
      same(await there.named(bucket, unhex(beyond.join(""))), named);
    }
  },
};

/** An inventory of names and revisions. */
export function inventoryOf(rows: readonly (readonly [string, string])[]): Inventory {
  const inventory = new Inventory();
  for (const [id, rev] of rows) inventory.add(id, rev);
  return inventory;
}
