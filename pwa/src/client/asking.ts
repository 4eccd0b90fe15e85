/**
 * A phone that asks to be let in: it shows twelve digits and looks now and then for its answer.
 *
 * What it has sent is on the shelf, so that it goes on after a restart. The link's secret is not: to
 * look, the name of the invitation is enough.
 */

import type { LogDocument } from "../circle/log.ts";
import { Membership } from "../circle/log.ts";
import type { RequestDocument } from "../circle/request.ts";
import { FOUND_PATH, Refused, refusal } from "./bundles.ts";
import { type Line, LineError } from "./line.ts";
import type { Phone } from "./phone.ts";
import type { PendingRow } from "./shelf.ts";

/** Pauses between looks: often while two people stand together, later within the server's limit. */
const PAUSES_MS: readonly number[] = [3, 4, 5, 5, 5, 10, 10, 15, 15, 30, 30].map((s) => s * 1000);
const LATER_MS = 75_000;

/** The answer is no, or nobody can answer any more. */
export class NotLetIn extends Error {
  override readonly name = "NotLetIn";
}

/** What was asked. */
export function requestOf(row: PendingRow): RequestDocument {
  return (JSON.parse(row.body) as { readonly req: RequestDocument }).req;
}

/**
 * Send what asks, and look until there is an answer.
 *
 * @param stopped Resolves when nobody wants to know any more.
 * @returns The log in which this device stands.
 * @throws NotLetIn; Refused: the request was not taken; AbortError: nobody wants to know any more.
 */
export async function awaitAnswer(
  phone: Phone,
  line: Line,
  row: PendingRow,
  stopped: Promise<void>,
): Promise<readonly LogDocument[]> {
  let isStopped = false;
  void stopped.then(() => {
    isStopped = true;
  });
  let isSent = false;
  for (let look = 0; !isStopped; look += 1) {
    try {
      if (!isSent) await send(line, row);
      isSent = true;
      const log = await lookUp(line, row);
      if (log !== undefined) return log;
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
    }
    await Promise.race([pause(phone, PAUSES_MS[look] ?? LATER_MS), stopped]);
  }
  throw new DOMException("nobody waits for the answer", "AbortError");
}

async function send(line: Line, row: PendingRow): Promise<void> {
  const answer = await line.ask(row.path, { body: row.body });
  if (answer.status < 300) return;
  const error = refusal(answer);
  // Answered meanwhile: the log says how.
  if (error instanceof Refused && error.code === "invite") return;
  throw error;
}

async function lookUp(line: Line, row: PendingRow): Promise<readonly LogDocument[] | undefined> {
  const [, iid = "", device = ""] = requestOf(row)._id.split(":");
  const answer = await line.ask(`${FOUND_PATH}/${row.circle}/invitations/${iid}`);
  if (answer.status === 404) throw new NotLetIn("the circle or the invitation is gone");
  if (answer.status !== 200) throw refusal(answer);
  const { log: stored } = answer.json as { readonly log: readonly LogDocument[] };
  const log = stored.map(({ _id, j }) => ({ _id, j }));
  const membership = await Membership.replay(row.circle, log);
  if (membership.live(device) !== undefined) return log;
  const isOpen = membership.openInvitations(membership.ts).some((one) => one.iid === iid);
  if (!isOpen) throw new NotLetIn("the invitation was withdrawn, or used by somebody else");
  return undefined;
}

function pause(phone: Phone, ms: number): Promise<void> {
  return new Promise((resolve) => {
    phone.after(ms, resolve);
  });
}
