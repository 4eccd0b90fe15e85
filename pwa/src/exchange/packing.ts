/**
 * Documents on the wire of `POST /sync`: bytes as bytes, and nothing that the reader knows.
 *
 *     sealed     [kind, yymm, author, counter, seq, head, c, s]
 *     chunks     [_id, h, c, s]
 *     others     [_id, JSON text of the other members]
 *
 * `kind` is a place in `KIND_CODES`; `author` the 15 bytes of the device, or none for the one of the
 * sealed document before; `counter` is 2n for stream c and 2n + 1 for k; `seq` and `head` are the
 * two halves of `h`, where no bytes stand for the head of the sealed document before; `c` and `s`
 * are raw. `_rev` follows from the content and is made anew; only that of a checkpoint, and of a
 * request that is over (`"_deleted":true`), is in its JSON text, with its ancestors.
 *
 * Source: docs/protocol.md, "One-request sync"; docs/circle.md, "Documents".
 */
import { headerOf, parseDocumentId, revision, revOf, structuralRev } from "../circle/document.ts";
import { type Bytes, b64uDecode, b64uEncode, utf8 } from "../circle/encoding.ts";
import { CircleError } from "../circle/errors.ts";
import { isObject } from "../circle/grammar.ts";
import type { StoredDocument } from "../records.ts";
import type { Value } from "./cbor.ts";

/** Kinds by the number that they have on the wire; the order never changes. */
export const KIND_CODES: readonly string[] = ["ev", "nt", "pl", "pr", "at", "sn"];

export type Packed = readonly Value[];

const STREAMS = ["c", "k"] as const;
const AUTHOR_BYTES = 15;
const HEAD_BYTES = 12;
const SEALED_LENGTH = 8;
const CHUNK_LENGTH = 4;
const OTHER_LENGTH = 2;

/**
 * Pack the documents of one item, in their order.
 *
 * @param documents As they are stored, of one circle.
 * @param asker The device that asks; a document of its own that comes first needs no author.
 */
export function pack(documents: readonly StoredDocument[], asker: string): Packed[] {
  let [author, head] = [asker, ""];
  return documents.map((document): Packed => {
    const { _id: name } = document;
    if (name.startsWith("ch:")) return [name, String(document.h), ...raw(document)];
    if (!KIND_CODES.includes(name.slice(0, 2)) || name[2] !== ":") {
      return [name, textOf(document)];
    }
    const { kind, month, device, stream, n } = parseDocumentId(name);
    const [seq = "", digest = ""] = String(document.h).split(".");
    const row = [
      KIND_CODES.indexOf(kind),
      Number(month),
      device === author ? new Uint8Array() : b64uDecode(device.slice(1)),
      2 * n + STREAMS.indexOf(stream),
      Number(seq),
      digest === head ? new Uint8Array() : b64uDecode(digest),
      ...raw(document),
    ];
    [author, head] = [device, digest];
    return row;
  });
}

/**
 * Make documents of what `pack` made, each with its `_rev`.
 *
 * @param packed The rows of one item.
 * @param circle Whose documents they are: the revision depends on it.
 * @param asker As given to `pack`.
 * @returns For each row its document; `CircleError` for a row that is none. Such a row takes no
 *   other along, unless that leans on an author or a head that it does not name.
 */
export function unpack(
  packed: readonly Value[],
  circle: string,
  asker: string,
): Promise<(StoredDocument | CircleError)[]> {
  let before: Lean = { author: asker, head: "" };
  const documents = packed.map(async (row): Promise<StoredDocument> => {
    if (!Array.isArray(row)) throw malformed();
    if (row.length === OTHER_LENGTH) return otherOf(row);
    if (row.length === CHUNK_LENGTH) return chunkOf(circle, row);
    // Before the first wait of this row, so rows lean on each other in their order.
    before = leanOf(row, before);
    return sealedOf(circle, row, before);
  });
  return Promise.all(documents.map((document) => document.catch(whatIsWrong)));
}

/**
 * What each row says that it is, by which it can be spoken of though it is no document.
 *
 * @returns Their `_id`, empty where a row does not even say that.
 */
export function namesOf(packed: readonly Value[], asker: string): string[] {
  let lean: Lean = { author: asker, head: "" };
  return packed.map((row) => {
    if (!Array.isArray(row)) return "";
    if (row.length === OTHER_LENGTH || row.length === CHUNK_LENGTH) {
      return typeof row[0] === "string" ? row[0] : "";
    }
    try {
      lean = leanOf(row, lean);
      return nameOf(row, lean.author);
    } catch (error) {
      return whatIsWrong(error) && "";
    }
  });
}

interface Lean {
  readonly author: string;
  readonly head: string;
}

function raw({ c, s }: StoredDocument): [Bytes, Bytes] {
  return [b64uDecode(String(c)), b64uDecode(String(s))];
}

function textOf({ _id, ...rest }: StoredDocument): string {
  if (_id.startsWith("cp:") || "_deleted" in rest) return JSON.stringify(rest);
  const { _rev, _revisions, ...members } = rest;
  return JSON.stringify(members);
}

function malformed(): CircleError {
  return new CircleError("schema", "a row is no document as it is packed");
}

function whatIsWrong(error: unknown): CircleError {
  if (error instanceof CircleError) return error;
  throw error;
}

async function otherOf([_id, text]: Packed): Promise<StoredDocument> {
  const members = typeof text === "string" ? jsonOf(text) : undefined;
  if (typeof _id !== "string" || !isObject(members) || "_id" in members) throw malformed();
  if ("_deleted" in members && !_id.startsWith("req:")) throw malformed();
  const document: { readonly _id: string; readonly _rev?: string } = { _id, ...members };
  const _rev = String(document._rev ?? (await structuralRev(document)));
  return { ...document, _rev };
}

async function chunkOf(circle: string, [_id, h, c, s]: Packed): Promise<StoredDocument> {
  const isChunk = typeof _id === "string" && typeof h === "string" && isBytes(c) && isBytes(s);
  if (!isChunk) throw malformed();
  const text = b64uEncode(c);
  const [, device = ""] = _id.split(":");
  const _rev = await revision(utf8(`${headerOf(circle, { _id, h }, device)}.${text}`));
  return { _id, _rev, h, c: text, s: b64uEncode(s) };
}

/** Author and head of a sealed row, by itself or by the one before. */
function leanOf(row: Packed, { author, head }: Lean): Lean {
  const [, , device, , , digest] = row;
  if (row.length !== SEALED_LENGTH || !isBytes(device) || !isBytes(digest)) throw malformed();
  if (![0, AUTHOR_BYTES].includes(device.length) || ![0, HEAD_BYTES].includes(digest.length)) {
    throw malformed();
  }
  return {
    author: device.length > 0 ? `d${b64uEncode(device)}` : author,
    head: digest.length > 0 ? b64uEncode(digest) : head,
  };
}

async function sealedOf(
  circle: string,
  row: Packed,
  { author, head }: Lean,
): Promise<StoredDocument> {
  const [, , , , seq, , c, s] = row;
  if (!isCount(seq) || !isBytes(c) || !isBytes(s)) throw malformed();
  const _id = nameOf(row, author);
  const document = { _id, h: `${seq}.${head}`, c: b64uEncode(c), s: b64uEncode(s) };
  return { ...document, _rev: await revOf(circle, document) };
}

function nameOf([kind, month, , counter]: Packed, author: string): string {
  const letters = isCount(kind) ? KIND_CODES[kind] : undefined;
  if (letters === undefined || !isCount(month) || !isCount(counter)) throw malformed();
  const [n, stream] = [Math.floor(counter / 2), STREAMS[counter % 2]];
  const place = `${stream}${String(n).padStart(6, "0")}`;
  return `${letters}:${String(month).padStart(4, "0")}:${author}:${place}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

function isBytes(value: Value | undefined): value is Bytes {
  return value instanceof Uint8Array;
}

function isCount(value: Value | undefined): value is number {
  return typeof value === "number" && value >= 0;
}
