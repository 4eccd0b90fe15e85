/**
 * In place of PouchDB's MD5: a digest for the name under which a replication keeps its place, from
 * what the browser has.
 *
 * Revisions are never made by the database, since records come with theirs, and attachments of its
 * own kind are not used: both throw.
 */
import { utf8 } from "../circle/encoding.ts";

/** Bytes that stand for an MD5. */
const LENGTH = 16;

/** Gives 16 bytes of SHA-256, base64. */
export function binaryMd5(data: unknown, done: (digest: string) => void): void {
  if (typeof data !== "string") throw new TypeError("attachments of the database are not used");
  crypto.subtle.digest("SHA-256", utf8(data)).then((hash) => {
    done(btoa(String.fromCharCode(...new Uint8Array(hash, 0, LENGTH))));
  });
}

export function stringMd5(): never {
  throw new TypeError("records come with their revision");
}
