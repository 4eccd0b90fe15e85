/**
 * Snapshots: what a circle says in one document, so that a new phone shows it at once.
 *
 * A cache, not evidence. What is shown from it is "being checked" until the signed originals are
 * there; then both are compared, and a difference is the alarm `snapshot`, which names its author.
 * It holds names and settings, the plans in force, and the newest records that fit; and the marks of
 * all feeds of its stream, so that a phone that never fetches older documents chains on from there.
 *
 * Source: docs/circle.md, "Snapshots".
 */
import { CircleError } from "./errors.ts";
import type { Claim, FeedStart } from "./feed.ts";
import { type FoldOf, fold, type Shown, type Statement } from "./fold.ts";
import { type Body, bodyText } from "./frame.ts";
import {
  hasExactly,
  isDevice,
  isHash,
  isObject,
  natural,
  oneOf,
  type Rule,
  type Stream,
} from "./grammar.ts";
import { COUNTER_MAX, LAMPORT_MAX, SNAPSHOT_RECORDS_MAX } from "./limits.ts";
import type { Mark } from "./standing.ts";

/** A record as it stood. */
export interface SnapshotRecord {
  readonly id: string;
  readonly body: Body;
  readonly amended: readonly string[];
}

/** What one stream said to one author at one moment. */
export interface Snapshot {
  /** How far each feed went that is in it, by device. */
  readonly feeds: ReadonlyMap<string, Mark>;
  /** Number of operations that it was folded from, those set aside not counted. */
  readonly before: number;
  /** Settings by member, "" for the clinic. */
  readonly settings: Readonly<Record<string, Body>>;
  /** The plans in force. */
  readonly plans: readonly SnapshotRecord[];
  /** The newest other records that count, oldest first. */
  readonly records: readonly SnapshotRecord[];
  /** The `lam` of the next operation. */
  readonly nextLam: number;
}

const isCount: Rule = (value) => value !== 0 && natural(COUNTER_MAX)(value);
const isMark: Rule = (value) =>
  Array.isArray(value) && value.length === 2 && isCount(value[0]) && isHash(value[1]);
const isFeeds: Rule = (value) =>
  isObject(value) &&
  Object.entries(value).every(([device, mark]) => isDevice(device) && isMark(mark));
const isSettings: Rule = (value) => isObject(value) && Object.values(value).every(isObject);
const isText: Rule = (value) => typeof value === "string";
const isRecords: Rule = (value) =>
  Array.isArray(value) &&
  value.every((record) =>
    hasExactly(record, { id: isText, body: isObject, amended: Array.isArray }),
  );
const MEMBERS: Readonly<Record<string, Rule>> = {
  type: oneOf("snapshot"),
  lam: (value) => value !== 0 && natural(LAMPORT_MAX)(value),
  at: () => true,
  tz_min: () => true,
  feeds: isFeeds,
  before: natural(Number.MAX_SAFE_INTEGER),
  settings: isSettings,
  plans: isRecords,
  records: isRecords,
};

/**
 * Make a snapshot of what is held.
 *
 * @param statements All operations of the circle that are held, in any order.
 * @param feeds The ends of the feeds of the stream, by device; nothing beyond them is used.
 * @param most Greatest number of records besides plans.
 */
export function snapshotOf(
  statements: readonly Statement[],
  feeds: ReadonlyMap<string, Mark>,
  of: Omit<FoldOf, "before">,
  most = SNAPSHOT_RECORDS_MAX,
): Snapshot {
  const { purpose, stream = "c" } = of;
  const covered = statements.filter(
    (one) => one.stream === stream && one.n <= (feeds.get(one.device)?.n ?? 0),
  );
  const folded = fold(covered, { purpose, stream });
  const places = new Set(covered.map(({ device, n }) => `${device}${n}`));
  const isPlan = ({ statement }: Shown<Statement>) =>
    statement.body.type === "plan" && statement.kind === "pl";
  const counting = folded.records.filter((shown) => shown.void === "" && !isPlan(shown));
  const settings = [...folded.settings].map(([whose, said]) => [whose, Object.fromEntries(said)]);
  return {
    feeds,
    before: places.size - folded.aside.length,
    settings: Object.fromEntries(settings),
    plans: folded.records
      .filter(({ statement }) => folded.plans.includes(statement.id))
      .map(record),
    records: counting.slice(Math.max(0, counting.length - most)).map(record),
    nextLam: folded.nextLam,
  };
}

function record({ statement, body, amended }: Shown<Statement>): SnapshotRecord {
  return { id: statement.id, body, amended };
}

/**
 * Read what `snapshotBody` wrote, opened from a document of kind `sn`.
 *
 * @throws CircleError `snapshot`: it is not one. It is ignored then: the originals come anyway.
 */
export function parseSnapshot(body: Body): Snapshot {
  if (!isWhole(body)) {
    throw new CircleError("snapshot", "this is no snapshot that this version knows");
  }
  const { feeds, before, settings, plans, records, lam } = body as unknown as Pick<
    Snapshot,
    "before" | "settings" | "plans" | "records"
  > & { readonly lam: number; readonly feeds: Readonly<Record<string, [number, string]>> };
  const marks = Object.entries(feeds).map(([device, [n, d]]): [string, Mark] => [device, { n, d }]);
  return { feeds: new Map(marks), before, settings, plans, records, nextLam: lam };
}

function isWhole(body: Body): boolean {
  try {
    return hasExactly(body, MEMBERS);
  } catch (error) {
    // A chain that is not base64url.
    if (error instanceof CircleError) {
      return false;
    }
    throw error;
  }
}

/** What to seal as a document of kind `sn`; `at` and `tz_min` as in every record. */
export function snapshotBody(
  snapshot: Snapshot,
  when: { readonly at: number; readonly tz_min: number },
): Body {
  const { feeds, before, settings, plans, records, nextLam } = snapshot;
  const marks = [...feeds].map(([device, { n, d }]) => [device, [n, d]]);
  return {
    type: "snapshot",
    lam: nextLam,
    ...when,
    feeds: Object.fromEntries(marks),
    before,
    settings,
    plans,
    records,
  };
}

/** Where the feeds begin for a phone that has this snapshot instead of what is before it. */
export function snapshotStarts({ feeds }: Snapshot, stream: Stream): FeedStart[] {
  return [...feeds].map(([device, mark]) => ({ device, stream, mark }));
}

/** What a snapshot says of each feed; `by` is its author. */
export function snapshotClaims({ feeds }: Snapshot, stream: Stream, by: string): Claim[] {
  return [...feeds].map(([device, mark]) => ({ device, stream, mark, by }));
}

/**
 * Compare a snapshot with the originals.
 *
 * @param statements All of the circle up to its feeds, verified and opened; what is beyond is not
 *   used. Whether all are here is a question of the feeds (`checkWhole`).
 * @throws CircleError `snapshot`: the originals say something else.
 */
export function checkSnapshot(
  snapshot: Snapshot,
  statements: readonly Statement[],
  of: Omit<FoldOf, "before">,
): void {
  const again = snapshotOf(statements, snapshot.feeds, of, snapshot.records.length);
  const when = { at: 0, tz_min: 0 };
  if (bodyText(snapshotBody(again, when)) !== bodyText(snapshotBody(snapshot, when))) {
    throw new CircleError("snapshot", "the originals say something else than the snapshot");
  }
}
