/**
 * Do both sides hold the same? Compared by one hash a month, bisected where they differ.
 *
 * What a circle holds is put into buckets: one for each month and stream of its sealed documents
 * ("2611", "2611k"), and "0000" for the log, wraps and chunks, which never change. Checkpoints and
 * what comes and goes with an invitation are in none. A line is `_id`, a space, `_rev`, a newline.
 *
 *     digest of a bucket   SHA-256 of its lines in byte order
 *     part of a line       first byte of SHA-256 of the `_id`
 *     mark of a line       first 8 bytes of SHA-256 of the line
 *
 * Round 1 compares digests; of a bucket that differs the 256 parts are told, 4 bytes of digest each.
 * Round 2 names the marks of the parts that differ; what the other side lacks is sent, what it has
 * beyond is asked for by mark. Round 3 brings that.
 *
 * Source: docs/protocol.md, "One-request sync".
 */
import { parseDocumentId } from "../circle/document.ts";
import { type Bytes, concat, equalBytes, hex, utf8 } from "../circle/encoding.ts";
import { sha256 } from "../circle/envelope.ts";
import { CircleError } from "../circle/errors.ts";
import { MARK_BYTES, PART_BYTES, PARTS } from "./messages.ts";

/** The bucket of what belongs to no month. */
export const STRUCTURE = "0000";

/** The bucket of a document, empty for one that is not compared. */
export function bucketOf(documentId: string): string {
  if (/^(ch|log|wrap):/.test(documentId)) return STRUCTURE;
  try {
    const { month, stream } = parseDocumentId(documentId);
    return month + (stream === "k" ? "k" : "");
  } catch (error) {
    if (error instanceof CircleError) return "";
    throw error;
  }
}

/** The number of the part in which a document is, 0 to 255. */
export async function partOf(documentId: string): Promise<number> {
  return (await sha256(utf8(documentId)))[0] ?? 0;
}

/** What stands for one revision of a document, `MARK_BYTES` long. */
export function markOf(documentId: string, rev: string): Promise<Bytes> {
  return markOfLine(lineOf(documentId, rev));
}

/** Parts of a bucket that differ, each with the marks of one side, one after another. */
export type Wanted = readonly (readonly [part: number, marks: Bytes])[];

/** What one side holds of one circle, as far as the device may be shown it. */
export class Inventory {
  /** The lines of each bucket with the name that each is about. */
  readonly lines = new Map<string, Map<string, string>>();

  /** Take in names and revisions; a document with several leaves comes several times. */
  add(documentId: string, rev: string): void {
    const bucket = bucketOf(documentId);
    if (bucket === "") return;
    const lines = this.lines.get(bucket) ?? new Map<string, string>();
    this.lines.set(bucket, lines.set(lineOf(documentId, rev), documentId));
  }

  /** Each bucket with its digest, in order. */
  digests(): Promise<[bucket: string, digest: Bytes][]> {
    const buckets = [...this.lines].sort(([left], [right]) => (left < right ? -1 : 1));
    return Promise.all(
      buckets.map(async ([bucket, lines]) => [bucket, await digestOf([...lines.keys()])] as const),
    ) as Promise<[string, Bytes][]>;
  }

  /** The parts of a bucket: `PARTS` times `PART_BYTES`. */
  async parts(bucket: string): Promise<Bytes> {
    const apart = await this.#apart(bucket);
    const digests = await Promise.all(apart.map(digestOf));
    return concat(...digests.map((digest) => digest.slice(0, PART_BYTES)));
  }

  /** The parts in which the other side holds something else, each with the marks held here. */
  async differing(bucket: string, theirs: Bytes): Promise<Wanted> {
    const [ours, apart] = [await this.parts(bucket), await this.#apart(bucket)];
    const at = (parts: Bytes, number: number) =>
      parts.slice(number * PART_BYTES, (number + 1) * PART_BYTES);
    const numbers = [...apart.keys()].filter(
      (number) => !equalBytes(at(ours, number), at(theirs, number)),
    );
    return Promise.all(
      numbers.map(async (number) => {
        const marks = await Promise.all((apart[number] ?? []).map(markOfLine));
        const inOrder = marks.sort((left, right) => (hex(left) < hex(right) ? -1 : 1));
        return [number, concat(...inOrder)] as const;
      }),
    );
  }

  /** The documents here that these marks stand for, in byte order. */
  async named(bucket: string, marks: Bytes): Promise<string[]> {
    const asked = new Set(hex(marks).match(new RegExp(`.{${2 * MARK_BYTES}}`, "g")));
    const lines = [...(this.lines.get(bucket) ?? [])];
    const found = await Promise.all(lines.map(async ([line]) => hex(await markOfLine(line))));
    const names = lines.filter((_, at) => asked.has(found[at] ?? "")).map(([, name]) => name);
    return [...new Set(names)].sort();
  }

  /** The lines of a bucket by part. */
  async #apart(bucket: string): Promise<string[][]> {
    const apart: string[][] = Array.from({ length: PARTS }, () => []);
    const lines = [...(this.lines.get(bucket) ?? [])];
    const parts = await Promise.all(lines.map(([, name]) => partOf(name)));
    for (const [at, [line]] of lines.entries()) apart[parts[at] ?? 0]?.push(line);
    return apart;
  }
}

function lineOf(documentId: string, rev: string): string {
  return `${documentId} ${rev}\n`;
}

async function markOfLine(line: string): Promise<Bytes> {
  return (await sha256(utf8(line))).slice(0, MARK_BYTES);
}

/** Names are ASCII, so the order of their letters is the order of their bytes. */
function digestOf(lines: readonly string[]): Promise<Bytes> {
  return sha256(utf8([...lines].sort().join("")));
}
