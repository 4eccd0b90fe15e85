/**
 * One sealed record: named in the clear, readable by the circle, signed by its author.
 *
 * Source: docs/circle.md, "Documents".
 */
import { type Bytes, b64uDecode, b64uEncode, hex, jcs, utf8 } from "./encoding.ts";
import { aesOpen, aesSeal, es256Verify, SEAL_BYTES, sha256 } from "./envelope.ts";
import { currentEpoch, type EpochSecrets } from "./epochs.ts";
import { CircleError } from "./errors.ts";
import { type Body, frame, unframe } from "./frame.ts";
import { hasExactly, type Rule, type Stream } from "./grammar.ts";
import type { DeviceKeys } from "./keys.ts";
import { DOCUMENT_BYTES_MAX } from "./limits.ts";
import type { Member, Membership } from "./log.ts";
import { fenceOf, holds, sinceIn } from "./standing.ts";

/** What the name of a document says. */
export interface DocumentId {
  readonly kind: string;
  /** `yymm` of sealing by the server's clock. */
  readonly month: string;
  readonly device: string;
  readonly stream: Stream;
  /** Counts each author's documents of a stream from 1, without a gap. */
  readonly n: number;
}

/** A document as it is stored. */
export interface SealedDocument {
  readonly _id: string;
  readonly _rev?: string;
  readonly h: string;
  readonly c: string;
  readonly s: string;
}

/** A document whose author and place were checked. */
export interface VerifiedDocument {
  readonly id: DocumentId;
  readonly author: Member;
  /** Seq of the last entry that the author had. */
  readonly seq: number;
  /** The header as it is signed and bound to the content. */
  readonly header: Bytes;
  /** The sealed part. */
  readonly sealed: Bytes;
  /** Hash of header and sealed part; the signature is not in it. */
  readonly hash: Bytes;
  /** The first 32 hexadecimal digits of `hash`, as in the revision. */
  readonly digest: string;
}

const ID = /^(at|ev|nt|pl|pr|sn):(\d\d(?:0[1-9]|1[0-2])):(d[\w-]{20}):([ck])(\d{6})$/;
const HEAD = /^(0|[1-9]\d{0,3})\.([\w-]{16})$/;

/**
 * Read the name of a signed document.
 *
 * @throws CircleError `schema`: it is not one.
 */
export function parseDocumentId(text: string): DocumentId {
  const [, kind = "", month = "", device = "", stream, digits] = ID.exec(text) ?? [];
  const n = Number(digits);
  if (!(n >= 1)) {
    throw new CircleError("schema", "the name of a record is not one");
  }
  return { kind, month, device, stream: stream as Stream, n };
}

/** Write the name of a signed document. */
export function formatDocumentId({ kind, month, device, stream, n }: DocumentId): string {
  return `${kind}:${month}:${device}:${stream}${String(n).padStart(6, "0")}`;
}

/** `yymm` in UTC of unix seconds by the server's clock. */
export function monthOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(2, 7).replace("-", "");
}

/** Where and how a record is to be sealed; author and circle follow. */
export interface SealAt extends Pick<DocumentId, "kind" | "month" | "n"> {
  /** The whole circle's when absent. */
  readonly stream?: Stream;
  /** How the frame may be packed. */
  readonly codec?: number;
  /** 12 random bytes, drawn when absent. */
  readonly nonce?: Bytes;
}

/**
 * Seal and sign one record as the circle now is.
 *
 * @throws CircleError `authz`: this device may not write that kind there; `epoch`: it has no key;
 *   `limit`: the record is too large.
 */
export async function seal(
  membership: Membership,
  keys: DeviceKeys,
  secrets: EpochSecrets,
  at: SealAt,
  body: Body,
): Promise<Required<SealedDocument>> {
  const { kind, month, n, stream = "c", codec, nonce } = at;
  const author = membership.live(keys.id);
  const mayWrite = author !== undefined && membership.mayWrite(kind, author.role);
  if (!mayWrite || !holds(author, stream)) {
    throw new CircleError("authz", "this device may not write that here");
  }
  const _id = formatDocumentId({ kind, month, n, device: keys.id, stream });
  parseDocumentId(_id);
  const { h } = membership;
  const header = headerOf(membership.circle, { _id, h }, keys.id);
  const key = await secrets.documentKey(stream, currentEpoch(membership, stream).e, keys.id);
  const c = b64uEncode(await aesSeal(key, frame(body, codec), utf8(header), nonce));
  if (c.length > DOCUMENT_BYTES_MAX) {
    throw new CircleError("limit", "the record is too large");
  }
  const input = utf8(`${header}.${c}`);
  const [_rev, signature] = await Promise.all([revision(input), keys.sign(input)]);
  return { _id, _rev, h, c, s: b64uEncode(signature) };
}

/**
 * Check everything about a document that can be checked without its key.
 *
 * @throws CircleError `schema`, `limit`, `b64`, `author`, `sig`, `newer-log`, `fork`, `authz`,
 *   `removed`, in this order.
 */
export async function verify(
  membership: Membership,
  doc: SealedDocument,
): Promise<VerifiedDocument> {
  const id = parseDocumentId(checkShape(doc)._id);
  const known = parseHead(doc.h);
  const { sealed, signature } = checkParts(doc);
  const header = headerOf(membership.circle, doc, id.device);
  const input = utf8(`${header}.${doc.c}`);
  const author = membership.devices.get(id.device);
  const [hash, isSigned] = await Promise.all([
    sha256(input),
    author !== undefined && es256Verify(author.pub.spk, input, signature),
  ]);
  const digest = digestOf(hash);
  if (doc._rev !== undefined && doc._rev !== `1-${digest}`) {
    throw new CircleError("schema", "the revision of a record does not follow from it");
  }
  if (author === undefined) {
    throw new CircleError("author", "a record is by someone who is not in this circle");
  }
  if (!isSigned) {
    throw new CircleError("sig", "a record was changed or is not by its author");
  }
  checkHead(membership, known);
  checkAuthority(membership, author, id, known.seq);
  const bound = input.subarray(0, header.length);
  return { id, author, seq: known.seq, header: bound, sealed, hash, digest };
}

/**
 * Check a document and read it.
 *
 * @throws CircleError What `verify` throws, then `epoch`, `tag`, `frame`, `codec`.
 */
export async function openDocument(
  membership: Membership,
  secrets: EpochSecrets,
  doc: SealedDocument,
): Promise<Body> {
  return openVerified(membership, secrets, await verify(membership, doc));
}

/**
 * Read a document that `verify` let pass.
 *
 * @throws CircleError `epoch`, `tag`, `frame`, `codec`.
 */
export async function openVerified(
  membership: Membership,
  secrets: EpochSecrets,
  { id, seq, header, sealed }: VerifiedDocument,
): Promise<Body> {
  const epoch = membership.epochAt(id.stream, seq);
  const key = await secrets.documentKey(id.stream, epoch?.e ?? 0, id.device);
  return unframe(await aesOpen(key, sealed, header));
}

/** The one revision of a signed document: the same content is the same document. */
export async function revOf(
  circle: string,
  doc: Pick<SealedDocument, "_id" | "h" | "c">,
): Promise<string> {
  const { device } = parseDocumentId(doc._id);
  return revision(utf8(`${headerOf(circle, doc, device)}.${doc.c}`));
}

/** The one revision of an entry, a wrap or an invitation. */
export async function structuralRev(doc: { readonly _rev?: string }): Promise<string> {
  const { _rev, ...rest } = doc;
  return revision(jcs(rest));
}

/** The revision that follows from bytes which have only one. */
export async function revision(bytes: Bytes): Promise<string> {
  return `1-${digestOf(await sha256(bytes))}`;
}

/** The part of a hash that a revision shows: 32 hexadecimal digits. */
function digestOf(hash: Bytes): string {
  return hex(hash.subarray(0, 16));
}

/** The header of a signed document, which is rebuilt and never sent. */
export function headerOf(
  circle: string,
  { _id, h }: Pick<SealedDocument, "_id" | "h">,
  kid: string,
): string {
  return b64uEncode(jcs({ alg: "ES256", cir: circle, h, id: _id, kid, typ: "rj1+doc" }));
}

/**
 * Promise that a signed document has its parts, all of them text, and no other.
 *
 * @throws CircleError `schema`.
 */
export function checkShape(doc: SealedDocument): SealedDocument {
  const isText: Rule = (value) => typeof value === "string";
  if (!hasExactly(doc, { _id: isText, h: isText, c: isText, s: isText }, { _rev: isText })) {
    throw new CircleError("schema", "a record has a wrong, missing or superfluous part");
  }
  return doc;
}

/** The sealed part and the signature, their size and spelling checked. */
function checkParts({ c, s }: SealedDocument) {
  if (c.length > DOCUMENT_BYTES_MAX) {
    throw new CircleError("limit", "the record is too large");
  }
  const sealed = b64uDecode(c);
  if (sealed.length < SEAL_BYTES) {
    throw new CircleError("schema", "the sealed part of a record is cut");
  }
  return { sealed, signature: b64uDecode(s) };
}

/** The log as an author knew it: number and first letters of the hash of its last entry. */
export interface Known {
  readonly seq: number;
  readonly head: string;
}

/**
 * Read what a signed document says of the log.
 *
 * @throws CircleError `schema`: it is not that.
 */
export function parseHead(h: string): Known {
  const [, digits, head = ""] = HEAD.exec(h) ?? [];
  if (digits === undefined) {
    throw new CircleError("schema", "a record does not say what its author knew");
  }
  return { seq: Number(digits), head };
}

/**
 * Promise that an author knew a log that is a part of ours.
 *
 * @throws CircleError `newer-log`, `fork`.
 */
export function checkHead(membership: Membership, { seq, head }: Known): void {
  if (seq > membership.seq) {
    throw new CircleError("newer-log", "a record is by someone who knows more of the member list");
  }
  if (membership.heads[seq]?.slice(0, 16) !== head) {
    throw new CircleError("fork", "a record belongs to another member list of the same circle");
  }
}

function checkAuthority(membership: Membership, author: Member, id: DocumentId, seq: number): void {
  const mayWrite = holds(author, id.stream) && membership.mayWrite(id.kind, author.role);
  if (!mayWrite || seq < sinceIn(author, id.stream)) {
    throw new CircleError("authz", `a ${author.role} may not write this kind of record here`);
  }
  // Not fenced yet: the removal is known, but not how far; what one already had stays.
  const fence = fenceOf(author, id.stream) ?? Number.POSITIVE_INFINITY;
  if (author.until !== null && (seq >= author.until || id.n > fence)) {
    throw new CircleError("removed", "a record was written after its author had left");
  }
}
