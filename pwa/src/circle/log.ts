/**
 * The membership log and its replay: who is in the circle, who may do what, which keys are current.
 *
 * The log alone decides, the same way on every phone and on the server, and needs no secret. The
 * rules, in the order in which a broken one is reported:
 *
 *  1. shape of document, JWS and payload (`schema`, `limit`, `b64`, `canon`, `header`);
 *  2. `seq`: the document's name, the payload and the log agree on the number;
 *  3. `prev`: it names the entry before by its hash;
 *  4. `circle`: it belongs to this circle;
 *  5. `op`: an operation this version knows, genesis first and only first;
 *  6. `kid` (genesis, join: the signer is the device that enters) or `author` (all others: the
 *     signer is live);
 *  7. `sig`: its signature;
 *  8. `ts`: not before the entry before;
 *  9. `closed`: a closed circle takes nothing but `reopen`;
 * 10. the operation's own rules, in `changes.ts`.
 *
 * A `Membership` is a value: `append` gives a new one, and an entry that is refused leaves nothing
 * behind.
 *
 * Source: docs/circle.md, "Membership log".
 */
import { opened, RULES } from "./changes.ts";
import { b64uEncode, hex } from "./encoding.ts";
import { CircleError } from "./errors.ts";
import { verifyJws } from "./jws.ts";
import { deviceId, type Pub } from "./keys.ts";
import { type Entry, type Genesis, type Later, type LogDocument, parseEntry } from "./schema.ts";
import { type Fields, newMember, Standing } from "./standing.ts";

export type { LogDocument } from "./schema.ts";
export type { Epoch, Invitation, Mark, Member, Stamp } from "./standing.ts";

/** A circle as its log says after the entry `seq`. */
export class Membership extends Standing {
  private constructor(fields: Fields) {
    super(fields);
  }

  /**
   * The circle that a first entry founds.
   *
   * @throws CircleError It founds none; `code` says why.
   */
  static async founded(doc: LogDocument): Promise<Membership> {
    const entry = await parseEntry(doc);
    checkPlaceInLog(entry, 0, "");
    if (entry.payload.op !== "genesis") {
      throw new CircleError("op", "a member list begins with the founding of its circle");
    }
    return new Membership(await found(entry as Entry<Genesis>));
  }

  /**
   * Replay a whole log from the start.
   *
   * @throws CircleError `circle`: the log founds another circle; `seq`: there is no entry; otherwise
   *   what the first bad entry breaks.
   */
  static async replay(circle: string, docs: readonly LogDocument[]): Promise<Membership> {
    const [first, ...rest] = docs;
    if (first === undefined) {
      throw new CircleError("seq", "the member list is empty");
    }
    let membership = await Membership.founded(first);
    if (membership.circle !== circle) {
      throw new CircleError("circle", "the member list belongs to another circle");
    }
    for (const doc of rest) {
      membership = await membership.append(doc);
    }
    return membership;
  }

  /**
   * The circle after one more entry.
   *
   * @throws CircleError The entry is refused; this membership stays as it is.
   */
  async append(doc: LogDocument): Promise<Membership> {
    const entry = await parseEntry(doc);
    const { payload, jws, hash } = entry;
    checkPlaceInLog(entry, this.seq + 1, this.head);
    if ((payload as Later).cir !== this.circle) {
      throw new CircleError("circle", "an entry belongs to another circle");
    }
    const { op } = payload;
    const isInPlace = op !== "reopen" || this.closedAt !== null;
    if (!Object.hasOwn(RULES, op) || !isInPlace) {
      throw new CircleError("op", "this kind of entry is not known, or not in its place");
    }
    await verifyJws(jws, await this.#signingKey(entry));
    if (payload.ts < this.ts) {
      throw new CircleError("ts", "an entry is older than the one before it");
    }
    if (this.closedAt !== null && op !== "reopen") {
      throw new CircleError("closed", "this circle is closed; it can only be opened again");
    }
    const changes = await RULES[op as keyof typeof RULES](this, entry as never);
    const heads = [...this.heads, b64uEncode(hash)];
    const stamps = [...this.stamps, { ts: payload.ts, device: jws.kid }];
    return new Membership({ ...this, ...changes, heads, stamps });
  }

  /** Who must have signed: a live device, or for `join` the new one itself. */
  async #signingKey({ payload, jws }: Entry): Promise<string> {
    if (payload.op === "join") {
      await checkKid(payload.dev, jws.kid);
      return payload.dev.spk;
    }
    return this.author(jws.kid).pub.spk;
  }
}

async function found(entry: Entry<Genesis>): Promise<Fields> {
  const { payload, jws, hash } = entry;
  const { purpose, adds, clinic, role, member, dev, ts, ep } = payload;
  if ((purpose === "clinic" && clinic !== "") || (purpose !== "patient" && adds !== "members")) {
    throw new CircleError("schema", "a circle of this purpose is founded otherwise");
  }
  await checkKid(dev, jws.kid);
  await verifyJws(jws, dev.spk);
  const device = jws.kid;
  const founder = newMember({ device, pub: dev, member, role, s: "c", since: 0, by: device });
  const alone = new Standing({
    circle: `c${hex(hash).slice(0, 40)}`,
    purpose,
    adds,
    clinic,
    heads: [b64uEncode(hash)],
    stamps: [{ ts, device }],
    devices: new Map([[device, founder]]),
    invitations: new Map(),
    epochs: { c: [], k: [] },
    closedAt: null,
  });
  if (!alone.rules.founders.includes(role)) {
    throw new CircleError("authz", `a ${role} may not found this kind of circle`);
  }
  if (ep.k !== undefined) {
    throw new CircleError("epoch", "a circle is founded with the first epoch of stream c");
  }
  return { ...alone, ...opened(alone, entry, founder) };
}

async function checkKid(dev: Pub, kid: string): Promise<void> {
  if ((await deviceId(dev)) !== kid) {
    throw new CircleError("kid", "a device names itself by other keys than it has");
  }
}

function checkPlaceInLog({ number, payload }: Entry, seq: number, prev: string): void {
  if (payload.seq !== seq || number !== seq) {
    throw new CircleError("seq", `entry ${seq} of the member list was expected`);
  }
  if (payload.prev !== prev) {
    throw new CircleError("prev", "an entry does not follow the last one");
  }
}
