/**
 * What is seldom needed, and then only with a network: after a restore of the server, and after this
 * device was removed. Fetched when it is.
 */
import type { Stream } from "../circle/grammar.ts";
import type { StoredDocument } from "../records.ts";
import { refusal } from "./bundles.ts";
import type { Carried } from "./courier.ts";
import type { LoggedIn } from "./login.ts";

interface Row {
  readonly id: string;
  readonly error?: string;
  readonly code?: string;
}

/** An entry of the log as it was sent, with those of its wraps that are here. */
export async function entryAsSent({ membership, records, keys }: Carried, seq: number) {
  const [stored] = await records.read(`log:${String(seq).padStart(6, "0")}`);
  const came = membership.devices.get(keys.id)?.since ?? 0;
  const wraps: unknown[] = [];
  for await (const page of records.range("wrap:", "wrap;")) {
    for (const [doc] of page) {
      const [, epoch = ""] = doc?._id.split(":") ?? [];
      const stream = epoch.charAt(0) as Stream;
      const opened = membership.epochs[stream]?.[Number(epoch.slice(1)) - 1]?.at ?? -1;
      if (Math.max(opened, came) === seq) wraps.push({ _id: doc?._id, k: doc?.k });
    }
  }
  return { log: { _id: stored?._id, j: stored?.j }, wraps };
}

/**
 * Leave records of a removed device where somebody may take them in.
 *
 * @throws Refused The server does not take any.
 */
export async function leaveLate(
  care: Carried,
  ask: LoggedIn,
  docs: readonly StoredDocument[],
): Promise<void> {
  const { circle, receipts } = care;
  const answer = await ask(`/circles/${circle}/quarantine`, { body: JSON.stringify({ docs }) });
  if (answer.status >= 300) throw refusal(answer);
  const rows = (Array.isArray(answer.json) ? answer.json : []) as Row[];
  const refused = new Map(
    rows.filter(({ error }) => error !== undefined).map((row) => [row.id, row.code ?? "schema"]),
  );
  for (const [id, code] of refused) receipts.refuse(id, code);
  receipts.wait(docs.map(({ _id }) => _id).filter((id) => !refused.has(id)));
  await care.moved([]);
}
