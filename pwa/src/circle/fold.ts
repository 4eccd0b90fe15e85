/**
 * The order in which operations count, the same on every phone whatever arrived first.
 *
 * Source: docs/circle.md, "Merging what the server cannot read".
 */
import type { Role, Stream } from "./grammar.ts";
import { LAMPORT_AHEAD_MAX, LAMPORT_MAX } from "./limits.ts";

/** One verified operation with what its order depends on. */
export interface Operation {
  /** Logical time of the writer. */
  readonly lam: number;
  /** Unix seconds by the writer's corrected clock: only to break ties. */
  readonly at: number;
  readonly role: Role;
  readonly device: string;
  readonly stream: Stream;
  readonly n: number;
  /** Of header and sealed part, as in the document's revision; the signature is not in it. */
  readonly digest: string;
}

/** Rank of a role: at the same logical time the clinician's word is later. */
export function foldRank(role: Role): number {
  return role === "therapist" || role === "admin" ? 2 : 1;
}

/**
 * Operations in the order in which they count, each once.
 *
 * @returns `ordered`, oldest first; `aside`: those whose logical time is ahead of all reason, which
 *   count for nothing; where two have one name, the one with the smaller digest is read.
 */
export function orderOperations<T extends Operation>(
  operations: readonly T[],
): { ordered: T[]; aside: T[] } {
  const ordered: T[] = [];
  const aside: T[] = [];
  for (const operation of dedupe(operations).sort(compare)) {
    const isAhead = operation.lam > LAMPORT_AHEAD_MAX + ordered.length;
    (isAhead || operation.lam > LAMPORT_MAX ? aside : ordered).push(operation);
  }
  return { ordered, aside };
}

function dedupe<T extends Operation>(operations: readonly T[]): T[] {
  const byName = new Map<string, T>();
  for (const operation of operations) {
    const name = `${operation.device}:${operation.stream}${operation.n}`;
    const other = byName.get(name);
    if (other === undefined || operation.digest < other.digest) {
      byName.set(name, operation);
    }
  }
  return [...byName.values()];
}

function compare(left: Operation, right: Operation): number {
  return (
    left.lam - right.lam ||
    foldRank(left.role) - foldRank(right.role) ||
    left.at - right.at ||
    byText(left.device, right.device) ||
    byText(left.stream, right.stream) ||
    left.n - right.n ||
    byText(left.digest, right.digest)
  );
}

function byText(left: string, right: string): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}
