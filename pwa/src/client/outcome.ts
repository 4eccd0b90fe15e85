/** What became of what was sent, and what comes in: the same by whichever road. */
import type { CheckpointDocument } from "../circle/checkpoint.ts";
import type { Answer } from "./line.ts";

/** Where receipts go; resolves when they are kept. */
export interface Outcome {
  /** The server has these, durably. */
  acknowledged(ids: readonly string[]): Promise<void>;
  /** It does not take this one. */
  refusedBy(id: string, code: string): Promise<void>;
  /** Whether this revision of a checkpoint was taken in before. */
  knowsCheckpoint(id: string, rev: string): boolean;
  /** A checkpoint that the server shows. */
  takeCheckpoint(doc: CheckpointDocument): Promise<void>;
}

/** out: the server does not let this device into a circle; gone: it has no such circle. */
export type Unavailable = "out" | "gone";

/** The server answered, but not for this circle. */
export class CircleUnavailable extends Error {
  override readonly name = "CircleUnavailable";
  readonly why: Unavailable;

  constructor(why: Unavailable) {
    super(`the circle is not available: ${why}`);
    this.why = why;
  }
}

/** Why an answer is none of the circle's; undefined when it is one. */
export function unavailable({ status }: Answer): Unavailable | undefined {
  if (status === 401 || status === 403) return "out";
  return status === 404 ? "gone" : undefined;
}
