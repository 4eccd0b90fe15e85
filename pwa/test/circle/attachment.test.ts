import { beforeAll, expect, test } from "vitest";
import {
  CHUNK_CONTENT_BYTES,
  chunkDocument,
  cut,
  joined,
  readChunk,
} from "../../src/circle/attachment.ts";
import { type Bytes, b64uEncode } from "../../src/circle/encoding.ts";
import { randomBytes } from "../../src/circle/envelope.ts";
import { admit, codeOf, foundPatientCircle } from "./scene.ts";

let founded: Awaited<ReturnType<typeof foundPatientCircle>>;

beforeAll(async () => {
  founded = await foundPatientCircle();
});

/** Random bytes of any length. */
function noise(length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let from = 0; from < length; from += 65_536) {
    bytes.set(randomBytes(Math.min(65_536, length - from)), from);
  }
  return bytes;
}

test.each([0, 1, 300, CHUNK_CONTENT_BYTES, CHUNK_CONTENT_BYTES + 1, 2 * CHUNK_CONTENT_BYTES])(
  "a content of %i bytes is put together again",
  async (size) => {
    const content = noise(size);
    const { index, chunks } = await cut("cA", content);
    expect(chunks.length).toBe(Math.max(1, Math.ceil(size / CHUNK_CONTENT_BYTES)));
    expect(await joined("cA", index, chunks)).toEqual(content);
  },
);

test("chunks open in their circle, with their key and in their order only", async () => {
  const { index, chunks } = await cut("cA", noise(CHUNK_CONTENT_BYTES + 5));
  const other = await cut("cA", noise(CHUNK_CONTENT_BYTES + 5));
  const turned = { ...index, chunks: [...index.chunks].reverse() };
  const tries: [string, Parameters<typeof joined>][] = [
    ["tag", ["cB", index, chunks]],
    ["tag", ["cA", { ...index, key: other.index.key }, chunks]],
    ["tag", ["cA", index, [...chunks].reverse()]],
    ["tag", ["cA", turned, [...chunks].reverse()]],
    ["gap", ["cA", index, chunks.slice(1)]],
    ["schema", ["cA", { ...index, size: 5 }, chunks]],
    ["schema", ["cA", { ...index, key: b64uEncode(new Uint8Array(31)) }, chunks]],
    ["frame", ["cA", { ...index, size: index.size + 200 }, chunks]],
    ["frame", ["cA", { ...index, sha256: other.index.sha256 }, chunks]],
  ];
  for (const [code, given] of tries) {
    expect(await codeOf(() => joined(...given)), code).toBe(code);
  }
});

test("a chunk is named by its bytes and signed by its author", async () => {
  const { therapist, membership } = founded;
  const [chunk] = (await cut(membership.circle, noise(300))).chunks as [Bytes];
  const doc = await chunkDocument(membership, therapist, chunk);
  expect(await readChunk(membership, doc)).toEqual(chunk);
  const { _rev, ...bare } = doc;
  const patient = await admit(therapist, founded, "patient");
  const late = await chunkDocument(patient.membership, therapist, chunk);
  const stranger = bare._id.replace(therapist.id, `d${"A".repeat(20)}`);
  const tries: [string, Parameters<typeof readChunk>[1]][] = [
    ["schema", { ...bare, c: b64uEncode(noise(300)) }],
    ["schema", { ...bare, _id: bare._id.slice(0, -1) }],
    ["schema", { ...bare, _rev: `1-${"0".repeat(32)}` }],
    ["limit", { ...bare, c: "A".repeat(87_384) }],
    ["author", { ...bare, _id: stranger }],
    ["sig", { ...bare, s: "A".repeat(86) }],
    ["newer-log", late],
  ];
  for (const [code, wrong] of tries) {
    expect(await codeOf(() => readChunk(membership, wrong)), code).toBe(code);
  }
});
