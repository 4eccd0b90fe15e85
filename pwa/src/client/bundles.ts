/**
 * Requests that change a log: kept before they are sent, sent again byte by byte until answered.
 *
 * A request without an answer may have landed. Another one in its place could make two entries of
 * one act, so there is at most one per circle, and it is settled before the next is made.
 */
import type { Bundle } from "../circle/entries.ts";
import type { Answer, Line } from "./line.ts";
import type { LoggedIn } from "./login.ts";
import type { PendingRow, Shelf } from "./shelf.ts";

/** The server said no; `code` as in docs/circle.md, or CouchDB's `error`. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: string;

  constructor(code: string, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** A request that founds a circle. */
export const FOUND_PATH = "/circles";

/** The path at which a circle's log grows. */
export function logPath(circle: string): string {
  return `${FOUND_PATH}/${circle}/log`;
}

/** The path at which one asks. */
export function askPath(circle: string): string {
  return `${FOUND_PATH}/${circle}/requests`;
}

/** Whether a kept request only asks: it stays until somebody has answered. */
export function isAsking({ path, circle }: Pick<PendingRow, "path" | "circle">): boolean {
  return path === askPath(circle);
}

/** The bundle that a kept request carries. */
export function bundleOf(row: PendingRow): Bundle {
  return JSON.parse(row.body) as Bundle;
}

/**
 * Send a kept request; it leaves the shelf when the server has answered for good.
 *
 * @throws LineError No answer, or none for good: it stays and is sent again.
 * @throws Refused The server did not take it: it is dropped.
 */
export async function settle(shelf: Shelf, row: PendingRow, ask: LoggedIn): Promise<void> {
  const answer = await ask(row.path, { body: row.body });
  await shelf.remove("pending", row.profile, row.circle);
  if (answer.status >= 300) throw refusal(answer);
}

/** Ask without a login: what is signed or secret in the request itself decides. */
export function unnamed(line: Line): LoggedIn {
  return (path, question) => line.ask(path, question);
}

/** The error that an answer speaks of. */
export function refusal(answer: Answer): Refused {
  const body = (answer.json ?? {}) as { code?: unknown; error?: unknown; reason?: unknown };
  const code = body.code ?? body.error;
  const reason = typeof body.reason === "string" ? body.reason : "the server said no";
  return new Refused(typeof code === "string" ? code : String(answer.status), reason);
}
