/**
 * The diary of one circle: every record that opened, in the order in which records count.
 *
 * Ciphertext goes in, signals for the screens come out. What does not
 * open is counted and kept in the database, never shown and never in the way; it is tried again
 * when the member list has grown.
 */
import {
  openVerified,
  parseDocumentId,
  type SealedDocument,
  type VerifiedDocument,
  verify,
} from "../circle/document.ts";
import type { EpochSecrets } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import { type Operation, orderOperations } from "../circle/fold.ts";
import type { Membership } from "../circle/log.ts";
import { fenceOf } from "../circle/standing.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Leaves, StoredDocument } from "../records.ts";
import { Feeds } from "./feeds.ts";
import type { Fold, Opening } from "./folds.ts";
import { recordName } from "./receipts.ts";
import { asRecord } from "./shapes.ts";

/** One record that opened, with what its order and its display depend on. */
export interface Entry extends Operation {
  readonly id: string;
  readonly value: AnyRecord;
  /** Member id of the author. */
  readonly author: string;
}

/** Kinds in the order in which a screen needs them. */
export const KINDS: readonly string[] = ["pr", "pl", "ev", "nt", "sn", "at"];
/** Kinds that are checked and counted, but hold nothing to show here. */
const KEPT: readonly string[] = ["sn"];
/** Documents that are opened side by side. */
const BATCH = 50;

export class Diary {
  /** Ids that this device wrote, whether they open or not. */
  readonly own = new Set<string>();
  /** Ids of snapshots. */
  readonly snapshots = new Set<string>();
  readonly #device: string;
  readonly #feeds: Feeds;
  readonly #fold: Fold | undefined;
  readonly #entries = new Map<string, Entry>();
  /** What did not open, with its code. */
  readonly #closed = new Map<string, string>();
  #ordered: readonly Entry[] | undefined;

  /**
   * @param feeds Take in every document whose signature is good.
   * @param fold Knows what was opened before.
   */
  constructor(device: string, feeds: Feeds = new Feeds(), fold?: Fold) {
    this.#device = device;
    this.#feeds = feeds;
    this.#fold = fold;
  }

  /** Another document stands under this name now, or none: read it anew. */
  forget(id: string): void {
    this.own.delete(id);
    this.#closed.delete(id);
    if (this.#entries.delete(id)) this.#ordered = undefined;
  }

  /** Ids that do not open, with the codes of docs/circle.md. */
  get closed(): ReadonlyMap<string, string> {
    return this.#closed;
  }

  /** All records that count, oldest first. */
  get ordered(): readonly Entry[] {
    this.#ordered ??= orderOperations([...this.#entries.values()]).ordered;
    return this.#ordered;
  }

  /** The logical time of the next record. */
  get nextLam(): number {
    return 1 + (this.ordered.at(-1)?.lam ?? 0);
  }

  /** What somebody wrote who turns out to have been gone by then counts no more. */
  forgetBeyondFences(membership: Membership | undefined): void {
    for (const { id, device, stream, n } of this.ordered) {
      const author = membership?.devices.get(device);
      const fence = author === undefined ? undefined : fenceOf(author, stream);
      if (fence !== undefined && n > fence && device !== this.#device) this.forget(id);
    }
  }

  /**
   * Take what is stored, each document in all its leaves; gives whether anything shown has changed.
   *
   * A new circle's records may be here before its log and its key: they wait among the closed.
   */
  async take(
    documents: readonly Leaves[],
    membership: Membership | undefined,
    secrets: EpochSecrets | undefined,
  ): Promise<boolean> {
    const isEarly = membership === undefined || secrets === undefined;
    await this.#fold?.ready;
    if (membership !== undefined) this.#fold?.beginAt(membership.head);
    let changed = false;
    for (let from = 0; from < documents.length; from += BATCH) {
      // Ciphers run beside this thread: a batch takes little longer than its longest document.
      const batch = documents.slice(from, from + BATCH).filter((leaves) => this.#isNew(leaves));
      const entries = await Promise.all(
        batch.map((leaves) => (isEarly ? "epoch" : this.#openAny(leaves, membership, secrets))),
      );
      for (const [index, leaves] of batch.entries()) {
        const entry = entries[index] ?? "schema";
        if (entry !== "kept") changed = this.#keep(leaves, entry) || changed;
      }
    }
    return changed;
  }

  #isNew(leaves: Leaves): boolean {
    const id = leaves[0]?._id ?? "";
    const name = recordName(id);
    if (name?.device === this.#device) this.own.add(id);
    if (name?.kind === "sn") this.snapshots.add(id);
    const isRead = name !== undefined && KINDS.includes(name.kind);
    return isRead && !(this.#entries.has(id) && leaves.length === 1);
  }

  #keep(leaves: Leaves, entry: Entry | string): boolean {
    const id = leaves[0]?._id ?? "";
    if (typeof entry === "string") {
      this.#closed.set(id, entry);
      return false;
    }
    this.#closed.delete(id);
    this.#entries.set(id, entry);
    this.#ordered = undefined;
    return true;
  }

  /** The record that everyone reads under this id, or the code of why there is none. */
  async #openAny(
    leaves: Leaves,
    membership: Membership,
    secrets: EpochSecrets,
  ): Promise<Entry | string> {
    let code = "schema";
    const opened: Entry[] = [];
    for (const leaf of leaves) {
      try {
        const entry = await this.#openLeaf(leaf, membership, secrets);
        if (entry === undefined) code = "kept";
        else opened.push(entry);
      } catch (error) {
        // It came from a server: whatever is wrong with it, the others are still shown.
        code = error instanceof CircleError ? error.code : "schema";
      }
    }
    // Two documents under one name: the one with the smaller digest is read.
    return opened.sort((left, right) => (left.digest < right.digest ? -1 : 1))[0] ?? code;
  }

  /** One document; undefined when it holds nothing to show. Ciphers run the first time only. */
  async #openLeaf(
    leaf: StoredDocument,
    membership: Membership,
    secrets: EpochSecrets,
  ): Promise<Entry | undefined> {
    const { _id, _rev } = leaf;
    const known = this.#fold?.get(_id, _rev);
    const id = parseDocumentId(_id);
    const { kind, device, stream, n } = id;
    const digest = _rev.slice(2);
    const isShown = known?.value !== undefined;
    if (known !== undefined && !(isShown && asRecord(kind, known.value) === undefined)) {
      this.#feeds.take({ id, digest, hash: known.hash });
      return entryOf(_id, known);
    }
    const verified = await verify(membership, leaf as unknown as SealedDocument);
    this.#feeds.take(verified);
    const opening = await open(verified, membership, secrets);
    this.#fold?.set(_id, _rev, opening);
    return entryOf(_id, opening);

    function entryOf(name: string, { member, role, value }: Opening): Entry | undefined {
      if (value === undefined) return undefined;
      const { lam, at } = value;
      return { id: name, value, author: member, lam, at, role, device, stream, n, digest };
    }
  }
}

async function open(
  verified: VerifiedDocument,
  membership: Membership,
  secrets: EpochSecrets,
): Promise<Opening> {
  const { id, author, hash } = verified;
  const { member, role } = author;
  if (KEPT.includes(id.kind)) return { hash, member, role, value: undefined };
  const value = asRecord(id.kind, await openVerified(membership, secrets, verified));
  if (value === undefined) {
    throw new CircleError("frame", "the content is no record that this version knows");
  }
  return { hash, member, role, value };
}
