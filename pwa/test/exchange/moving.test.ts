/** Moving pictures: the shared vectors, any order, any losses, and as codes that are drawn and read. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import jsQR from "jsqr";
import { encode } from "uqr";
import { expect, test } from "vitest";
import { type Bytes, hex } from "../../src/circle/encoding.ts";
import {
  base45Decode,
  base45Encode,
  Collector,
  mixed,
  PICTURE_BYTES_MAX,
  PICTURES_MAX,
  Pictures,
  type Progress,
} from "../../src/exchange/moving.ts";
import { codeOf } from "../circle/scene.ts";
import { unhex } from "./runs.ts";

interface Vectors {
  readonly base45: readonly (readonly [data: string, text: string])[];
  readonly mixed: readonly (readonly [number: number, mixed: number])[];
  readonly files: readonly {
    readonly file: string;
    readonly count: number;
    readonly texts: readonly (readonly [turn: number, text: string])[];
  }[];
  readonly refused: readonly { why: string; code: string; text: string }[];
}

const VECTORS: Vectors = JSON.parse(
  readFileSync(new URL("../../../tests/vectors/exchange/moving.json", import.meta.url), "utf8"),
);
const QUIET = 4;

/** Bytes that a seed stands for. */
function noise(length: number, seed: number): Bytes {
  return Uint8Array.from({ length }, (_, at) => mixed(seed * 65_536 + at) & 255);
}

/** What a camera sees of a code: each square as `scale` pixels. */
function drawn(text: string, scale = 3): [Uint8ClampedArray, number] {
  const { data, size, version } = encode(text, { border: QUIET });
  expect(version).toBeLessThanOrEqual(11);
  const side = size * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      if (data[Math.floor(y / scale)]?.[Math.floor(x / scale)]) {
        pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
      }
    }
  }
  return [pixels, side];
}

function seen(text: string): string | undefined {
  const [pixels, side] = drawn(text);
  return jsQR(pixels, side, side, { inversionAttempts: "dontInvert" })?.data;
}

test("pictures are those of the vectors", () => {
  for (const { file, count, texts } of VECTORS.files) {
    const pictures = new Pictures(unhex(file));
    expect(pictures.count).toBe(count);
    expect(texts.map(([turn]) => [turn, pictures.text(turn)])).toEqual(texts);
  }
  expect(VECTORS.mixed.map(([number]) => [number, mixed(number)])).toEqual(VECTORS.mixed);
});

test("base45 is that of its RFC and comes back", () => {
  for (const [data, text] of VECTORS.base45) expect(base45Encode(unhex(data))).toBe(text);
  expect(new TextDecoder().decode(base45Decode("QED8WEX0"))).toBe("ietf!");
  fc.assert(
    fc.property(fc.uint8Array(), (made) => {
      const data = Uint8Array.from(made);
      expect(hex(base45Decode(base45Encode(data)))).toBe(hex(data));
    }),
  );
});

test.each(VECTORS.refused)("what is no picture is refused: $why", async ({ code, text }) => {
  expect(await codeOf(() => new Collector().take(text))).toBe(code);
});

test("any order and any losses", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 6000 }),
      fc.nat(),
      fc.double({ min: 0, max: 0.8, noNaN: true }),
      (size, seed, loss) => {
        const file = noise(size, seed);
        const pictures = new Pictures(file);
        const collector = new Collector();
        const turns = Array.from({ length: pictures.count * 12 + 80 }, (_, turn) => turn);
        turns.sort((one, other) => mixed(one ^ seed) - mixed(other ^ seed));
        const caught = turns.filter((turn) => mixed(turn + seed) / 2 ** 32 >= loss);
        let last: Progress = { have: 0, count: 0 };
        let count = 0;
        for (const turn of caught) {
          count += 1;
          last = collector.take(pictures.text(turn));
          if (last.file !== undefined) break;
        }
        expect(last.file && hex(last.file)).toBe(hex(file));
        expect(count).toBeLessThanOrEqual(pictures.count + 20);
      },
    ),
  );
});

test("codes that are drawn are read, in any order, one of three missed", () => {
  const run = (size: number, seed: number) => {
    const file = noise(size, seed);
    const pictures = new Pictures(file);
    const collector = new Collector();
    let last: Progress = { have: 0, count: 0 };
    for (let turn = seed % 50; last.file === undefined; turn += 1) {
      expect(turn).toBeLessThan(250);
      if (mixed(turn + seed) % 3 === 0) continue;
      const text = seen(pictures.text(turn));
      expect(text).toBeDefined();
      last = collector.take(text ?? "");
    }
    expect(hex(last.file)).toBe(hex(file));
  };
  fc.assert(fc.property(fc.integer({ min: 1, max: 2500 }), fc.nat({ max: 999 }), run), {
    numRuns: 8,
  });
});

test("pictures of two files that are mixed give one of them or nothing", () => {
  const [one, other] = [new Pictures(noise(900, 1)), new Pictures(noise(900, 2))];
  const collector = new Collector();
  for (let turn = 0; turn < 30; turn += 1) {
    expect(collector.take(one.text(turn)).have).toBe(1);
    expect(collector.take(other.text(turn)).have).toBe(1);
  }
  for (const turn of [0, 1, 2, 3]) collector.take(one.text(turn));
  expect(collector.take(one.text(3)).file).toEqual(noise(900, 1));
});

test("a file of the greatest size comes together from late pictures alone", () => {
  const file = noise(PICTURE_BYTES_MAX * PICTURES_MAX, 3);
  const pictures = new Pictures(file);
  const collector = new Collector();
  let last: Progress = { have: 0, count: 0 };
  for (let turn = PICTURES_MAX; last.file === undefined; turn += 1) {
    expect(turn).toBeLessThan(PICTURES_MAX * 2 + 20);
    last = collector.take(pictures.text(turn));
  }
  expect(hex(last.file)).toBe(hex(file));
});

test("nothing and too much are not shown", async () => {
  for (const size of [0, PICTURE_BYTES_MAX * PICTURES_MAX + 1]) {
    expect(await codeOf(() => new Pictures(new Uint8Array(size)))).toBe("limit");
  }
});
