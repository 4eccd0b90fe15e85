/**
 * What sealing and opening cost in a page: `timeSealing` is what the bench calls.
 *
 * The floor is what WebCrypto alone takes for the ciphers of the same bytes, in the same round: a
 * busy machine slows both, so only the ratio of a row to its floor means anything.
 */
import { openDocument, type SealedDocument, seal } from "../../src/circle/document.ts";
import { type Bytes, b64uDecode, b64uEncode, jcs, utf8 } from "../../src/circle/encoding.ts";
import {
  aesOpen,
  aesSeal,
  es256Sign,
  es256Verify,
  generateLocalKey,
  generateSigningPair,
  hkdfKey,
  publicPoint,
  randomBytes,
  sha256,
} from "../../src/circle/envelope.ts";
import { type Body, frame, unframe } from "../../src/circle/frame.ts";
import { foundPatientCircle } from "./scene.ts";

declare global {
  /** Milliseconds of each row, one for each round; `width` things are under way at a time. */
  var timeSealing: (
    records: readonly Body[],
    rounds: number,
    width: number,
  ) => Promise<Record<string, number[]>>;
}

/** A thing that is done to each record; the number of the record comes in. */
type Row = (index: number) => unknown;

const GCM = "AES-GCM";
const ES256 = { name: "ECDSA", hash: "SHA-256" };

globalThis.timeSealing = async (records, rounds, width) => {
  const rows = { ...(await wholes(records)), ...(await ciphers(records)), ...texts(records) };
  const times: Record<string, number[]> = {};
  // The first round warms up what is compiled and kept, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const [name, row] of Object.entries(rows)) {
      const began = performance.now();
      await sideBySide(records.length, width, row);
      const took = performance.now() - began;
      times[name] = round === 0 ? [] : [...(times[name] ?? []), took];
    }
  }
  return times;
};

/** Do all, `width` at a time: whoever is done takes the next. */
async function sideBySide(count: number, width: number, row: Row): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (next < count) {
        await row(next++);
      }
    }),
  );
}

/** What the app calls. */
async function wholes(records: readonly Body[]): Promise<Record<string, Row>> {
  const { membership, therapist, secrets } = await foundPatientCircle();
  const sealed: Record<number, SealedDocument[]> = { 0: [], 1: [] };
  const sealing = (codec: number) => async (index: number) => {
    const at = { kind: "ev", month: "2611", n: index + 1, codec };
    const doc = await seal(membership, therapist, secrets, at, records[index] ?? {});
    (sealed[codec] ?? [])[index] = doc;
  };
  const opening = (codec: number) => (index: number) => {
    const doc = sealed[codec]?.[index] as SealedDocument;
    return openDocument(membership, secrets, doc);
  };
  return {
    "seal, codec 1": sealing(1),
    "seal, codec 0": sealing(0),
    "verify and open, codec 1": opening(1),
    "verify and open, codec 0": opening(0),
  };
}

/** WebCrypto alone, together and each by itself. */
async function ciphers(records: readonly Body[]): Promise<Record<string, Row>> {
  const { privateKey, publicKey } = await generateSigningPair(false);
  const [key, spk] = [await generateLocalKey(), await publicPoint(publicKey)];
  const iv = new Uint8Array(12);
  const aad = utf8(headerLike());
  const gcm = { name: GCM, iv, additionalData: aad };
  const plain = records.map((body) => frame(body, 1));
  const inputs = plain.map((bytes) => utf8(`${headerLike()}.${b64uEncode(bytes)}`));
  const boxes = await Promise.all(plain.map((bytes) => aesSeal(key, bytes, aad, iv)));
  const bare = boxes.map((box) => box.slice(12));
  const signatures = await Promise.all(inputs.map((input) => es256Sign(privateKey, input)));
  const at = (list: readonly Bytes[], index: number) => list[index] as Bytes;
  const { subtle } = crypto;
  return {
    "floor of sealing": async (index) => {
      await subtle.encrypt(gcm, key, at(plain, index));
      await subtle.sign(ES256, privateKey, at(inputs, index));
    },
    "floor of opening": async (index) => {
      await subtle.verify(ES256, publicKey, at(signatures, index), at(inputs, index));
      await subtle.decrypt(gcm, key, at(bare, index));
    },
    "AES seal": (index) => aesSeal(key, at(plain, index), aad),
    "AES open": (index) => aesOpen(key, at(boxes, index), aad),
    "ECDSA sign": (index) => es256Sign(privateKey, at(inputs, index)),
    "ECDSA verify": (index) => es256Verify(spk, at(inputs, index), at(signatures, index)),
    "SHA-256": (index) => sha256(at(inputs, index)),
    "document key, derived anew": () => hkdfKey(randomBytes(32), "c".repeat(41), "rj1 doc"),
  };
}

/** Everything that is no cipher. */
function texts(records: readonly Body[]): Record<string, Row> {
  const packed = [0, 1].map((codec) => records.map((body) => frame(body, codec)));
  const written = (packed[1] ?? []).map((bytes) => b64uEncode(bytes));
  const of = <Item>(list: readonly Item[] | undefined, index: number) => list?.[index] as Item;
  return {
    "frame, codec 1": (index) => frame(of(records, index), 1),
    "frame, codec 0": (index) => frame(of(records, index), 0),
    "unframe, codec 1": (index) => unframe(of(packed[1], index)),
    "unframe, codec 0": (index) => unframe(of(packed[0], index)),
    "header: JCS and base64": headerLike,
    "sealed part to base64": (index) => b64uEncode(of(packed[1], index)),
    "sealed part from base64": (index) => b64uDecode(of(written, index)),
  };
}

function headerLike(): string {
  const names = { cir: "c".repeat(41), h: `5.${"h".repeat(16)}`, kid: "d".repeat(21) };
  const id = `ev:2611:${names.kid}:c000412`;
  return b64uEncode(jcs({ alg: "ES256", id, typ: "rj1+doc", ...names }));
}
