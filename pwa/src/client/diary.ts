/**
 * The diary of one circle: every record that opened, in the order in which records count.
 *
 * Ciphertext goes in, one document after the other; signals for the screens come out. What does not
 * open is counted and kept in the database, never shown and never in the way; it is tried again
 * when the member list has grown.
 */
import { openDocument, parseDocumentId, type SealedDocument } from "../circle/document.ts";
import { b64uDecode, hex } from "../circle/encoding.ts";
import { sha256 } from "../circle/envelope.ts";
import type { EpochSecrets } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import { type Operation, orderOperations } from "../circle/fold.ts";
import type { Membership } from "../circle/log.ts";
import type { AnyRecord } from "../records.gen.ts";
import type { Leaves } from "../records.ts";
import { recordName } from "./receipts.ts";
import { asRecord } from "./shapes.ts";

/** One record that opened, with what its order and its display depend on. */
export interface Entry extends Operation {
  readonly id: string;
  readonly value: AnyRecord;
  /** Member id of the author. */
  readonly author: string;
}

export class Diary {
  /** Ids that this device wrote, whether they open or not. */
  readonly own = new Set<string>();
  readonly #device: string;
  readonly #entries = new Map<string, Entry>();
  /** What did not open, with its code. */
  readonly #closed = new Map<string, string>();
  #ordered: readonly Entry[] | undefined;

  constructor(device: string) {
    this.#device = device;
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

  /**
   * Take what is stored under one id; gives whether anything shown has changed.
   *
   * A new circle's records may be here before its log and its key: they wait among the closed.
   */
  async take(
    leaves: Leaves,
    membership: Membership | undefined,
    secrets: EpochSecrets | undefined,
  ): Promise<boolean> {
    const id = leaves[0]?._id ?? "";
    const name = recordName(id);
    if (name === undefined) return false;
    if (name.device === this.#device) this.own.add(id);
    if (this.#entries.has(id) && leaves.length === 1) return false;
    const isEarly = membership === undefined || secrets === undefined;
    const entry = isEarly ? "epoch" : await openAny(leaves, membership, secrets);
    if (typeof entry === "string") {
      this.#closed.set(id, entry);
      return false;
    }
    this.#closed.delete(id);
    this.#entries.set(id, entry);
    this.#ordered = undefined;
    return true;
  }
}

/** The record that everyone reads under this id, or the code of why there is none. */
async function openAny(
  leaves: Leaves,
  membership: Membership,
  secrets: EpochSecrets,
): Promise<Entry | string> {
  let code = "schema";
  const opened: Entry[] = [];
  for (const leaf of leaves) {
    try {
      opened.push(await open(leaf as unknown as SealedDocument, membership, secrets));
    } catch (error) {
      // It came from a server: whatever is wrong with it, the others are still shown.
      code = error instanceof CircleError ? error.code : "schema";
    }
  }
  // Two documents under one name: the one with the smaller hash is read.
  return opened.sort((left, right) => (left.hash < right.hash ? -1 : 1))[0] ?? code;
}

async function open(
  doc: SealedDocument,
  membership: Membership,
  secrets: EpochSecrets,
): Promise<Entry> {
  const body = await openDocument(membership, secrets, doc);
  const { kind, device, stream, n } = parseDocumentId(doc._id);
  const value = asRecord(kind, body);
  const author = membership.devices.get(device);
  if (value === undefined || author === undefined) {
    throw new CircleError("frame", "the content is no record that this version knows");
  }
  const hash = hex(await sha256(b64uDecode(doc.c)));
  const { lam, at } = value;
  return {
    id: doc._id,
    value,
    author: author.member,
    lam,
    at,
    role: author.role,
    device,
    stream,
    n,
    hash,
  };
}
