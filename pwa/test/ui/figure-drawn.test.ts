/** All exercises are drawn: possible bodies, told apart from each other, within their bytes. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { describe, expect, test } from "vitest";
import { drawingOf, lineOf } from "../../src/library/frames";
import { NAMES } from "../../src/library/names.en";
import {
  FOREARM,
  jointsOf,
  outlines,
  type Point,
  partsOf,
  poseAt,
  propPath,
  SHANK,
  THIGH,
  TORSO,
  UPPER_ARM,
} from "../../src/ui/figure/pose";

const IDS = Object.keys(NAMES);
const POSES = [0, 0.2, 0.4, 0.6, 0.8, 1];
/** Two figures nearer than this, in the box of 100, would be taken for each other. */
const ALIKE = 5;
const ENGINE_BYTES_MAX = 6 * 1024;
const EXERCISE_BYTES_MAX = 160;

function drawn(id: string) {
  const drawing = drawingOf(id);
  if (!drawing) throw new Error(`${id} is not drawn`);
  return drawing;
}

function far([x, y]: Point, [x2, y2]: Point): number {
  return Math.hypot(x - x2, y - y2);
}

/** Every joint of one pose, as it is seen: in the window that is shown, stretched to a box of 100. */
function seen(id: string, u: number): readonly Point[] {
  const drawing = drawn(id);
  const [left, top, width, height] = drawing.window;
  const { hip, shoulder, head, arms, legs } = jointsOf(poseAt(drawing.frames, u), drawing);
  const scale = 100 / Math.max(width, height);
  return [hip, shoulder, head, ...arms.flat(), ...legs.flat()].map(([x, y]) => [
    (x - left) * scale,
    (y - top) * scale,
  ]);
}

/** The greatest way that one joint has between two figures, over start and end. */
function apart(one: string, other: string): number {
  return Math.max(
    ...[0, 1].flatMap((u) => {
      const theirs = seen(other, u);
      return seen(one, u).map((joint, at) => far(joint, theirs[at] ?? [0, 0]));
    }),
  );
}

describe("every exercise", () => {
  test("is drawn, and nothing else is", () => {
    expect(IDS).toHaveLength(46);
    expect(IDS.filter((id) => !drawingOf(id))).toEqual([]);
  });

  test("differs from every other by more than 5 percent of the picture", () => {
    const alike: string[] = [];
    let nearest = Number.POSITIVE_INFINITY;
    for (const [at, one] of IDS.entries()) {
      for (const other of IDS.slice(at + 1)) {
        const distance = apart(one, other);
        nearest = Math.min(nearest, distance);
        if (distance <= ALIKE) alike.push(`${one} ${other} ${distance.toFixed(1)}`);
      }
    }
    console.log(`nearest two figures: ${nearest.toFixed(1)} of 100`);
    expect(alike).toEqual([]);
  });

  test("the measure sees that a figure is like itself", () => {
    expect(apart("bk04", "bk04")).toBe(0);
  });

  test.each(IDS)("%s moves, or an arrow says what to do", (id) => {
    const start = seen(id, 0);
    const moved = Math.max(...seen(id, 1).map((joint, at) => far(joint, start[at] ?? [0, 0])));
    const arrows = drawn(id).props.filter(({ kind }) => kind === "a");
    expect(moved > 5 || arrows.length > 0).toBe(true);
  });

  test.each(IDS)("%s says which part works", (id) => {
    const { working } = drawn(id);
    expect(working).not.toBe("");
    for (const part of working) expect(partsOf(drawn(id))).toContain(part);
  });
});

describe("a body", () => {
  test.each(IDS)("%s keeps its bones in every pose", (id) => {
    const drawing = drawn(id);
    for (const u of POSES) {
      const { hip, shoulder, arms, legs } = jointsOf(poseAt(drawing.frames, u), drawing);
      expect(far(hip, shoulder)).toBeCloseTo(TORSO);
      for (const [root, elbow, wrist] of arms) {
        expect(far(root, elbow)).toBeCloseTo(UPPER_ARM);
        // Only a forearm that turns toward the one who looks is seen shorter.
        const length = far(elbow, wrist);
        if (drawing.view.includes("r")) expect(length).toBeLessThanOrEqual(FOREARM + 0.01);
        else expect(length).toBeCloseTo(FOREARM);
      }
      for (const [root, knee, ankle] of legs) {
        const [thigh, shank] = [far(root, knee), far(knee, ankle)];
        if (/[cz]/.test(drawing.view)) {
          expect(thigh).toBeLessThanOrEqual(THIGH + 0.01);
          expect(shank).toBeLessThanOrEqual(SHANK + 0.01);
        } else {
          expect(thigh).toBeCloseTo(THIGH);
          expect(shank).toBeCloseTo(SHANK);
        }
      }
    }
  });

  const SIDEWAYS = IDS.filter((id) => !drawn(id).view.includes("v"));
  test.each(SIDEWAYS)("%s bends knees backward and elbows forward", (id) => {
    const drawing = drawn(id);
    for (const u of POSES) {
      const { arms, legs } = jointsOf(poseAt(drawing.frames, u), drawing);
      for (const limb of legs) expect(turn(limb)).toBeGreaterThanOrEqual(-0.01);
      for (const limb of arms) expect(turn(limb)).toBeLessThanOrEqual(0.01);
    }
  });

  test.each(IDS)("%s stays above the floor", (id) => {
    const drawing = drawn(id);
    for (const u of POSES) {
      const { head, arms, legs } = jointsOf(poseAt(drawing.frames, u), drawing);
      for (const [, y] of [head, ...arms.flat(), ...legs.flat()]) expect(y).toBeLessThan(96);
    }
  });

  const WHOLE = IDS.filter((id) => drawn(id).window[2] > 100);
  test.each(WHOLE)("%s is inside its picture", (id) => {
    const drawing = drawn(id);
    const [left, top, width, height] = drawing.window;
    for (const u of POSES) {
      const lines = outlines(poseAt(drawing.frames, u), drawing);
      for (const line of Object.values(lines)) {
        for (const [, x, y] of line.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)) {
          expect(Number(x)).toBeGreaterThan(left - 1);
          expect(Number(x)).toBeLessThan(left + width + 1);
          expect(Number(y)).toBeGreaterThan(top - 1);
          expect(Number(y)).toBeLessThan(top + height + 1);
        }
      }
    }
  });
});

/** Sine of the bend of a limb: positive = the way a knee bends in one who faces right. */
function turn([root, middle, end]: readonly [Point, Point, Point]): number {
  const [ax, ay] = [middle[0] - root[0], middle[1] - root[1]];
  const [bx, by] = [end[0] - middle[0], end[1] - middle[1]];
  return (ax * by - ay * bx) / (Math.hypot(ax, ay) * Math.hypot(bx, by) || 1);
}

describe("bytes", () => {
  test("of one exercise are at most 160, compressed alone", () => {
    const sizes = IDS.map((id) => gzipSync(lineOf(id), { level: 9 }).length);
    const all = gzipSync(IDS.map(lineOf).join("\n"), { level: 9 }).length;
    console.log(
      `key frames: ${Math.max(...sizes)} B the greatest alone, ${Math.round(all / IDS.length)} B each together (gzip)`,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(EXERCISE_BYTES_MAX);
  });

  test("of the engine are at most 6 KB, minified", async () => {
    const entry = new URL("../../src/ui/figure/figure.tsx", import.meta.url).pathname;
    const built = await build({
      configFile: false,
      logLevel: "silent",
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
      build: {
        write: false,
        minify: true,
        rolldownOptions: {
          input: entry,
          preserveEntrySignatures: "strict",
          external: [/preact/, /library/],
        },
      },
    });
    const [first] = [built].flat() as Rolldown.RolldownOutput[];
    const code = first?.output[0].code ?? "";
    console.log(`figure engine: ${code.length} B, ${gzipSync(code).length} B gzip`);
    expect(code.length).toBeGreaterThan(1000);
    expect(code.length).toBeLessThanOrEqual(ENGINE_BYTES_MAX);
  });
});

test("an arrow is a line with a head at its end", () => {
  const path = propPath({ kind: "a", x: 0, y: 50, x2: 20, y2: 50, b: 0 });
  expect(path).toMatch(/^M0 50Q10 50 20 50M16\.5 52L20 50 16\.5 48$/);
});

test("the names of the frames are the names of the library", () => {
  const text = readFileSync(new URL("../../src/library/frames.ts", import.meta.url), "utf8");
  const ids = [...text.matchAll(/^ {2}(\w{4}): "/gm)].map(([, id]) => id);
  expect(ids).toEqual(IDS);
});
