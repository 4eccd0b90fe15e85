/** Relay files: the shared vectors, and what a server finds in a file that is made here. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Bytes,
  b64uDecode,
  b64uEncode,
  hex,
  utf8,
  utf8Text,
} from "../../src/circle/encoding.ts";
import { hpkeOpen, importPair, publicPoint, sha256 } from "../../src/circle/envelope.ts";
import { bucketBytes } from "../../src/circle/frame.ts";
import { parseJws, verifyJws } from "../../src/circle/jws.ts";
import { DeviceKeys } from "../../src/circle/keys.ts";
import { read } from "../../src/exchange/frames.ts";
import {
  bodyOf,
  FILE_BYTES_MAX,
  keyMark,
  look,
  RELAY_TYP,
  requireFor,
  seal,
  spelled,
  unspelled,
  wrapped,
} from "../../src/exchange/relay.ts";
import { codeOf } from "../circle/scene.ts";
import { unhex } from "./runs.ts";
import { readRequest } from "./server-side.ts";

interface Refused {
  readonly why: string;
  readonly code: string;
  readonly file: string;
}

interface Vectors {
  readonly audience: string;
  readonly server: { readonly scalar: string; readonly point: string };
  readonly body: string;
  readonly plain: string;
  readonly file: string;
  readonly text: string;
  readonly not_whole: readonly Refused[];
  readonly not_opened: readonly Refused[];
}

const VECTORS: Vectors = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/exchange/relay.json", import.meta.url), "utf8"),
);
const POINT = b64uEncode(unhex(VECTORS.server.point));
const FILE = unhex(VECTORS.file);
const INFO = utf8("rj1 relay\0");

async function server(): Promise<CryptoKeyPair> {
  const pair = await importPair("agree", b64uEncode(unhex(VECTORS.server.scalar)), POINT);
  expect(await publicPoint(pair.publicKey)).toBe(POINT);
  return pair;
}

/** What the server finds: token and body. */
async function opened(file: Bytes): Promise<[token: string, body: Bytes]> {
  const { sealed } = await look(file);
  const plain = await hpkeOpen(await server(), INFO, sealed);
  const view = new DataView(plain.buffer, plain.byteOffset);
  const end = 4 + view.getUint32(0);
  const start = 6 + view.getUint16(4);
  expect(plain.length).toBe(bucketBytes(end));
  expect(plain.subarray(end).every((byte) => byte === 0)).toBe(true);
  return [utf8Text(plain.slice(6, start)), plain.slice(start, end)];
}

test("a file of the vectors is whole and for that server", async () => {
  const outside = await look(FILE);
  await requireFor(outside, POINT);
  const plain = await hpkeOpen(await server(), INFO, outside.sealed);
  expect(hex(plain)).toBe(VECTORS.plain);
  expect(hex(await wrapped(await keyMark(POINT), outside.sealed))).toBe(VECTORS.file);
});

test("what is sealed here is what the server opens", async () => {
  const author = await DeviceKeys.generate();
  const body = unhex(VECTORS.body);
  const file = await seal(body, author, VECTORS.audience, POINT);
  expect(file.length).toBe(FILE.length);
  const [token, found] = await opened(file);
  expect(hex(found)).toBe(VECTORS.body);
  const jws = parseJws(token, RELAY_TYP);
  await verifyJws(jws, author.pub.spk);
  expect(jws.kid).toBe(author.id);
  expect(jws.payload).toEqual({ aud: VECTORS.audience, hash: b64uEncode(await sha256(body)) });
});

test("a body is the records of each circle, carried", () => {
  const [[, asked]] = [readRequest(read(unhex(VECTORS.body)))];
  const records = asked.flatMap((one) => (one.is === "records" ? [one] : []));
  expect(records.length).toBe(asked.length);
  expect(hex(bodyOf([...records, { circle: `c${"0".repeat(40)}`, packed: [] }]))).toBe(
    VECTORS.body,
  );
});

test("a file as text comes back", async () => {
  expect(spelled(FILE)).toBe(VECTORS.text);
  const lines = `\ufeff${VECTORS.text.replace(/.{60}/g, "$&\r\n")} \n`;
  for (const data of [FILE, utf8(VECTORS.text), utf8(lines)]) {
    expect(hex(unspelled(data))).toBe(VECTORS.file);
  }
  for (const bad of [VECTORS.text.slice(0, -1), `${VECTORS.text}=`, VECTORS.text.slice(0, 400)]) {
    expect(await codeOf(() => look(unspelled(utf8(bad))))).toBe("frame");
  }
  expect(await codeOf(() => look(unspelled(utf8("anything else"))))).toBe("schema");
});

test("nothing is no file", async () => {
  expect(await codeOf(() => bodyOf([]))).toBe("schema");
  expect(await codeOf(() => bodyOf([{ circle: `c${"0".repeat(40)}`, packed: [] }]))).toBe("schema");
});

test.each(VECTORS.not_whole)("anybody sees that a file is not whole: $why", async (one) => {
  expect(await codeOf(() => look(unhex(one.file)))).toBe(one.code);
});

test.each(VECTORS.not_opened)("a carrier takes what only the server refuses: $why", async (one) => {
  await look(unhex(one.file));
});

test("every flip of one bit is seen by the carrier", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: FILE.length * 8 - 1 }), async (bit) => {
      const changed = FILE.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(["schema", "frame"]).toContain(await codeOf(() => look(changed)));
    }),
  );
});

test("a file for another server is told apart, and a point that is none seals nothing", async () => {
  const other = await DeviceKeys.generate();
  const outside = await look(FILE);
  expect(await codeOf(() => requireFor(outside, other.pub.kpk))).toBe("target");
  const false_ = b64uEncode(Uint8Array.from([4, ...new Uint8Array(64)]));
  expect(await codeOf(() => seal(new Uint8Array(9), other, "https://x.example", false_))).toBe(
    "schema",
  );
  expect(b64uDecode(POINT).length).toBe(65);
});

test("a file has a greatest length", async () => {
  const author = await DeviceKeys.generate();
  const longest = new Uint8Array(Math.floor((FILE_BYTES_MAX * 15) / 16) - 1000);
  const file = await seal(longest, author, VECTORS.audience, POINT);
  expect(file.length).toBeLessThanOrEqual(FILE_BYTES_MAX);
  const over = new Uint8Array(FILE_BYTES_MAX - 500);
  expect(await codeOf(() => seal(over, author, VECTORS.audience, POINT))).toBe("limit");
  const long = new Uint8Array(FILE_BYTES_MAX + 1);
  long.set(FILE);
  expect(await codeOf(() => look(long))).toBe("limit");
});
