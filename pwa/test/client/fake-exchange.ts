/**
 * `POST /sync` of the server in memory, with faults on demand.
 *
 * A cursor is the place in each circle's feed. What it does with a request is what the real one
 * does; what it judges is as little as in the rest of the fake.
 */
import { gunzipSync } from "node:zlib";
import { type Bytes, b64uEncode, utf8, utf8Text } from "../../src/circle/encoding.ts";
import { CircleError } from "../../src/circle/errors.ts";
import { Inventory } from "../../src/exchange/digest.ts";
import { type Item, read, write } from "../../src/exchange/frames.ts";
import {
  type Asked,
  type Begin,
  SENDS_ONLY,
  type Told,
  WITHOUT_CHUNKS,
} from "../../src/exchange/messages.ts";
import { pack, unpack } from "../../src/exchange/packing.ts";
import { unhex } from "../exchange/runs.ts";
import { answerItem, compare, readRequest, unequal } from "../exchange/server-side.ts";
import { type Circle, type FakeServer, kidOf, type Stored } from "./fake-server.ts";

/** How far a device was informed. */
interface Place {
  readonly store: string;
  readonly at: Readonly<Record<string, number>>;
}

/** Documents in one item. */
const ROWS = 3;

export class FakeExchange {
  /** Items of the requests so far, without the first of each. */
  readonly asked: Asked[][] = [];
  /** Lengths of bodies as they came, and of answers as they went. */
  readonly sizes: [up: number, down: number][] = [];
  /** Bytes after which the next answer is cut; used up. */
  cutAt: number | undefined;
  /** Changes what is answered. */
  edit: (items: readonly Item[]) => readonly Item[] = (items) => items;
  /** Answers in its place. */
  instead: (() => Response) | undefined;
  /** Sessions that are open, with their devices. */
  readonly sessions = new Map<string, string>();
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
  }

  async answer(init: RequestInit, nowMs: number): Promise<Response> {
    if (this.instead !== undefined) return this.instead();
    const headers = new Headers(init.headers);
    const [scheme = "", credential = ""] = (headers.get("Authorization") ?? "").split(" ");
    const device = scheme === "Session" ? this.sessions.get(credential) : kidOf(init);
    if (device === undefined) return told(401, { error: "unauthorized", reason: "over" }, nowMs);
    const sent = init.body as Bytes;
    const body = headers.get("Content-Encoding") === "gzip" ? gunzipSync(sent) : sent;
    const [begin, asked] = readRequest(read(Uint8Array.from(body)));
    this.asked.push(asked);
    const items = this.edit((await this.#told(device, scheme, begin, asked)).map(answerItem));
    const bytes = write(items);
    this.sizes.push([sent.length, bytes.length]);
    const cut = this.cutAt;
    this.cutAt = undefined;
    const type = { "Content-Type": "application/cbor-seq", Date: new Date(nowMs).toUTCString() };
    return new Response(flow(bytes, cut), { headers: type });
  }

  async #told(device: string, scheme: string, begin: Begin, asked: Asked[]): Promise<Told[]> {
    const place = this.#place(begin.cursor);
    const taken = new Set<string>();
    const receipts: Told[] = [];
    for (const [index, one] of asked.entries()) {
      if (one.is === "records") receipts.push(await this.#take(device, one, index + 1, taken));
    }
    const told: Told[] = [];
    if (scheme === "Bearer" || place === undefined || begin.cursor.length === 0) {
      const session = scheme === "Bearer" ? crypto.getRandomValues(new Uint8Array(16)) : empty();
      if (session.length > 0) this.sessions.set(b64uEncode(session), device);
      told.push({ is: "welcome", session, incarnation: this.#store });
    }
    told.push(...receipts);
    const known: Record<string, number> = { ...place?.at };
    for (const one of asked) {
      if (one.is === "digests" || one.is === "wanted") {
        told.push(...(await this.#compared(device, one, begin, known)));
      }
    }
    if (place === undefined) told.push({ is: "notice", circle: "", what: "cursor" });
    else if ((begin.flags & SENDS_ONLY) === 0) {
      return [...told, ...(await this.#given(device, begin, known, taken))];
    }
    return [...told, { is: "end", more: false }];
  }

  get #store(): string {
    return this.#server.incarnation ?? "k1";
  }

  #place(cursor: Bytes): Place | undefined {
    if (cursor.length === 0) return { store: this.#store, at: {} };
    const place = placeIn(cursor);
    if (place === undefined) return undefined;
    const isPast = Object.entries(place.at).every(
      ([name, at]) => at <= (this.#server.circles.get(name)?.feed.length ?? 0),
    );
    return place.store === this.#store && isPast ? place : undefined;
  }

  async #take(
    device: string,
    { circle: name, packed, again }: Extract<Asked, { is: "records" }>,
    item: number,
    taken: Set<string>,
  ): Promise<Told> {
    const circle = this.#server.circles.get(name);
    const why = circle === undefined ? "not_found" : await this.#refusal(circle, device);
    const rows = await unpack(packed, name, device);
    if (circle === undefined || why !== undefined) {
      const refused = new Map(rows.map((_, row) => [row, why ?? "not_found"] as const));
      return { is: "receipt", item, refused };
    }
    const docs = rows.map((row) => (row instanceof CircleError ? undefined : (row as Stored)));
    const good = docs.filter((doc) => doc !== undefined);
    const errors = await this.#server.write(circle, good, again);
    const codes = new Map(errors.map(({ id, code }) => [id, code]));
    const refused = new Map<number, string>();
    for (const [row, doc] of docs.entries()) {
      const code = doc === undefined ? "schema" : codes.get(doc._id);
      if (code !== undefined) refused.set(row, code);
      else if (doc !== undefined) taken.add(name + doc._id);
    }
    return { is: "receipt", item, refused };
  }

  async #refusal(circle: Circle, device: string): Promise<string | undefined> {
    const { devices } = await this.#server.membership(circle);
    const member = devices.get(device);
    if (member === undefined) return "unauthorized";
    return member.until === null ? undefined : "removed";
  }

  /** What is new, item by item, each with how far that is. */
  async #given(
    device: string,
    { budget, flags }: Begin,
    at: Record<string, number>,
    taken: ReadonlySet<string>,
  ): Promise<Told[]> {
    const told: Told[] = [];
    for (const [name, circle] of this.#server.circles) {
      if ((await this.#server.membership(circle)).devices.get(device) === undefined) continue;
      for (let from = at[name] ?? 0; from < circle.feed.length; ) {
        const to = Math.min(circle.feed.length, from + ROWS);
        const docs = shown(circle, device, circle.feed.slice(from, to), flags);
        const fresh = docs.filter(({ _id }) => !taken.has(name + _id));
        if (fresh.length > 0) {
          told.push({ is: "given", circle: name, packed: pack(fresh as never, device) });
        }
        from = to;
        at[name] = to;
        told.push({ is: "reached", cursor: this.#cursor(at) });
        if (budget > 0 && fresh.length > 0) return [...told, { is: "end", more: true }];
      }
    }
    const last = { is: "reached", cursor: this.#cursor(at) } as const;
    return [...told, ...(told.length > 0 ? [] : [last]), { is: "end", more: false }];
  }

  #cursor(at: Readonly<Record<string, number>>): Bytes {
    return utf8(JSON.stringify({ store: this.#store, at }));
  }

  async #compared(
    device: string,
    asked: Extract<Asked, { is: "digests" | "wanted" }>,
    { cursor, flags }: Begin,
    at: Record<string, number>,
  ): Promise<Told[]> {
    const { circle: name } = asked;
    const circle = this.#server.circles.get(name);
    if (circle === undefined) return [{ is: "notice", circle: name, what: "gone" }];
    const docs = shown(circle, device, [...circle.docs.keys()], flags);
    const inventory = new Inventory();
    for (const { _id, _rev } of docs) inventory.add(_id, _rev);
    if (asked.is === "digests") {
      const buckets = await unequal(inventory, asked.buckets);
      if (buckets.length === 0 && cursor.length === 0) at[name] = circle.feed.length;
      const parts = buckets.map(async (bucket): Promise<Told> => {
        return { is: "unequal", circle: name, bucket, parts: await inventory.parts(bucket) };
      });
      return Promise.all(parts);
    }
    const { bucket } = asked;
    const { lacking, beyond } = await compare(inventory, bucket, asked.parts);
    const lost = docs.filter(({ _id }) => lacking.includes(_id));
    const told: Told[] = lost.map((doc) => {
      return { is: "given", circle: name, packed: pack([doc as never], device) };
    });
    const marks = unhex(beyond.join(""));
    return marks.length > 0 ? [...told, { is: "lacking", circle: name, bucket, marks }] : told;
  }
}

/** What a device is shown of a circle. */
function shown(
  { docs }: Circle,
  device: string,
  names: readonly string[],
  flags: number,
): Stored[] {
  const isShown = (id: string) =>
    !id.startsWith("inv:") &&
    !(id.startsWith("ch:") && (flags & WITHOUT_CHUNKS) > 0) &&
    (!id.startsWith("wrap:") || id.endsWith(device));
  return [...new Set(names)].filter(isShown).flatMap((id) => docs.get(id) ?? []);
}

/** Bytes in pieces of odd lengths; with `cut` the connection ends after so many. */
function flow(bytes: Bytes, cut: number | undefined): ReadableStream {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const end = Math.min(cut ?? bytes.length, bytes.length, at + 777);
      if (end > at) controller.enqueue(bytes.slice(at, end));
      else if (cut !== undefined && cut < bytes.length) controller.error(new TypeError("reset"));
      else controller.close();
      at = end;
    },
  });
}

function told(status: number, json: unknown, nowMs: number): Response {
  const headers = { "Content-Type": "application/json", Date: new Date(nowMs).toUTCString() };
  return new Response(JSON.stringify(json), { status, headers });
}

function placeIn(cursor: Bytes): Place | undefined {
  try {
    return JSON.parse(utf8Text(cursor)) as Place;
  } catch {
    return undefined;
  }
}

function empty(): Bytes {
  return new Uint8Array();
}
