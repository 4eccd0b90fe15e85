import { beforeAll, describe, expect, test } from "vitest";
import {
  monthOf,
  openDocument,
  parseDocumentId,
  revOf,
  type SealedDocument,
  seal,
  verify,
} from "../../src/circle/document.ts";
import { b64uDecode, b64uEncode, jcs, utf8 } from "../../src/circle/encoding.ts";
import { aesSeal } from "../../src/circle/envelope.ts";
import { EpochSecrets } from "../../src/circle/epochs.ts";
import { admit, codeOf, foundPatientCircle, NOW } from "./scene.ts";

const BODY = { type: "pain", lam: 3, score: 0, note: "फिजियो ✓" };
const AT = { kind: "ev", month: "2611", n: 1 };

describe("a sealed record", () => {
  let founded: Awaited<ReturnType<typeof foundPatientCircle>>;
  let patient: Awaited<ReturnType<typeof admit>>;
  let doc: SealedDocument;

  beforeAll(async () => {
    founded = await foundPatientCircle();
    patient = await admit(founded.therapist, founded, "patient");
    doc = await seal(patient.membership, patient.keys, patient.secrets, AT, BODY);
  });

  test("is read by the other device out of its own wrap", async () => {
    const { wraps } = founded.bundle;
    const secrets = await EpochSecrets.unlock(patient.membership, founded.therapist, wraps);
    expect(await openDocument(patient.membership, secrets, doc)).toEqual(BODY);
    const kept = EpochSecrets.of(secrets.circle, secrets.toKnown());
    expect(await openDocument(patient.membership, kept, doc)).toEqual(BODY);
  });

  test("has one revision, whatever its signature", async () => {
    const again = { ...doc, s: b64uEncode(new Uint8Array(64)) };
    expect(await revOf(patient.membership.circle, again)).toBe(doc._rev);
    expect(doc._rev).toMatch(/^1-[0-9a-f]{32}$/);
  });

  test("is refused with each single change", async () => {
    const { _rev, ...bare } = doc;
    const stranger = doc._id.replace(patient.keys.id, `d${"A".repeat(20)}`);
    const h0 = `0.${patient.membership.heads[0]?.slice(0, 16)}`;
    const tries: [string, unknown][] = [
      ["schema", { ...doc, note: "clear" }],
      ["schema", { ...bare, s: undefined }],
      ["schema", { ...bare, h: "02.AAAAAAAAAAAAAAAA" }],
      ["schema", { ...doc, _rev: `1-${"0".repeat(32)}` }],
      ["schema", { ...bare, _id: doc._id.replace("c000001", "c000000") }],
      ["schema", { ...bare, _id: doc._id.replace("2611", "2613") }],
      ["schema", { ...bare, _id: doc._id.replace("ev:", "ch:") }],
      ["schema", { ...bare, c: "AAAA" }],
      ["b64", { ...bare, c: `${doc.c}=` }],
      ["limit", { ...bare, c: "A".repeat(256 * 1024 + 4) }],
      ["author", { ...bare, _id: stranger }],
      ["sig", { ...bare, _id: doc._id.replace("c000001", "c000002") }],
      ["sig", { ...bare, _id: doc._id.replace("2611", "2610") }],
      ["sig", { ...bare, h: h0 }],
      ["sig", { ...bare, s: doc.s.slice(0, -2) }],
      ["sig", { ...bare, c: (doc.c.startsWith("A") ? "B" : "A") + doc.c.slice(1) }],
    ];
    for (const [code, changed] of tries) {
      const act = () => verify(patient.membership, changed as SealedDocument);
      expect(await codeOf(act), JSON.stringify(changed).slice(0, 200)).toBe(code);
    }
  });

  test("is refused by who has another or a shorter log", async () => {
    expect(await codeOf(() => verify(founded.membership, doc))).toBe("author");
    const late = await admit(founded.therapist, patient, "caregiver");
    const after = await seal(late.membership, patient.keys, late.secrets, { ...AT, n: 2 }, BODY);
    expect(await codeOf(() => verify(patient.membership, after))).toBe("newer-log");
    const other = await admit(founded.therapist, patient, "caregiver");
    expect(await codeOf(() => verify(other.membership, after))).toBe("fork");
  });

  test("of a kind that is not for this role is neither written nor read", async () => {
    const { membership, keys, secrets } = patient;
    const note = { ...AT, kind: "nt" };
    expect(await codeOf(() => seal(membership, keys, secrets, note, BODY))).toBe("authz");
    const forged = await sealAnyway("nt", JSON.stringify(BODY));
    expect(await codeOf(() => verify(membership, forged))).toBe("authz");
  });

  test("tells what is wrong inside by its code", async () => {
    const { membership, secrets } = patient;
    const open = (sealed: SealedDocument) => () => openDocument(membership, secrets, sealed);
    const none = new EpochSecrets(membership.circle);
    expect(await codeOf(() => openDocument(membership, none, doc))).toBe("epoch");
    const otherKey = none.with("c", 1, new Uint8Array(32));
    expect(await codeOf(() => openDocument(membership, otherKey, doc))).toBe("tag");
    expect(await codeOf(open(await sealAnyway("ev", '"text"')))).toBe("frame");
    expect(await codeOf(open(await sealAnyway("ev", "{", 0)))).toBe("frame");
    expect(await codeOf(open(await sealAnyway("ev", "{}", 1)))).toBe("frame");
    expect(await codeOf(open(await sealAnyway("ev", "{}", 2)))).toBe("codec");
    expect(await codeOf(open(await sealAnyway("ev", "{}", 0, 127)))).toBe("frame");
    expect(await codeOf(open(await sealAnyway("ev", "{}", 0, 256)))).toBe("frame");
    expect(await codeOf(open(await sealAnyway("ev", "{}")))).toBe("none");
  });

  async function sealAnyway(kind: string, json: string, codec = 0, size = 128) {
    const { membership, keys, secrets } = patient;
    const _id = `${kind}:2611:${keys.id}:c000009`;
    const { h, circle } = membership;
    const members = { alg: "ES256", cir: circle, h, id: _id, kid: keys.id, typ: "rj1+doc" };
    const header = b64uEncode(jcs(members));
    const packed = new Uint8Array(size);
    packed.set([codec, 0, 0, 0, json.length]);
    packed.set(utf8(json), 5);
    const key = await secrets.documentKey("c", 1, keys.id);
    const c = b64uEncode(await aesSeal(key, packed, utf8(header)));
    return { _id, h, c, s: b64uEncode(await keys.sign(utf8(`${header}.${c}`))) };
  }

  test("does not open with any one of its bits flipped", async () => {
    const bytes = b64uDecode(doc.c);
    for (let index = 0; index < bytes.length; index += 7) {
      const changed = new Uint8Array(bytes);
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 8));
      const { _rev, ...bare } = { ...doc, c: b64uEncode(changed) };
      const act = () => openDocument(patient.membership, patient.secrets, bare);
      expect(await codeOf(act)).toBe("sig");
    }
  });

  test("is named by the server's month", () => {
    expect(monthOf(NOW)).toBe("2609");
    expect(parseDocumentId(doc._id)).toEqual({ ...AT, device: patient.keys.id, stream: "c" });
  });
});
