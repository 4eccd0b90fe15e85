/**
 * What a server could hide: every author's documents are numbered without gaps, and chained.
 *
 * A feed is what one device wrote in one stream. Its chain: d_0 is 32 zero bytes, and d_n is
 * SHA-256(d_(n-1) || SHA-256(hdr_n || "." || c_n)). A mark [n, d] therefore says which documents
 * there are up to n, and what is in them. Everyone signs the marks that they have seen
 * (checkpoints), removals carry them (fences), and snapshots begin with them. Here they are compared
 * with what is held: who asks has just finished a sync, so that what is missing is not merely on its
 * way.
 *
 * Source: docs/circle.md, "Counters and checkpoints".
 */
import { openDocument, type SealedDocument, type VerifiedDocument } from "./document.ts";
import { b64uDecode, b64uEncode, concat } from "./encoding.ts";
import { sha256 } from "./envelope.ts";
import type { EpochSecrets } from "./epochs.ts";
import { CircleError } from "./errors.ts";
import { type Body, bodyText } from "./frame.ts";
import type { Stream } from "./grammar.ts";
import type { Membership } from "./log.ts";
import type { Mark } from "./standing.ts";

/** Where every feed begins. */
export const START: Mark = { n: 0, d: b64uEncode(new Uint8Array(32)) };

/** What is held of one feed. */
export interface Chain {
  readonly device: string;
  readonly stream: Stream;
  /** Where it begins: `START`, or the mark of a snapshot whose documents are not held. */
  readonly start: Mark;
  /** The marks after `start`, one for each document, up to the first gap. */
  readonly marks: readonly Mark[];
  /** Whether documents are held after the first gap. */
  readonly isTorn: boolean;
  /** Counters with several documents; the one of the smaller digest is in `marks`. */
  readonly twice: readonly number[];
}

/** Somebody's word that a feed goes at least so far. */
export interface Claim {
  /** Whose feed. */
  readonly device: string;
  readonly stream: Stream;
  /** How far, and with which chain where that is known. */
  readonly mark: Mark;
  /** The device whose checkpoint, removal or snapshot says so. */
  readonly by: string;
}

/** Something that an honest server and honest authors never show. */
export interface Alarm {
  /**
   * `gap`: documents are missing; `replaced`: others stand where known ones stood; `taken`: one
   * counter was used for two documents.
   */
  readonly code: "gap" | "replaced" | "taken";
  /** Whose feed. */
  readonly device: string;
  readonly stream: Stream;
  /** The first counter concerned. */
  readonly n: number;
  /** The device whose word is broken; "" where the documents alone show it. */
  readonly by: string;
}

/** Where a feed begins of which a snapshot is held instead of documents. */
export interface FeedStart {
  readonly device: string;
  readonly stream: Stream;
  readonly mark: Mark;
}

type Fed = Pick<VerifiedDocument, "id" | "digest" | "hash">;

/** The mark up to which nothing is missing. */
export function endOf({ marks, start }: Pick<Chain, "marks" | "start">): Mark {
  return marks.at(-1) ?? start;
}

/** The mark at a counter; undefined below the start and above the end of a chain. */
export function markAt({ start, marks }: Chain, n: number): Mark | undefined {
  return n === start.n ? start : marks[n - start.n - 1];
}

/**
 * Chain everything that is held of a circle, by feed.
 *
 * @param documents In any order, their signatures good; the same one may come twice.
 */
export async function chains(
  documents: readonly Fed[],
  starts: readonly FeedStart[] = [],
): Promise<Chain[]> {
  const feeds = new Map<string, { start: FeedStart; held: Fed[] }>();
  const nameOf = ({ device, stream }: Pick<FeedStart, "device" | "stream">) => stream + device;
  for (const start of starts) {
    feeds.set(nameOf(start), { start, held: [] });
  }
  for (const fed of documents) {
    const { device, stream } = fed.id;
    const feed = feeds.get(nameOf(fed.id)) ?? { start: { device, stream, mark: START }, held: [] };
    feed.held.push(fed);
    feeds.set(nameOf(fed.id), feed);
  }
  return Promise.all([...feeds.values()].map(({ start, held }) => chain(start, held)));
}

async function chain({ device, stream, mark }: FeedStart, documents: readonly Fed[]) {
  const held = new Map<number, Fed>();
  const twice = new Set<number>();
  for (const fed of documents) {
    const rival = held.get(fed.id.n);
    if (rival !== undefined && rival.digest !== fed.digest) {
      twice.add(fed.id.n);
    }
    if (rival === undefined || fed.digest < rival.digest) {
      held.set(fed.id.n, fed);
    }
  }
  const marks: Mark[] = [];
  let last = mark;
  for (let fed = held.get(last.n + 1); fed !== undefined; fed = held.get(last.n + 1)) {
    const d = await sha256(concat(b64uDecode(last.d), fed.hash));
    last = { n: last.n + 1, d: b64uEncode(d) };
    marks.push(last);
  }
  const isTorn = [...held.keys()].some((n) => n > last.n);
  return { device, stream, start: mark, marks, isTorn, twice: [...twice] };
}

const GRAVITY = ["replaced", "taken", "gap"];

/**
 * Compare what is held with what others say there is, the gravest first.
 *
 * A claim below the start of a chain cannot be checked and is passed over.
 */
export function alarms(held: readonly Chain[], claims: readonly Claim[]): Alarm[] {
  const found: Alarm[] = [];
  for (const chain of held) {
    const { device, stream } = chain;
    found.push(...chain.twice.map((n): Alarm => ({ code: "taken", device, stream, n, by: "" })));
    if (chain.isTorn) {
      found.push({ code: "gap", device, stream, n: endOf(chain).n + 1, by: "" });
    }
  }
  for (const claim of claims) {
    const alarm = broken(held, claim);
    if (alarm !== undefined) {
      found.push(alarm);
    }
  }
  const keyOf = ({ code, device, stream, n, by }: Alarm) =>
    `${GRAVITY.indexOf(code)}${device}${stream}${String(n).padStart(6, "0")}${by}`;
  const unique = new Map(found.map((alarm) => [keyOf(alarm), alarm]));
  return [...unique].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, alarm]) => alarm);
}

/** What is wrong with a feed by somebody's word. */
function broken(held: readonly Chain[], claim: Claim): Alarm | undefined {
  const { device, stream, mark, by } = claim;
  const chain = held.find((feed) => feed.device === device && feed.stream === stream) ?? {
    ...{ device, stream, start: START, marks: [], isTorn: false, twice: [] },
  };
  const end = endOf(chain);
  if (mark.n > end.n) {
    return { code: "gap", device, stream, n: end.n + 1, by };
  }
  const own = markAt(chain, mark.n);
  const isOther = own !== undefined && mark.d !== "" && mark.d !== own.d;
  return isOther ? { code: "replaced", device, stream, n: mark.n, by } : undefined;
}

/**
 * Promise that nothing is missing or exchanged.
 *
 * @throws CircleError `replaced`, `taken` or `gap`: the gravest of `alarms`.
 */
export function checkWhole(held: readonly Chain[], claims: readonly Claim[]): void {
  const [alarm] = alarms(held, claims);
  if (alarm !== undefined) {
    throw new CircleError(alarm.code, "the server does not show everything as it was");
  }
}

/**
 * Whether a document that has taken one's own name says what one meant to say.
 *
 * If so, an acknowledgement was lost: adopt the document. If not, this device was restored or
 * copied: keep both, the own record under a new counter, and warn.
 *
 * @throws CircleError As `openDocument`: then it is nobody's, and the server's fault.
 */
export async function isOwnRecord(
  membership: Membership,
  secrets: EpochSecrets,
  doc: SealedDocument,
  record: Body,
): Promise<boolean> {
  return bodyText(await openDocument(membership, secrets, doc)) === bodyText(record);
}
