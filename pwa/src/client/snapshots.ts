/**
 * Snapshots of one circle on this phone: fetched first by a new one, shown while the originals come,
 * held against them when they are all here, and written when there is much to read.
 *
 * What is compared is every record that opens, also of types that no screen here shows; so it is
 * read anew from the database, once for each snapshot. Fetched when the first one is needed.
 *
 * Source: docs/circle.md, "Snapshots".
 */
import {
  openVerified,
  parseDocumentId,
  type SealedDocument,
  structuralRev,
  verify,
} from "../circle/document.ts";
import type { EpochSecrets } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import type { Claim } from "../circle/feed.ts";
import { orderOperations, type Statement } from "../circle/fold.ts";
import type { Body } from "../circle/frame.ts";
import { natural } from "../circle/grammar.ts";
import { LAMPORT_MAX } from "../circle/limits.ts";
import type { Membership } from "../circle/log.ts";
import {
  checkSnapshot,
  parseSnapshot,
  type Snapshot,
  type SnapshotRecord,
  snapshotBody,
  snapshotClaims,
  snapshotOf,
} from "../circle/snapshot.ts";
import type { Mark } from "../circle/standing.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Records, StoredDocument } from "../records.ts";
import type { Entry } from "./diary.ts";
import type { LoggedIn } from "./login.ts";
import type { Receipts } from "./receipts.ts";
import { asRecord } from "./shapes.ts";
import type { Known } from "./shelf.ts";

/** Kinds that hold records; a snapshot is not about other snapshots. */
const KINDS: readonly string[] = ["at", "ev", "nt", "pl", "pr"];
const isLam = natural(LAMPORT_MAX);

/** The circle that is summed up. */
export interface Summed {
  readonly records: Records;
  readonly membership: Membership;
  readonly secrets: EpochSecrets;
  readonly receipts: Receipts;
}

/** A document of kind `sn` that opened. */
export interface Found {
  readonly id: string;
  readonly device: string;
  readonly snapshot: Snapshot;
}

/**
 * What shows a circle at once: its log, this device's keys and the newest snapshot, if there is one.
 *
 * @returns Nothing when the server does not answer so; the originals come anyway.
 * @throws LineError The server was not reached.
 */
export async function fetchFirst(ask: LoggedIn, circle: string): Promise<StoredDocument[]> {
  const all = (kind: string) => ({ startkey: `${kind}:`, endkey: `${kind};`, include_docs: true });
  const { startkey, endkey, ...rest } = all("sn");
  const newest = { ...rest, startkey: endkey, endkey: startkey, descending: true, limit: 1 };
  const body = JSON.stringify({ queries: [all("log"), all("wrap"), newest] });
  const answer = await ask(`/db/${circle}/_all_docs/queries`, { body });
  if (answer.status !== 200) return [];
  const { results } = answer.json as {
    readonly results: readonly { readonly rows: readonly { readonly doc: StoredDocument }[] }[];
  };
  const docs = results.flatMap(({ rows }) => rows.map(({ doc }) => doc));
  const isSealed = ({ _id }: StoredDocument) => _id.startsWith("sn:");
  return Promise.all(
    docs.map(async (doc) => (isSealed(doc) ? doc : { ...doc, _rev: await structuralRev(doc) })),
  );
}

/** Those of the named snapshots that open, the newest last. */
export async function readSnapshots(of: Summed, ids: Iterable<string>): Promise<Found[]> {
  const found: Found[] = [];
  for (const id of ids) {
    for (const leaf of await of.records.read(id)) {
      try {
        const body = await opened(of, leaf);
        found.push({ id, device: parseDocumentId(id).device, snapshot: parseSnapshot(body.body) });
      } catch (error) {
        if (!(error instanceof CircleError)) throw error;
      }
    }
  }
  return found.sort((left, right) => left.snapshot.nextLam - right.snapshot.nextLam);
}

/** What a snapshot says of the feeds, to be held against what is here. */
export function claimsOfSnapshot({ snapshot, device }: Found): Claim[] {
  return snapshotClaims(snapshot, "c", device);
}

/** Compare snapshots whose originals are all here; a false one is told by its author's device. */
export async function checkSnapshots(of: Summed, found: readonly Found[]): Promise<Known[]> {
  if (found.length === 0) return [];
  const statements = await statementsOf(of);
  return found.map(({ id, snapshot }) => {
    const { before } = snapshot;
    try {
      checkSnapshot(snapshot, statements, { purpose: of.membership.purpose });
      return { id, before, isRight: true };
    } catch (error) {
      if (error instanceof CircleError) return { id, before: 0, isRight: false };
      throw error;
    }
  });
}

/**
 * A snapshot of what is here, to be sealed.
 *
 * @param feeds How far each feed is here and on the server.
 * @param when Clock and zone, as in every record.
 */
export async function summary(
  of: Summed,
  feeds: ReadonlyMap<string, Mark>,
  when: { readonly at: number; readonly tz_min: number },
): Promise<Body> {
  const { purpose } = of.membership;
  return snapshotBody(snapshotOf(await statementsOf(of), feeds, { purpose }), when);
}

/** Every record that opens, whatever it is about. */
async function statementsOf(of: Summed): Promise<Statement[]> {
  const statements: Statement[] = [];
  for (const kind of KINDS) {
    for await (const page of of.records.range(`${kind}:`, `${kind};`)) {
      const leaves = page.flat().filter(({ _rev }) => of.receipts.counts(_rev));
      const read = leaves.map((leaf) => opened(of, leaf).catch(isClosed));
      for (const one of await Promise.all(read)) {
        if (one !== undefined && one.lam !== 0 && isLam(one.lam) && Number.isSafeInteger(one.at)) {
          statements.push(one);
        }
      }
    }
  }
  return statements;
}

async function opened(of: Summed, leaf: StoredDocument): Promise<Statement> {
  const verified = await verify(of.membership, leaf as unknown as SealedDocument);
  const { id, author, digest } = verified;
  const body = await openVerified(of.membership, of.secrets, verified);
  const { kind, device, stream, n } = id;
  const { lam, at } = body as { lam: number; at: number };
  const { member, role } = author;
  return { id: leaf._id, kind, member, body, lam, at, role, device, stream, n, digest };
}

/** Whatever is wrong with a document, the others are still read. */
function isClosed(error: unknown): undefined {
  if (!(error instanceof CircleError)) throw error;
}

/** What is shown of a circle while not all of its originals are here. */
export class Preview {
  readonly feeds: ReadonlyMap<string, Mark>;
  readonly nextLam: number;
  readonly #entries: readonly Entry[];

  constructor({ snapshot }: Found, membership: Membership) {
    this.feeds = snapshot.feeds;
    this.nextLam = snapshot.nextLam;
    const shown = [...snapshot.plans, ...snapshot.records].flatMap((record) =>
      entryOf(record, membership),
    );
    const settings = Object.entries(snapshot.settings).flatMap(([member, said]) =>
      settingsOf(member, said),
    );
    this.#entries = [...settings, ...orderOperations(shown).ordered];
  }

  /** With the originals in place of what they are of, and what is newer than the snapshot. */
  with(ordered: readonly Entry[]): readonly Entry[] {
    const originals = new Map(ordered.map((entry) => [entry.id, entry]));
    const isNewer = ({ device, n }: Entry) => n > (this.feeds.get(device)?.n ?? 0);
    return [
      ...this.#entries.map((entry) => originals.get(entry.id) ?? entry),
      ...ordered.filter(isNewer),
    ];
  }
}

function entryOf({ id, body }: SnapshotRecord, { devices }: Membership): Entry[] {
  try {
    const { kind, device, stream, n } = parseDocumentId(id);
    const value = asRecord(kind, body);
    const author = devices.get(device);
    if (value === undefined || author === undefined) return [];
    const { lam, at } = value;
    const { member, role } = author;
    return [{ id, value, author: member, lam, at, role, device, stream, n, digest: "" }];
  } catch (error) {
    // Its author's mistake; the original will show.
    if (error instanceof CircleError) return [];
    throw error;
  }
}

/** What is set, as if each had said it of themselves: whose word it was is not in a snapshot. */
function settingsOf(member: string, { name, ...values }: Body): Entry[] {
  const about = member === "" ? { about: "clinic" } : { about: "member", member };
  const stamp = { lam: 1, at: 0, tz_min: 0 };
  const said = [
    { type: "set", ...about, values, ...stamp },
    { type: "profile", ...about, name, ...stamp },
  ];
  return said.flatMap((body, n) => {
    const value: AnyRecord | undefined = asRecord("pr", body);
    if (value === undefined) return [];
    const whose = {
      author: member,
      role: member === "" ? "admin" : "patient",
      device: "",
    } as const;
    return [{ id: `${member} ${n}`, value, lam: 1, at: 0, stream: "c", n, digest: "", ...whose }];
  });
}
