/** Rows of an answer that are no documents: noted by the names that they give themselves. */
import { CircleError } from "../circle/errors.ts";
import { namesOf, unpack } from "../exchange/packing.ts";
import type { StoredDocument } from "../records.ts";

/** A row that was no document: its circle, its name or "", and what was wrong. */
export type Misread = readonly [circle: string, id: string, code: string];

/** So many are remembered. */
const MISREAD_MAX = 50;

/** What rows say, and those of them that say nothing. */
export async function readRows(
  packed: readonly unknown[],
  circle: string,
  device: string,
): Promise<{ documents: StoredDocument[]; misread: Misread[] }> {
  const documents: StoredDocument[] = [];
  const misread: Misread[] = [];
  const names = namesOf(packed as never, device);
  for (const [row, one] of (await unpack(packed as never, circle, device)).entries()) {
    if (one instanceof CircleError) misread.push([circle, names[row] ?? "", one.code]);
    else documents.push(one);
  }
  return { documents, misread };
}

/** The last of what was noted and is new, each once. */
export function together(before: readonly Misread[], more: readonly Misread[]): Misread[] {
  const each = new Map([...before, ...more].map((one) => [one.slice(0, 2).join(" "), one]));
  return [...each.values()].slice(-MISREAD_MAX);
}
