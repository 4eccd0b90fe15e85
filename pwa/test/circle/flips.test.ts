/**
 * No bit of anything signed or sealed can be changed: each single flip is refused.
 *
 * What is flipped is the JSON text as it lies in a database: names of members, values, punctuation.
 * `tests/sync/circle/test_bit_flips.py` does the same in Python.
 */
import { expect, test } from "vitest";
import { readChunk } from "../../src/circle/attachment.ts";
import { readCheckpoint } from "../../src/circle/checkpoint.ts";
import { openDocument } from "../../src/circle/document.ts";
import { utf8, utf8Text } from "../../src/circle/encoding.ts";
import { EpochSecrets, unwrap } from "../../src/circle/epochs.ts";
import { openInvitation } from "../../src/circle/invitation.ts";
import { importDevice } from "../../src/circle/keys.ts";
import { Membership } from "../../src/circle/log.ts";
import { openPaper } from "../../src/circle/recovery.ts";
import { readRequest } from "../../src/circle/request.ts";
import { type Case, deviceOf } from "./cases.ts";
import { codeOf } from "./scene.ts";
import { cases } from "./vectors.ts";

const isLong = process.env.REJOINT_LONG === "1";

// biome-ignore lint/suspicious/noExplicitAny: what was flipped may be anything
type Reader = (doc: any) => Promise<unknown>;

async function replayed({ log }: Case): Promise<Membership> {
  const { circle } = await Membership.founded(log[0]);
  return Membership.replay(circle, log);
}

async function ofDocument(vector: Case): Promise<Reader> {
  const membership = await replayed(vector);
  const secrets = EpochSecrets.of(vector.circle, vector.secrets);
  return (doc) => openDocument(membership, secrets, doc);
}

async function ofEntry(vector: Case): Promise<Reader> {
  if (vector.log.length === 0) {
    return (doc) => Membership.founded(doc);
  }
  const membership = await replayed(vector);
  return (doc) => membership.append(doc);
}

async function ofWrap({ secret, pub, circle, stream, epoch }: Case): Promise<Reader> {
  const keys = await (pub === undefined ? deviceOf(secret) : importDevice(secret, pub));
  return (doc) => unwrap(keys, circle, stream, { ...epoch, at: 0 }, doc);
}

async function ofRequest(vector: Case): Promise<Reader> {
  const membership = await replayed(vector);
  return (doc) => readRequest(membership, doc, vector.now_s);
}

async function ofCheckpoint(vector: Case): Promise<Reader> {
  const membership = await replayed(vector);
  return (doc) => readCheckpoint(membership, doc);
}

async function ofChunk(vector: Case): Promise<Reader> {
  const membership = await replayed(vector);
  return (doc) => readChunk(membership, doc);
}

async function ofInvitation({ circle, secret }: Case): Promise<Reader> {
  return (doc) => openInvitation(circle, secret, doc);
}

async function ofCard({ code }: Case): Promise<Reader> {
  return (doc) => openPaper(code, doc);
}

/** By vector: its reader, what is read, and every how many bits one is flipped in the short run. */
const SUBJECTS: readonly [string, (vector: Case) => Promise<Reader>, string, number][] = [
  ["document-patient", ofDocument, "doc", 3],
  ["document-plan", ofDocument, "doc", 97],
  ["document-profile", ofDocument, "doc", 31],
  ["history-k", ofDocument, "doc", 31],
  ["kinds-at-patient", ofDocument, "doc", 31],
  ["kinds-sn-patient", ofDocument, "doc", 31],
  ["log-genesis-patient-by-therapist", ofEntry, "entry", 61],
  ["log-invite-exp-hour", ofEntry, "entry", 61],
  ["log-uninvite-taken", ofEntry, "entry", 61],
  ["log-join-taken", ofEntry, "entry", 61],
  ["membership-accept-taken", ofEntry, "entry", 61],
  ["membership-add-ck", ofEntry, "entry", 61],
  ["membership-close-taken", ofEntry, "entry", 3],
  ["membership-grant-colleague", ofEntry, "entry", 61],
  ["membership-leave-caregiver", ofEntry, "entry", 61],
  ["membership-rekey-k", ofEntry, "entry", 61],
  ["membership-remove-k", ofEntry, "entry", 61],
  ["membership-reopen-taken", ofEntry, "entry", 61],
  ["membership-xwing-enters", ofEntry, "entry", 97],
  ["wrap-opens", ofWrap, "doc", 13],
  ["xwing-opens", ofWrap, "doc", 197],
  ["invitation-opens", ofInvitation, "inv", 7],
  ["approval-asks", ofRequest, "doc", 61],
  ["checkpoint-patient", ofCheckpoint, "doc", 61],
  ["attachment-chunk", ofChunk, "doc", 61],
  ["recovery-opens", ofCard, "doc", 197],
];

/** A revision is a hash of the rest: where it stays, it tells most flips before the signature. */
const WITH_REVISION = ["document-profile", "attachment-chunk"];

/** The code of the refusal; "no JSON" where a flip left none, "none" where it was taken. */
async function codeOfFlip(read: Reader, text: Uint8Array<ArrayBuffer>): Promise<string> {
  let flipped: unknown;
  try {
    flipped = JSON.parse(utf8Text(text));
  } catch {
    return "no JSON";
  }
  return codeOf(() => read(flipped));
}

test.each(SUBJECTS)(
  "every flip of one bit of %s is refused",
  async (name, readerOf, member, short) => {
    const vector = cases.find((one) => one.name === `${name}.json`) as Case;
    const read = await readerOf(vector);
    const { _rev, ...rest } = vector[member];
    const original = WITH_REVISION.includes(name) ? vector[member] : rest;
    await read(original); // else the refusals below would say nothing
    const text = utf8(JSON.stringify(original));
    // Each derivation of a card takes a while.
    const long = readerOf === ofCard ? 11 : 1;
    const codes = new Set<string>();
    for (let bit = 0; bit < text.length * 8; bit += isLong ? long : short) {
      const flipped = text.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      codes.add(await codeOfFlip(read, flipped));
    }
    expect([...codes]).not.toContain("none");
    expect(codes.size).toBeGreaterThan(1);
  },
  300_000,
);
