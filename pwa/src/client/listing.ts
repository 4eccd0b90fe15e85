/** What the server says of the circles in which this device is, held against what it gave. */
import type { OpenCare } from "./care.ts";

/** One circle, as it is listed. */
export interface Listed {
  readonly circle: string;
  readonly purpose: string;
  readonly role: string;
  /** Number of the log's last entry. */
  readonly seq?: number;
  /** The first letters of that entry's hash. */
  readonly h?: string;
  /** After a restore: the server wants to see the newest entry that is here. */
  readonly waiting?: boolean;
  /** It is not served there. */
  readonly suspended?: boolean;
}

/** Whether a server says something else of a circle than what it gave. */
export function isOdd(care: OpenCare, listed: Listed | undefined): boolean {
  if (!care.isWhole || listed?.suspended === true) return false;
  if (listed === undefined) return true;
  const { seq, head } = care.membership;
  const { seq: last = seq, h = head } = listed;
  return last > seq || (last === seq && !head.startsWith(h));
}
