/** The one error of the circle code. Source: docs/circle.md, "Documents". */

/** Codes equal in Python, TypeScript and the vectors. */
export type Code =
  | "b64"
  | "canon"
  | "schema"
  | "header"
  | "kid"
  | "seq"
  | "prev"
  | "circle"
  | "op"
  | "author"
  | "sig"
  | "authz"
  | "dup"
  | "invite"
  | "proof"
  | "ts"
  | "epoch"
  | "fence"
  | "target"
  | "last"
  | "wrap"
  | "commit"
  | "back"
  | "tag"
  | "frame"
  | "codec"
  | "newer-log"
  | "fork"
  | "removed"
  | "stale"
  | "taken"
  | "snapshot"
  | "gap"
  | "replaced"
  | "limit"
  | "closed"
  | "clock";

/** A rule of docs/circle.md was broken; nothing was changed. */
export class CircleError extends Error {
  override readonly name = "CircleError";
  readonly code: Code;
  /** What was expected, for a person; never health data. */
  readonly reason: string;

  constructor(code: Code, reason: string) {
    super(`${code}: ${reason}`);
    this.code = code;
    this.reason = reason;
  }
}
