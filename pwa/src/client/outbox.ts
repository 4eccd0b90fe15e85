/**
 * This device's own records on their way to the server.
 *
 * A record is sealed when it is written, under what was known then. Before it is sent it is sealed
 * again, with its number kept, where a key has changed meanwhile. A record that the server refuses
 * for what it is stays on this phone, and an empty one takes its number, so that nobody misses it.
 * Where the server has another record under the same name, an equal one is a lost answer and
 * adopted; a different one means a copy of this device: both are kept, the own one under a new
 * number.
 */

import type { SealedDocument } from "../circle/document.ts";
import { openDocument, parseDocumentId, parseHead, seal } from "../circle/document.ts";
import { currentEpoch, type EpochSecrets } from "../circle/epochs.ts";
import { CircleError } from "../circle/errors.ts";
import { isOwnRecord } from "../circle/feed.ts";
import type { Body } from "../circle/frame.ts";
import type { DeviceKeys } from "../circle/keys.ts";
import { DOCUMENT_BYTES_MAX } from "../circle/limits.ts";
import type { Membership } from "../circle/log.ts";
import type { Records, StoredDocument } from "../records.ts";
import { refusal } from "./bundles.ts";
import { type Clock, zoneMinutes } from "./clock.ts";
import type { Entry } from "./diary.ts";
import type { LoggedIn } from "./login.ts";
import { CircleUnavailable, type Outcome, unavailable } from "./outcome.ts";
import type { Receipts } from "./receipts.ts";

/** Refusals for what the record itself is. */
const UNFIT = new Set(["frame", "schema", "b64"]);
/** A record above this size that is refused with `limit` is refused for its size. */
const LARGE = DOCUMENT_BYTES_MAX / 4;

/** What the outbox needs of its circle, as it is now. */
export interface Sending extends Outcome {
  readonly circle: string;
  readonly records: Records;
  /** Asks with the login of this device. */
  readonly ask: LoggedIn;
  readonly keys: DeviceKeys;
  readonly clock: Clock;
  readonly membership: Membership;
  readonly secrets: EpochSecrets;
  readonly receipts: Receipts;
  /** Ids of own records that the server should be offered. */
  owed(): string[];
  /** Another revision stands for these now; resolves when that is on the shelf. */
  moved(ids: readonly string[]): Promise<void>;
  /** The logical time of the next record. */
  readonly nextLam: number;
  /** Records that are here and open. */
  readonly ordered: readonly Entry[];
}

type Sealed = SealedDocument & StoredDocument;
type Lacking = Readonly<Record<string, { readonly missing?: readonly string[] }>>;

export class Outbox {
  readonly #of: Sending;

  constructor(of: Sending) {
    this.#of = of;
  }

  /** What is to be sent now, oldest number first, each in its newest sealing. */
  async ready(): Promise<Sealed[]> {
    const ready: Sealed[] = [];
    for (const id of this.#of.owed()) {
      const own = await this.#leaf(id);
      if (own !== undefined) ready.push(own);
    }
    return ready.sort((left, right) => (left._id.slice(-7) < right._id.slice(-7) ? -1 : 1));
  }

  /** Put in order what cannot be sent as it is; gives whether something new can be sent now. */
  async tidy(): Promise<boolean> {
    const { receipts } = this.#of;
    let changed = false;
    for (const [id, code] of receipts.refused) {
      const own = (await this.#counting(id))[0];
      const isUnfit = UNFIT.has(code) || (code === "limit" && (own?.c.length ?? 0) > LARGE);
      if (isUnfit) changed = (await this.#empty(id, code)) || changed;
      if (code === "taken") changed = (await this.#settleTaken(id)) || changed;
    }
    return (await this.#sealAgain()) || changed;
  }

  /**
   * Offer again what was refused for good with such codes: the server, or this app, may be another
   * one now. What was set aside gets a new number.
   */
  async retry(isChosen: (code: string) => boolean): Promise<void> {
    const { receipts, records, membership, secrets } = this.#of;
    if (receipts.retry(isChosen)) await this.#of.moved([]);
    for (const aside of receipts.aside.filter(({ code }) => isChosen(code))) {
      const leaves = (await records.read(aside.id)) as Sealed[];
      const own = leaves.find(({ _rev }) => _rev === aside.rev);
      if (own === undefined) continue;
      const body = await openDocument(membership, secrets, own);
      const again = await this.#underAnother(aside.id, body);
      receipts.takeUp(aside);
      await this.#of.moved([aside.id, again]);
    }
  }

  /** The sealing of a record that counts: the one under the longest log. */
  async #leaf(id: string): Promise<Sealed | undefined> {
    const [newest, ...older] = await this.#counting(id);
    if (newest === undefined || older.length === 0) return newest;
    const there = await this.#held(id, [newest, ...older]);
    if (there.length > 0) {
      // The server's own document came here first: as if it had refused ours.
      this.#of.receipts.refuse(id, "taken");
      return undefined;
    }
    for (const { _rev } of older) this.#of.receipts.replace(_rev);
    await this.#of.moved([id]);
    return newest;
  }

  /** All sealings of a record that count, the one under the longest log first. */
  async #counting(id: string): Promise<Sealed[]> {
    const leaves = (await this.#of.records.read(id)) as Sealed[];
    const seqOf = ({ h }: Sealed) => parseHead(h).seq;
    return leaves
      .filter(({ _rev }) => this.#of.receipts.counts(_rev))
      .sort((left, right) => seqOf(right) - seqOf(left));
  }

  /** Those that the server has. */
  async #held(id: string, leaves: readonly Sealed[]): Promise<Sealed[]> {
    const revs = leaves.map(({ _rev }) => _rev);
    const lacking = await this.#lacking({ [id]: revs });
    const missing = new Set(lacking[id]?.missing ?? []);
    return leaves.filter(({ _rev }) => !missing.has(_rev));
  }

  /** What the server lacks of these revisions; what it has is answered for by that. */
  async #lacking(revs: Readonly<Record<string, readonly string[]>>): Promise<Lacking> {
    const { ask, circle } = this.#of;
    const answer = await ask(`/db/${circle}/_revs_diff`, { body: JSON.stringify(revs) });
    const why = unavailable(answer);
    if (why !== undefined) throw new CircleUnavailable(why);
    if (answer.status >= 300) throw refusal(answer);
    const lacking = answer.json as Lacking;
    const held = Object.keys(revs).filter((id) => !Object.hasOwn(lacking, id));
    await this.#of.acknowledged(held);
    return lacking;
  }

  /** Seal what was sealed under a key that is over once more, under the one that is in use. */
  async #sealAgain(): Promise<boolean> {
    const { membership, records, receipts, keys, secrets } = this.#of;
    const late = (await this.ready()).filter((doc) => isLate(membership, doc));
    if (late.length === 0) return false;
    // What the server has already is answered for by this question, and needs no second sealing.
    await this.#lacking(Object.fromEntries(late.map((doc) => [doc._id, [doc._rev]])));
    const owed = new Set(this.#of.owed());
    const moved: string[] = [];
    for (const doc of late) {
      if (!owed.has(doc._id)) continue;
      const body = await openDocument(membership, secrets, doc);
      const sealed = await seal(membership, keys, secrets, parseDocumentId(doc._id), body);
      await records.write([sealed as Sealed]);
      receipts.replace(doc._rev);
      moved.push(doc._id);
    }
    await this.#of.moved(moved);
    return moved.length > 0;
  }

  async #settleTaken(id: string): Promise<boolean> {
    const { membership, receipts, secrets } = this.#of;
    const leaves = await this.#counting(id);
    const [theirs] = await this.#held(id, leaves);
    const mine = leaves.filter((leaf) => leaf !== theirs);
    const [own] = mine;
    // Not here yet: the pull of this round or of the next one brings it.
    if (theirs === undefined || own === undefined) return false;
    const body = await openDocument(membership, secrets, own);
    const isEqual = await isOwnRecord(membership, secrets, theirs, body).catch(notAtAll);
    // Not by this device, or changed: whatever it is, ours has not arrived.
    if (isEqual === undefined) return false;
    const ids = [id];
    if (!isEqual) {
      ids.push(await this.#underAnother(id, body));
      receipts.twice = true;
    }
    for (const { _rev } of mine) receipts.replace(_rev);
    receipts.acknowledge([id]);
    await this.#of.moved(ids);
    return !isEqual;
  }

  /**
   * The name under which a record stands for one whose number it lost: of a new one, or of the one
   * that was made when the app died before it was noted that it does.
   */
  async #underAnother(id: string, body: Body): Promise<string> {
    const { records, membership, secrets, keys, ordered } = this.#of;
    const { kind, stream } = parseDocumentId(id);
    const isLike = (one: Entry) =>
      one.device === keys.id && one.stream === stream && one.lam === body.lam && one.id !== id;
    for (const like of ordered.filter(isLike)) {
      for (const leaf of await this.#counting(like.id)) {
        if (await isOwnRecord(membership, secrets, leaf, body).catch(notAtAll)) return like.id;
      }
    }
    return (await records.append(stream, (n) => this.#seal(kind, stream, n, body)))._id;
  }

  /** Let an empty record take the number of one that stays here. */
  async #empty(id: string, code: string): Promise<boolean> {
    const { records, receipts, clock, nextLam, membership, secrets } = this.#of;
    const { stream, n } = parseDocumentId(id);
    const own: Sealed[] = [];
    let empty: StoredDocument | undefined;
    const number = id.slice(-7);
    const others = this.#of.owed().filter((one) => one !== id && one.endsWith(number));
    for (const leaf of (
      await Promise.all([id, ...others].map((one) => this.#counting(one)))
    ).flat()) {
      const body = await openDocument(membership, secrets, leaf).catch(notAtAll);
      // It was made when the app died before it was noted what it is for.
      if (body?.type === "empty") empty = leaf;
      else if (leaf._id === id) own.push(leaf);
    }
    if (own.length === 0) {
      // The empty one itself was refused: it is offered as it is, once in each round.
      receipts.offer(id);
      return false;
    }
    if (empty === undefined) {
      const at = clock.serverS;
      const body = { type: "empty", lam: nextLam, at, tz_min: zoneMinutes(at * 1000) };
      empty = await this.#seal("ev", stream, n, body);
      await records.write([empty]);
    }
    for (const { _rev } of own) receipts.setAside({ id, rev: _rev, code });
    await this.#of.moved([id, empty._id]);
    return true;
  }

  async #seal(kind: string, stream: "c" | "k", n: number, body: Body): Promise<StoredDocument> {
    const { membership, keys, secrets, clock } = this.#of;
    const at = { kind, stream, n, month: clock.month };
    return (await seal(membership, keys, secrets, at, body)) as Sealed;
  }
}

/** Whether the key under which a record was sealed is over. */
function isLate(membership: Membership, { _id, h }: SealedDocument): boolean {
  const { stream } = parseDocumentId(_id);
  const { seq } = parseHead(h);
  return membership.epochAt(stream, seq) !== currentEpoch(membership, stream);
}

function notAtAll(error: unknown): undefined {
  if (!(error instanceof CircleError)) throw error;
}
