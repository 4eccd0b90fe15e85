/**
 * What gets through a link that is too poor for a whole feed: the log alone, and how far the server
 * says that it has the records of a device.
 *
 * A phone that was lost is taken out now and not when the link is better. Fetched when it is needed.
 *
 * Source: docs/circle.md, "Removing".
 */
import { monthOf, parseDocumentId, structuralRev } from "../circle/document.ts";
import type { MarkOf } from "../circle/entries.ts";
import type { Stream } from "../circle/grammar.ts";
import type { Membership } from "../circle/log.ts";
import { holds } from "../circle/standing.ts";
import type { StoredDocument } from "../records.ts";
import { KINDS } from "./diary.ts";
import { LineError } from "./line.ts";
import type { LoggedIn } from "./login.ts";

const STREAMS = ["c", "k"] as const;
/** Most questions that the server takes in one request. */
const QUERIES_MAX = 100;

interface Query {
  readonly startkey: string;
  readonly endkey: string;
  readonly descending?: boolean;
  readonly limit?: number;
  readonly include_docs?: boolean;
}

/**
 * The entries after `seq`, and this device's wraps.
 *
 * @throws LineError The server was not reached, or this is not its answer.
 */
export async function fetchLog(
  ask: LoggedIn,
  circle: string,
  seq: number,
): Promise<StoredDocument[]> {
  const from = `log:${String(seq + 1).padStart(6, "0")}`;
  const [entries, wraps] = await rowsOf<{ readonly doc: StoredDocument }>(ask, circle, [
    { startkey: from, endkey: "log;", include_docs: true },
    { startkey: "wrap:", endkey: "wrap;", include_docs: true },
  ]);
  const docs = [...(entries ?? []), ...(wraps ?? [])].map(({ doc }) => doc);
  return Promise.all(docs.map(async (doc) => ({ ...doc, _rev: await structuralRev(doc) })));
}

/**
 * Up to where the records of devices count: as far as they are here, or as the server says that it
 * has them, whichever is further. The server's word comes without a chain.
 *
 * @param going Devices that are taken out; those that went before and have no mark yet count too.
 * @param here How far they are on this phone.
 * @param now Unix seconds.
 * @throws LineError The server was not reached, or this is not its answer.
 */
export async function countedMarks(
  ask: LoggedIn,
  membership: Membership,
  going: readonly string[],
  here: MarkOf,
  now: number,
): Promise<MarkOf> {
  const marks = new Map<string, ReturnType<MarkOf>>();
  for (const stream of STREAMS) {
    for (const device of new Set([...membership.unfenced(stream), ...going])) {
      const member = membership.devices.get(device);
      if (member === undefined || !holds(member, stream)) continue;
      const since = membership.stamps[member.since]?.ts ?? now;
      const there = await countOf(ask, membership.circle, `${device}:${stream}`, [since, now]);
      const [n, d] = here(device, stream);
      marks.set(`${device}${stream}`, there > n ? [there, ""] : [n, d]);
    }
  }
  return (device: string, stream: Stream) =>
    marks.get(`${device}${stream}`) ?? here(device, stream);
}

/** The greatest counter of a feed that the server has: one small answer for each month and kind. */
async function countOf(
  ask: LoggedIn,
  circle: string,
  feed: string,
  [from, to]: readonly [number, number],
): Promise<number> {
  const queries: Query[] = monthsFrom(from, to).flatMap((month) =>
    KINDS.map((kind) => {
      const first = `${kind}:${month}:${feed}`;
      return { startkey: `${first}~`, endkey: first, descending: true, limit: 1 };
    }),
  );
  let count = 0;
  for (let at = 0; at < queries.length; at += QUERIES_MAX) {
    const some = queries.slice(at, at + QUERIES_MAX);
    for (const { id } of (await rowsOf<{ readonly id: string }>(ask, circle, some)).flat()) {
      count = Math.max(count, parseDocumentId(id).n);
    }
  }
  return count;
}

/** Months as they stand in names, from one moment to another. */
function monthsFrom(from: number, to: number): string[] {
  const start = new Date(from * 1000);
  const months: string[] = [];
  for (let next = 0; ; next += 1) {
    const first = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + next) / 1000;
    if (first > to) return months;
    months.push(monthOf(first));
  }
}

async function rowsOf<Row>(
  ask: LoggedIn,
  circle: string,
  queries: readonly Query[],
): Promise<(readonly Row[])[]> {
  const body = JSON.stringify({ queries });
  const { status, json } = await ask(`/db/${circle}/_all_docs/queries`, { body });
  const results = (json as { results?: readonly { readonly rows: readonly Row[] }[] }).results;
  if (status !== 200 || results?.length !== queries.length) throw new LineError("portal");
  return results.map(({ rows }) => rows);
}
